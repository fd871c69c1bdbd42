"""What belongs to somebody is there for nobody else: not by its address, in no list, and for no change."""

from collections.abc import Callable
from typing import Any

import pytest

from replies.conversation import Comparison, Conversation
from replies.store import Store
from replies.store.owner_view import OwnerView
from replies.verdict import Verdict
from tests.store.said import lanes, talk
from tests.support.known import known

ANN, BOB = "https://accounts.example.com 1", "https://accounts.example.com 2"


def kept(store: Store, owner: str) -> tuple[Conversation, Comparison]:
    conversation, comparison = talk((f"Why, {owner}?", "Because.")), lanes(f"Who, {owner}?", "Me.", "You.")
    conversation.owner = comparison.owner = owner
    store.keep(conversation, comparison)
    store.of(owner).judge(comparison.id, Verdict(outcome="best", lane=1))
    store.of(owner).keep_lanes("Mine", [owner])
    return conversation, comparison


@pytest.mark.parametrize("stranger", [BOB, "", ANN.upper()])
def test_a_stranger_finds_nothing(store: Store, stranger: str) -> None:
    conversation, comparison = kept(store, ANN)
    (reply,) = conversation.turns[0].replies
    theirs = store.of(stranger)
    assert theirs.conversation(conversation.id) is None
    assert theirs.comparison(comparison.id) is None
    assert theirs.reply(reply.id) is None
    assert theirs.history() == theirs.history(words="because") == theirs.history(provider="openai") == []
    assert (theirs.count(), theirs.known("provider"), theirs.judged(), theirs.lane_sets()) == (0, [], [], {})


def test_everybody_finds_what_is_theirs(store: Store) -> None:
    mine = {owner: kept(store, owner) for owner in (ANN, BOB, "")}
    for owner, (conversation, comparison) in mine.items():
        owner_view = store.of(owner)
        found = owner_view.conversation(conversation.id), owner_view.comparison(comparison.id)
        assert [item and (item.id, item.owner) for item in found] == [(each.id, owner) for each in mine[owner]]
        assert {entry.id for entry in owner_view.history()} == {conversation.id, comparison.id}
        assert [one.id for one in owner_view.judged()] == [comparison.id]
        counted = owner_view.count(), owner_view.known("provider"), owner_view.lane_sets()
        assert counted == (2, ["openai"], {"Mine": [owner]})
        assert owner_view.reply(conversation.turns[0].reply.id) is not None


CHANGES: dict[str, Callable[[OwnerView, str, str], Any]] = {
    "rename": lambda owner_view, conversation, _: owner_view.rename(conversation, "Taken over"),
    "delete": lambda owner_view, conversation, _: owner_view.delete(conversation),
    "undelete": lambda owner_view, conversation, _: owner_view.undelete(conversation),
    "judge": lambda owner_view, _, comparison: owner_view.judge(comparison, None),
    "reveal": lambda owner_view, _, comparison: owner_view.judge(comparison, None, blind=False),
    "forget lanes": lambda owner_view, *_: owner_view.forget_lanes("Mine"),
    "keep lanes": lambda owner_view, *_: owner_view.keep_lanes("Mine", ["other"]),
    "delete everything": lambda owner_view, *_: owner_view.delete_all(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_stranger_changes_nothing(store: Store, change: str) -> None:
    conversation, comparison = kept(store, ANN)
    ann = store.of(ANN)
    if change == "undelete":
        ann.delete(conversation.id)
    before = ann.history(), ann.history(words=ANN), ann.judged(), ann.lane_sets()
    CHANGES[change](store.of(BOB), conversation.id, comparison.id)
    assert (ann.history(), ann.history(words=ANN), ann.judged(), ann.lane_sets()) == before


def test_a_question_in_it_does_not_change_the_owner_and_deleting_everything_deletes_ones_own(store: Store) -> None:
    """Whoever has the object may keep it; it stays where it belongs."""
    conversation, _ = kept(store, ANN)
    kept(store, BOB)
    assert conversation.fork(1).owner == ANN
    conversation.turns += talk(("And?", "So.")).turns
    store.keep(conversation)
    assert len(known(store.of(ANN).conversation(conversation.id)).turns) == 2
    assert store.of(BOB).conversation(conversation.id) is None
    assert store.of(ANN).delete_all() == 2
    assert (store.of(ANN).count(), store.of(BOB).count()) == (0, 2)
