"""The servers: started, waited for, ended, and the processor time that each has used."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.guard import guarded_environment

ROOT = Path(__file__).parents[2]
START = 120.0  # seconds a server may take until it answers
_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def serve(command: Sequence[str], cwd: Path, environment: Mapping[str, str], health: str, log: Path) -> Iterator[int]:
    """Run it until the block ends; yields its process id once `health` answers. Nothing of it leaves this machine.

    Raises RuntimeError, with the end of its log, where it does not come up.
    """
    with log.open("w") as written:
        server = subprocess.Popen(
            command, cwd=cwd, env=guarded_environment(**environment), stdout=written, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_healthy(server, health, log)
        yield server.pid
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_until_healthy(server: subprocess.Popen[bytes], health: str, log: Path) -> None:
    end = time.monotonic() + START
    while time.monotonic() < end and server.poll() is None:
        try:
            with _DIRECT.open(health, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{health} did not answer:\n{log.read_text()[-3000:]}")


@contextmanager
def simulator() -> Iterator[dict[str, str]]:
    """Our simulator in a process of its own; yields the variables that lead the vendors' SDKs to it."""
    with simulating() as (_, environment):
        yield environment


@contextmanager
def simulating() -> Iterator[tuple[int, dict[str, str]]]:
    """The same with the number of the process."""
    command = [sys.executable, "-m", "simulator", "--port", "0", "--tls-port", "0"]
    with subprocess.Popen(command, cwd=ROOT, env=guarded_environment(), stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        environment: dict[str, str] = {}
        for line in running.stdout:
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").rstrip("\n").partition("=")
                environment[name] = value
            elif environment:
                break
        try:
            yield running.pid, environment
        finally:
            running.terminate()


def sent(environment: Mapping[str, str]) -> dict[str, list[float]]:
    """By model, when each piece of its newest streamed answer was written: seconds of `time.monotonic()`.

    Each write's time is given to all pieces in it.
    """
    return {each["model"]: [moment for moment, _ in each["sends"]] for each in log(environment) if each["streamed"]}


def log(environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the simulator was asked and how it answered, oldest first."""
    exchanges: list[dict[str, Any]] = json.loads(_log(environment, "GET"))
    return exchanges


def forget(environment: Mapping[str, str]) -> None:
    """Empty the simulator's log."""
    _log(environment, "DELETE")


def _log(environment: Mapping[str, str], method: str) -> bytes:
    url = environment["OPENAI_BASE_URL"].removesuffix("/v1") + "/_simulator/log"
    with _DIRECT.open(urllib.request.Request(url, method=method)) as answer:
        body: bytes = answer.read()
    return body


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


def cpu_seconds_of_others() -> float | None:
    """Processor time since the machine was started, of all cores, that went to nothing that we started."""
    ours = cpu_seconds(os.getpid())
    if ours is None:
        return None
    user, nice, system, _idle, _waiting, interrupts, soft, stolen = map(
        int, (_PROC / "stat").read_text().splitlines()[0].split()[1:9]
    )
    return (user + nice + system + interrupts + soft + stolen) / _TICKS - ours


def _ancestry(pid: int, parents: Mapping[int, int]) -> Iterator[int]:
    while pid:
        yield pid
        pid = parents.get(pid, 0)
