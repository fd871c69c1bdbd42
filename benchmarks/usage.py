"""Usage of processes, as Linux counts it: threads, sockets, open files, memory, processor time."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Self

STEADY = 3  # looks in a row that must agree
LOOK = 1.0  # seconds between two of them
PATIENCE = 60.0  # seconds until a process that is not steady is taken as it is
_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


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
        try:
            names.append(os.readlink(each))
        except FileNotFoundError:  # closed meanwhile
            continue
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
    if not _PROC.is_dir():
        return None
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has just ended
                continue
            parents[int(entry.name)] = int(fields[1])
            ticks[int(entry.name)] = sum(map(int, fields[11:15]))  # utime stime cutime cstime
    return sum(used for each, used in ticks.items() if pid in _ancestry(each, parents)) / _TICKS


def cpu_seconds_of_all() -> float | None:
    """Processor time of everything, on all cores, since the machine was started; None where there is no /proc."""
    if not _PROC.is_dir():
        return None
    fields = list(map(int, (_PROC / "stat").read_text().splitlines()[0].split()[1:9]))
    return (sum(fields) - fields[3] - fields[4]) / _TICKS  # less idle and waiting


def _ancestry(pid: int, parents: Mapping[int, int]) -> Iterator[int]:
    while pid:
        yield pid
        pid = parents.get(pid, 0)


class Watch:
    """Processes by their names, with their children, from `with` to its end."""

    def __init__(self, processes: Mapping[str, int]) -> None:
        self.cores: dict[str, float] = {}  # by process
        self.machine = 0.0  # cores, of everything that runs on it
        self.memory = dict.fromkeys(processes, 0.0)  # MB, the most
        self._processes = processes
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._began, self._before = time.monotonic(), self._read()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        took = time.monotonic() - self._began
        self.cores = {name: (seconds - self._before[name]) / took for name, seconds in self._read().items()}
        self.machine = self.cores.pop("")
        self._over.set()
        self._thread.join()

    def _read(self) -> dict[str, float]:
        """Processor seconds; under "" those of the machine."""
        seconds = {name: cpu_seconds(pid) for name, pid in self._processes.items()} | {"": cpu_seconds_of_all()}
        return {name: each or 0.0 for name, each in seconds.items()}

    def _look(self) -> None:
        while True:
            for name, pid in self._processes.items():
                self.memory[name] = max(self.memory[name], memory(pid))
            if self._over.wait(LOOK / 2):
                return
