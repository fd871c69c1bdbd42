"""What comes is kept while it comes; what can't be kept now is kept later, and said so."""

from contextlib import closing
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


def test_lanes_are_kept_before_their_first_word_as_they_come_and_at_their_end(
    hire: Hire, clock: Clock, store: Store, open_store: Open, hold: Hold
) -> None:
    vendors = [hire(), hire()]
    comparison = Comparison.of("Why?", [reply_of(vendor, clock).start() for vendor in vendors])
    autosaver = hold(store)
    autosaver.watch(comparison, wait=30)
    assert [entry.title for entry in open_store().history()] == ["Why?"]
    first, second = comparison.replies
    assert kept(store, first.id).state == "waiting"
    for pieces, said in enumerate(["Be", "cause", Reasoning("hm"), " of"], start=1):
        vendors[0].says(0.5, said)
        heard(first, pieces)
        assert eventually(lambda: wrote(store, first))
    vendors[0].says(End("stop", 1, 2))
    vendors[1].says("No reason", End("stop"))
    for reply in (first, second):
        finished(reply)
        assert eventually(lambda reply=reply: wrote(store, reply))  # type: ignore[misc]
    assert eventually(lambda: autosaver.unsaved == 0 and not autosaver._watched)
    assert (kept(store, first.id).state, autosaver.problem) == ("done", None)
    assert open_store().history(words="because of")
    assert [reply.text for reply in known(open_store().comparison(comparison.id)).replies] == [
        "Because of",
        "No reason",
    ]


@pytest.mark.parametrize("model", ["gpt-4o-mini", "nobody-knows-it"])
def test_what_it_cost_is_kept_as_it_was_when_it_ended_and_so_is_why_that_is_unknown(
    hire: Hire, clock: Clock, store: Store, open_store: Open, model: str
) -> None:
    asked = replace(question(), provider="openai", request=Request.of("Why?", model))
    reply = ReplyReader(asked, lambda: hire().says("Yes", End("stop", 12, 3)), clock=clock).reply.start()
    finished(reply)
    conversation = Conversation([Turn("Why?", [reply])])
    with closing(Autosaver(store, price=price, every=0.02)) as autosaver:
        autosaver.watch(conversation, wait=30)
    assert known(open_store().reply(reply.id)).price == price(reply) == reply.price
    assert ("usd" in known(reply.price)) == (model == "gpt-4o-mini")
    again = known(open_store().conversation(conversation.id))
    again.turns.append(Turn("And?", [finished(reply_of(hire().says("No", End("stop")), clock).start())]))
    with closing(Autosaver(store, price=lambda _: {"total": "2"}, every=0.02)) as autosaver:
        autosaver.watch(again, wait=30)
    last = known(open_store().conversation(conversation.id))
    assert [turn.reply.price for turn in last.turns] == [reply.price, {"total": "2"}]


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


def test_an_answer_deleted_while_it_comes_stays_deleted(vendor: Vendor, clock: Clock, store: Store, hold: Hold) -> None:
    conversation, reply = asked_of(vendor, clock)
    autosaver = hold(store)
    autosaver.watch(conversation, wait=30)
    assert store.delete_all() == 1
    vendor.says("More", End("stop"))
    finished(reply)
    assert eventually(lambda: not autosaver._watched)
    assert (store.count(), autosaver.problem) == (0, None)


def test_a_slip_of_ours_keeps_no_other_from_being_saved(hire: Hire, clock: Clock, store: Store, hold: Hold) -> None:
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
