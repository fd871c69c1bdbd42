"""What processes use while they are looked at: processor time, and the most memory."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self

from benchmarks.process import memory
from benchmarks.typewriter.processes import cpu_seconds

LOOK = 0.5  # seconds between two looks at the memory


class Used(NamedTuple):
    cores: dict[str, float]  # by process
    machine: float  # cores, of all that runs on it
    memory: dict[str, float]  # MB, the most


class Watch:
    """Processes by their names; with their children. From `with` to its end."""

    def __init__(self, processes: Mapping[str, int]) -> None:
        self._processes = processes
        self._most: dict[str, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.used = Used({}, 0.0, {})

    def __enter__(self) -> Self:
        self._began, self._cpu, self._busy = time.monotonic(), self._read(), _busy()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        took = time.monotonic() - self._began
        cores = {name: (seconds - self._cpu[name]) / took for name, seconds in self._read().items()}
        machine = (_busy() - self._busy) / took
        self._over.set()
        self._thread.join()
        self.used = Used(cores, machine, self._most)

    def _read(self) -> dict[str, float]:
        return {name: cpu_seconds(pid) or 0.0 for name, pid in self._processes.items()}

    def _look(self) -> None:
        while True:
            for name, pid in self._processes.items():
                self._most[name] = max(self._most.get(name, 0.0), memory(pid))
            if self._over.wait(LOOK):
                return


def _busy() -> float:
    """Processor seconds that all cores have worked since the machine was started."""
    fields = list(map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9]))
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")
