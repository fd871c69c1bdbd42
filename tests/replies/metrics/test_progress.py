"""Figures over time: while an answer is in progress, as a line in a race, and as a reader takes it in."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import End, Reasoning
from replies.metrics.figures import progress, track, words_read
from replies.metrics.text_stats import text_stats
from replies.reply import Chunk, Reply
from tests.replies.vendor import Clock, Vendor, heard, reply_of
from tests.store.said import answered, asked

STEADY = [Chunk(1.0 + step / 4, "word ") for step in range(9)]  # from 1 s to 3 s


def a_reply(*chunks: Chunk, stream: bool = True, **more: Any) -> Reply:
    given: dict[str, Any] = {"end": End("stop", 3, 18), "total": 4.0} | more
    return answered(chunks, who=asked(stream=stream), **given)


def test_while_it_streams_tokens_and_speed_are_estimated(vendor: Vendor, clock: Clock) -> None:
    reply = reply_of(vendor, clock).start()
    assert vendor.asked.wait(10)
    clock.now += 1.5
    assert progress(reply) == (None, 1.5, None)  # before the first word only the wait is known
    vendor.says(*[item for _ in range(9) for item in (0.25, "eight ch")])
    heard(reply, 9)
    clock.now += 0.75
    assert progress(reply) == (1.75, 4.5, 17 / 2.0)
    reply.stop()


def test_the_speed_so_far_is_that_of_what_came_until_then() -> None:
    reply = a_reply(*[Chunk(chunk.seconds, "x" * 16) for chunk in STEADY])
    assert progress(reply, 0.9) == (None, 0.9, None)
    assert progress(reply, 1.25).estimated_speed is None  # one gap
    assert progress(reply, 1.5).estimated_speed == pytest.approx(11 / 0.5)
    assert progress(reply, 3.0).estimated_speed == progress(reply, 30.0).estimated_speed  # no sinking in silence
    assert progress(a_reply(*STEADY, stream=False)).estimated_speed is None  # it was awaited


@pytest.mark.parametrize(
    ("chunks", "end", "points", "source"),
    [
        # The vendor's count is spread over the text by its characters
        ([(1.0, "ab"), (2.0, "cdefgh"), (3.0, "ij")], End("stop", 3, 5), [(1.0, 1.0), (2.0, 4.0), (3.0, 5.0)], "usage"),
        # Reasoning that was streamed is in the line, and what was not streamed is not
        ([(1.0, Reasoning("abcd")), (2.0, "efgh")], End("stop", 3, 8, 4), [(1.0, 4.0), (2.0, 8.0)], "usage"),
        ([(2.0, "efgh"), (3.0, "ijkl")], End("stop", 3, 104, 100), [(2.0, 2.0), (3.0, 4.0)], "usage"),
        # Without a count that fits it is estimated
        *(
            ([(1.0, "abcd"), (2.0, "ef")], end, [(1.0, 1.0), (2.0, 1.5)], "estimated")
            for end in (None, End("stop"), End("stop", 3, 5000), End("stop", 3, 5, 900))
        ),
        ([], None, [], "none"),
    ],
)
def test_a_line_of_tokens(
    chunks: list[tuple[float, str]], end: End | None, points: list[tuple[float, float]], source: str
) -> None:
    given = [Chunk(*chunk) for chunk in chunks]
    assert track(a_reply(*given, end=end)) == ([(0.0, 0.0), *points], source)
    on_the_clock = [(seconds + 0.5, tokens) for seconds, tokens in [(0.0, 0.0), *points]]  # of its comparison
    assert track(a_reply(*given, end=end, skew=0.5)).points == on_the_clock


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
def test_nobody_reads_backwards_nor_too_fast(pieces: list[tuple[float, str]], one: float, other: float) -> None:
    chunks = [Chunk(seconds, text) for seconds, text in sorted(pieces)]
    sooner, later = sorted((one, other))
    first, then = words_read(chunks, sooner), words_read(chunks, later)
    assert 0 <= first <= then <= first + (later - sooner) * 4 + 1
    assert words_read(chunks, 1e6) == text_stats("".join(text for _, text in chunks)).words
