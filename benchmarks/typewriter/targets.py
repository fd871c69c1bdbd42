"""Targets of Chat and Compare, checked on medians of one run of the benchmark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from benchmarks.typewriter.figures import COLUMNS, Figures, spread
from benchmarks.typewriter.loads import AS_SERVED, AT_ONCE, FAST, FASTEST, SLOW, THREE_LANES, Load

Found: TypeAlias = Mapping[tuple[Load, str], Sequence[Figures]]
"""The runs of each system (by its name) under each load."""

BEFORE_THE_END = {"wait", "first"}  # known of an answer that was given up, too


class Target(NamedTuple):
    load: Load
    figure: str  # a field of Figures
    most: float  # as many times the other system's; without another, seconds
    against: str = ""  # another system's name
    system: str = "chat"


class Outcome(NamedTuple):
    target: Target
    value: float | None  # what must not exceed the target: a ratio, or seconds; None where it was not measured
    open_ended: bool = False  # the other system was given up, so that the ratio is lower still

    @property
    def met(self) -> bool | None:
        """None where it is unknown: not measured, or lower by nobody knows how much."""
        if self.value is None or (self.open_ended and self.value > self.target.most):
            return None
        return self.value <= self.target.most


def targets() -> Iterator[Target]:
    for figure, slow, fast in (("received", 1 / 8, 1 / 50), ("browser", 0.6, 0.75), ("cpu", 0.6, 0.4)):
        yield Target(SLOW, figure, slow, "plain")
        yield Target(FAST, figure, fast, "plain")
    for load in (SLOW, FAST, FASTEST, AT_ONCE, AS_SERVED):
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
            for figure in COLUMNS:
                yield Target(load, figure, 1.0, peer)


def outcomes(found: Found) -> Iterator[Outcome]:
    """Of every target whose systems were measured under its load."""
    for target in targets():
        ours, theirs = (found.get((target.load, system), ()) for system in (target.system, target.against))
        if ours and not target.against:
            yield Outcome(target, median(ours, target.figure))
        elif ours and theirs:
            own, other = median(ours, target.figure), median(theirs, target.figure)
            given_up = target.figure not in BEFORE_THE_END and not all(each.finished for each in theirs)
            yield Outcome(target, None if own is None or not other else own / other, given_up)


def median(runs: Sequence[Figures], figure: str) -> float | None:
    found = spread(getattr(each, figure) for each in runs)
    return None if found is None else found.median
