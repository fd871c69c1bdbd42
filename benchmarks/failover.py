"""A process is killed while people read: `python -m benchmarks.failover`, a minute.

So many processes run behind nginx, with one PostgreSQL (`benchmarks.crowd`). In the midst of all answers one of them
is killed by SIGKILL. Its viewers find another, by nginx alone, and what they asked is read from the store there.

Printed is what the others felt of it, and of those who were with it: how long they had no connection, how long it took
until their answer stood there again, marked as broken off, and how long before the kill the first missing word was
written.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.crowd import stage
from benchmarks.crowd.figures import figures
from benchmarks.crowd.plan import Met, Plan
from benchmarks.crowd.showing import Seen, report, show
from tests.guard import forget_the_developer, live_calls


class Moved(NamedTuple):
    """Of the viewers of the killed process. Seconds."""

    away: list[float]
    """Without a connection."""
    again: list[float]
    """From the kill until the answer stood there again."""
    missing: list[float]
    """From when the first missing word was written until the kill; 0 where the first came after it."""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.failover",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--viewers", type=int, default=40)
    parser.add_argument("--pieces", type=int, default=1000, help="of each answer; default %(default)s")
    parser.add_argument("--after", type=float, default=12.0, help="seconds until the kill; default %(default)s")
    wanted = parser.parse_args()
    killed: list[float] = []
    with tempfile.TemporaryDirectory(prefix="streamside-failover-") as name:
        folder = Path(name)
        forget_the_developer(folder)
        with stage.several(folder, wanted.processes) as here:

            def kill() -> None:
                killed.append(time.monotonic())
                os.kill(here.apps["app1"], signal.SIGKILL)

            later = threading.Timer(wanted.after, kill)
            seen = show(here, Plan(here.url, wanted.viewers, wanted.pieces, 50, 5.0), later.start)
            later.cancel()
        if refused := live_calls.refused():
            print("Something tried to reach beyond this machine:", *refused, sep="\n", file=sys.stderr)
    return told(seen, killed[0])


def told(seen: Seen, killed: float) -> int:
    """Print it. 1 where a word was lost that should not be."""
    gone = [one for one in seen.met if one.reconnected]
    others = [one for one in seen.met if not one.reconnected]
    rest = figures(others, seen.sent)
    print(*report(seen._replace(met=others, figures=rest)), sep="\n")
    found = moved(gone, seen.sent, killed)
    print(f"of them, {len(gone)} were with the process that was killed, and are not counted above")
    for title, seconds in zip(
        ("without a connection", "answer there again", "words missing of the last"), found, strict=True
    ):
        print(f"  {title:<26} median {median(seconds or [0]):.2f} s   most {max(seconds, default=0.0):.2f} s")
    broken = sum("ended while this answer came" in one.notice for one in gone)
    print(f"  marked as broken off       {broken} of {len(gone)}")
    for one in gone:
        if one.problem:
            print(f"  PROBLEM {one.model}: {one.problem}")
    return 1 if rest.lost or rest.problems or broken != len(gone) else 0


def moved(gone: Sequence[Met], sent: Mapping[str, Sequence[float]], killed: float) -> Moved:
    found = Moved([], [], [])
    for one in gone:
        found.away.extend(one.reconnected)
        found.again.append(one.ended - killed)
        first_missing = next(iter(sent[one.model][one.there :]), killed)
        found.missing.append(max(killed - first_missing, 0.0))
    return found


if __name__ == "__main__":
    sys.exit(main())
