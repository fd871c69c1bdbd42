"""Targets of Chat and Compare, checked on medians of one run of the benchmark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from benchmarks.typewriter.figures import Figures, spread
from benchmarks.typewriter.loads import Load

Found: TypeAlias = Mapping[tuple[Load, str], Sequence[Figures]]
"""The runs of each system (by its name) under each load."""

SLOW, FAST, FASTEST, AT_ONCE = map(Load.parse, ("500x50", "2000x200", "8000x800", "2000xmax"))
THREE_LANES = Load.parse("1000x100", lanes=3)
SIX_LANES = Load.parse("500x50", lanes=6)

NAMES = {
    "wait": "wait",
    "first": "first word",
    "last": "last word",
    "gap": "longest gap",
    "received": "bytes",
    "browser": "browser CPU",
    "cpu": "server CPU",
}
BEFORE_THE_END = {"wait", "first"}  # known of an answer that was given up, too


class Target(NamedTuple):
    load: Load
    figure: str  # a field of Figures
    most: float  # as many times the other system's; without another, seconds
    against: str = ""  # another system's name
    system: str = "chat"


class Outcome(NamedTuple):
    target: Target
    ours: float | None
    theirs: float | None  # the other system's; None without another
    open_ended: bool  # the other one was given up, so that its figure is higher still

    @property
    def value(self) -> float | None:
        """What must not exceed the target: a ratio, or seconds. None where it was not measured."""
        if not self.target.against:
            return self.ours
        if self.ours is None or self.theirs is None:
            return None
        return self.ours / self.theirs if self.theirs > 0 else (0.0 if self.ours <= 0 else float("inf"))

    @property
    def met(self) -> bool | None:
        """None where it is not known: not measured, or the other one's figure is higher by nobody knows how much."""
        if self.value is None or (self.open_ended and self.value > self.target.most):
            return None
        return self.value <= self.target.most


def targets() -> Iterator[Target]:
    yield Target(SLOW, "received", 1 / 8, "plain")
    yield Target(FAST, "received", 1 / 50, "plain")
    yield Target(SLOW, "browser", 0.6, "plain")
    yield Target(FAST, "browser", 0.75, "plain")
    yield Target(SLOW, "cpu", 0.6, "plain")
    yield Target(FAST, "cpu", 0.4, "plain")
    for load in (SLOW, FAST, FASTEST, AT_ONCE):
        yield Target(load, "wait", 1.0, "plain")
    for load, last in ((SLOW, 0.06), (FAST, 0.06), (FASTEST, 0.3)):
        yield Target(load, "last", last)
    for load in (SLOW, FAST):
        yield Target(load, "gap", 0.15)
    yield Target(THREE_LANES, "gap", 0.3, system="compare")
    for peer in ("gradio", "chainlit"):
        for figure in ("received", "browser", "cpu"):
            yield Target(SLOW, figure, 1.0, peer)
        for load in (FAST, FASTEST, AT_ONCE):
            for figure in NAMES:
                yield Target(load, figure, 1.0, peer)


def outcomes(found: Found) -> list[Outcome]:
    """Of every target whose systems were measured under its load."""
    reached = []
    for target in targets():
        ours = found.get((target.load, target.system), ())
        theirs = found.get((target.load, target.against), ()) if target.against else ()
        if ours and (theirs or not target.against):
            given_up = target.figure not in BEFORE_THE_END and not all(each.finished for each in theirs)
            medians = median(ours, target.figure), median(theirs, target.figure)
            reached.append(Outcome(target, *medians, open_ended=given_up))
    return reached


def median(runs: Sequence[Figures], figure: str) -> float | None:
    found = spread(getattr(each, figure) for each in runs)
    return None if found is None else found.median
