"""Many answers in numbers: percentiles from enough values on, failures counted and never averaged."""

import math
from typing import Any

import pytest

from providers import End, ProviderError
from replies.conversation import Round, Series
from replies.metrics.aggregate import Outcomes, Spread, summaries, summary, values_of
from replies.metrics.table import METRIC, shown_in
from replies.pricing import costs
from replies.reply import Asked, Reply, State
from tests.store.said import asked, streamed


def a_reply(first: float = 1.0, *, state: State = "done", who: Asked | None = None, **more: Any) -> Reply:
    ended: dict[str, Any] = {} if state == "done" else {"end": None, "total": 0.5}
    return streamed(first, state=state, who=who, **ended | more)


SIMULATED, RECORDED, BOTH = asked(simulated=True), asked(recorded=True), asked(simulated=True, recorded=True)


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


@pytest.mark.parametrize("state", ["failed", "stopped", "interrupted"])
def test_an_incomplete_answer_keeps_its_first_word_and_is_averaged_nowhere(state: State) -> None:
    replies = [a_reply(), a_reply(), a_reply(2.0, state=state, price={"usd": 9.0})]
    for figure in (metric.key for metric in shown_in("export")):
        assert len(values_of(replies, figure)) == len(values_of(replies[:2], figure)) + METRIC[figure].of_any_end


def test_no_lane_is_faster_by_answers_that_fail_at_once_are_stopped_or_are_in_progress() -> None:
    refused = [a_reply(state="failed", pieces=0, error=ProviderError("rate_limit", "")) for _ in range(9)]
    honest = [a_reply(4.0), a_reply(4.0), a_reply(4.0)]
    assert summary(honest).spreads == summary(honest + refused).spreads
    assert summary(honest + refused).outcomes == Outcomes(done=3, failed=9)
    stopped, running = a_reply(4.0, state="stopped", pieces=3), a_reply(state="streaming", total=None)
    found = summary([*honest, stopped, running])
    assert (found.spreads["total"].n, found.spreads["total"].low, found.spreads["ttft"].n) == (3, 5.5, 4)
    assert found.outcomes == Outcomes(done=3, stopped=1, in_progress=1)


def test_a_lane_in_numbers() -> None:
    found = summary([a_reply(first, price={"usd": 0.002}) for first in (1.0, 2.0, 3.0)])
    assert (found.origin, found.outcomes) == ("Live", Outcomes(done=3))
    assert found.spreads["ttft"] == found.spreads["ttfv"] == Spread(3, low=1.0, median=2.0, high=3.0)
    assert found.spreads["total"] == Spread(3, low=2.5, median=3.5, high=4.5)
    assert found.spreads["speed"].median == pytest.approx(21)
    assert found.spreads["overall"].median == pytest.approx(22 / 3.5)
    assert found.spreads["stall"].median == pytest.approx(0.1)
    assert (found.spreads["output_tokens"].median, found.spreads["cost"].median) == (22, 0.002)

    assert values_of([a_reply(3.0), a_reply(1.0), a_reply(2.0, state="failed")], "ttft") == [3.0, 1.0, 2.0]
    estimated = summary([a_reply(end=End("stop"))] * 3)  # which is in no average
    assert [estimated.spreads[key].n for key in ("output_tokens", "speed", "overall", "cost")] == [0, 0, 0, 0]
    assert summary([a_reply(who=BOTH)] * 2).origin == "Recorded, simulated"
    assert summary([a_reply(who=SIMULATED), a_reply(who=BOTH)]).origin == "Simulated"
    nothing = summary([])
    assert (nothing.origin, nothing.outcomes, set(nothing.spreads.values())) == ("", Outcomes(), {Spread(0)})


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


@pytest.mark.parametrize(
    ("others", "named"),
    [
        ([SIMULATED], "live and simulated"),
        ([RECORDED], "live and recorded"),
        ([BOTH, asked()], "live and simulated"),
        ([SIMULATED, RECORDED], "live and recorded and simulated"),
    ],
)
def test_simulated_live_and_recorded_answers_are_not_summed_up(others: list[Asked], named: str) -> None:
    replies = [a_reply(), *(a_reply(who=other) for other in others)]
    with pytest.raises(ValueError, match=f"are {named}, .*take each kind by itself"):
        summary(replies)
    with pytest.raises(ValueError, match=named):
        values_of(replies, "total")


def test_an_answer_that_ended_for_a_reason_nobody_knows_is_counted_and_not_averaged() -> None:
    odd = a_reply(9.0)
    odd.end = End("other", 3, 22, word="because")
    found = summary([a_reply(1.0), a_reply(2.0), a_reply(3.0), odd])
    assert (found.outcomes, found.spreads["total"].n, found.spreads["speed"].n) == (Outcomes(done=4), 3, 3)
    assert found.spreads["total"].high == 4.5
    assert values_of([odd], "total") == []


def test_every_lane_of_a_series_with_all_its_attempts() -> None:
    """Asking again after a failure must not make it unsaid."""
    failed = a_reply(state="failed", pieces=0)
    series = Series(
        [
            Round("Hi", {0: [a_reply(1.0)], 1: [a_reply(who=SIMULATED)]}),
            Round("Hi", {0: [failed, a_reply(2.0)], 1: [a_reply(who=SIMULATED)]}),
            Round("Hi", {0: [a_reply(3.0)]}),
        ]
    )
    found = summaries(series)
    assert list(found) == [0, 1]
    assert (found[0].outcomes, found[0].spreads["ttft"].median) == (Outcomes(done=3, failed=1), 2.0)
    assert (found[1].outcomes, found[1].origin) == (Outcomes(done=2), "Simulated")
    assert found[1].spreads["ttft"].median is None
