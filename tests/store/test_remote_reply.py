"""Two processes on one database: neither takes the other's answer for abandoned, and either can follow it."""

import pytest
from sqlalchemy import update

from providers import End, Reasoning, Retry
from replies.conversation import Conversation, Turn
from replies.reply import Reply
from replies.store import Store
from replies.store.autosave import Autosaver
from replies.store.remote_reply import RemoteReader
from replies.store.schema import processes
from tests.replies.vendor import PATIENCE, Clock, Vendor, finished, heard, reply_of
from tests.store.conftest import Hold, Open
from tests.store.said import facts
from tests.support.known import known
from tests.support.waiting import eventually


@pytest.fixture
def in_progress(vendor: Vendor, clock: Clock, open_store: Open, hold: Hold) -> Conversation:
    """A conversation whose answer another process is reading."""
    conversation = Conversation([Turn("Why?", [reply_of(vendor.says("Be"), clock).start()])])
    heard(conversation.turns[0].reply, 1)
    hold(open_store()).watch(conversation, wait=30)
    return conversation


def seen(store: Store, conversation: Conversation) -> Reply:
    found = known(store.conversation(conversation.id))
    return found.turns[0].reply


def owner_says(store: Store, **values: object) -> None:
    """Change what the database knows of the process that the reply is in progress in."""
    with store._opened.writing() as connection:
        others = processes.c.id != store._opened.process.id
        connection.execute(update(processes).where(others).values(values))


def test_it_is_followed_to_its_end(
    in_progress: Conversation, vendor: Vendor, store: Store, open_store: Open, hold: Hold
) -> None:
    theirs, ours = in_progress.turns[0].reply, seen(store, in_progress)
    assert isinstance(ours.reader, RemoteReader)
    assert seen(store, in_progress) is store.reply(ours.id) is ours  # all pages of a process follow the same one
    for _ in range(3):
        open_store().sweep()  # the start of one more process
    hold(store).watch(known(store.conversation(in_progress.id)), wait=30)  # a page that keeps it leaves it alone, too
    vendor.says("ca")
    assert eventually(lambda: ours.text == "Beca")
    assert not ours.over
    vendor.says(0.5, "use", Reasoning("hm"), Retry("overloaded", 1.0), End("stop", 1, 2))
    assert "".join(ours.follow()) == "Because"
    assert eventually(lambda: facts(ours) == facts(theirs))
    assert (ours.state, ours.elapsed) == ("done", theirs.elapsed)
    assert eventually(lambda: facts(seen(open_store(), in_progress)) == facts(theirs))
    assert facts(known(store.reply(theirs.id))) == facts(theirs)


def test_an_answer_in_progress_here_is_the_very_one(vendor: Vendor, clock: Clock, store: Store, hold: Hold) -> None:
    reply = reply_of(vendor, clock).start()
    conversation = Conversation([Turn("Why?", [reply])])
    hold(store).watch(conversation, wait=30)
    assert seen(store, conversation) is reply
    fork = conversation.fork(1)
    store.keep(fork)
    assert seen(store, fork) is reply
    reply.stop()


def test_stop_reaches_the_other_process(in_progress: Conversation, vendor: Vendor, store: Store) -> None:
    theirs, ours = in_progress.turns[0].reply, seen(store, in_progress)
    ours.stop()
    assert finished(theirs).state == "stopped"
    assert vendor.closed.wait(PATIENCE)
    assert finished(ours).state == "stopped"
    assert ours.text == theirs.text == "Be"


@pytest.mark.parametrize(
    "gone",
    [{"host": "another", "last_seen": 0.0}, {"pid": 2**22 + 1}, {"last_seen": 0.0}],
    ids=["silent elsewhere", "its number is gone", "silent here, where its number is another's"],
)
def test_one_that_is_gone_left_it_interrupted(
    gone: dict[str, object], vendor: Vendor, clock: Clock, open_store: Open
) -> None:
    reply = reply_of(vendor.says("Be"), clock).start()
    heard(reply, 1)
    conversation = Conversation([Turn("Why?", [reply])])
    open_store().keep(conversation)  # without an autosaver or a heartbeat
    store = open_store()
    follower = seen(store, conversation)
    assert not follower.over
    owner_says(store, **gone)
    assert finished(follower).state == "interrupted"
    for after in (follower, seen(open_store(), conversation)):
        assert (after.text, after.error and after.error.kind) == ("Be", "interrupted")
        assert "ask again" in str(after.error)
    assert open_store().history(words="be")
    reply.stop()


def test_one_that_was_silent_but_is_alive_has_the_last_word(vendor: Vendor, clock: Clock, open_store: Open) -> None:
    """A process that could not reach the database for a while is taken for ended; what it writes then is the truth."""
    reply = reply_of(vendor.says("Be"), clock).start()
    heard(reply, 1)
    conversation = Conversation([Turn("Why?", [reply])])
    theirs = open_store()
    theirs.keep(conversation)
    ours = open_store()
    ours.count()
    owner_says(ours, host="another", last_seen=0.0)
    ours.sweep()
    assert seen(ours, conversation).state == "interrupted"
    vendor.says("cause", End("stop"))
    autosaver = Autosaver(theirs, every=0.02)
    autosaver.watch(conversation, wait=30)
    finished(reply)
    autosaver.close()
    assert (seen(ours, conversation).state, seen(ours, conversation).text) == ("done", "Because")
    assert seen(ours, conversation).error is None
