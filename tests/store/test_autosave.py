"""What comes is kept while it comes; what can't be kept now is kept later, and said so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from providers import End, Reasoning, Request
from replies.conversation import Comparison, Conversation, Turn
from replies.pricing.costs import price
from replies.reader import ReplyReader
from replies.reply import Reply
from replies.store import Store, serialization
from replies.store.autosave import Autosaver
from replies.store.schema import replies
from tests.replies.vendor import Clock, Hire, Vendor, finished, heard, question, reply_of
from tests.store.conftest import Hold, Open, asked_of
from tests.store.said import facts
from tests.support.known import known
from tests.support.waiting import eventually


def kept(store: Store, id: str) -> Reply:
    """What of a reply is in the database, in the eyes of a process that has nothing else."""
    with store._opened.reading() as connection:
        (row,) = connection.execute(select(replies).where(replies.c.id == id))
        chunks = store._opened.arrived(connection, [id])[id]
        return Reply(
            serialization.asked(row), id=id, chunks=chunks, versions=row.versions, **serialization.progress(row)
        )


def wrote(store: Store, reply: Reply) -> bool:
    """Whether the database knows all that the reply has so far."""
    return facts(kept(store, reply.id)) == facts(reply)


def test_a_turn_is_kept_before_its_first_word(
    vendor: Vendor, clock: Clock, store: Store, open_store: Open, hold: Hold
) -> None:
    conversation, reply = asked_of(vendor, clock)
    hold(store).watch(conversation, wait=30)
    assert vendor.asked.wait(10)
    assert [entry.title for entry in open_store().history()] == ["Why?"]
    assert kept(store, reply.id).state == "waiting"
    reply.stop()


def test_words_are_kept_as_they_come_and_so_is_the_end(
    vendor: Vendor, clock: Clock, store: Store, open_store: Open, hold: Hold
) -> None:
    conversation, reply = asked_of(vendor, clock)
    autosaver = hold(store)
    autosaver.watch(conversation, wait=30)
    for pieces, said in enumerate(["Be", "cause", Reasoning("hm"), " of"], start=1):
        vendor.says(0.5, said)
        heard(reply, pieces)
        assert eventually(lambda: wrote(store, reply))
    vendor.says(End("stop", 1, 2))
    finished(reply)
    assert eventually(lambda: wrote(store, reply))
    assert eventually(lambda: autosaver.unsaved == 0 and not autosaver._watched)
    assert (kept(store, reply.id).state, autosaver.problem) == ("done", None)
    assert open_store().history(words="because of")


def test_lanes_are_kept_next_to_each_other(
    hire: Hire, clock: Clock, store: Store, open_store: Open, hold: Hold
) -> None:
    vendors = [hire() for _ in range(3)]
    comparison = Comparison.of("Why?", [reply_of(vendor, clock).start() for vendor in vendors])
    hold(store).watch(comparison, wait=30)
    for number, vendor in enumerate(vendors):
        vendor.says(f"Lane {number}", End("stop"))
    for reply in comparison.replies:
        finished(reply)
        assert eventually(lambda reply=reply: wrote(store, reply))  # type: ignore[misc]
    kept_lanes = known(open_store().comparison(comparison.id)).replies
    assert [reply.text for reply in kept_lanes] == ["Lane 0", "Lane 1", "Lane 2"]


def test_the_price_is_kept_as_it_was_when_it_ended(hire: Hire, clock: Clock, store: Store, open_store: Open) -> None:
    prices = iter([{"total": "1"}, {"total": "2"}])
    autosaver = Autosaver(store, price=lambda _: next(prices), every=0.02)
    conversation, reply = asked_of(hire().says("Yes", End("stop")), clock)
    finished(reply)
    autosaver.watch(conversation, wait=30)
    again = known(open_store().conversation(conversation.id))
    assert again.turns[0].reply.price == {"total": "1"}
    second = reply_of(hire().says("No", End("stop")), clock).start()
    again.turns.append(Turn("And?", [second]))
    finished(second)
    autosaver.watch(again, wait=30)
    autosaver.close()
    last = known(open_store().conversation(conversation.id))
    assert [turn.reply.price for turn in last.turns] == [{"total": "1"}, {"total": "2"}]


@pytest.mark.parametrize("model", ["gpt-4o-mini", "nobody-knows-it"])
def test_what_it_cost_is_kept_and_so_is_why_that_is_unknown(
    hire: Hire, clock: Clock, store: Store, open_store: Open, model: str
) -> None:
    asked = replace(question(), provider="openai", request=Request.of("Why?", model))
    reply = ReplyReader(asked, lambda: hire().says("Yes", End("stop", 12, 3)), clock=clock).reply.start()
    finished(reply)
    autosaver = Autosaver(store, price=price, every=0.02)
    conversation = Conversation([Turn("Why?", [reply])])
    autosaver.watch(conversation, wait=30)
    autosaver.close()
    assert known(open_store().reply(reply.id)).price == price(reply) == reply.price
    assert ("usd" in known(reply.price)) == (model == "gpt-4o-mini")


def test_closing_writes_the_last_words(vendor: Vendor, clock: Clock, store: Store, open_store: Open) -> None:
    autosaver = Autosaver(store, every=3600)
    conversation, reply = asked_of(vendor, clock)
    autosaver.watch(conversation, wait=30)
    vendor.says("Last")
    heard(reply, 1)
    autosaver.close()
    again = known(open_store().conversation(conversation.id))
    assert (again.turns[0].reply.text, again.turns[0].reply.state) == ("Last", "interrupted")
    reply.stop()


def test_an_answer_deleted_for_good_while_it_comes_stays_deleted(
    vendor: Vendor, clock: Clock, store: Store, hold: Hold
) -> None:
    conversation, reply = asked_of(vendor, clock)
    autosaver = hold(store)
    autosaver.watch(conversation, wait=30)
    assert store.delete_all() == 1
    vendor.says("More", End("stop"))
    finished(reply)
    assert eventually(lambda: not autosaver._watched)
    assert (store.count(), autosaver.problem) == (0, None)


def test_a_slip_of_ours_keeps_no_other_answer_from_being_saved(
    hire: Hire, clock: Clock, store: Store, hold: Hold
) -> None:
    bad, good = (asked_of(hire().says("Yes", End("stop")), clock) for _ in range(2))
    for _, reply in (bad, good):
        finished(reply)
    bad[1].retries.append("nonsense")  # type: ignore[arg-type]
    autosaver = hold(store)
    autosaver.watch(bad[0], wait=1)
    autosaver.watch(good[0], wait=30)
    assert eventually(lambda: wrote(store, good[1]))
    assert eventually(lambda: "Streamside failed to save" in (autosaver.problem or ""))
    bad[1].retries.clear()
    assert eventually(lambda: autosaver.problem is None)
    assert wrote(store, bad[1])
