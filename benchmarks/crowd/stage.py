"""What the viewers look at: a simulator, and the app as `make run` starts it, each in a process of its own; one app, or
several behind nginx, as in `deploy/`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.typewriter import processes
from benchmarks.typewriter.systems import CHAT
from tests.store.server import MissingError, Server
from tests.support.nginx import configured, program


class Stage(NamedTuple):
    url: str  # where the viewers go
    upstream: Mapping[str, str]  # the simulator's variables
    apps: dict[str, int]  # processes by their names
    others: dict[str, int]


@contextmanager
def one(folder: Path) -> Iterator[Stage]:
    """One process, with a SQLite file in the folder."""
    with processes.simulating() as (simulator, upstream), app(folder, upstream) as (url, pid):
        yield Stage(url, upstream, {"app": pid}, {"simulator": simulator})


@contextmanager
def app(folder: Path, environment: Mapping[str, str], name: str = "app") -> Iterator[tuple[str, int]]:
    """Its address, and its process."""
    port = processes.free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, *CHAT.command(port)]
    more = {"STREAMSIDE_DATA": str(folder), **environment}
    with processes.serve(command, processes.ROOT, more, url + CHAT.health, folder / f"{name}.log") as pid:
        yield url, pid


@contextmanager
def several(folder: Path, count: int) -> Iterator[Stage]:
    """So many processes behind nginx, with one PostgreSQL. Raises MissingError where one of the two is not here."""
    with ExitStack() as stack:
        server = Server()
        stack.callback(server.remove)
        simulator, upstream = stack.enter_context(processes.simulating())
        environment = {**upstream, "DATABASE_URL": server.new()}
        apps, addresses = {}, {}
        for name in (f"app{number}" for number in range(1, count + 1)):
            url, apps[name] = stack.enter_context(app(folder, {**environment, "STREAMSIDE_PROCESS": name}, name))
            addresses[name] = url.removeprefix("http://")
        url, proxy = stack.enter_context(nginx(folder, addresses))
        yield Stage(url, upstream, apps, {"nginx": proxy, "PostgreSQL": server.pid, "simulator": simulator})


@contextmanager
def nginx(folder: Path, addresses: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """As `deploy/nginx.conf` has it, on a port of its own, in front of processes by their names."""
    if program() is None:
        raise MissingError("no nginx here: apt-get install nginx")
    port = processes.free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        str(program()),
        "-p",
        str(folder),
        "-e",
        str(folder / "nginx-errors.log"),
        "-c",
        str(configured(folder, addresses, port)),
    ]
    with processes.serve(command, folder, {}, url + CHAT.health, folder / "nginx.log") as pid:
        yield url, pid
