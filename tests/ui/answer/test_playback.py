"""Replays, and the browser sessions that they play in."""

import gc

from replies.recording.replay import Pace, replay
from replies.reply import Reply
from tests.store.said import answered, asked, lanes
from tests.support.page import drawn, press
from ui.answer.playback import Playback


def test_a_replay_ends_when_its_session_has_gone() -> None:
    pace = Pace(paused=True)
    reply = replay(answered("Because."), pace)
    session = {"replays": Playback([reply], pace)}
    session.clear()
    gc.collect()
    assert reply.wait(30)
    assert reply.state == "stopped"


def page(comparison):  # type: ignore[no-untyped-def]  # only its text goes to the page
    import streamlit as st

    from ui.answer import playback

    playback.replay_button(comparison)
    st.text(f"plays: {playback.current(comparison.id) is not None}")


def test_what_goes_on_when_the_button_is_pressed_is_not_replayed_yet() -> None:
    comparison = lanes("Why?", "Because.", "Therefore.")
    app = drawn(page, comparison)
    comparison.rounds[-1].lanes[0].append(Reply(asked()))
    press(app, "Replay")
    assert app.text[0].value == "plays: False"
