"""Stage: a simulator, and the app as `make run` starts it, each in a process of its own. One app, or several behind
nginx as in `deploy/`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.typewriter.systems import CHAT, started
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
def staged(folder: Path, count: int) -> Iterator[Stage]:
    """One process, with a SQLite file in the folder; or so many behind nginx, as `deploy/nginx.conf` has it, with one
    PostgreSQL. Raises MissingError where one of the two is not here."""
    with ExitStack() as stack:
        pid, upstream = stack.enter_context(simulator())
        if count == 1:
            url, app = stack.enter_context(started(CHAT, folder, upstream))
            yield Stage(url, upstream, {"app": app}, {"simulator": pid})
            return
        if program() is None:
            raise MissingError("no nginx here: apt-get install nginx")
        server = Server()
        stack.callback(server.remove)
        environment = {**upstream, "DATABASE_URL": server.new()}
        apps, addresses = {}, {}
        for name in (f"app{number}" for number in range(1, count + 1)):
            variables = {**environment, "STREAMSIDE_PROCESS": name}
            url, apps[name] = stack.enter_context(started(CHAT, folder, variables, name))
            addresses[name] = url.removeprefix("http://")
        port = free_port()
        errors, configuration = folder / "nginx-errors.log", configured(folder, addresses, port)
        command = [str(program()), "-p", str(folder), "-e", str(errors), "-c", str(configuration)]
        url = f"http://127.0.0.1:{port}"
        nginx = stack.enter_context(running(command, url + HEALTH, folder / "nginx.log", {}))
        yield Stage(url, upstream, apps, {"nginx": nginx.pid, "PostgreSQL": server.pid, "simulator": pid})
