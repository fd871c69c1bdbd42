"""Crowd: many people at once, each of whom reads an answer of their own. `python -m benchmarks.crowd` measures them.

    python -m benchmarks.crowd                          50 viewers, one process
    python -m benchmarks.crowd --viewers 20,50,100      one after the other, each with a fresh app
    python -m benchmarks.crowd --processes 4            four processes behind nginx, with one PostgreSQL
    python -m benchmarks.crowd --processes 2 --viewers 40 --within 5 --kill 12    one of them is killed meanwhile

Each viewer is a page without a browser (`tests.support.viewer`), opened before the clock runs, and asks once, all of
them within a few seconds. The simulator answers each with numbered pieces at 50 a second, and logs when it wrote which.
App, simulator and viewers are processes of their own, and share the machine's cores.

delivered   pieces a second that reached a viewer: all of them, from when the first was written until the last was there
lag         from the moment when the simulator wrote a piece until the viewer had taken it in, by the machine's clock
lost        pieces that are missing on the page in the end, or stand there twice
cores       processor time of each process while answers came; one near 1.0 holds the others up
memory      of the app, from one viewer that has read an answer to the highest with all of them, for each further one
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import upstream
from benchmarks.crowd import viewers
from benchmarks.crowd.figures import figures, quantile, recovery
from benchmarks.crowd.stage import Stage, staged
from benchmarks.crowd.viewers import Plan, Visit
from benchmarks.usage import Watch, memory, watched
from tests.support.guard import forget_the_developer, live_calls

WARMING = 400  # pieces of the answers that are read before anything is counted
QUICKLY = 200  # pieces a second of those


class Result(NamedTuple):
    plan: Plan
    visits: list[Visit]
    sent: dict[str, list[float]]  # when each piece was written, by model
    watch: Watch
    further: float  # MB, for each viewer beyond the first
    killed: list[float]  # when one of the processes was killed, where one was


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.crowd", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
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
    for number in map(int, wanted.viewers.split(",")):
        with tempfile.TemporaryDirectory(prefix="streamside-crowd-") as name:
            folder = Path(name)
            forget_the_developer(folder)
            with staged(folder, wanted.processes) as stage:
                plan = Plan(stage.url, number, wanted.pieces, wanted.rate, wanted.within)
                wrong += report(measured(stage, plan, wanted.kill))
            if refused := live_calls.refused():
                print("Something tried to reach beyond this machine:", *refused, sep="\n", file=sys.stderr)
    return 1 if wrong else 0


@contextmanager
def opened(plan: Plan) -> Iterator[tuple[int, Connection]]:
    """A process with the viewers, whose pages are open until the block ends: its id, and the pipe to it."""
    context = multiprocessing.get_context("spawn")
    pipe, theirs = context.Pipe()
    process = context.Process(target=viewers.run, args=(plan, theirs))
    process.start()
    theirs.close()  # so that what is read from a process that has ended is an EOFError
    try:
        pipe.recv()
        yield process.pid or 0, pipe
        pipe.send("close")
        process.join()
    finally:
        process.kill()


def read(pipe: Connection) -> list[Visit]:
    """All ask, and read to the end. Their pages stay open."""
    pipe.send("ask")
    visits: list[Visit] = pipe.recv()
    return visits


def measured(stage: Stage, plan: Plan, kill: float | None) -> Result:
    """The viewers come and read to their ends. `kill`: seconds after which the first process ends by SIGKILL."""
    killed: list[float] = []

    def kill_one() -> None:
        killed.append(time.monotonic())
        os.kill(stage.apps["app1"], signal.SIGKILL)

    # Before anything is counted one viewer reads to the end, in each process.
    with opened(Plan(plan.url, len(stage.apps), WARMING, QUICKLY, within=0.0, first=10_000)) as (_, pipe):
        read(pipe)
        before = sum(map(memory, stage.apps.values()))
    upstream.log(stage.upstream, "DELETE")
    later = threading.Timer(kill or 0.0, kill_one)
    with opened(plan) as (pid, pipe), watched({**stage.apps, **stage.others, "viewers": pid}) as watch:
        if kill:
            later.start()
        visits = read(pipe)
    later.cancel()
    after = sum(watch.memory[name] for name in stage.apps)
    further = max(after - before, 0.0) / max(plan.viewers - len(stage.apps), 1)
    return Result(plan, visits, upstream.sent(stage.upstream), watch, further, killed)


def report(result: Result) -> int:
    """Prints what the viewers met, those of a killed process apart. How much is wrong."""
    plan = result.plan
    gone = [one for one in result.visits if result.killed and one.reconnected]
    found = figures([one for one in result.visits if one not in gone], result.sent)
    delivered = sorted(found.delivered) or [0.0]
    cores = "   ".join(f"{name} {used:.2f}" for name, used in result.watch.cores.items())
    lags = "   ".join(f"{name} {quantile(found.lags, part):.3f} s" for name, part in (("p50", 0.5), ("p95", 0.95)))
    lines = [
        f"{plan.viewers} viewers, {plan.pieces:,} pieces each at {plan.rate} a second, asked within {plan.within:g} s",
        f"  delivered   median {quantile(delivered, 0.5):.1f}   least {delivered[0]:.1f} a second",
        f"  lag         {lags}   most {max(found.lags, default=0.0):.3f} s",
        f"  lost        {found.lost}",
        f"  cores       {cores}   (everything that ran here: {result.watch.machine:.2f})",
        f"  memory      {result.further:.2f} MB for each further viewer",
        *(f"  PROBLEM     {problem}" for problem in found.problems),
    ]
    broken = sum("ended while this answer came" in one.notice for one in gone)
    for killed in result.killed:
        titles = ("without a connection", "answer there again", "words missing of the last")
        lines += [
            f"of them, {len(gone)} were with the process that was killed, and are not counted above",
            *(
                f"  {title:<26} median {median(seconds or [0]):.2f} s   most {max(seconds, default=0.0):.2f} s"
                for title, seconds in zip(titles, recovery(gone, result.sent, killed), strict=True)
            ),
            f"  marked as broken off       {broken} of {len(gone)}",
            *(f"  PROBLEM {one.model}: {one.problem}" for one in gone if one.problem),
        ]
    print(*lines, sep="\n", flush=True)
    return found.lost + len(found.problems) + len(gone) - broken


if __name__ == "__main__":
    sys.exit(main())
