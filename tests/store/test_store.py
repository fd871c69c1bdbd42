"""What is kept comes back as it was, on both databases."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers import End, Message, ProviderError, Reasoning, Request, Retry
from replies.conversation import Conversation, Turn
from replies.recording.replay import again
from replies.reply import Asked, Chunk
from replies.show.show import Scene, Show, Stage
from replies.store import Store
from tests.sent import EVERY
from tests.store.conftest import Open
from tests.store.said import answered, asked, facts, lanes, talk
from tests.support.known import known

# Every character there is, the ones that no database takes among them.
ANY_TEXT = st.text(st.characters() | st.sampled_from("\0\x10\ud83d\ude00\udfff0") | st.characters(categories=["Cs"]))


def told(item: Conversation | None) -> list[tuple[str, str, list[dict[str, Any]]]]:
    return [(turn.id, turn.prompt, [facts(reply) for reply in turn.replies]) for turn in known(item).turns]


def texts(item: Conversation | None) -> list[str]:
    return [reply.text for turn in known(item).turns for reply in turn.replies]


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
    assert {"key", "token", "secret"}.isdisjoint(Request.__dataclass_fields__)  # no key has a place in it
    open_store().keep(conversation)
    store = open_store()
    kept = known(store.conversation(conversation.id)).turns[0].reply
    assert facts(kept) == facts(reply)
    assert kept.asked.source == "recorded"
    alone = known(store.reply(reply.id))
    assert facts(alone) == facts(reply)


def test_what_is_not_there_is_none(store: Store) -> None:
    conversation, comparison = talk(("Why?", "Because.")), lanes("Who?", "Me.")
    store.keep(conversation, comparison)
    assert store.conversation(comparison.id) is None
    assert store.comparison(conversation.id) is None
    for nowhere in ("nobody", "", "0\0", "\ud800", "'; --", "x" * 1000):
        assert [find(nowhere) for find in (store.conversation, store.comparison, store.reply)] == [None] * 3


def test_a_conversation_comes_back_as_it_was_and_goes_on_from_there(store: Store, open_store: Open) -> None:
    first = talk(("Why?", "Because."))
    first.turns[0].replies.append(answered("Because it is."))
    for _ in range(3):  # keeping it again changes nothing
        store.keep(first, Conversation())  # an empty one is not kept
    assert store.count() == 1
    other = open_store()
    kept = known(other.conversation(first.id))
    assert (kept.id, told(kept), kept.over) == (first.id, told(first), True)
    kept.turns.append(Turn("And?", [answered("So.")]))
    bad = talk(("Who?", "Me."))
    bad.turns[0].reply.retries.append("nonsense")  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        other.keep(kept, bad)  # where one of several fails none is kept
    assert told(open_store().conversation(first.id)) == told(first)
    other.keep(kept)
    again = known(open_store().conversation(first.id))
    assert told(again) == told(kept)
    said = ["Why?", "Because it is.", "And?", "So.", "Next?"]
    assert [message.content for message in again.messages("Next?")] == said


def test_two_tabs_that_go_on_from_the_same_turn_lose_nothing(open_store: Open) -> None:
    one = talk(("Why?", "Because."))
    store = open_store()
    store.keep(one)
    other = known(open_store().conversation(one.id))
    one.turns.append(Turn("And?", [answered("So.")]))
    other.turns.append(Turn("But?", [answered("No.")]))
    store.keep(one, other)
    assert set(texts(open_store().conversation(one.id))) == {"Because.", "So.", "No."}


def test_a_fork_shares_what_was_said_before_it_and_outlives_the_other(open_store: Open) -> None:
    conversation = talk(("Why?", "Because."), ("And?", "So."))
    store = open_store()
    store.keep(conversation)
    fork, same = conversation.fork(1), conversation.fork(2)
    fork.turns.append(Turn("But?", [answered("No.")]))
    store.keep(fork, same)
    store.delete(conversation.id)
    store.close()  # what was deleted is gone after the next start
    assert texts(open_store().conversation(fork.id)) == ["Because.", "No."]
    assert texts(open_store().conversation(same.id)) == ["Because.", "So."]
    store.delete_all()
    store.keep(fork)
    assert texts(open_store().conversation(fork.id)) == ["Because.", "No."]


@given(prompt=ANY_TEXT, pieces=st.lists(st.tuples(st.floats(0, 1e6), st.booleans(), ANY_TEXT)), model=ANY_TEXT)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_survives(open_store: Open, prompt: str, pieces: list[Any], model: str) -> None:
    chunks = [Chunk(seconds, Reasoning(text) if thought else text) for seconds, thought, text in pieces]
    conversation = Conversation([Turn(prompt, [answered(chunks, who=asked(prompt, model=model))])])
    writing, reading = _pair(open_store)
    writing.keep(conversation)
    kept = known(reading.conversation(conversation.id))
    assert kept.turns[0].prompt == prompt
    assert facts(kept.turns[0].reply) == facts(conversation.turns[0].reply)
    assert reading.history(limit=1, words="")


@given(typed=ANY_TEXT | st.text("\"'*()&|!:\\ aAND-^~%_"))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_is_a_search(open_store: Open, typed: str) -> None:
    _, reading = _pair(open_store)
    reading.history(words=typed)
    reading.history(words=typed, provider=typed, model=typed, source=typed)


_pairs: dict[int, tuple[Store, Store]] = {}


def _pair(open_store: Open) -> tuple[Store, Store]:
    """Two stores for all examples of one test."""
    if id(open_store) not in _pairs:
        _pairs.clear()
        _pairs[id(open_store)] = open_store(), open_store()
    return _pairs[id(open_store)]


def show(title: str = "Cricket") -> Show:
    scene = Scene(title="One", page="chat", prompt="Why?", lanes=("a|b|c|live",), backups={0: answered("Because.")})
    return Show(title=title, scenes=(scene,))


def test_a_show_and_its_stage_are_there_after_a_restart(open_store: Open) -> None:
    first, kept = open_store(), show()
    first.keep_show(kept)
    first.keep_stage(kept.id, Stage(scene=0, item="x", began=7.5, offline=True))
    first.keep_show(kept.with_scene(1, *kept.scenes))
    first.close()
    second = open_store()
    found = known(second.show(kept.id))
    assert [scene.backups[0].text for scene in found.scenes] == ["Because.", "Because."]
    assert second.stage(kept.id) == Stage(scene=0, item="x", began=7.5, offline=True)
    second.forget_show(kept.id)
    assert (second.shows(), second.show(kept.id), second.stage(kept.id)) == ([], None, None)


def test_a_show_is_its_owner_s_alone(store: Store) -> None:
    kept, mine, other = show(), store.of("me"), store.of("you")
    mine.keep_show(kept)
    other.keep_stage(kept.id, Stage(scene=3))
    other.forget_show(kept.id)
    assert (other.shows(), other.show(kept.id), mine.stage(kept.id)) == ([], None, None)
    assert [one.title for one in mine.shows()] == ["Cricket"]


def test_what_stood_in_is_found_as_a_backup(store: Store) -> None:
    conversation = Conversation([Turn("Why?", [again(answered("Because."), fell_back="late")])])
    conversation.turns[0].reply.start().wait()
    store.keep(conversation)
    [entry] = store.history(source="backup")
    assert "backup" in entry.sources
    found = known(store.conversation(conversation.id))
    assert found.turns[0].reply.asked.fell_back == "late"
