"""Verdict of a person on a comparison."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Self, TypeAlias, get_args

Outcome: TypeAlias = Literal["best", "tie", "all bad"]
Reason: TypeAlias = Literal["correct", "complete", "style", "speed", "cost"]

REASONS: tuple[Reason, ...] = get_args(Reason)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`lane`: the best one. `blind`: given without knowing who answered. Raises ValueError where outcome and lane don't
    fit."""

    outcome: Outcome
    lane: int | None = None
    reasons: tuple[Reason, ...] = ()
    note: str = ""
    blind: bool = False
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        if (self.outcome == "best") != (self.lane is not None):
            raise ValueError("A verdict names the best lane, or says that it is a tie or that all are bad.")

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"reasons": list(self.reasons), "at": self.at.isoformat()}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        return cls(**kept | {"reasons": tuple(kept["reasons"]), "at": datetime.fromisoformat(kept["at"])})
