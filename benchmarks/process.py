"""What a process holds: threads, sockets, open files and memory, as Linux counts them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import NamedTuple

STEADY = 3  # looks in a row that must agree
LOOK = 1.0  # seconds between two of them
PATIENCE = 60.0  # seconds; who is not steady by then is taken as it is


class Figures(NamedTuple):
    threads: int
    sockets: int
    files: int  # open ones that are no sockets
    memory: float  # MB, resident

    def __str__(self) -> str:
        return (
            f"threads {self.threads:4}   sockets {self.sockets:4}   files {self.files:4}   memory {self.memory:7.1f} MB"
        )

    def most(self, other: Figures) -> Figures:
        """The higher of each."""
        return Figures(
            max(self.threads, other.threads),
            max(self.sockets, other.sockets),
            max(self.files, other.files),
            max(self.memory, other.memory),
        )


def figures(pid: int) -> Figures:
    """Of the process with this number. Raises FileNotFoundError where there is none, or no /proc."""
    status = _status(pid)
    names = []
    for each in Path(f"/proc/{pid}/fd").iterdir():
        try:
            names.append(os.readlink(each))
        except FileNotFoundError:  # closed meanwhile
            continue
    sockets = sum(name.startswith("socket:") for name in names)
    return Figures(int(status["Threads"]), sockets, len(names) - sockets, _megabytes(status["VmRSS"]))


def memory(pid: int) -> float:
    """MB, resident; 0 where there is no such process any more."""
    try:
        return _megabytes(_status(pid).get("VmRSS", "0 kB"))  # one that has just ended has none
    except FileNotFoundError:
        return 0.0


def _status(pid: int) -> dict[str, str]:
    return dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())


def _megabytes(said: str) -> float:
    return int(said.split(maxsplit=1)[0]) / 1024


async def settled(pid: int, wait: float) -> Figures:
    """The figures once they stay as they are, `wait` seconds from now or later."""
    await asyncio.sleep(wait)
    seen = [figures(pid)]
    for _ in range(int(PATIENCE / LOOK)):
        await asyncio.sleep(LOOK)
        seen.append(figures(pid))
        if len({found[:3] for found in seen[-STEADY:]}) == 1 and len(seen) >= STEADY:
            break
    return seen[-1]
