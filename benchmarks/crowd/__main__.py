"""Command line: let the viewers come, and print what they met."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import benchmarks.crowd
from benchmarks.crowd.show import Result, report, show, split_by_kill
from benchmarks.crowd.stage import Stage, staged
from benchmarks.crowd.viewers import Plan
from tests.support.guard import forget_the_developer, live_calls


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.crowd",
        description=benchmarks.crowd.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--viewers", default="50", help="how many; several numbers are tried one after the other")
    parser.add_argument("--pieces", type=int, default=1000, help="of each answer; default %(default)s")
    parser.add_argument("--rate", type=int, default=50, help="pieces a second; default %(default)s")
    parser.add_argument("--within", type=float, default=10.0, help="seconds within which all ask; default %(default)s")
    parser.add_argument("--processes", type=int, default=1, help="more than one: behind nginx, with one PostgreSQL")
    parser.add_argument("--kill", type=float, metavar="SECONDS", help="until one of the processes is killed")
    wanted = parser.parse_args()
    if wanted.kill and wanted.processes < 2:
        parser.error("--kill needs --processes 2 or more: somebody must be left to take over")
    wrong = 0
    for viewers in map(int, wanted.viewers.split(",")):
        with tempfile.TemporaryDirectory(prefix="streamside-crowd-") as name:
            folder = Path(name)
            forget_the_developer(folder)
            with staged(folder, wanted.processes) as here:
                plan = Plan(here.url, viewers, wanted.pieces, wanted.rate, wanted.within)
                if wanted.kill:
                    wrong += show_a_kill(here, plan, wanted.kill)
                else:
                    wrong += print_report(show(here, plan))
            if refused := live_calls.refused():
                print("Something tried to reach beyond this machine:", *refused, sep="\n", file=sys.stderr)
    return 1 if wrong else 0


def print_report(result: Result) -> int:
    """How much is wrong."""
    print(*report(result), sep="\n", flush=True)
    return result.figures.lost + len(result.figures.problems)


def show_a_kill(here: Stage, plan: Plan, after: float) -> int:
    """The first process ends by SIGKILL while all read."""
    killed: list[float] = []

    def kill() -> None:
        killed.append(time.monotonic())
        os.kill(here.apps["app1"], signal.SIGKILL)

    later = threading.Timer(after, kill)
    result = show(here, plan, later.start)
    later.cancel()
    rest, lines, wrong = split_by_kill(result, killed[0])
    wrong += print_report(rest)
    print(*lines, sep="\n", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
