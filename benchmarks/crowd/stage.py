"""Stage: a simulator, and the app as `make run` starts it, each in a process of its own. One app, or several behind
nginx as in `deploy/`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.typewriter.systems import CHAT
from benchmarks.upstream import simulator
from tests.support.app import HEALTH, free_port, running
from tests.support.nginx import configured, program
from tests.support.postgresql import MissingError, Server


class Stage(NamedTuple):
    url: str  # where the viewers go
    upstream: Mapping[str, str]  # the simulator's variables
    apps: dict[str, int]  # process ids by names
    others: dict[str, int]


@contextmanager
def one(folder: Path) -> Iterator[Stage]:
    """One process, with a SQLite file in the folder."""
    with simulator() as (pid, upstream), app(folder, upstream) as (url, app_pid):
        yield Stage(url, upstream, {"app": app_pid}, {"simulator": pid})


@contextmanager
def app(folder: Path, environment: Mapping[str, str], name: str = "app") -> Iterator[tuple[str, int]]:
    """Its address and its process id."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    more = {"STREAMSIDE_DATA": str(folder), **environment}
    with running([sys.executable, *CHAT.command(port)], url + HEALTH, folder / f"{name}.log", more) as server:
        yield url, server.pid


@contextmanager
def several(folder: Path, count: int) -> Iterator[Stage]:
    """So many processes behind nginx, with one PostgreSQL. Raises MissingError where one of the two is not here."""
    with ExitStack() as stack:
        server = Server()
        stack.callback(server.remove)
        pid, upstream = stack.enter_context(simulator())
        environment = {**upstream, "DATABASE_URL": server.new()}
        apps, addresses = {}, {}
        for name in (f"app{number}" for number in range(1, count + 1)):
            url, apps[name] = stack.enter_context(app(folder, {**environment, "STREAMSIDE_PROCESS": name}, name))
            addresses[name] = url.removeprefix("http://")
        url, proxy = stack.enter_context(nginx(folder, addresses))
        yield Stage(url, upstream, apps, {"nginx": proxy, "PostgreSQL": server.pid, "simulator": pid})


@contextmanager
def nginx(folder: Path, addresses: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """As `deploy/nginx.conf` has it, on a port of its own, in front of processes by their names."""
    if program() is None:
        raise MissingError("no nginx here: apt-get install nginx")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    errors, configuration = folder / "nginx-errors.log", configured(folder, addresses, port)
    command = [str(program()), "-p", str(folder), "-e", str(errors), "-c", str(configuration)]
    with running(command, url + HEALTH, folder / "nginx.log", {}) as server:
        yield url, server.pid
