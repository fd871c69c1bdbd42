"""What the numbers mean: a worked example through every definition, and the slips that others reported."""

import json
import statistics
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import End, ProviderError, Reasoning, Retry
from replies.metrics.figures import (
    Figures,
    estimated,
    figures,
    first_token,
    first_visible,
    gaps,
    last_piece,
    output_speed,
    overall_speed,
    percentile,
)
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
from replies.reply import Chunk
from tests.replies.vendor import Clock, Hire, Item, Vendor, answered, heard, reply_of
from tests.support.known import known

PIECE = "word " * 80  # more bytes than any of the counts below has tokens


def spread(pieces: int, first: float, last: float, kind: type[str] = str) -> list[Chunk]:
    """So many pieces, evenly from the first moment to the last."""
    step = (last - first) / (pieces - 1)
    return [Chunk(first + step * number, kind(PIECE)) for number in range(pieces)]


def spoken(chunks: list[Chunk], end: End, at: float) -> list[Item]:
    """The same as a vendor says it: pauses and pieces, and its end at that second."""
    items: list[Item] = []
    for before, now in pairwise([Chunk(0.0, ""), *chunks]):
        items += [now.seconds - before.seconds, now.text]
    return [*items, at - chunks[-1].seconds, end]


OWN = End("stop", 12_400, 200, cached_tokens=10_292, provider_first_seconds=0.3, provider_seconds=4.75)


@pytest.mark.parametrize(
    ("end", "before", "rest"),
    [
        (OWN, (), pytest.approx(0.5)),
        (OWN._replace(provider_first_seconds=0.0), (), pytest.approx(0.8)),
        (OWN._replace(provider_first_seconds=0.9), (), None),  # clocks that don't agree
        (OWN, (Retry("overloaded", 0.0),), None),  # the wait is that of two tries
    ],
)
def test_the_rest_of_the_first_token_is_what_is_not_the_provider_s_own(
    vendor: Vendor, clock: Clock, end: End, before: tuple[Item, ...], rest: float | None
) -> None:
    found = figures(answered(vendor, clock, *before, *spoken(spread(40, 0.8, 5.0), end, at=5.1)))
    assert found.ttft == pytest.approx(0.8)
    assert found.rest == rest
    assert (found.provider_first, found.provider_total) == (end.provider_first_seconds, 4.75)
    assert found.total == pytest.approx(5.1)  # no time of ours has any of it


@pytest.mark.parametrize(
    ("end", "shown"),
    [
        (End("stop", 12_400, 340), "12,400 → 340"),
        (End("stop", 12_400, 340, cached_tokens=0, cache_write_tokens=0), "12,400 → 340"),
        (OWN, "12,400 in, 83 % of it from cache → 200"),
        (End("stop", 12_400, 340, cached_tokens=12_399), "12,400 in, 99 % of it from cache → 340"),
        (End("stop", 12_400, 340, 40, cache_write_tokens=6_200),
         "12,400 in, 50 % of it written to cache → 340, 40 reasoning"),
    ],
)  # fmt: skip
def test_the_tokens_tell_what_the_cache_did(vendor: Vendor, clock: Clock, end: End, shown: str) -> None:
    reply = answered(vendor, clock, 0.5, "Hi", end)
    assert METRIC["tokens"].shown(figures(reply), reply) == shown


# The worked example: an empty role chunk at 0.20, 100 tokens of reasoning from 0.80 to 3.00, then 100 tokens
# of text in 40 chunks from 3.00 to 5.00, and the usage at 5.10.

ROLE = [Chunk(0.20, "")]
REASONED = spread(50, 0.80, 3.00, Reasoning)
ANSWERED = spread(40, 3.00, 5.00)
USAGE = End("stop", input_tokens=12, output_tokens=200, reasoning_tokens=100)


