"""From what was sent and what was seen to the figures: pure functions, all moments on one clock, in seconds."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple


class Lane(NamedTuple):
    """One answer: as the server sent it, and as the page had it."""

    sent: Sequence[float]  # when each piece was written to the connection
    grew: Sequence[tuple[float, int]]  # when the DOM had a later piece than before, and the number of the latest
    painted: Sequence[tuple[float, int]]  # the same for the frames that were painted
    lost: int  # pieces that are not on the page when all is over

    @property
    def finished(self) -> bool:
        return bool(self.grew) and self.grew[-1][1] >= len(self.sent) - 1


class Figures(NamedTuple):
    """One run. Of several lanes, the worst one's moments; None is unknown."""

    first: float | None  # seconds from the first piece sent to the first in the DOM
    last: float | None  # seconds from the last piece sent to the last in the DOM
    gap: float | None  # the longest time without a paint, from the first painted word to the last
    received: float  # bytes
    busy: float  # seconds of the browser's main thread
    cpu: float | None  # seconds of the app's processes


class Spread(NamedTuple):
    median: float
    least: float
    most: float


def first_in_dom(lane: Lane) -> float | None:
    return lane.grew[0][0] - lane.sent[0] if lane.grew else None


def last_in_dom(lane: Lane) -> float | None:
    """None where the last piece never came."""
    return lane.grew[-1][0] - lane.sent[-1] if lane.finished else None


def longest_gap(lane: Lane) -> float | None:
    """None where nothing was painted; 0.0 where all was painted at once."""
    if not lane.painted:
        return None
    return max((later - earlier for (earlier, _), (later, _) in pairwise(lane.painted)), default=0.0)


def worst(figures: Sequence[float | None]) -> float | None:
    """The highest; None where one of them is unknown."""
    known = [figure for figure in figures if figure is not None]
    return max(known) if known and len(known) == len(figures) else None


def figures(lanes: Sequence[Lane], *, received: float, busy: float, cpu: float | None) -> Figures:
    return Figures(
        first=worst([first_in_dom(lane) for lane in lanes]),
        last=worst([last_in_dom(lane) for lane in lanes]),
        gap=worst([longest_gap(lane) for lane in lanes]),
        received=received,
        busy=busy,
        cpu=cpu,
    )


def spread(values: Sequence[float | None]) -> Spread | None:
    """None where nothing is known."""
    known = [value for value in values if value is not None]
    return Spread(statistics.median(known), min(known), max(known)) if known else None
