"""Figures, from what was sent and what was seen: pure functions, all moments on one clock, in seconds."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple


class Lane(NamedTuple):
    """One answer: as the server sent it, and as the page had it."""

    pieces: int  # that it has
    asked: float  # when the question was sent off: Enter was pressed
    sent: Sequence[float]  # when each piece was written to the connection
    grew: Sequence[tuple[float, int]]  # when the DOM had a later piece than before, and the number of the latest
    painted: Sequence[tuple[float, int]]  # the same for the frames that were painted
    lost: int  # pieces that are not on the page when all is over
    until: float  # when nobody looked any longer

    @property
    def finished(self) -> bool:
        return bool(self.grew) and self.grew[-1][1] == self.pieces - 1


class Figures(NamedTuple):
    """One run; of several lanes, the worst one's moments. None is unknown."""

    wait: float | None  # seconds from the question to the first piece in the DOM
    first: float | None  # seconds from the first piece sent to the first in the DOM
    last: float | None  # seconds from the last piece sent to the last in the DOM
    gap: float | None  # seconds: the longest without a paint, from the first painted word to the last
    received: float  # bytes
    browser: float  # seconds of processor time of the browser's main thread
    cpu: float | None  # seconds of processor time of the app
    finished: bool = True  # all pieces came; else all other figures are lower bounds
    lost: int = 0  # pieces that are not on the page in the end


COLUMNS = {  # each figure's title, its unit, by what it is multiplied for it, and its decimals
    "wait": ("wait", "ms", 1000, 0),
    "first": ("first word", "ms", 1000, 0),
    "last": ("last word", "ms", 1000, 0),
    "gap": ("longest gap", "ms", 1000, 0),
    "received": ("received", "kB", 1 / 1000, 1),
    "browser": ("browser CPU", "s", 1, 2),
    "cpu": ("server CPU", "s", 1, 2),
}


class Spread(NamedTuple):
    median: float
    least: float
    most: float


def waited(lane: Lane) -> float | None:
    return lane.grew[0][0] - lane.asked if lane.grew else None


def first_in_dom(lane: Lane) -> float | None:
    return lane.grew[0][0] - lane.sent[0] if lane.grew and lane.sent else None


def last_in_dom(lane: Lane) -> float | None:
    """Where the last piece never came, how long it was waited for after the last that was sent: an app that disconnects
    gets no more. None where nothing was sent."""
    return None if not lane.sent else (lane.grew[-1][0] if lane.finished else lane.until) - lane.sent[-1]


def longest_gap(lane: Lane) -> float | None:
    """None where nothing was painted; 0.0 where all was painted at once."""
    if not lane.painted:
        return None
    return max((later - earlier for (earlier, _), (later, _) in pairwise(lane.painted)), default=0.0)


def worst(figures: Iterable[float | None]) -> float | None:
    """The highest; None where one of them is unknown."""
    found = list(figures)
    known = [figure for figure in found if figure is not None]
    return max(known) if known and len(known) == len(found) else None


def figures(lanes: Sequence[Lane], *, received: float, browser: float, cpu: float | None) -> Figures:
    return Figures(
        wait=worst(map(waited, lanes)),
        first=worst(map(first_in_dom, lanes)),
        last=worst(map(last_in_dom, lanes)),
        gap=worst(map(longest_gap, lanes)),
        received=received,
        browser=browser,
        cpu=cpu,
        finished=all(lane.finished for lane in lanes),
        lost=sum(lane.lost for lane in lanes),
    )


def spread(values: Iterable[float | None]) -> Spread | None:
    """None where nothing is known."""
    known = [value for value in values if value is not None]
    return Spread(statistics.median(known), min(known), max(known)) if known else None