def test_the_worked_example(vendor: Vendor, clock: Clock) -> None:
    told = figures(answered(vendor, clock, *spoken(ROLE + REASONED + ANSWERED, USAGE, at=5.10)))
    assert told.ttft == pytest.approx(0.80)  # the first reasoning, and not the role
    assert told.ttfv == pytest.approx(3.00)
    assert told.last == pytest.approx(5.00)
    assert told.total == pytest.approx(5.10)  # until the usage has come
    # The speed is that of all tokens while they streamed. The role chunk as first token, the wait in the window, chunks
    # for tokens, or hidden tokens on the visible window would make it 41.5, 19.6, 19.5, or 99.5.
    assert told.speed == pytest.approx(199 / (5.00 - 0.80))
    assert told.tpot == pytest.approx((5.00 - 0.80) / 199)
    assert told.overall == pytest.approx(200 / 5.10)  # the wait is in it
    assert (told.input_tokens, told.output_tokens, told.reasoning_tokens) == (12, 200, 100)
    assert (told.token_source, told.estimated_tokens) == ("usage", None)
    assert told.pieces == 90  # and so neither 200 nor, with the role chunk, 91
    assert told.gaps is not None
    assert told.gaps.median == pytest.approx(statistics.median([2.20 / 49] * 49 + [0.0] + [2.00 / 39] * 39))
    assert told.gaps.longest == pytest.approx(2.00 / 39)
    kept = told.as_json()
    assert set(kept) == {*Figures._fields, "tpot"}
    assert kept["gaps"] == told.gaps._asdict()
    assert json.loads(json.dumps(kept, allow_nan=False)) == kept


@pytest.mark.parametrize(
    ("chunks", "first", "visible", "last"),
    [
        ([], None, None, None),
        ([(0.1, ""), (0.2, Reasoning("")), (0.3, "One"), (0.4, "")], 0.3, 0.3, 0.3),  # empty ones are none
        ([(0.3, "\n"), (0.4, "One")], 0.3, 0.3, 0.4),  # a blank is a token too
        ([(0.5, Reasoning("Hm"))], 0.5, None, 0.5),
        ([(0.0, "One"), (0.9, Reasoning("Hm"))], 0.0, 0.0, 0.9),  # at once is 0, and not unknown
    ],
)
def test_the_first_token_the_first_word_and_the_last_piece(
    chunks: list[tuple[float, str]], first: float | None, visible: float | None, last: float | None
) -> None:
    given = [Chunk(*chunk) for chunk in chunks]
    assert (first_token(given), first_visible(given), last_piece(given)) == (first, visible, last)


TAIL = [Chunk(2.0 + step / 10, "word ") for step in range(1, 11)]


