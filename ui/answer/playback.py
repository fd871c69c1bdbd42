"""Playback of an answer or a comparison in its place: at its own pace or another, with pause, step by step."""

import math
import secrets
import threading
import weakref
from collections.abc import Iterable

import streamlit as st

from replies.conversation import Comparison
from replies.recording.replay import Pace, replay, replay_all
from replies.reply import Reply
from ui.controls.buttons import action
from ui.session import keys

SPEEDS = {"1×": 1.0, "2×": 2.0, "4×": 4.0, "At once": math.inf}


class Playback:
    """The replies that play in the place of an original, on one clock. It begins once all of them are on the page."""

    def __init__(self, replies: list[Reply], pace: Pace) -> None:
        self.replies = replies
        self.pace = pace
        self.begun = False
        self.id = secrets.token_hex(4)
        self._drawn = 0
        self._lock = threading.Lock()
        # A browser session that ends drops this; nobody could resume what is paused.
        weakref.finalize(self, _stop, replies).atexit = False

    def mark_drawn(self) -> None:
        """To be called when one of the replies is on the page."""
        with self._lock:
            self._drawn += 1
            if not self.begun and self._drawn >= len(self.replies):
                self.begun = True
                self.pace.resume()

    def pause(self) -> None:
        self.begun = True
        self.pace.pause()

    def step(self) -> None:
        self.begun = True
        self.pace.step()


def current(id: str) -> Playback | None:
    """The playback in the place of the reply, or the comparison, with this id, in this browser session."""
    showing: Playback | None = st.session_state.get(keys.REPLAYS, {}).get(id)
    return showing


def replay_button(original: Reply | Comparison) -> None:
    """Draw a button that starts a replay, where there is something to replay and none plays yet."""
    if original.over and current(original.id) is None:
        action("Replay", "replay", _start, original, key=f"replay-{original.id}")


def controls(original: Reply | Comparison) -> None:
    """Draw the controls of a playback, where one plays: speed, pause, step, again, close."""
    showing = current(original.id)
    if showing is None:
        return
    key = f"replay-{original.id}"
    pace = showing.pace
    with st.container(horizontal=True, vertical_alignment="center", key=f"controls-{original.id}"):
        speed_key = f"{key}-speed-{showing.id}"
        st.segmented_control(
            "Speed",
            list(SPEEDS),
            default="1×",
            required=True,
            key=speed_key,
            label_visibility="collapsed",
            on_change=_set_speed,
            args=(pace, speed_key),
        )
        paused = pace.paused and showing.begun
        st.empty().button(  # in a place of its own: while a replay is paused, the run that drew it does not end
            "Resume" if paused else "Pause",
            icon=":material/play_arrow:" if paused else ":material/pause:",
            key=f"{key}-{'resume' if paused else 'pause'}",
            on_click=pace.resume if paused else showing.pause,
        )
        st.button("Step", icon=":material/skip_next:", key=f"{key}-step", on_click=showing.step)
        st.button("Again", icon=":material/replay:", key=f"{key}-again", on_click=_start, args=(original,))
        st.button("Close", icon=":material/close:", key=f"{key}-close", on_click=close, args=(original.id,))


def _start(original: Reply | Comparison) -> None:
    if not original.over:  # it was asked again while its page was still the old one
        st.toast("It is being answered. Replay it when it is over.")
        return
    close(original.id)
    pace = Pace(paused=True)
    replies = [replay(original, pace)] if isinstance(original, Reply) else replay_all(original, pace).replies
    st.session_state.setdefault(keys.REPLAYS, {})[original.id] = Playback(replies, pace)


def _set_speed(pace: Pace, key: str) -> None:
    pace.speed = SPEEDS[st.session_state[key]]


def close(id: str) -> None:
    """End the playback in the place of the reply, or the comparison, with this id."""
    showing = st.session_state.get(keys.REPLAYS, {}).pop(id, None)
    _stop(showing.replies if showing else ())


def _stop(replies: Iterable[Reply]) -> None:
    for reply in replies:
        reply.stop()
