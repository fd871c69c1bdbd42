"""Loads: how much an answer is, how fast it comes, in how many lanes; and how often each is asked."""

from __future__ import annotations

import math
import re
from typing import NamedTuple


class Load(NamedTuple):
    pieces: int  # in each lane
    rate: float  # pieces a second in each lane; inf: all at once
    lanes: int = 1
    first: int = 0  # seconds until the first piece

    @classmethod
    def parse(cls, text: str, lanes: int = 1) -> Load:
        """`500x50`, `500x50after1` where the first piece comes after a second, or `2000xmax` for no pause between the
        pieces. Raises ValueError for anything else."""
        found = re.fullmatch(r"([1-9]\d{0,5})x([1-9]\d{0,5}|max)(?:after(\d))?", text)
        if found is None:
            raise ValueError(f"{text!r} is no load; it is pieces x pieces a second: 500x50, 500x50after1 or 2000xmax")
        return cls(int(found[1]), float(found[2].replace("max", "inf")), lanes, int(found[3] or 0))

    @property
    def model(self) -> str:
        """The model id that has this speed in the simulator."""
        first = f"fault-slow-first-{self.first}.sim-" if self.first else ""
        return f"sim-{first}{self.pieces}x{'max' if math.isinf(self.rate) else f'{self.rate:g}'}"

    @property
    def title(self) -> str:
        pace = "at once" if math.isinf(self.rate) else f"at {self.rate:g}/s"
        first = f", the first after {self.first} s" if self.first else ""
        return f"{self.pieces:,} pieces {pace}{first}" + (f", {self.lanes} lanes" if self.lanes > 1 else "")

    def lane_model(self, lane: int) -> str:
        """The same for one of several lanes, by which its exchange is known in the simulator's log."""
        return f"{self.model}.lane-{lane}" if self.lanes > 1 else self.model

    @property
    def seconds(self) -> float:
        """How long an answer takes to be sent."""
        return self.first + self.pieces / self.rate


ROUNDS = 3
SLOW, FAST, FASTEST, AT_ONCE = map(Load.parse, ("500x50", "2000x200", "8000x800", "2000xmax"))
AS_SERVED = Load.parse("500x50after1")  # a vendor's first word takes about as long
THREE_LANES = Load.parse("1000x100", lanes=3)
SIX_LANES = Load.parse("500x50", lanes=6)
QUICK = dict.fromkeys((SLOW, FAST, THREE_LANES), 1)


def full(rounds: int) -> dict[Load, int]:
    """How often each load is asked: each with a target, and six lanes, which have none, a third as often."""
    targeted = (SLOW, FAST, FASTEST, AT_ONCE, AS_SERVED, THREE_LANES)
    return dict.fromkeys(targeted, rounds) | {SIX_LANES: max(rounds // 3, 1)}


def chosen(loads: str, lanes: str, rounds: int) -> dict[Load, int]:
    """Each of the loads with each of the lanes, as they are named on the command line. Raises ValueError."""
    return {Load.parse(load, int(number)): rounds for number in lanes.split(",") for load in loads.split(",")}