@pytest.mark.parametrize(
    ("chunks", "tokens", "reasoning", "rate"),
    [
        (spread(3, 1.0, 2.0), 101, None, 100),
        (spread(101, 1.0, 2.0), 101, None, 100),  # as proxies and speculative decoding may cut the same text
        (spread(5, 30.0, 31.0), 51, None, 50),  # the wait is not in it
        ([Chunk(0.1, ""), *spread(11, 1.0, 2.0), Chunk(9.0, Reasoning(""))], 21, None, 20),  # nor are empty pieces
        (spread(11, 1.0, 2.0), None, None, None),  # the vendor's count is missing
        # Reasoning counts as far as it was shown
        (spread(11, 1.0, 2.0), 101, 0, 100),
        ([Chunk(0.1, Reasoning("")), *spread(40, 3.0, 5.0)], 200, 100, 99 / 2.0),  # no reasoning that was shown
        (spread(11, 1.0, 3.0, Reasoning), 101, 101, 50),  # shown, without an answer
        (spread(11, 1.0, 2.0), 20, 400, None),  # more reasoning than tokens is no speed below zero
        (spread(11, 1.0, 2.0), 110, 100, 9),  # those that must be enough are those that were shown
        (spread(11, 1.0, 2.0), 109, 100, None),
        # Too little data
        (spread(3, 1.0, 2.0), 10, None, 9),
        (spread(2, 1.0, 2.0), 10, None, None),  # one gap
        (spread(3, 1.0, 2.0), 9, None, None),
        (spread(3, 1.0, 1.25), 10, None, 36),
        (spread(3, 1.0, 1.125), 1000, None, None),
        # A proxy that keeps the answer back until it is whole
        ([Chunk(5.0, "word ")] * 100, 100, None, None),
        # What a parser held back: the rest of the window would be given the time of them all
        ([Chunk(2.0, "word " * 11), *TAIL], 21, None, None),
        ([Chunk(2.0, "word " * 10), *TAIL], 20, None, 19),
        # What a proxy let go in many pieces, one right after the other
        ([*(Chunk(2.0 + step / 1000, "word ") for step in range(15)), *TAIL], 25, None, None),
        ([Chunk(2.0, "word "), *TAIL], 11, None, 10),
        # A burst later on is in its window
        ([Chunk(1.0, "word "), Chunk(1.5, "word "), Chunk(2.0, "word " * 100)], 102, None, 101),
        # 928 tokens a second were once reported of hidden reasoning. A token is a byte at least: what is more is hidden
        ([Chunk(1.0 + step / 10, "four") for step in range(11)], 44, None, 43),
        ([Chunk(1.0 + step / 10, "four") for step in range(11)], 45, None, None),
        ([Chunk(1.0 + step / 10, "🏏") for step in range(11)], 33, None, 32),
    ],
)
def test_the_speed_is_that_of_the_tokens_that_were_shown_while_they_streamed(
    chunks: list[Chunk], tokens: int | None, reasoning: int | None, rate: float | None
) -> None:
    assert output_speed(chunks, End("stop", 1, tokens, reasoning)) == (rate and pytest.approx(rate))


@pytest.mark.parametrize(
    ("total", "end", "rate"),
    [
        (5.0, End("stop", 1, 200, 100), 40),  # all tokens by all the time
        (2.0, End("stop", 1, 1), 0.5),  # no window that could be too short: the whole time is in it
        (2.0, End("length", 1, 0), None),  # no token at all is not zero
        (2.0, End("stop"), None),
        (None, End("stop", 1, 200), None),
    ],
)
def test_the_overall_speed(total: float | None, end: End | None, rate: float | None) -> None:
    assert overall_speed(total, end) == rate


@pytest.mark.parametrize(
    ("pauses", "median", "p95"), [(2, None, None), (3, 0.5, None), (19, 0.5, None), (20, 0.5, 0.525)]
)
def test_the_gaps_of_a_stream(pauses: int, median: float | None, p95: float | None) -> None:
    """One pause of a second, the others of half a one."""
    found = known(gaps([Chunk(1.0, "word "), *(Chunk(2.0 + 0.5 * number, "word ") for number in range(pauses))]))
    assert (found.median, found.longest) == (median, 1.0)
    assert found.p95 == (p95 and pytest.approx(p95))


@pytest.mark.parametrize(
    ("chunks", "longest"),
    [
        ([(20.0, "a"), (20.5, "b"), (21.0, "c")], 0.5),  # the wait for the first piece is none
        ([(1.0, "a"), (1.5, ""), (2.0, "b"), (3.0, "c"), (9.0, "")], 1.0),  # an empty piece does not split one
        ([(1.0, Reasoning("a")), (1.5, Reasoning("b")), (4.5, "c")], 3.0),  # between reasoning and answer there is one
        ([(1.0, "a"), (2.0, "b")], None),  # one is too few
        ([], None),
    ],
)
def test_what_is_a_gap(chunks: list[tuple[float, str]], longest: float | None) -> None:
    assert gaps([Chunk(*chunk) for chunk in chunks]) == (longest and (None, None, longest))


