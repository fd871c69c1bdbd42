"""What the app is meant to reach, and whether it does: checked on medians of one run of the benchmark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from benchmarks.typewriter.figures import Figures, spread
from benchmarks.typewriter.loads import Load

Found: TypeAlias = Mapping[tuple[Load, str], Sequence[Figures]]
"""The runs of each system (by its name) under each load."""

SLOW, FAST, FASTEST, AT_ONCE = map(Load.parse, ("500x50", "2000x200", "8000x800", "2000xmax"))
THREE_LANES = Load.parse("1000x100", lanes=3)

NAMES = {
    "first": "first word",
    "last": "last word",
    "gap": "longest gap",
    "received": "bytes",
    "busy": "main thread",
    "cpu": "server CPU",
}


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
    yield Target(FAST, "received", 1 / 50, "plain")
    yield Target(FASTEST, "received", 1 / 150, "plain")
    for load in (SLOW, FAST, FASTEST):
        yield Target(load, "busy", 0.45, "plain")
    for load in (SLOW, FAST, FASTEST):
        yield Target(load, "cpu", 0.35, "plain")
    yield Target(FAST, "last", 0.5, "plain")
    yield Target(FASTEST, "last", 0.3)
    for load in (SLOW, FAST, FASTEST, AT_ONCE):
        yield Target(load, "first", 1.0, "plain")
    yield Target(THREE_LANES, "gap", 0.3, system="compare")
    yield Target(SLOW, "first", 0.06)
    yield Target(SLOW, "last", 0.05)
    yield Target(SLOW, "gap", 0.1)
    for peer in ("gradio", "chainlit"):
        for load in (SLOW, FAST, FASTEST, AT_ONCE):
            for figure in NAMES:
                yield Target(load, figure, 1.0, peer)


def outcomes(found: Found) -> list[Outcome]:
    """Of every target whose systems were measured under its load."""
    reached = []
    for target in targets():
        ours = found.get((target.load, target.system), ())
        theirs = found.get((target.load, target.against), ()) if target.against else ()
        if ours and (theirs or not target.against):
            reached.append(
                Outcome(
                    target,
                    median(ours, target.figure),
                    median(theirs, target.figure),
                    open_ended=not all(each.finished for each in theirs),
                )
            )
    return reached


def median(runs: Sequence[Figures], figure: str) -> float | None:
    found = spread(getattr(each, figure) for each in runs)
    return None if found is None else found.median
