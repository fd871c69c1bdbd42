"""Replays, and the browser sessions that they play in."""

import gc

from replies.recording import Pace, replay
from tests.store.said import answered
from ui.replaying import Showing


def test_a_replay_ends_when_its_session_has_gone() -> None:
    pace = Pace(paused=True)
    reply = replay(answered("Because."), pace)
    session = {"replays": Showing([reply], pace)}
    session.clear()
    gc.collect()
    assert reply.wait(30)
    assert reply.state == "stopped"
