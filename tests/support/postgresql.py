"""PostgreSQL server for tests, from binaries that are installed or, under CI, from Debian's package."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.support.debian import fetch

PATIENCE = 60.0  # seconds
USER = "streamside"


class MissingError(Exception):
    """There is no PostgreSQL here; why."""


class Server:
    """On a free port of loopback, with a folder of its own. `stop` and `start` as often as a test needs it."""

    def __init__(self) -> None:
        self._bin = _binaries()
        self._home = Path(tempfile.mkdtemp(prefix="streamside-pg-"))
        self._data = self._home / "data"
        self._as: dict[str, Any] = {"cwd": self._home}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            account = _account()
            os.chown(self._home, account.pw_uid, account.pw_gid)
            self._as |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        options = ["--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C", "--no-sync"]
        self._run("initdb", f"--pgdata={self._data}", *options)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._count = 0
        self.start()

    @property
    def pid(self) -> int:
        """The number of the process that all others come of."""
        return int((self._data / "postmaster.pid").read_text().partition("\n")[0])

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def new(self) -> str:
        """The address of a database with nothing in it."""
        self._count += 1
        name = f"test_{self._count}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.url(name)

    def execute(self, statement: str, database: str = "postgres") -> list[Any]:
        """One statement, from outside of the code under test."""
        from pg8000.native import Connection

        with Connection(USER, host="127.0.0.1", port=self.port, database=database) as connection:
            return list(connection.run(statement) or [])

    def start(self) -> None:
        settings = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        self._run("pg_ctl", "-D", str(self._data), "-l", str(self._home / "log"), "-w", "-o", settings, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", "immediate", "stop")

    def remove(self) -> None:
        with suppress(AssertionError):  # stopped already
            self.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._bin / program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,  # the server would keep a pipe open
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            check=False,
            **self._as,
        )
        assert done.returncode == 0, f"{program}: {(done.stdout or b'').decode(errors='replace')}"


def _binaries() -> Path:
    if found := _found():
        return found
    fetch("postgresql")
    if found := _found():
        return found
    raise MissingError("no PostgreSQL: initdb and pg_ctl are neither on PATH nor in /usr/lib/postgresql")


def _found() -> Path | None:
    onpath = [Path(path).resolve().parent for path in [shutil.which("pg_ctl")] if path]
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: folder.parent.name, reverse=True)
    for folder in [*onpath, *debian, Path("/usr/local/bin")]:
        if all((folder / program).exists() for program in ("initdb", "pg_ctl", "postgres")):
            return folder
    return None


def _account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise MissingError("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
