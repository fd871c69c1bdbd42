"""Figures over time: while an answer is in progress, as a line in a race, and as a reader takes it in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import End, ProviderError, Reasoning
from replies.metrics.figures import progress, track, words_read
from replies.metrics.text_stats import text_stats
from replies.reply import Chunk, Reply
from tests.replies.vendor import Clock, Vendor, heard, question, reply_of

STEADY = [Chunk(1.0 + step / 4, "word ") for step in range(9)]  # from 1 s to 3 s


def a_reply(*chunks: Chunk, stream: bool = True, **more: Any) -> Reply:
    ended: dict[str, Any] = {"state": "done", "end": End("stop", 3, 18), "total": 4.0} | more
    return Reply(
        question(stream=stream), id="r", chunks=list(chunks), asked_at=datetime(2026, 11, 22, tzinfo=UTC), **ended
    )


# Under way


def test_before_the_first_word_only_the_wait_is_known(vendor: Vendor, clock: Clock) -> None:
    reply = reply_of(vendor, clock).start()
    assert vendor.asked.wait(10)
    clock.now += 1.5
    assert progress(reply) == (None, 1.5, None)
    reply.stop()


def test_while_it_streams_tokens_and_speed_are_estimated(vendor: Vendor, clock: Clock) -> None:
    items = [item for _ in range(9) for item in (0.25, "eight ch")]
    reply = heard(reply_of(vendor.says(*items), clock).start(), 9)
    clock.now += 0.75
    assert progress(reply) == (0.25, 3.0, 17 / 2.0)
    reply.stop()


def test_a_moment_that_is_past_knows_nothing_of_what_came_later() -> None:
    assert progress(a_reply(*STEADY), 0.9) == (None, 0.9, None)


def test_a_speed_so_far_needs_as_much_as_any_other() -> None:
    reply = a_reply(*[Chunk(chunk.seconds, "x" * 16) for chunk in STEADY])
    assert progress(reply, 1.25).estimated_speed is None  # one gap
    assert progress(reply, 1.5).estimated_speed == pytest.approx(11 / 0.5)


def test_the_speed_so_far_does_not_sink_while_nothing_comes() -> None:
    reply = a_reply(*[Chunk(chunk.seconds, "x" * 16) for chunk in STEADY])
    assert progress(reply, 3.0).estimated_speed == progress(reply, 30.0).estimated_speed


def test_a_blocking_answer_has_no_speed_so_far() -> None:
    assert progress(a_reply(*STEADY, stream=False)).estimated_speed is None


# A line in a race


def test_the_vendors_count_is_spread_over_the_text_by_its_characters() -> None:
    line = track(a_reply(Chunk(1.0, "ab"), Chunk(2.0, "cdefgh"), Chunk(3.0, "ij"), end=End("stop", 3, 5)))
    assert line == ([(0.0, 0.0), (1.0, 1.0), (2.0, 4.0), (3.0, 5.0)], "usage")


def test_a_line_is_on_the_clock_of_its_comparison() -> None:
    [start, first, *_], _ = track(a_reply(*STEADY, skew=0.5))
    assert (start, first[0]) == ((0.5, 0.0), 1.5)


def test_reasoning_that_was_streamed_is_in_the_line() -> None:
    line = track(a_reply(Chunk(1.0, Reasoning("abcd")), Chunk(2.0, "efgh"), end=End("stop", 3, 8, 4)))
    assert line.points[1:] == [(1.0, 4.0), (2.0, 8.0)]


def test_reasoning_that_was_not_streamed_is_not_in_the_line() -> None:
    line = track(a_reply(Chunk(2.0, "efgh"), Chunk(3.0, "ijkl"), end=End("stop", 3, 104, 100)))
    assert line == ([(0.0, 0.0), (2.0, 2.0), (3.0, 4.0)], "usage")


@pytest.mark.parametrize("end", [None, End("stop"), End("stop", 3, 5000), End("stop", 3, 5, 900)])
def test_without_a_count_that_fits_the_line_is_estimated_and_says_so(end: End | None) -> None:
    line = track(a_reply(Chunk(1.0, "abcd"), Chunk(2.0, "ef"), end=end))
    assert line == ([(0.0, 0.0), (1.0, 1.0), (2.0, 1.5)], "estimated")


def test_without_text_there_is_no_line() -> None:
    failed = a_reply(state="failed", end=None, error=ProviderError("auth", ""))
    assert track(failed) == ([(0.0, 0.0)], "none")


@given(st.lists(st.tuples(st.floats(0, 100), st.text(min_size=1)), min_size=1), st.integers(1, 10_000))
def test_a_line_only_rises_and_ends_at_the_count(pieces: list[tuple[float, str]], tokens: int) -> None:
    reply = a_reply(*(Chunk(seconds, text) for seconds, text in sorted(pieces)), end=End("stop", 3, tokens))
    points, source = track(reply)
    assert points == sorted(points)
    if source == "usage":
        assert points[-1][1] == pytest.approx(tokens)


# Words read: four a second


@pytest.mark.parametrize(
    ("pieces", "read"),
    [
        # Nothing before the first word and for the time it takes
        ([(2.0, "one two three four five")],
         {0.0: 0, 2.0: 0, 2.24: 0, 2.25: 1, 2.49: 1, 2.5: 2, 3.24: 4, 3.25: 5, 99.0: 5}),
        ([(1.0 + step / 100, f"w{step} ") for step in range(1000)], {26.0: 100}),  # fast: at the reader's pace
        ([(float(step), f"w{step} ") for step in range(10)], {0.2: 0, 0.25: 1, 1.2: 1, 1.25: 2, 5.25: 6}),  # slow
        # A stall makes the reader wait, and the time is not made up; one that the reader does not reach costs nothing.
        ([(0.0, "one two "), (10.0, "three four five six")], {0.5: 2, 9.0: 2, 10.0: 2, 10.25: 3, 10.5: 4, 11.0: 6}),
        ([(0.0, "word " * 40), (9.0, "word " * 40)], {9.0: 36, 10.0: 40, 20.0: 80}),
        ([(0.0, "one two thr"), (8.0, "ee four")], {7.0: 2, 8.0: 2, 8.25: 3, 8.5: 4}),  # there with its last character
        ([(0.0, Reasoning("Hm, now? ")), (5.0, "Fine"), (5.1, Reasoning("Yes."))], {5.0: 0, 5.25: 1, 99.0: 1}),
        ([(0.0, "\n\n"), (3.0, "One")], {1.0: 0, 3.0: 0, 3.25: 1}),  # blanks start no reader
        ([(0.0, "## Cricket\n\n- **The** [pitch](https://example.org/a/b)\n- a\n")], {99.0: 4}),
        ([(1.0, " ")], {10.0: 0}),
        ([], {10.0: 0}),
    ],
)  # fmt: skip
def test_words_read(pieces: list[tuple[float, str]], read: dict[float, int]) -> None:
    assert {at: words_read([Chunk(*piece) for piece in pieces], at) for at in read} == read


@given(st.lists(st.tuples(st.floats(0, 50), st.text("ab \n-*`板")), max_size=40), st.floats(0, 60), st.floats(0, 60))
def test_nobody_reads_backwards_nor_faster_than_their_pace(
    pieces: list[tuple[float, str]], one: float, other: float
) -> None:
    chunks = [Chunk(seconds, text) for seconds, text in sorted(pieces)]
    sooner, later = sorted((one, other))
    first, then = words_read(chunks, sooner), words_read(chunks, later)
    assert 0 <= first <= then <= first + (later - sooner) * 4 + 1
    assert words_read(chunks, 1e6) == text_stats("".join(text for _, text in chunks)).words
