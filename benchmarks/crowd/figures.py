"""Figures of a crowd, from when each piece was written and when each viewer had it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from benchmarks.crowd.viewers import Visit


class Figures(NamedTuple):
    delivered: list[float]  # pieces a second, of each viewer
    lags: list[float]  # seconds, of each piece of each viewer, in their order
    lost: int  # pieces
    problems: list[str]


def figures(visits: Sequence[Visit], sent: Mapping[str, Sequence[float]]) -> Figures:
    """`sent`: when each piece was written, by the model that was asked."""
    found = Figures([], [], sum(one.lost for one in visits), [])
    for one in visits:
        written = sent.get(one.model, ())
        if one.problem:
            found.problems.append(f"{one.model}: {one.problem}")
        if not one.receipts or not written:
            found.problems.append(f"{one.model}: nothing came")
            continue
        found.lags.extend(lags(written, one.receipts))
        last = one.receipts[-1][0]
        found.delivered.append((one.receipts[-1][1] - 1) / (last - written[0]))
    found.lags.sort()
    return found


def recovery(gone: Sequence[Visit], sent: Mapping[str, Sequence[float]], killed: float) -> tuple[list[float], ...]:
    """Of the viewers of a killed process, in seconds: without a connection; from the kill until the answer stood there
    again; from when the first missing word was written until the kill, 0 where it came after it."""
    first_missing = [next(iter(sent[one.model][one.there :]), killed) for one in gone]
    return (
        [seconds for one in gone for seconds in one.reconnected],
        [one.ended - killed for one in gone],
        [max(killed - moment, 0.0) for moment in first_missing],
    )


def lags(written: Sequence[float], receipts: Sequence[tuple[float, int]]) -> list[float]:
    """Of each piece that came: how many seconds after it was written."""
    counts = [pieces for _, pieces in receipts]
    return [
        receipts[bisect_left(counts, number + 1)][0] - moment
        for number, moment in enumerate(written[: counts[-1]])
    ]  # fmt: skip


def quantile(values: Sequence[float], part: float) -> float:
    """The value that this part of the sorted ones do not exceed."""
    return values[min(int(part * len(values)), len(values) - 1)] if values else 0.0
