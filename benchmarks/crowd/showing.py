"""One show: the viewers come, read to their ends, and what was measured is told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import IO, NamedTuple

from benchmarks.crowd.figures import Figures, figures, moved, share
from benchmarks.crowd.plan import Met, Plan
from benchmarks.crowd.stage import Stage
from benchmarks.crowd.watch import Used, Watch
from benchmarks.process import memory
from benchmarks.typewriter import processes
from tests.guard import guarded_environment

WARMING = 400  # pieces of the answers that are read before anything is counted
QUICKLY = 200  # pieces a second of those


class Seen(NamedTuple):
    plan: Plan
    met: list[Met]
    figures: Figures
    sent: dict[str, list[float]]  # when each piece was written, by model
    used: Used
    further: float  # MB, for each viewer beyond the first


class Clients:
    """The process with the viewers, whose pages are open."""

    def __init__(self, plan: Plan, pid: int, told: IO[str], said: IO[str]) -> None:
        self.plan, self.pid = plan, pid
        self._told, self._said = told, said

    def read(self) -> list[Met]:
        """All ask, and read to the end. Their pages stay open."""
        print(file=self._told, flush=True)
        self.expect("over")
        return [Met.from_json(self._said.readline()) for _ in range(self.plan.viewers)]

    def expect(self, word: str) -> None:
        if (line := self._said.readline().strip()) != word:
            raise RuntimeError(f"the viewers said {line!r} where {word!r} was expected")


@contextmanager
def viewers(plan: Plan) -> Iterator[Clients]:
    command = [sys.executable, "-m", "benchmarks.crowd.clients"]
    with subprocess.Popen(
        command,
        cwd=processes.ROOT,
        env=guarded_environment(),
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        clients = Clients(plan, running.pid, running.stdin, running.stdout)
        try:
            print(plan.to_json(), file=running.stdin, flush=True)
            clients.expect("opened")
            yield clients
            running.stdin.close()
        except BaseException:
            running.kill()
            raise


def warm(stage: Stage, plan: Plan) -> float:
    """One viewer reads to the end, in each process; so much memory the apps have then, together."""
    first = Plan(stage.url, len(stage.apps), WARMING, QUICKLY, within=0.0, first=10_000)
    with viewers(first) as clients:
        clients.read()
        return sum(map(memory, stage.apps.values()))


def show(stage: Stage, plan: Plan, meanwhile: Callable[[], object] = lambda: None) -> Seen:
    """`meanwhile` is called when all pages are open, and may return before the viewers have come to their ends."""
    before = warm(stage, plan)
    processes.forget(stage.upstream)
    with viewers(plan) as clients, Watch({**stage.apps, **stage.others, "viewers": clients.pid}) as watch:
        meanwhile()
        met = clients.read()
    after = sum(watch.used.memory[name] for name in stage.apps)
    further = max(after - before, 0.0) / max(plan.viewers - len(stage.apps), 1)
    sent = processes.sent(stage.upstream)
    return Seen(plan, met, figures(met, sent), sent, watch.used, further)


def report(seen: Seen) -> list[str]:
    found, plan = seen.figures, seen.plan
    delivered = sorted(found.delivered) or [0.0]
    cores = "   ".join(f"{name} {used:.2f}" for name, used in seen.used.cores.items())
    lags = "   ".join(f"{name} {share(found.lags, part):.3f} s" for name, part in (("p50", 0.5), ("p95", 0.95)))
    return [
        f"{plan.viewers} viewers, {plan.pieces:,} pieces each at {plan.rate} a second, asked within {plan.within:g} s",
        f"  delivered   median {share(delivered, 0.5):.1f}   least {delivered[0]:.1f} a second",
        f"  lag         {lags}   most {max(found.lags, default=0.0):.3f} s",
        f"  lost        {found.lost}",
        f"  updates     {found.updates:.1f} a second for each",
        f"  bytes       {found.received / 1000:,.0f} kB for each",
        f"  cores       {cores}   (all that ran here: {seen.used.machine:.2f})",
        f"  memory      {seen.further:.2f} MB for each further viewer",
        *(f"  PROBLEM     {problem}" for problem in found.problems),
    ]


def told_of_a_kill(seen: Seen, killed: float) -> tuple[Seen, list[str], int]:
    """What those saw who were with other processes; lines on those who were with the killed one; how many of these do
    not say that their answer was broken off."""
    gone = [one for one in seen.met if one.reconnected]
    others = [one for one in seen.met if not one.reconnected]
    found = moved(gone, seen.sent, killed)
    titles = ("without a connection", "answer there again", "words missing of the last")
    broken = sum("ended while this answer came" in one.notice for one in gone)
    lines = [
        f"of them, {len(gone)} were with the process that was killed, and are not counted above",
        *(
            f"  {title:<26} median {median(seconds or [0]):.2f} s   most {max(seconds, default=0.0):.2f} s"
            for title, seconds in zip(titles, found, strict=True)
        ),
        f"  marked as broken off       {broken} of {len(gone)}",
        *(f"  PROBLEM {one.model}: {one.problem}" for one in gone if one.problem),
    ]
    return seen._replace(met=others, figures=figures(others, seen.sent)), lines, len(gone) - broken
