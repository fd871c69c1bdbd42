"""Calibration of what the app says of two lanes: `python -m benchmarks.statistics`, two minutes.

Series are drawn at random, with the spread of a provider's first tokens: log-normal about 500 ms, each lane by itself,
or moved together by what a round does to both. Printed are how often equal lanes are called different, how often a
true difference is inside its interval, and how far the stated number of rounds is from the one that it takes. Beside
it: what the usual bootstrap of rounds, by percentiles, would have said.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from replies.metrics.goal import PILOT
from replies.metrics.intervals import Interval, holm, of_medians, rounds_for

MEDIAN, SHIFT = 500.0, 100.0  # milliseconds
SPREADS = ((0.35, 0.0), (0.35, 0.5), (0.6, 0.0))  # of the logarithm; how far a round moves both lanes
ROUNDS = (5, 6, 8, 10, 20, 40)
FIGURES = 8  # that are told together
RESAMPLED = 1000
MOST = 300  # rounds of a series that goes on
GRID = (5, 7, 10, 14, 20, 28, 40, 56, 80, 113, 160, 226, 320)

Table = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--series", type=int, default=1000, metavar="N", help="series of each kind")
    series = parser.parse_args().series
    random = np.random.default_rng(17)
    print(f"{series:,} series of each kind; medians {MEDIAN:g} ms. In brackets: the bootstrap.")
    head("spread", "together", "rounds", "equal lanes called different", f"{SHIFT:g} ms inside the interval")
    for spread, together in SPREADS:
        for rounds in ROUNDS:
            equal, shifted = (drawn(random, series, rounds, spread, together, shift) for shift in (0.0, SHIFT))
            called = 100 - inside(intervals(*equal), 0), 100 - inside(bootstrap(random, *equal), 0)
            held = inside(intervals(*shifted), SHIFT), inside(bootstrap(random, *shifted), SHIFT)
            row(spread, together, rounds, *(f"{ours:.1f} % ({plain:.1f} %)" for ours, plain in (called, held)))
    head("rounds", f"{FIGURES} figures of equal lanes: any called different")
    for rounds in ROUNDS:
        row(rounds, f"{any_called(random, series, rounds):.1f} %")
    wrong_and_right = "equal lanes called different", "0 inside the interval"
    head("going on until it would show", "at most rounds", "median", *wrong_and_right)
    for shift in (300.0, 200.0, 150.0):
        lanes = [drawn(random, 1, MOST, SPREADS[0][0], 0, 0) for _ in range(series)]
        ends = [gone_on(one[0], other[0], shift) for one, other in lanes]
        wrong = 100 * np.mean([interval.p <= 0.05 for _, interval in ends])
        right = 100 * np.mean([interval.low <= 0 <= interval.high for _, interval in ends])
        middle = np.median([rounds for rounds, _ in ends])
        row(f"{shift:g} ms", MOST, f"{middle:.0f}", f"{wrong:.1f} %", f"{right:.1f} %")
    head("to show", "figures told", "it takes", "stated after", "at the median", "÷ what it takes", "within 1.5 ×")
    for shift, of in ((100.0, 1), (200.0, 1), (200.0, FIGURES)):
        takes = taken(random, series, shift, of)
        for rounds in (8, 10, 20, 40):
            pilot = found(*drawn(random, series, rounds, SPREADS[0][0], 0, 0))
            stated = np.array([rounds_for(shift, one.error, rounds, of) for one in pilot])
            ratio = stated / takes
            near = 100 * np.mean((ratio < 1.5) & (ratio > 1 / 1.5))
            told = f"{np.median(stated):.0f}", f"{np.median(ratio):.2f}"
            row(f"{shift:g} ms", of, f"{takes:.0f}", f"{rounds} rounds", *told, f"{near:.0f} %")


def head(*titles: str) -> None:
    print()
    row(*titles)
    row(*["---"] * len(titles))


def row(*cells: object) -> None:
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def drawn(
    random: np.random.Generator, series: int, rounds: int, spread: float, together: float, shift: float
) -> tuple[Table, Table]:
    """Two lanes, a row for each series; the first is `shift` later."""
    own = random.standard_normal((2, series, rounds)) * np.sqrt(1 - together)
    shared = random.standard_normal((series, rounds)) * np.sqrt(together)
    one, other = MEDIAN * np.exp(spread * (own + shared))
    return one + shift, other


def found(one: Table, other: Table) -> Iterator[Interval]:
    for row, base in zip(one.tolist(), other.tolist(), strict=True):
        interval = of_medians(dict(enumerate(row)), dict(enumerate(base)))
        assert interval is not None
        yield interval


def intervals(one: Table, other: Table) -> Table:
    return np.array([(interval.low, interval.high) for interval in found(one, other)])


def bootstrap(random: np.random.Generator, one: Table, other: Table) -> Table:
    """Rounds drawn with replacement; the middle 95 % of the differences of medians."""
    bounds = []
    for row, base in zip(one, other, strict=True):
        places = random.integers(0, len(row), (RESAMPLED, len(row)))
        apart = np.median(row[places], axis=1) - np.median(base[places], axis=1)
        bounds.append(np.quantile(apart, (0.025, 0.975)))
    return np.array(bounds)


def inside(bounds: Table, truth: float) -> float:
    """Of a hundred, how many intervals hold the truth."""
    return float(100 * np.mean((bounds[:, 0] <= truth) & (truth <= bounds[:, 1])))


def any_called(random: np.random.Generator, series: int, rounds: int) -> float:
    figures = [[one.p for one in found(*drawn(random, series, rounds, 0.35, 0.0, 0.0))] for _ in range(FIGURES)]
    return float(100 * np.mean([min(holm(chances)) <= 0.05 for chances in zip(*figures, strict=True)]))


def gone_on(one: Table, other: Table, size: float) -> tuple[int, Interval]:
    """How many rounds a series has that goes on until a difference of this size would show, as its goal does."""
    rounds = PILOT
    while True:
        (interval,) = found(one[None, :rounds], other[None, :rounds])
        needed = math.ceil(rounds_for(size, interval.error, rounds))
        if needed <= rounds or rounds == MOST:
            return rounds, interval
        rounds = min(needed, MOST)


def taken(random: np.random.Generator, series: int, shift: float, of: int) -> float:
    """The rounds with which four of five series show the shift, each told with so many figures that are equal."""
    power = [
        np.mean([of * one.p <= 0.05 for one in found(*drawn(random, series, rounds, 0.35, 0.0, shift))])
        for rounds in GRID
    ]
    return float(np.exp(np.interp(0.8, np.maximum.accumulate(power), np.log(GRID))))


if __name__ == "__main__":
    main()
