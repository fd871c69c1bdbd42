"""What the viewers are to do, and what each of them met: passed between processes as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Self


@dataclass(frozen=True)
class Plan:
    url: str
    viewers: int
    pieces: int  # of each answer
    rate: int  # pieces a second
    within: float  # seconds within which all of them ask
    first: int = 0  # the number of the first viewer, which is in the name of its model

    def model(self, viewer: int) -> str:
        """By which the viewer's exchange is known in the simulator's log."""
        return f"sim-{self.pieces}x{self.rate}.viewer-{self.first + viewer}"

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Self:
        return cls(**json.loads(line))


@dataclass
class Met:
    """What one viewer met. Moments are `time.monotonic()`."""

    model: str
    asked: float = 0.0
    ended: float = 0.0
    received: int = 0  # bytes
    receipts: list[tuple[float, int]] = field(default_factory=list)
    lost: int = 0
    reconnected: list[float] = field(default_factory=list)  # seconds without a connection, each time
    there: int = 0  # pieces that stand on the page in the end, from the first on
    notice: str = ""  # the page's, below the answer
    problem: str = ""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Self:
        found = json.loads(line)
        return cls(**{**found, "receipts": [(moment, pieces) for moment, pieces in found["receipts"]]})
