"""From when pieces were written and when they were there to what is told of a crowd."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from benchmarks.crowd.plan import Met


class Figures(NamedTuple):
    delivered: list[float]  # pieces a second, of each viewer
    lags: list[float]  # seconds, of each piece of each viewer, in their order
    lost: int  # pieces
    updates: float  # a second, of the median viewer
    received: float  # bytes, of the median viewer
    problems: list[str]


def figures(met: Iterable[Met], sent: Mapping[str, Sequence[float]]) -> Figures:
    """`sent`: when each piece was written, by the model that was asked."""
    found = Figures([], [], 0, 0.0, 0.0, [])
    lost, updates, received = 0, [], []
    for one in met:
        written = sent.get(one.model, ())
        lost += one.lost
        if one.problem:
            found.problems.append(f"{one.model}: {one.problem}")
        if not one.receipts or not written:
            found.problems.append(f"{one.model}: nothing came")
            continue
        found.lags.extend(lags(written, one.receipts))
        last = one.receipts[-1][0]
        found.delivered.append((one.receipts[-1][1] - 1) / (last - written[0]))
        updates.append(len(one.receipts) / (last - written[0]))
        received.append(one.received)
    found.lags.sort()
    return found._replace(lost=lost, updates=median(updates or [0.0]), received=median(received or [0]))


class Moved(NamedTuple):
    """Of the viewers of a killed process. Seconds."""

    away: list[float]
    """Without a connection."""
    again: list[float]
    """From the kill until the answer stood there again."""
    missing: list[float]
    """From when the first missing word was written until the kill; 0 where the first came after it."""


def moved(gone: Sequence[Met], sent: Mapping[str, Sequence[float]], killed: float) -> Moved:
    found = Moved([], [], [])
    for one in gone:
        found.away.extend(one.reconnected)
        found.again.append(one.ended - killed)
        first_missing = next(iter(sent[one.model][one.there :]), killed)
        found.missing.append(max(killed - first_missing, 0.0))
    return found


def lags(written: Sequence[float], receipts: Sequence[tuple[float, int]]) -> list[float]:
    """Of each piece that came: how many seconds after it was written."""
    counts = [pieces for _, pieces in receipts]
    return [
        receipts[bisect_left(counts, number + 1)][0] - moment
        for number, moment in enumerate(written[: counts[-1]])
    ]  # fmt: skip


def share(values: Sequence[float], part: float) -> float:
    """The value that this part of the sorted ones do not exceed."""
    return values[min(int(part * len(values)), len(values) - 1)] if values else 0.0
