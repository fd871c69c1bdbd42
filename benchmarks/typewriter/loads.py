"""How much an answer is, how fast it comes, and in how many lanes."""

from __future__ import annotations

import math
import re
from typing import NamedTuple


class Load(NamedTuple):
    pieces: int  # in each lane
    rate: float  # pieces a second in each lane; inf: all at once
    lanes: int = 1

    @classmethod
    def parse(cls, text: str, lanes: int = 1) -> Load:
        """`500x50`, or `2000xmax` for no pause between the pieces. Raises ValueError for anything else."""
        found = re.fullmatch(r"(\d{1,6})x(\d{1,6}|max)", text)
        if found is None or 0 in (int(found[1]), found[2] if found[2] == "max" else int(found[2])):
            raise ValueError(f"{text!r} is no load; it is pieces x pieces a second, such as 500x50 or 2000xmax")
        return cls(int(found[1]), math.inf if found[2] == "max" else float(found[2]), lanes)

    @property
    def address(self) -> str:
        return f"{self.pieces}x{'max' if math.isinf(self.rate) else f'{self.rate:g}'}"

    @property
    def model(self) -> str:
        """The model id that makes the simulator speak so."""
        return f"sim-{self.address}"

    @property
    def title(self) -> str:
        pace = "at once" if math.isinf(self.rate) else f"at {self.rate:g}/s"
        return f"{self.pieces:,} pieces {pace}" + (f", {self.lanes} lanes" if self.lanes > 1 else "")

    def lane_model(self, lane: int) -> str:
        """The same for one of several lanes, by which its exchange is known in the simulator's log."""
        return f"{self.model}.lane-{lane}" if self.lanes > 1 else self.model

    @property
    def seconds(self) -> float:
        """How long an answer takes to be sent."""
        return 0.0 if math.isinf(self.rate) else self.pieces / self.rate
