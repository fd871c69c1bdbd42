"""Every figure that is shown has a sentence that says what it means, with the limits that hold."""

from __future__ import annotations

import pytest

from replies.metrics.aggregate import FIGURES, Spread
from replies.metrics.figures import Figures, Progress
from replies.metrics.help import (
    CHARACTERS_PER_TOKEN,
    FEWEST_FOR_LEVEL,
    FEWEST_FOR_MEDIAN,
    FEWEST_FOR_TAILS,
    FEWEST_GAPS,
    FEWEST_TOKENS,
    FORMULAS,
    SHORTEST_WINDOW,
)


@pytest.mark.parametrize("name", [*Figures._fields, *Progress._fields, *Spread._fields, *FIGURES, "tpot", "connect"])
def test_every_figure_has_a_formula(name: str) -> None:
    assert FORMULAS[name].endswith(".")


@pytest.mark.parametrize("name", ["words", "text_characters", "sentences", "reading_time", "reading_level"])
def test_every_fact_of_a_text_has_a_formula(name: str) -> None:
    assert FORMULAS[name].endswith(".")


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("speed", f"from {FEWEST_TOKENS} tokens, {FEWEST_GAPS} gaps and {SHORTEST_WINDOW} s on"),
        ("speed", "reasoning"),
        ("last", "more than 0.1 s later"),
        ("median", f"n = {FEWEST_FOR_MEDIAN} on"),
        ("p95", f"n = {FEWEST_FOR_TAILS} on"),
        ("estimated_tokens", f"≈ characters ÷ {CHARACTERS_PER_TOKEN}"),
        ("reading_level", "Coleman–Liau index, a US school grade"),
        ("reading_level", f"from {FEWEST_FOR_LEVEL} words"),
        ("words_read", "240 words a minute"),
    ],
)
def test_a_formula_names_the_limits_that_hold(name: str, limit: str) -> None:
    assert limit in FORMULAS[name]


@pytest.mark.parametrize("name", ["estimated_tokens", "estimated_speed", "track"])
def test_an_estimate_says_about(name: str) -> None:
    assert "≈" in FORMULAS[name]
