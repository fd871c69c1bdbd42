"""Which loads are measured, and how often."""

from __future__ import annotations

from typing import NamedTuple

from benchmarks.typewriter.loads import Load
from benchmarks.typewriter.targets import AT_ONCE, FAST, FASTEST, SIX_LANES, SLOW, THREE_LANES

ROUNDS = 3


class Turn(NamedTuple):
    load: Load
    rounds: int


def full(rounds: int) -> list[Turn]:
    """Every load with a target, and six lanes, which have none, a third as often."""
    return [Turn(load, rounds) for load in (SLOW, FAST, FASTEST, AT_ONCE, THREE_LANES)] + [
        Turn(SIX_LANES, max(rounds // 3, 1))
    ]


def quick() -> list[Turn]:
    """A first impression in a few minutes."""
    return [Turn(SLOW, 1), Turn(FAST, 1), Turn(THREE_LANES, 1)]


def chosen(loads: str, lanes: str, rounds: int) -> list[Turn]:
    """Each of the loads with each of the lanes, as they are named on the command line. Raises ValueError."""
    return [Turn(Load.parse(load, int(number)), rounds) for number in lanes.split(",") for load in loads.split(",")]
