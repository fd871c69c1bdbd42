"""What is kept comes back as it was, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers import End, Message, ProviderError, Reasoning, Request, Retry
from replies.conversation import Comparison, Conversation, Turn
from replies.reply import Asked, Chunk, Reply
from replies.store import Store
from tests.sent import EVERY
from tests.store.conftest import Open
from tests.store.said import answered, asked, facts, lanes, talk

# Every character there is, the ones that no database takes among them.
ANY_TEXT = st.text(st.characters() | st.sampled_from("\0\x10\ud83d\ude00\udfff0") | st.characters(categories=["Cs"]))


def replies_of(item: Conversation | Comparison | None) -> list[Reply]:
    assert item is not None
    if isinstance(item, Comparison):
        return item.replies
    return [reply for turn in item.turns for reply in turn.replies]


def test_a_conversation_comes_back_as_it_was(open_store: Open) -> None:
    conversation = talk(("Why?", "Because."), ("And?", "So."))
    conversation.turns[1].replies.append(answered("So it is."))
    open_store().keep(conversation)
    kept = open_store().conversation(conversation.id)
    assert kept is not None
    assert kept.id == conversation.id
    assert [(turn.id, turn.prompt) for turn in kept.turns] == [(turn.id, turn.prompt) for turn in conversation.turns]
    assert [facts(reply) for reply in replies_of(kept)] == [facts(reply) for reply in replies_of(conversation)]
    assert kept.over
    assert [turn.reply.text for turn in kept.turns] == ["Because.", "So it is."]


def test_a_comparison_comes_back_as_it_was(open_store: Open) -> None:
    comparison = lanes("Who?", "Me.", "You.", "Nobody.")
    open_store().keep(comparison)
    kept = open_store().comparison(comparison.id)
    assert kept is not None
    assert (kept.id, kept.prompt) == (comparison.id, "Who?")
    assert [facts(reply) for reply in kept.replies] == [facts(reply) for reply in comparison.replies]


def test_everything_that_is_known_of_a_reply_is_kept(open_store: Open) -> None:
    request = Request(
        messages=(Message("user", "1"), Message("assistant", "2"), Message("user", "3")),
        model="m",
        **EVERY.values | {"temperature": 0.0, "stream": False, "extra": '{"a": [1]}'},
    )
    when = datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
    asked = Asked(provider="p", label="P", api="a", request=request, simulated=True, recorded=when)
    reply = answered(
        [Chunk(0.1, Reasoning("Hm.")), Chunk(1 / 3, "Well")],
        who=asked,
        state="failed",
        retries=[Retry("overloaded", 1.5)],
        end=End("length", 1, None, 2, "r", tier="flex", latency="standard"),
        left_out=("seed",),
        error=ProviderError("rate_limit", "Too many. Wait.", retryable=True, retry_after=2.5),
        versions={"streamside": "0.1.0", "openai": "3"},
        price={"total": "0.0012", "currency": "USD"},
    )
    conversation = Conversation([Turn("3", [reply])])
    open_store().keep(conversation)
    store = open_store()
    (kept,) = replies_of(store.conversation(conversation.id))
    assert facts(kept) == facts(reply)
    assert kept.asked.source == "recorded"
    alone = store.reply(reply.id)
    assert alone is not None
    assert facts(alone) == facts(reply)


def test_what_is_not_there_is_none(store: Store) -> None:
    conversation, comparison = talk(("Why?", "Because.")), lanes("Who?", "Me.")
    store.keep(conversation)
    store.keep(comparison)
    assert store.conversation("nobody") is None
    assert store.conversation("") is None
    assert store.conversation(comparison.id) is None
    assert store.comparison(conversation.id) is None
    assert store.reply("nobody") is None


def test_where_one_of_several_fails_none_is_kept(store: Store) -> None:
    bad = talk(("Who?", "Me."))
    bad.turns[0].reply.retries.append("nonsense")  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        store.keep(talk(("Why?", "Because.")), bad)
    assert store.count() == 0


def test_an_empty_conversation_is_not_kept(store: Store) -> None:
    store.keep(Conversation())
    assert store.count() == 0


def test_keeping_again_changes_nothing(store: Store, open_store: Open) -> None:
    conversation = talk(("Why?", "Because."))
    for _ in range(3):
        store.keep(conversation)
    assert store.count() == 1
    assert [facts(reply) for reply in replies_of(open_store().conversation(conversation.id))] == [
        facts(conversation.turns[0].reply)
    ]


def test_what_is_added_later_is_kept(store: Store, open_store: Open) -> None:
    conversation = talk(("Why?", "Because."))
    store.keep(conversation)
    conversation.turns[0].replies.append(answered("Because it is."))
    conversation.turns.append(Turn("And?", [answered("So.", minutes=1)]))
    store.keep(conversation)
    kept = open_store().conversation(conversation.id)
    assert [reply.text for reply in replies_of(kept)] == ["Because.", "Because it is.", "So."]


def test_a_conversation_goes_on_from_what_was_kept(open_store: Open) -> None:
    first = talk(("Why?", "Because."))
    open_store().keep(first)
    store = open_store()
    kept = store.conversation(first.id)
    assert kept is not None
    kept.turns.append(Turn("And?", [answered("So.")]))
    store.keep(kept)
    again = open_store().conversation(first.id)
    assert again is not None
    assert [turn.prompt for turn in again.turns] == ["Why?", "And?"]
    assert [message.content for message in again.messages("Next?")] == ["Why?", "Because.", "And?", "So.", "Next?"]


def test_two_tabs_that_go_on_from_the_same_turn_lose_nothing(open_store: Open) -> None:
    one = talk(("Why?", "Because."))
    store = open_store()
    store.keep(one)
    other = open_store().conversation(one.id)
    assert other is not None
    one.turns.append(Turn("And?", [answered("So.")]))
    other.turns.append(Turn("But?", [answered("No.")]))
    store.keep(one)
    store.keep(other)
    kept = open_store().conversation(one.id)
    assert {reply.text for reply in replies_of(kept)} == {"Because.", "So.", "No."}


def test_a_fork_shares_what_was_said_before_it(open_store: Open) -> None:
    conversation = talk(("Why?", "Because."), ("And?", "So."))
    store = open_store()
    store.keep(conversation)
    fork = conversation.fork(1)
    fork.turns.append(Turn("But?", [answered("No.")]))
    store.keep(fork)
    assert [reply.text for reply in replies_of(open_store().conversation(fork.id))] == ["Because.", "No."]
    store.delete_all()
    store.keep(fork)
    assert [reply.text for reply in replies_of(open_store().conversation(fork.id))] == ["Because.", "No."]


def test_what_is_shared_outlives_one_of_its_conversations(open_store: Open) -> None:
    conversation = talk(("Why?", "Because."))
    store = open_store()
    store.keep(conversation)
    fork = conversation.fork(1)
    store.keep(fork)
    store.delete(conversation.id)
    store.close()
    assert [reply.text for reply in replies_of(open_store().conversation(fork.id))] == ["Because."]


@given(prompt=ANY_TEXT, pieces=st.lists(st.tuples(st.floats(0, 1e6), st.booleans(), ANY_TEXT)), model=ANY_TEXT)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_survives(open_store: Open, prompt: str, pieces: list[Any], model: str) -> None:
    chunks = [Chunk(seconds, Reasoning(text) if thought else text) for seconds, thought, text in pieces]
    conversation = Conversation([Turn(prompt, [answered(chunks, who=asked(prompt, model=model))])])
    writing, reading = _pair(open_store)
    writing.keep(conversation)
    kept = reading.conversation(conversation.id)
    assert kept is not None
    assert kept.turns[0].prompt == prompt
    assert facts(kept.turns[0].reply) == facts(conversation.turns[0].reply)
    assert reading.history(limit=1, words="")


@given(typed=ANY_TEXT | st.text("\"'*()&|!:\\ aAND-^~%_"))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_is_a_search(open_store: Open, typed: str) -> None:
    _, reading = _pair(open_store)
    for name in ("words", "provider", "model", "source"):
        by: dict[str, Any] = {name: typed}
        reading.history(**by)
    reading.history(words=typed, provider=typed, model=typed, source=typed)


@pytest.mark.parametrize("id", ["", "0\0", "\ud800", "'; --", "x" * 1000])
def test_an_address_that_leads_nowhere(store: Store, id: str) -> None:
    assert store.conversation(id) is None
    assert store.comparison(id) is None
    assert store.reply(id) is None


_pairs: dict[int, tuple[Store, Store]] = {}


def _pair(open_store: Open) -> tuple[Store, Store]:
    """Two stores for all examples of one test."""
    if id(open_store) not in _pairs:
        _pairs.clear()
        _pairs[id(open_store)] = open_store(), open_store()
    return _pairs[id(open_store)]


def test_no_key_reaches_the_database(store: Store) -> None:
    """By construction: what is kept of a question is a Request, which has nowhere to hold one."""
    assert {"key", "token", "secret"}.isdisjoint(Request.__dataclass_fields__)


def test_the_address_of_a_database_is_shown_without_its_password() -> None:
    assert "hidden" not in Store("postgresql://me:hidden@example.invalid/d").name


@pytest.mark.parametrize("url", ["mysql://host/d", "nonsense", "sqlite://"])
def test_an_address_that_is_invalid(url: str) -> None:
    with pytest.raises(Exception, match="DATABASE_URL") as refused:
        Store(url)
    assert type(refused.value).__name__ == "StoreError"
