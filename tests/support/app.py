"""The app, and any other server, in a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.guard import guarded_environment

ROOT = Path(__file__).parents[2]
START = 120.0  # seconds a server may take until it answers
END = 60.0  # seconds until it is gone
HEALTH = "/_stcore/health"
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy leads to this machine


class App(NamedTuple):
    url: str
    log: Path
    process: subprocess.Popen[bytes]
    data: Path  # where it keeps what was said


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running(
    command: Sequence[str], health: str, log: Path, environment: Mapping[str, str], cwd: Path = ROOT
) -> Iterator[subprocess.Popen[bytes]]:
    """A server until the block ends, from the moment at which `health` answers. Nothing of it leaves this machine.

    Raises RuntimeError, with the end of its log, where it does not come up.
    """
    with log.open("w") as written:
        server = subprocess.Popen(
            command, cwd=cwd, env=guarded_environment(**environment), stdout=written, stderr=subprocess.STDOUT
        )
    try:
        end = time.monotonic() + START
        while not _answers(health):
            if server.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{health} did not answer:\n{log.read_text()[-3000:]}")
            time.sleep(0.1)
        yield server
    finally:
        server.terminate()
        try:
            server.wait(END)
        finally:
            server.kill()


def _answers(health: str) -> bool:
    try:
        with DIRECT.open(health, timeout=5):
            return True
    except OSError:
        return False


@contextmanager
def serve(script: str = "app.py", expected: str = "", **environment: str) -> Iterator[App]:
    """The app, or another script, with these variables.

    A warning or a traceback in its log is a failure, but for lines that hold what is `expected`.
    """
    with tempfile.TemporaryDirectory() as folder:
        log, port = Path(folder) / "log", free_port()
        environment.setdefault("STREAMSIDE_DATA", folder)
        url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
        with running(command, url + HEALTH, log, environment) as server:
            yield App(url, log, server, Path(environment["STREAMSIDE_DATA"]))
        lines = log.read_text().splitlines()
        shown = "\n".join(line for line in lines if not expected or expected not in line)
        assert not any(word in shown for word in ("Traceback", "Error", "Warning", "WARNING")), shown
