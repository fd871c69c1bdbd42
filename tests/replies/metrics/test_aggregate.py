"""Many answers in numbers: percentiles from enough values on, failures counted and never averaged."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import End, ProviderError
from replies.conversation import Round, Series
from replies.metrics.aggregate import Outcomes, Spread, summaries, summary, values_of
from replies.metrics.table import METRIC, shown_in
from replies.pricing import costs
from replies.reply import Chunk, Reply, State
from tests.store.said import asked

WHEN = datetime(2026, 11, 22, tzinfo=UTC)


def a_reply(
    first: float = 1.0,
    *,
    state: State = "done",
    pieces: int = 11,
    simulated: bool = False,
    recorded: datetime | None = None,
    **more: Any,
) -> Reply:
    """Eleven pieces of two tokens within a second, and half a second until it is over."""
    chunks = [Chunk(first + step / 10, "two words ") for step in range(pieces)]
    ended: dict[str, Any] = {"end": End("stop", 3, 22), "total": first + 1.5} if state == "done" else {"total": 0.5}
    who = asked(simulated=simulated, recorded=recorded)
    return Reply(who, state=state, chunks=chunks, **ended | more)


# Of values


@pytest.mark.parametrize(
    ("values", "spread"),
    [
        ([], Spread(0)),
        ([2.0], Spread(1, low=2.0, high=2.0)),  # one value is no median
        ([None, 4.0, None, 6.0, 8.0], Spread(3, low=4.0, median=6.0, high=8.0)),  # what is unknown is no zero
        (range(19), Spread(19, low=0, median=9, high=18)),
        (range(21, 0, -1), Spread(21, low=1, median=11, p95=20, high=21)),  # interpolated
    ],
)
def test_a_spread_says_as_much_as_there_are_values_for(values: list[float | None], spread: Spread) -> None:
    assert Spread.of(values) == pytest.approx(spread)


@given(st.lists(st.floats(0, 1e6), min_size=20))
def test_a_spread_is_in_order(values: list[float]) -> None:
    _, *places = Spread.of(values)
    known = [place for place in places if place is not None]
    assert len(known) == 4
    for lower, upper in pairwise(known):
        assert lower <= upper or lower == pytest.approx(upper)


# Of answers


@pytest.mark.parametrize("state", ["failed", "stopped", "interrupted"])
@pytest.mark.parametrize("figure", [metric.key for metric in shown_in("export")])
def test_an_incomplete_answer_keeps_its_first_word_and_is_averaged_nowhere(state: State, figure: str) -> None:
    replies = [a_reply(), a_reply(), a_reply(2.0, state=state, price={"usd": 9.0})]
    assert len(values_of(replies, figure)) == len(values_of(replies[:2], figure)) + METRIC[figure].of_any_end


def test_answers_that_fail_at_once_make_no_lane_faster() -> None:
    refused = [a_reply(state="failed", pieces=0, error=ProviderError("rate_limit", "")) for _ in range(9)]
    honest = [a_reply(4.0), a_reply(4.0), a_reply(4.0)]
    assert summary(honest).spreads == summary(honest + refused).spreads
    assert summary(honest + refused).outcomes == Outcomes(done=3, failed=9)


def test_a_stop_in_the_middle_makes_no_lane_faster() -> None:
    found = summary([a_reply(4.0), a_reply(4.0), a_reply(4.0), a_reply(4.0, state="stopped", pieces=3, total=4.3)])
    assert (found.spreads["total"].n, found.spreads["total"].low) == (3, 5.5)
    assert found.spreads["ttft"].n == 4


def test_what_is_in_progress_is_counted_and_not_yet_measured() -> None:
    found = summary([a_reply(), a_reply(state="streaming", total=None)])
    assert (found.outcomes, found.spreads["ttft"].n) == (Outcomes(done=1, in_progress=1), 1)


def test_the_values_are_in_the_order_of_the_answers() -> None:
    assert values_of([a_reply(3.0), a_reply(1.0), a_reply(2.0, state="failed")], "ttft") == [3.0, 1.0, 2.0]


def test_an_estimate_is_in_no_average() -> None:
    found = summary([a_reply(end=End("stop"))] * 3)
    assert [found.spreads[key].n for key in ("output_tokens", "speed", "overall", "cost")] == [0, 0, 0, 0]


def test_a_lane_in_numbers() -> None:
    found = summary([a_reply(first, price={"usd": 0.002}) for first in (1.0, 2.0, 3.0)])
    assert (found.origin, found.outcomes) == ("Live", Outcomes(done=3))
    assert found.spreads["ttft"] == found.spreads["ttfv"] == Spread(3, low=1.0, median=2.0, high=3.0)
    assert found.spreads["total"] == Spread(3, low=2.5, median=3.5, high=4.5)
    assert found.spreads["speed"].median == pytest.approx(21)
    assert found.spreads["overall"].median == pytest.approx(22 / 3.5)
    assert found.spreads["stall"].median == pytest.approx(0.1)
    assert (found.spreads["output_tokens"].median, found.spreads["cost"].median) == (22, 0.002)

    nothing = summary([])
    assert (nothing.origin, nothing.outcomes, set(nothing.spreads.values())) == ("", Outcomes(), {Spread(0)})


# Cost


@pytest.mark.parametrize(
    ("price", "usd"),
    [
        (None, None),
        ({}, None),
        ({"usd": None}, None),
        ({"usd": "0.1"}, None),
        ({"usd": math.nan}, None),
        ({"usd": 0.25}, 0.25),
        ({"usd": 0}, 0.0),  # known, and free
    ],
)
def test_a_cost_is_known_or_unknown_and_never_made_up(price: dict[str, Any] | None, usd: float | None) -> None:
    assert costs.usd(price) == usd


# Never mixed


@pytest.mark.parametrize(
    ("others", "named"),
    [
        ([{"simulated": True}], "live and simulated"),
        ([{"recorded": WHEN}], "live and recorded"),
        ([{"simulated": True, "recorded": WHEN}, {}], "live and simulated"),
        ([{"simulated": True}, {"recorded": WHEN}], "live and recorded and simulated"),
    ],
)
def test_simulated_live_and_recorded_answers_are_not_summed_up_together(
    others: list[dict[str, Any]], named: str
) -> None:
    replies = [a_reply(), *(a_reply(**other) for other in others)]
    with pytest.raises(ValueError, match=f"are {named}, .*take each kind by itself"):
        summary(replies)
    with pytest.raises(ValueError, match=named):
        values_of(replies, "total")


def test_simulated_answers_alone_say_so() -> None:
    assert summary([a_reply(simulated=True)]).origin == "Simulated"
    assert summary([a_reply(simulated=True, recorded=WHEN)] * 2).origin == "Recorded, simulated"
    assert summary([a_reply(simulated=True), a_reply(simulated=True, recorded=WHEN)]).origin == "Simulated"


def test_an_answer_that_ended_for_a_reason_nobody_knows_is_counted_and_not_averaged() -> None:
    odd = a_reply(9.0)
    odd.end = End("other", 3, 22, word="because")
    found = summary([a_reply(1.0), a_reply(2.0), a_reply(3.0), odd])
    assert (found.outcomes, found.spreads["total"].n, found.spreads["speed"].n) == (Outcomes(done=4), 3, 3)
    assert found.spreads["total"].high == 4.5
    assert values_of([odd], "total") == []


# Of a series


def test_every_lane_of_a_series_with_all_its_attempts() -> None:
    """Asking again after a failure must not make it unsaid."""
    failed = a_reply(state="failed", pieces=0)
    series = Series(
        [
            Round("Hi", {0: [a_reply(1.0)], 1: [a_reply(simulated=True)]}),
            Round("Hi", {0: [failed, a_reply(2.0)], 1: [a_reply(simulated=True)]}),
            Round("Hi", {0: [a_reply(3.0)]}),
        ]
    )
    found = summaries(series)
    assert list(found) == [0, 1]
    assert (found[0].outcomes, found[0].spreads["ttft"].median) == (Outcomes(done=3, failed=1), 2.0)
    assert (found[1].outcomes, found[1].origin) == (Outcomes(done=2), "Simulated")
    assert found[1].spreads["ttft"].median is None
