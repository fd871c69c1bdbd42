"""One show: the viewers come and read to their ends, and what was measured is reported."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from statistics import median
from typing import NamedTuple

from benchmarks import upstream
from benchmarks.crowd import viewers
from benchmarks.crowd.figures import Figures, figures, quantile, recovery
from benchmarks.crowd.stage import Stage
from benchmarks.crowd.viewers import Plan, Visit
from benchmarks.usage import Watch, memory

WARMING = 400  # pieces of the answers that are read before anything is counted
QUICKLY = 200  # pieces a second of those


class Result(NamedTuple):
    plan: Plan
    visits: list[Visit]
    figures: Figures
    sent: dict[str, list[float]]  # when each piece was written, by model
    watch: Watch
    further: float  # MB, for each viewer beyond the first


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


def warm(stage: Stage, plan: Plan) -> float:
    """One viewer reads to the end, in each process. MB that all apps together have then."""
    with opened(Plan(plan.url, len(stage.apps), WARMING, QUICKLY, within=0.0, first=10_000)) as (_, pipe):
        read(pipe)
        return sum(map(memory, stage.apps.values()))


def show(stage: Stage, plan: Plan, meanwhile: Callable[[], object] = lambda: None) -> Result:
    """`meanwhile` is called when all pages are open, and may return before the viewers have come to their ends."""
    before = warm(stage, plan)
    upstream.log(stage.upstream, "DELETE")
    with opened(plan) as (pid, pipe), Watch({**stage.apps, **stage.others, "viewers": pid}) as watch:
        meanwhile()
        visits = read(pipe)
    after = sum(watch.memory[name] for name in stage.apps)
    further = max(after - before, 0.0) / max(plan.viewers - len(stage.apps), 1)
    sent = upstream.sent(stage.upstream)
    return Result(plan, visits, figures(visits, sent), sent, watch, further)


def report(result: Result) -> list[str]:
    found, plan = result.figures, result.plan
    delivered = sorted(found.delivered) or [0.0]
    cores = "   ".join(f"{name} {used:.2f}" for name, used in result.watch.cores.items())
    lags = "   ".join(f"{name} {quantile(found.lags, part):.3f} s" for name, part in (("p50", 0.5), ("p95", 0.95)))
    return [
        f"{plan.viewers} viewers, {plan.pieces:,} pieces each at {plan.rate} a second, asked within {plan.within:g} s",
        f"  delivered   median {quantile(delivered, 0.5):.1f}   least {delivered[0]:.1f} a second",
        f"  lag         {lags}   most {max(found.lags, default=0.0):.3f} s",
        f"  lost        {found.lost}",
        f"  cores       {cores}   (everything that ran here: {result.watch.machine:.2f})",
        f"  memory      {result.further:.2f} MB for each further viewer",
        *(f"  PROBLEM     {problem}" for problem in found.problems),
    ]


def split_by_kill(result: Result, killed: float) -> tuple[Result, list[str], int]:
    """The result of the viewers of other processes; lines on those of the killed one; how many of these do not say that
    their answer was broken off."""
    gone = [one for one in result.visits if one.reconnected]
    others = [one for one in result.visits if not one.reconnected]
    titles = ("without a connection", "answer there again", "words missing of the last")
    broken = sum("ended while this answer came" in one.notice for one in gone)
    lines = [
        f"of them, {len(gone)} were with the process that was killed, and are not counted above",
        *(
            f"  {title:<26} median {median(seconds or [0]):.2f} s   most {max(seconds, default=0.0):.2f} s"
            for title, seconds in zip(titles, recovery(gone, result.sent, killed), strict=True)
        ),
        f"  marked as broken off       {broken} of {len(gone)}",
        *(f"  PROBLEM {one.model}: {one.problem}" for one in gone if one.problem),
    ]
    return result._replace(visits=others, figures=figures(others, result.sent)), lines, len(gone) - broken
