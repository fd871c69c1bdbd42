"""What the page says of an answer that was streamed and one that was awaited."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from providers import End, ProviderError, Request
from providers.settings import load
from replies.conversation import Comparison
from replies.reply import Arrival, Asked, Reply, State
from ui import why
from ui.why import Pair, first_word, pair, sentence, time_on

TEN = [Arrival(1.0 + 0.1 * number, f"word{number} ") for number in range(10)]


def given(
    arrivals: list[Arrival],
    *,
    stream: bool = True,
    state: State = "done",
    total: float | None = None,
    skew: float = 0.0,
) -> Reply:
    request = replace(Request.of("Hello", "m"), stream=stream)
    return Reply.restored(
        Asked(provider="openai", label="OpenAI", api="chat", request=request, simulated=True),
        id="an-id",
        state=state,
        arrivals=arrivals,
        asked_at=datetime.now(UTC),
        end=End("stop") if state == "done" else None,
        error=ProviderError("auth", "no") if state == "failed" else None,
        total=arrivals[-1].seconds if total is None and arrivals else total,
        skew=skew,
    )


def awaited(at: float, text: str = "the whole answer", skew: float = 0.0) -> Reply:
    return given([Arrival(at, text)], stream=False, skew=skew)


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
    under_way = given([], stream=False, state="waiting")
    assert sentence(Pair(given(TEN), under_way)) == ""


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


def test_clocks_tell_the_total_and_the_first_word() -> None:
    assert time_on(given(TEN, total=2.04)) == "2.0 s"
    assert first_word(given(TEN)) == "First word after **1.0 s**"
    assert first_word(given([], state="waiting")) == "No word yet"
    assert first_word(given([], state="failed", total=1.0)) == "No word came"


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
    assert why.first_choice(load({"WATSONX_APIKEY": "key", "WATSONX_PROJECT_ID": "id"})).address.startswith("watsonx|")
    assert why.first_choice(load({"WATSONX_APIKEY": "key", "WATSONX_PROJECT_ID": "id"})).live


def test_without_a_key_the_simulator_answers_at_the_pace_of_a_large_model() -> None:
    assert why.first_choice(load({})).address == "openai|chat|sim-typical|simulator"
    assert why.default(load({"BEDROCK_API": "invoke"})["bedrock"]).model == "anthropic.sim-typical"
