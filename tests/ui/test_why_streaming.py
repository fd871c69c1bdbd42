"""Sentences and clocks of an answer that was streamed and one that was awaited."""

from typing import Any

import pytest

from providers import End, Reasoning, load
from replies.conversation import Comparison
from replies.reply import Chunk, Reply, State
from tests.store.said import answered, asked
from ui import why_streaming
from ui.why_streaming import Pair, pair, sentence, time_on, until, waiting_saved

ENDS: dict[State, str] = {"stopped": "was stopped", "failed": "failed", "interrupted": "broke off"}
TEN = [Chunk(1.0 + 0.1 * number, f"word{number} ") for number in range(10)]


def given(chunks: list[Chunk], *, stream: bool = True, state: State = "done", **more: Any) -> Reply:
    ended: dict[str, Any] = {"end": End("stop") if state == "done" else None}
    ended["total"] = chunks[-1].seconds if chunks else None
    return answered(chunks, who=asked(stream=stream), state=state, **ended | more)


def awaited(at: float, text: str = "the whole answer", **more: Any) -> Reply:
    return given([Chunk(at, text)], stream=False, **more)


def gone(state: State, **more: Any) -> Reply:
    return given([], stream=False, state=state, **more)


@pytest.mark.parametrize(
    ("streamed", "other", "said"),
    [
        (given(TEN), awaited(0.9), "0.9 s, there had been no time yet to read a word of the streamed one."),
        (given(TEN), awaited(1.3), "had already read 1 of its 10 words."),
        (given(TEN), awaited(2.0), "2.0 s, a reader of the streamed one had already read 4 of its 10 words."),
        (given(TEN), awaited(9.0), "9.0 s, a reader of the streamed one had already read all 10 words."),
        (given(TEN[:1]), awaited(1.3), "read all 1 word."),
        (given(TEN, skew=0.1), awaited(2.0), "read 3 of its 10 words."),  # on the streamed answer's clock
        (given(TEN), awaited(2.0, skew=0.25), "read 5 of its 10 words."),
        (given(TEN, state="streaming"), awaited(2.0), "had already read 4 words."),  # words still come
        (given(TEN), gone("waiting"), ""),
        *(
            (given(TEN), gone(state, total=2.0), f"answer {how} after 2.0 s, a reader of the streamed one had already "
             "read 4 of its 10 words.")
            for state, how in ENDS.items()
        ),
        (given(TEN, state="stopped"), gone("failed", total=2.0), "read 4 of the 10 words that came."),
        (given(TEN), gone("done", total=2.0), "came without words after 2.0 s, a reader of the streamed one had "
         "already read 4 of its 10 words."),
        (given([], state="failed", total=0.2), awaited(2.0),
         "The awaited answer appeared after 2.0 s; the streamed one brought no words to read meanwhile."),
        (given([], state="failed"), gone("failed"), "so there is nothing to compare."),
    ],
)  # fmt: skip
def test_the_sentence_counts_what_was_read_until_the_answer_appeared(streamed: Reply, other: Reply, said: str) -> None:
    told = sentence(Pair(streamed, other))
    assert told.endswith(said)
    assert bool(told) == bool(said)


THOUGHT = Chunk(1.0, Reasoning("Hm. "))


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        (given(TEN, state="streaming", total=2.04), ":primary[1.0 s]"),
        (given(TEN, total=2.04), ":primary[1.0 s]"),
        (awaited(9.0), ":primary[9.0 s]"),
        (given([THOUGHT], state="streaming", total=2.04), "2.0 s"),
        (given([THOUGHT, *TEN], state="streaming", total=2.04), ":primary[1.0 s]"),
        (given([], state="failed", total=2.04), "2.0 s"),
        (gone("failed"), "–"),
    ],
)
def test_a_clock_stops_at_the_first_word_that_is_no_reasoning_or_at_the_end(reply: Reply, shown: str) -> None:
    assert time_on(reply) == shown


def test_below_a_clock_stands_what_it_counts_to_and_the_end() -> None:
    assert until(given(TEN, state="streaming")) == "to the first word"
    assert until(given(TEN, total=2.04)) == "to the first word · **2.0 s** to the end"
    assert until(given([], state="waiting")) == "No word yet"
    assert until(given([], state="failed", total=1.0)) == "No word came"


@pytest.mark.parametrize(
    ("streamed", "other", "said"),
    [
        (given(TEN), awaited(9.0), "8.0 s less waiting"),
        (given(TEN), awaited(25.66), "24.7 s less waiting"),  # 25.7 − 1.0, as the clocks show them
        (given(TEN), awaited(1.0), "0.0 s less waiting"),
        (given(TEN), awaited(0.4), "0.6 s more waiting"),
        (given(TEN, state="streaming"), gone("waiting", total=5.0), "4.0 s less waiting so far"),
        (given([], state="waiting"), gone("waiting", total=5.0), "Waiting for the first word"),
        *((given(TEN), gone(state, total=5.0), "") for state in ("stopped", "failed", "interrupted")),
        (given([], state="failed", total=5.0), awaited(2.0), ""),
    ],
)
def test_what_is_saved_is_the_difference_of_the_clocks(streamed: Reply, other: Reply, said: str) -> None:
    assert waiting_saved(Pair(streamed, other)) == said


def test_only_one_streamed_and_one_awaited_answer_are_a_pair() -> None:
    left, right = given(TEN), awaited(2.0)
    assert pair(Comparison.of("Hello", [left, right])) == (left, right)
    for others in ([right, left], [left, left], [left, right, right], []):
        assert pair(Comparison.of("Hello", others)) is None
    blind = Comparison.of("Hello", [left, right])
    blind.blind = True
    assert pair(blind) is None


def test_the_first_choice_is_the_first_provider_with_a_key_or_the_simulator_at_the_pace_of_a_large_model() -> None:
    found = why_streaming.first_choice(load({"WATSONX_APIKEY": "key", "WATSONX_PROJECT_ID": "id"}))
    assert (found.provider, found.live) == ("watsonx", True)
    assert why_streaming.first_choice(load({})).address == "openai|chat|sim-typical|simulator"
    assert why_streaming.default(load({"BEDROCK_API": "invoke"})["bedrock"]).model == "anthropic.sim-typical"
