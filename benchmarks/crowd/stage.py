"""What the viewers look at: a simulator, and the app as `make run` starts it, each in a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.typewriter import processes
from benchmarks.typewriter.systems import CHAT


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
