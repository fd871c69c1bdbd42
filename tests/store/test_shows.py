"""Shows in the store: kept with their recordings and where they are, each for its owner."""

from __future__ import annotations

from replies.conversation import Conversation, Turn
from replies.recording.replay import again
from replies.show.show import Scene, Show, Stage
from replies.store.store import Store
from tests.store.conftest import Open
from tests.store.said import answered
from tests.support.known import known


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
