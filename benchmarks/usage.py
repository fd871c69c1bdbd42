"""Usage of processes, as Linux counts it: threads, sockets, open files, memory, processor time."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

STEADY = 3  # looks in a row that must agree
LOOK = 1.0  # seconds between two of them
PATIENCE = 60.0  # seconds until a process that is not steady is taken as it is
_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


class Usage(NamedTuple):
    threads: int
    sockets: int
    files: int  # open ones that are no sockets
    memory: float  # MB, resident

    def __str__(self) -> str:
        return (
            f"threads {self.threads:4}   sockets {self.sockets:4}   files {self.files:4}   memory {self.memory:7.1f} MB"
        )

    def most(self, other: Usage) -> Usage:
        """The higher of each."""
        return Usage._make(map(max, self, other))


def usage(pid: int) -> Usage:
    """Of one process. Raises FileNotFoundError where there is none, or no /proc."""
    names = []
    for each in (_PROC / str(pid) / "fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            names.append(os.readlink(each))
    sockets = sum(name.startswith("socket:") for name in names)
    return Usage(int(_status(pid)["Threads"]), sockets, len(names) - sockets, memory(pid))


def memory(pid: int) -> float:
    """MB, resident; 0 where the process has ended."""
    try:
        return int(_status(pid).get("VmRSS", "0 kB").split()[0]) / 1024  # one that has just ended has none
    except FileNotFoundError:
        return 0.0


def _status(pid: int) -> dict[str, str]:
    return dict(line.split(":", 1) for line in (_PROC / str(pid) / "status").read_text().splitlines())


async def settled(pid: int, wait: float) -> Usage:
    """The usage once it stays as it is, `wait` seconds from now or later."""
    await asyncio.sleep(wait)
    seen = [usage(pid)]
    for _ in range(int(PATIENCE / LOOK)):
        await asyncio.sleep(LOOK)
        seen.append(usage(pid))
        if len({found[:3] for found in seen[-STEADY:]}) == 1 and len(seen) >= STEADY:
            break
    return seen[-1]


def cpu_seconds(pid: int) -> float | None:
    """Processor time of the process and all below it, those that have ended too; None where there is no /proc."""
    stats: dict[int, list[str]] = {}
    for path in _PROC.glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            stats[int(path.parent.name)] = path.read_text().rpartition(")")[2].split()
    family = [pid]
    for one in family:  # which grows meanwhile
        family += [each for each, fields in stats.items() if int(fields[1]) == one]
    # utime stime cutime cstime
    return sum(sum(map(int, stats[one][11:15])) for one in family if one in stats) / _TICKS if stats else None


def cpu_seconds_of_all() -> float | None:
    """Processor time of everything, on all cores, since the machine was started; None where there is no /proc."""
    if not _PROC.is_dir():
        return None
    fields = list(map(int, (_PROC / "stat").read_text().splitlines()[0].split()[1:9]))
    return (sum(fields) - fields[3] - fields[4]) / _TICKS  # less idle and waiting


@dataclass
class Watch:
    memory: dict[str, float]  # MB, the most, by process
    cores: dict[str, float] = field(default_factory=dict)  # by process, with its children
    machine: float = 0.0  # cores, of everything that runs on it


@contextmanager
def watched(processes: Mapping[str, int]) -> Iterator[Watch]:
    """Processes by their names, until the block ends; their cores are known then."""
    watch, over = Watch(dict.fromkeys(processes, 0.0)), threading.Event()

    def look() -> None:
        while not over.is_set():
            for name, pid in processes.items():
                watch.memory[name] = max(watch.memory[name], memory(pid))
            over.wait(LOOK / 2)

    def read() -> list[float]:
        """Processor seconds, of the machine at last."""
        return [each or 0.0 for each in (*map(cpu_seconds, processes.values()), cpu_seconds_of_all())]

    thread = threading.Thread(target=look, daemon=True)
    began, before = time.monotonic(), read()
    thread.start()
    try:
        yield watch
        took = time.monotonic() - began
        *each, watch.machine = ((after - earlier) / took for earlier, after in zip(before, read(), strict=True))
        watch.cores = dict(zip(processes, each, strict=True))
    finally:
        over.set()
        thread.join()
