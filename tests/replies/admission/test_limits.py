"""What may be asked, and what an answer may come to: limits by their variables, and what is said beyond them."""

import pytest

from providers import Message, ProviderError, Request, load
from replies.admission.limits import (
    ASSUMED_OUTPUT,
    DAY,
    HOUR,
    Limits,
    PlannedAnswer,
    check,
    estimated,
    from_environment,
)
from tests.replies.conftest import OwnPrices

NOW = 100_000.0


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"STREAMSIDE_AT_ONCE": " ", "STREAMSIDE_DOLLARS_A_DAY": ""}, (Limits(), Limits())),
        (
            {"STREAMSIDE_AT_ONCE": "8", "STREAMSIDE_AN_HOUR": "200", "STREAMSIDE_DOLLARS_A_DAY": "2.50"},
            (Limits(8, 200, 2.5), Limits()),
        ),
        (
            {"STREAMSIDE_AT_ONCE_EACH": "2", "STREAMSIDE_AN_HOUR_EACH": "20", "STREAMSIDE_DOLLARS_A_DAY_EACH": "0"},
            (Limits(), Limits(2, 20, 0.0)),
        ),
    ],
)
def test_limits_come_from_variables(variables: dict[str, str], expected: tuple[Limits, Limits]) -> None:
    assert from_environment(variables) == expected


@pytest.mark.parametrize("name", ["STREAMSIDE_AT_ONCE", "STREAMSIDE_AN_HOUR_EACH", "STREAMSIDE_DOLLARS_A_DAY"])
@pytest.mark.parametrize("written", ["many", "-1", "nan", "1e400"])
def test_a_variable_that_is_invalid_is_named(name: str, written: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is “{written}”"):
        from_environment({name: written})
    for part in ("0", "2.5"):
        with pytest.raises(ValueError, match="a whole number from 1 on"):
            from_environment({"STREAMSIDE_AT_ONCE": part})


def lately(*ago: float, dollars: float | None = 0.0) -> list[PlannedAnswer]:
    """Asked for so many seconds ago, the oldest first."""
    return [PlannedAnswer("ann", "m", dollars, NOW - seconds) for seconds in ago]


def coming(*dollars: float | None) -> list[PlannedAnswer]:
    return [PlannedAnswer("ann", "m", each) for each in dollars]


@pytest.mark.parametrize(
    ("limits", "before", "new"),
    [
        (Limits(), lately(*[1.0] * 999, dollars=999.0), coming(*[None] * 99)),
        (Limits(at_once=3), [], coming(0, 0, 0)),
        (Limits(an_hour=2), lately(HOUR, HOUR - 1), coming(0)),  # the first is an hour old
        (Limits(dollars=0.3), lately(60, dollars=0.1), coming(0.2)),  # 0.1 + 0.2 > 0.3, as fractions
        (Limits(dollars=1.0), lately(60, dollars=7.0), coming(0.0)),  # what costs nothing is never too dear
    ],
)
def test_what_is_within_the_limits(limits: Limits, before: list[PlannedAnswer], new: list[PlannedAnswer]) -> None:
    check(limits, before, new, NOW, own=True)


@pytest.mark.parametrize(
    ("limits", "before", "new", "kind", "said", "wait"),
    [
        (
            Limits(at_once=2),
            [],
            coming(0, 0, 0),
            "rate_limit",
            "This Streamside gives you up to 2 answers at once, and this asks for 3. Ask for less at once, or have "
            "whoever runs it raise STREAMSIDE_AT_ONCE_EACH.",
            None,
        ),
        (
            Limits(an_hour=2),
            lately(HOUR - 30, 10),
            coming(0),
            "rate_limit",
            "This Streamside gives you up to 2 answers an hour. Within the last hour you asked for 2, and this asks "
            "for 1 more. Ask again in 30 s, or have whoever runs it raise STREAMSIDE_AN_HOUR_EACH.",
            30,
        ),
        (Limits(an_hour=2), lately(HOUR - 30, 600), coming(0, 0), "rate_limit", "Ask again in about 50 min,", 3000),
        (Limits(an_hour=2), [], coming(0, 0, 0), "rate_limit", "Ask for less at once,", None),
        (
            Limits(dollars=1.0),
            lately(DAY - 7200, 60, dollars=0.45),
            coming(0.2),
            "quota",
            "This Streamside spends up to $1.00 on you in 24 hours: $0.90 is spent or set aside, and this may come to "
            "$0.20. Ask again in about 2 h, or have whoever runs it raise STREAMSIDE_DOLLARS_A_DAY_EACH. "
            "A lower",
            7200,
        ),
        (Limits(dollars=1.0), lately(60, dollars=0.45), coming(0.7, 0.7), "quota", "Ask for less at once,", None),
        (Limits(dollars=1.0), [], coming(0.1, None), "forbidden", "The price of m is not known", None),
        (Limits(dollars=0.0), [], coming(0.001), "quota", "spends up to $0 on you", None),
    ],
)
def test_what_is_beyond_the_limits_is_refused_with_a_next_step(
    limits: Limits, before: list[PlannedAnswer], new: list[PlannedAnswer], kind: str, said: str, wait: float | None
) -> None:
    with pytest.raises(ProviderError) as refused:
        check(limits, before, new, NOW, own=True)
    assert refused.value.kind == kind
    assert said in refused.value.message
    assert (refused.value.retry_after, refused.value.retryable) == (wait, wait is not None)


def test_it_says_whose_limit_it_is() -> None:
    says = r"gives up to 1 answer an hour\. .* its visitors asked for 1, .* STREAMSIDE_AN_HOUR\."
    with pytest.raises(ProviderError, match=says):
        check(Limits(an_hour=1), lately(1), coming(0), NOW, own=False)
    with pytest.raises(ProviderError, match=r"spends up to \$1\.00 in 24 hours"):
        check(Limits(dollars=1), [], coming(2), NOW, own=False)


@pytest.fixture(autouse=True)
def priced(own_prices: OwnPrices) -> None:
    """A dollar for a million tokens in, and two out."""
    own_prices('provider = "openai"\nmodel = "m"\ninput = 1\noutput = 2\nas_of = 2026-01-01')


def test_an_answer_is_estimated_by_the_bytes_of_its_prompt_and_by_its_maximum() -> None:
    settings = load({"OPENAI_API_KEY": "k"})["openai"]
    told = (Message("user", "x" * 3000), Message("assistant", "水" * 1000), Message("user", "y" * 2998))
    request = Request(messages=told, model="m", system="z" * 300, max_tokens=500)
    tokens = (1000 + 8) + (1000 + 8) + (1000 + 8) + (100 + 8)
    assert estimated(settings, request) == pytest.approx((tokens + 2 * 500) / 1e6)
    unlimited = Request(messages=told, model="m", system="z" * 300)
    assert estimated(settings, unlimited) == pytest.approx((tokens + 2 * ASSUMED_OUTPUT) / 1e6)
    assert estimated(settings, Request.of("\ud800", "m")) is not None  # half of a pair


def test_what_is_asked_on_this_machine_costs_nothing_and_an_unknown_price_stays_unknown() -> None:
    settings = load({"OPENAI_API_KEY": "k", "ENDPOINT_HERE_URL": "http://localhost:8000/v1"})
    assert estimated(settings["here"], Request.of("Why?", "whatever")) == 0.0
    assert estimated(settings["openai"], Request.of("Why?", "no-such-model")) is None
