"""Which loads are measured, and how often."""

from __future__ import annotations

from typing import NamedTuple

from benchmarks.typewriter.loads import Load
from benchmarks.typewriter.targets import AT_ONCE, FAST, FASTEST, SLOW, THREE_LANES

ROUNDS = 3


class Turn(NamedTuple):
    load: Load
    rounds: int


def full(rounds: int) -> list[Turn]:
    """Every load with one, three and six lanes; those that have no target are asked a third as often."""
    alone = [Turn(load, rounds) for load in (SLOW, FAST, FASTEST, AT_ONCE)]
    several = [Turn(turn.load._replace(lanes=lanes), max(rounds // 3, 1)) for lanes in (3, 6) for turn in alone]
    return [*alone, Turn(THREE_LANES, rounds), *several]


def quick() -> list[Turn]:
    """A first impression in a few minutes."""
    return [Turn(SLOW, 1), Turn(FAST, 1), Turn(THREE_LANES, 1)]


def chosen(loads: str, lanes: str, rounds: int) -> list[Turn]:
    """Each of the loads with each of the lanes, as they are named on the command line. Raises ValueError."""
    return [Turn(Load.parse(load, int(number)), rounds) for number in lanes.split(",") for load in loads.split(",")]
