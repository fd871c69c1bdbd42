"""Every figure that is shown has a sentence that says what it means, with the limits that hold."""

from __future__ import annotations

import pytest

from replies.metrics.help import (
    FEWEST_FOR_LEVEL,
    FEWEST_FOR_MEDIAN,
    FEWEST_FOR_TAILS,
    FEWEST_GAPS,
    FEWEST_TOKENS,
    HELP,
    SHORTEST_WINDOW,
)
from replies.metrics.table import METRIC, METRICS

FORMULAS = HELP | {metric.key: metric.help for metric in METRICS}


@pytest.mark.parametrize("name", FORMULAS)
def test_every_figure_has_a_formula(name: str) -> None:
    assert FORMULAS[name].endswith(".")


def test_every_figure_is_there_once() -> None:
    assert len(METRIC) == len({metric.label for metric in METRICS}) == len(METRICS)
    columns = [metric.csv for metric in METRICS if metric.csv]
    assert len(set(columns)) == len(columns)


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("speed", f"from {FEWEST_TOKENS} tokens, {FEWEST_GAPS} gaps and {SHORTEST_WINDOW} s on"),
        ("speed", "reasoning"),
        ("median", f"n = {FEWEST_FOR_MEDIAN} on"),
        ("p95", f"n = {FEWEST_FOR_TAILS} on"),
        ("reading_level", "Coleman–Liau index, a US school grade"),
        ("reading_level", f"from {FEWEST_FOR_LEVEL} words"),
    ],
)
def test_a_formula_names_the_limits_that_hold(name: str, limit: str) -> None:
    assert limit in FORMULAS[name]