@given(st.lists(st.floats(0, 100), min_size=FEWEST_GAPS + 1, max_size=200))
def test_gaps_are_in_order(times: list[float]) -> None:
    found = known(gaps([Chunk(time, "word ") for time in sorted(times)]))
    for quantile in (found.median, found.p95):
        assert quantile is None or 0 <= quantile <= found.longest or quantile == pytest.approx(found.longest)


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=60), st.integers(1, 99))
def test_percentiles_are_those_of_the_standard_library(values: list[float], hundredths: int) -> None:
    expected = statistics.quantiles(values, n=100, method="inclusive")[hundredths - 1]
    assert percentile(values[:1], hundredths / 100) == values[0]
    assert percentile(values, hundredths / 100) == pytest.approx(expected, rel=1e-9, abs=1e-6)


SAID: list[Item] = [0.25, "word "] * 20


@pytest.mark.parametrize("last", ["stop", None, ProviderError("overloaded", "")])
def test_one_that_broke_off_has_a_first_token_and_no_speed(
    vendor: Vendor, clock: Clock, last: str | ProviderError | None
) -> None:
    if last == "stop":
        reply = heard(reply_of(vendor.says(*SAID), clock).start(), 20)
        reply.stop()
    else:
        reply = answered(vendor, clock, *SAID, last)
    numbers = figures(reply)
    assert (numbers.ttft, numbers.ttfv, numbers.total, numbers.pieces) == (0.25, 0.25, 5.0, 20)
    assert (numbers.gaps, numbers.speed, numbers.overall) == ((0.25, None, 0.25), None, None)
    assert (numbers.input_tokens, numbers.output_tokens, numbers.reasoning_tokens) == (None, None, None)


@pytest.mark.parametrize(
    "items",
    [
        [10.0, Reasoning("Hm."), "Fine."],  # with its reasoning apart
        [2.5, Reasoning("Hm."), *[item for _ in range(5) for item in (1.5, PIECE)]],  # in pieces
    ],
)
def test_an_awaited_answer_has_an_overall_speed_alone(vendor: Vendor, clock: Clock, items: list[Item]) -> None:
    numbers = figures(answered(vendor, clock, *items, End("stop", 3, 40, 20), stream=False))
    assert (numbers.total, numbers.speed, numbers.gaps, numbers.overall) == (10.0, None, None, 4.0)


def test_an_answer_that_was_never_asked_failed_or_is_in_progress_has_what_is_known(hire: Hire, clock: Clock) -> None:
    nothing = Figures(None, None, None, None, None, None, None, None, None, 0)
    assert figures(reply_of(hire())) == nothing
    assert figures(answered(hire(), clock, 0.25, ProviderError("rate_limit", ""))) == nothing._replace(total=0.25)
    reply = heard(reply_of(hire().says(0.5, "One", 0.5, "two"), clock).start(), 2)
    so_far = nothing._replace(ttft=0.5, ttfv=0.5, last=1.0, pieces=2)
    assert figures(reply) == so_far._replace(token_source="estimated", estimated_tokens=2)
    reply.stop()


def test_what_the_vendor_did_not_count_is_estimated_and_in_no_other_figure(vendor: Vendor, clock: Clock) -> None:
    """20 pieces of 5 characters, 4 characters to a token."""
    numbers = figures(answered(vendor, clock, *SAID, End("stop")))
    assert (numbers.token_source, numbers.estimated_tokens) == ("estimated", 25)
    assert (numbers.output_tokens, numbers.speed, numbers.tpot, numbers.overall) == (None, None, None, None)


def test_an_estimate_takes_the_reasoning_that_was_shown_with_it() -> None:
    assert estimated([Chunk(0.5, Reasoning("x" * 40)), Chunk(1.0, "y" * 40)]) == 20
    assert estimated([Chunk(0.5, "a")]) == 1  # and not none


def test_where_no_valid_piece_came_nothing_is_zero_and_a_count_of_none_is_a_count(vendor: Vendor, clock: Clock) -> None:
    numbers = figures(answered(vendor, clock, 0.5, "", 0.5, Reasoning(""), 1.0, End("length", 3, 0)))
    known = {name: value for name, value in numbers.as_json().items() if value is not None}
    assert known == {"total": 2.0, "input_tokens": 3, "output_tokens": 0, "pieces": 0, "token_source": "usage"}


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
