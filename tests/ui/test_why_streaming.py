"""Sentences and clocks of an answer that was streamed and one that was awaited."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from providers import End, ProviderError, Reasoning, Request, load
from replies.conversation import Comparison
from replies.reply import Asked, Chunk, Reply, State
from ui import why_streaming
from ui.why_streaming import Pair, pair, sentence, time_on, until, waiting_saved

TEN = [Chunk(1.0 + 0.1 * number, f"word{number} ") for number in range(10)]


def given(
    chunks: list[Chunk],
    *,
    stream: bool = True,
    state: State = "done",
    total: float | None = None,
    skew: float = 0.0,
) -> Reply:
    request = replace(Request.of("Hello", "m"), stream=stream)
    return Reply(
        Asked(provider="openai", label="OpenAI", api="chat", request=request, simulated=True),
        id="an-id",
        state=state,
        chunks=chunks,
        asked_at=datetime.now(UTC),
        end=End("stop") if state == "done" else None,
        error=ProviderError("auth", "no") if state == "failed" else None,
        total=chunks[-1].seconds if total is None and chunks else total,
        skew=skew,
    )


def awaited(at: float, text: str = "the whole answer", skew: float = 0.0) -> Reply:
    return given([Chunk(at, text)], stream=False, skew=skew)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (0.9, "there had been no time yet to read a word of the streamed one."),
        (2.0, "a reader of the streamed one had already read 4 of its 10 words."),
        (9.0, "a reader of the streamed one had already read all 10 words."),
    ],
)
def test_the_sentence_counts_what_was_read_when_the_awaited_answer_appeared(at: float, said: str) -> None:
    assert sentence(Pair(given(TEN), awaited(at))) == f"When the awaited answer appeared after {at:.1f} s, {said}"


def test_the_moment_is_taken_on_the_streamed_answers_clock() -> None:
    assert "read 3 of" in sentence(Pair(given(TEN, skew=0.1), awaited(2.0)))
    assert "read 5 of" in sentence(Pair(given(TEN), awaited(2.0, skew=0.25)))


def test_nothing_is_said_before_the_awaited_answer_is_there() -> None:
    in_progress = given([], stream=False, state="waiting")
    assert sentence(Pair(given(TEN), in_progress)) == ""


def test_while_words_still_come_their_number_is_not_named() -> None:
    assert sentence(Pair(given(TEN, state="streaming"), awaited(2.0))).endswith("had already read 4 words.")


def test_a_single_word_is_one_word() -> None:
    assert "read 1 of its 10 words" in sentence(Pair(given(TEN), awaited(1.3)))
    assert "read all 1 word." in sentence(Pair(given(TEN[:1]), awaited(1.3)))


@pytest.mark.parametrize(
    ("state", "how"), [("stopped", "was stopped"), ("failed", "failed"), ("interrupted", "broke off")]
)
def test_an_awaited_answer_that_never_came_leaves_the_words_that_were_streamed(state: State, how: str) -> None:
    gone = given([], stream=False, state=state, total=2.0)
    said = (
        f"When the awaited answer {how} after 2.0 s, a reader of the streamed one had already read 4 of its 10 words."
    )
    assert sentence(Pair(given(TEN), gone)) == said
    assert "4 of the 10 words that came" in sentence(Pair(given(TEN, state="stopped"), gone))


def test_an_awaited_answer_may_come_without_words() -> None:
    empty = given([], stream=False, total=2.0)
    assert sentence(Pair(given(TEN), empty)).startswith("When the awaited answer came without words after 2.0 s, ")


def test_where_the_streamed_answer_failed_the_other_one_is_told() -> None:
    failed = given([], state="failed", total=0.2)
    said = "The awaited answer appeared after 2.0 s; the streamed one brought no words to read meanwhile."
    assert sentence(Pair(failed, awaited(2.0))) == said


def test_without_a_question_there_is_nothing_to_compare() -> None:
    never = given([], stream=False, state="failed")
    assert never.total is None
    assert sentence(Pair(given([], state="failed"), never)).endswith("so there is nothing to compare.")
    assert time_on(never) == "–"


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
    ("at", "said"),
    [
        (9.0, "8.0 s less waiting"),
        (25.66, "24.7 s less waiting"),  # 25.7 − 1.0, as the clocks show them
        (1.0, "0.0 s less waiting"),
        (0.4, "0.6 s more waiting"),
    ],
)
def test_what_is_saved_is_the_difference_of_the_clocks(at: float, said: str) -> None:
    assert waiting_saved(Pair(given(TEN), awaited(at))) == said


def test_what_is_saved_grows_while_the_awaited_answer_is_awaited() -> None:
    in_progress = given([], stream=False, state="waiting", total=5.0)
    assert waiting_saved(Pair(given(TEN, state="streaming"), in_progress)) == "4.0 s less waiting so far"
    assert waiting_saved(Pair(given([], state="waiting"), in_progress)) == "Waiting for the first word"


@pytest.mark.parametrize("state", ["stopped", "failed", "interrupted"])
def test_nothing_is_saved_where_one_of_them_brought_no_word(state: State) -> None:
    assert waiting_saved(Pair(given(TEN), given([], stream=False, state=state, total=5.0))) == ""
    assert waiting_saved(Pair(given([], state=state, total=5.0), awaited(2.0))) == ""


def test_only_one_streamed_and_one_awaited_answer_are_a_pair() -> None:
    left, right = given(TEN), awaited(2.0)
    assert pair(Comparison.of("Hello", [left, right])) == (left, right)
    assert pair(Comparison.of("Hello", [right, left])) is None
    assert pair(Comparison.of("Hello", [left, left])) is None
    assert pair(Comparison.of("Hello", [left, right, right])) is None
    assert pair(Comparison.of("Hello")) is None
    blind = Comparison.of("Hello", [left, right])
    blind.blind = True
    assert pair(blind) is None


def test_the_first_choice_is_the_first_provider_with_a_key() -> None:
    found = why_streaming.first_choice(load({"WATSONX_APIKEY": "key", "WATSONX_PROJECT_ID": "id"}))
    assert (found.provider, found.live) == ("watsonx", True)


def test_without_a_key_the_simulator_answers_at_the_pace_of_a_large_model() -> None:
    assert why_streaming.first_choice(load({})).address == "openai|chat|sim-typical|simulator"
    assert why_streaming.default(load({"BEDROCK_API": "invoke"})["bedrock"]).model == "anthropic.sim-typical"
