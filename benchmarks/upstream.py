"""Upstream: the simulator in a process of its own, and its log."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import takewhile
from typing import Any

from tests.support.app import DIRECT, ROOT
from tests.support.guard import guarded_environment


@contextmanager
def simulator() -> Iterator[tuple[int, dict[str, str]]]:
    """Its process id, and the variables that lead the vendors' SDKs to it."""
    command = [sys.executable, "-m", "simulator", "--port", "0", "--tls-port", "0"]
    with subprocess.Popen(command, cwd=ROOT, env=guarded_environment(), stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        lines = takewhile(lambda line: not line.startswith("# Speeds"), running.stdout)
        exports = [line.removeprefix("export ").rstrip("\n") for line in lines if line.startswith("export ")]
        environment = dict(line.split("=", 1) for line in exports)
        try:
            yield running.pid, environment
        finally:
            running.terminate()


def sent(environment: Mapping[str, str]) -> dict[str, list[float]]:
    """By model, when each piece of its newest streamed answer was written: seconds of `time.monotonic()`.

    All pieces of one write have the same time.
    """
    return {each["model"]: [moment for moment, _ in each["sends"]] for each in log(environment) if each["streamed"]}


def log(environment: Mapping[str, str], method: str = "GET") -> list[dict[str, Any]]:
    """What the simulator was asked and how it answered, oldest first; the method DELETE empties the log."""
    url = environment["OPENAI_BASE_URL"].removesuffix("/v1") + "/_simulator/log"
    with DIRECT.open(urllib.request.Request(url, method=method)) as answer:
        exchanges: list[dict[str, Any]] = json.load(answer)
    return exchanges
