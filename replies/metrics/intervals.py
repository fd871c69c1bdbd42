"""Intervals of 95 %: of a difference of medians, of a share, of a difference of shares; and Holm's correction.

The median's error is Price and Bonett's, from two order statistics (Journal of Statistical Computation and Simulation
68, 2001); the interval of a difference is Bonett and Price's for medians of the same rounds (British Journal of
Mathematical and Statistical Psychology 73, 2020). `python -m benchmarks.statistics` prints how often they are right.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import NormalDist, median
from typing import NamedTuple

from replies.metrics.help import FEWEST_FOR_DIFFERENCE

NORMAL = NormalDist()
Z = NORMAL.inv_cdf(0.975)  # of the normal distribution, 95 % lie within so many deviations
POWER = NORMAL.inv_cdf(0.8)

# An error from few values is itself uncertain: far out, a difference divided by it is spread as Student's t with so
# many degrees of freedom is, where 95 % lie within `Z` all the same. Found by the benchmark.
DEGREES = 8


class Interval(NamedTuple):
    """A difference with its 95 % interval. `p`: how often chance alone makes one as large. `error`: the standard error,
    in the unit of the values."""

    value: float
    low: float
    high: float
    p: float
    error: float


def of_medians(values: Mapping[int, float], base: Mapping[int, float]) -> Interval | None:
    """The median of `values` less that of `base`, each by its round: what a round does to both is taken out. None where
    either has too few to say."""
    if min(len(values), len(base)) < FEWEST_FOR_DIFFERENCE:
        return None
    middle, base_middle = median(values.values()), median(base.values())
    error, base_error = _error(values.values()), _error(base.values())
    # Rounds in which both are above their medians, or both below, less the others: shrunk, so that in few rounds two
    # lanes are never taken to go hand in hand.
    together = sum(
        math.copysign(1, (values[round] - middle) * (base[round] - base_middle))
        for round in values.keys() & base.keys()
        if values[round] != middle and base[round] != base_middle
    ) / (math.sqrt(len(values) * len(base)) + 1)
    value = middle - base_middle
    spread = math.sqrt(max(0.0, error**2 + base_error**2 - 2 * together * error * base_error))
    # Values that are all alike: as unlikely as that so many rounds go one way.
    alike = 0.5 ** (min(len(values), len(base)) - 1) if value else 1.0
    p = _chance(abs(value) / spread) if spread else alike
    return Interval(value, value - Z * spread, value + Z * spread, p, spread)


def _error(values: Iterable[float]) -> float:
    """Standard error of their median."""
    ranked = sorted(values)
    n = len(ranked)
    place = max(1, round((n + 1) / 2 - math.sqrt(n)))
    outside = sum(math.comb(n, below) for below in range(place)) / 2**n
    return (ranked[n - place] - ranked[place - 1]) / (2 * NORMAL.inv_cdf(1 - outside))


def _chance(errors: float) -> float:
    """How often chance alone makes a difference of so many standard errors."""
    return 2 * NORMAL.cdf(-errors * math.sqrt((2 * DEGREES + Z**2) / (2 * DEGREES + errors**2)))


def rounds_for(size: float, error: float, rounds: int, of: int = 1) -> float:
    """How many rounds would show a difference of this size in four of five series, where so many had this error. `of`:
    how many differences are told together, for all of which Holm corrects."""
    z = NORMAL.inv_cdf(1 - 0.025 / of)
    z /= math.sqrt(1 - (z**2 - Z**2) / (2 * DEGREES))  # the standard errors of which `_chance` is 0.05 / of
    return max(FEWEST_FOR_DIFFERENCE, rounds * ((z + POWER) * error / size) ** 2)


def wilson(count: int, of: int, z: float = Z) -> tuple[float, float]:
    """The interval of a share by Wilson's score, which holds for few and at 0 and 1 too: of 95 %, unless `z` says."""
    share, square = count / of, z * z / of
    middle = (share + square / 2) / (1 + square)
    half = z / (1 + square) * math.sqrt(share * (1 - share) / of + square / (4 * of))
    # The share lies within; rounding could push a bound past it at 0 and at 1.
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def of_shares(count: int, of: int, base_count: int, base_of: int) -> Interval | None:
    """A share less that of the base, by Newcombe's method from Wilson's intervals. None where there are too few."""
    if min(of, base_of) < FEWEST_FOR_DIFFERENCE:
        return None
    share, base_share = count / of, base_count / base_of
    value = share - base_share

    def interval(z: float) -> tuple[float, float]:
        (low, high), (base_low, base_high) = wilson(count, of, z), wilson(base_count, base_of, z)
        return (
            value - math.hypot(share - low, base_high - base_share),
            value + math.hypot(high - share, base_share - base_low),
        )

    least, most = 0.0, 10.0  # the widest interval that leaves nought out, by halves
    for _ in range(40):
        z = (least + most) / 2
        low, high = interval(z)
        least, most = (z, most) if low > 0 or high < 0 else (least, z)
    low, high = interval(Z)
    return Interval(value, low, high, 2 * NORMAL.cdf(-least), (high - low) / (2 * Z))


def holm(chances: Sequence[float]) -> list[float]:
    """Each `p`, corrected for how many there are: by Holm's step-down method, in their order."""
    corrected = [0.0] * len(chances)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        largest = max(largest, min(1.0, (len(chances) - rank) * chances[place]))
        corrected[place] = largest
    return corrected
