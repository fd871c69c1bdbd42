"""Axis of a chart: round numbers along it."""

import math


def ticks(most: float, wanted: int) -> list[float]:
    """About as many round numbers as are `wanted`: from 0 up to the first that is not below `most`."""
    rough = most / wanted
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= rough)
    return [at * step for at in range(math.ceil(most / step - 1e-9) + 1)]


def number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"
