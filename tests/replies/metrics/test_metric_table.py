"""Every figure that is shown has a sentence that says what it means, with the limits that hold."""

import pytest

from replies.metrics.help import (
    FEWEST_FOR_LEVEL,
    FEWEST_FOR_MEDIAN,
    FEWEST_FOR_P95,
    FEWEST_GAPS,
    FEWEST_TOKENS,
    HELP,
    SHORTEST_WINDOW,
)
from replies.metrics.table import COUNT, DOLLARS, METRIC, METRICS, MILLISECONDS, RATE, SECONDS, Unit

FORMULAS = HELP | {metric.key: metric.help for metric in METRICS}


def test_every_figure_is_there_once_with_its_formula() -> None:
    assert all(formula.endswith(".") for formula in FORMULAS.values())
    assert len(METRIC) == len({metric.label for metric in METRICS}) == len(METRICS)
    columns = [metric.csv for metric in METRICS if metric.csv]
    assert len(set(columns)) == len(columns)


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("speed", f"from {FEWEST_TOKENS} tokens, {FEWEST_GAPS} gaps and {SHORTEST_WINDOW} s on"),
        ("speed", "reasoning"),
        ("median", f"n = {FEWEST_FOR_MEDIAN} on"),
        ("p95", f"n = {FEWEST_FOR_P95} on"),
        ("reading_level", "Coleman–Liau index, a US school grade"),
        ("reading_level", f"from {FEWEST_FOR_LEVEL} words"),
    ],
)
def test_a_formula_names_the_limits_that_hold(name: str, limit: str) -> None:
    assert limit in FORMULAS[name]


@pytest.mark.parametrize(
    ("unit", "value", "shown"),
    [
        (SECONDS, 0, "0.00 s"),
        (SECONDS, 0.123, "0.12 s"),
        (SECONDS, 12.34, "12.3 s"),
        (MILLISECONDS, 1.6, "2 ms"),
        (RATE, 41.25, "41.2"),
        (COUNT, 1234, "1,234"),
        (DOLLARS, 0.00042, "$0.00042"),
    ],
)
def test_a_number_has_its_unit_and_one_that_is_unknown_is_a_dash(unit: Unit, value: float, shown: str) -> None:
    assert (unit.shown(value), unit.shown(None)) == (shown, "–")
