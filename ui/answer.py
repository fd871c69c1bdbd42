"""One answer on the page: who gives it, its reasoning folded away, its words as they arrive."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import chain
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from providers import ErrorKind
from replies.reply import Reply
from ui.figures import ENDINGS
from ui.markdown import as_written, literal
from ui.typewriter import typewriter

FLUSH = 0.05  # seconds until what was cleared has left the page

TITLES: dict[ErrorKind, str] = {
    "missing_credentials": "No key",
    "auth": "Key refused",
    "forbidden": "Not allowed",
    "unknown_model": "Unknown model",
    "rate_limit": "Too many requests",
    "quota": "Quota used up",
    "overloaded": "Trouble at the provider",
    "too_long": "Too long",
    "filtered": "Refused by the content filter",
    "bad_request": "Request not accepted",
    "network": "No connection",
    "timeout": "No answer in time",
    "interrupted": "Broken off",
    "protocol": "Not an answer",
}


def byline(reply: Reply) -> None:
    """Who answers, and whether it is the simulator."""
    asked = reply.asked
    badges = ["  :orange-badge[:material/science: Simulator]"] if asked.simulated else []
    if asked.recorded:
        when = f"{asked.recorded.astimezone():%Y-%m-%d %H:%M}"
        badges.append(f"  :blue-badge[:material/history: Recorded {literal(when)}]")
    st.markdown(f"**{literal(asked.label)}**{''.join(badges)}")


def details(reply: Reply) -> None:
    """Which model, by which API."""
    asked = reply.asked
    way = "" if asked.request.stream else " · awaited"
    st.caption(f"{literal(asked.request.model)} · {literal(asked.api)}{way}")


def answer(reply: Reply, *, lanes: int = 1, replaces: bool = False, drawn: Callable[[], object] = lambda: None) -> None:
    """Draw the reply, following it to its end where it is under way.

    `lanes`: how many are drawn at the same time. `replaces`: whether another answer may stand in its place.
    `drawn` is called when its place is there and the first word can come.
    """
    slot = place(cleared=replaces)
    streamed = _Streamed()
    if not reply.over:
        with slot.container():
            streamed = _follow(reply, lanes, drawn)
    # The whole text as one piece of Markdown: only then do link references and footnotes find each other. It takes the
    # place of the blocks that were streamed, of which nothing may stay below it.
    with slot.container():
        _finished(reply, streamed)


def place(*, cleared: bool) -> DeltaGenerator:
    """Where an answer is to stand. `cleared`: the paragraphs of another one, which would stay below it until the run
    ends, are taken away first."""
    slot = st.empty()
    if cleared:
        slot.empty()
        time.sleep(FLUSH)
    return slot


class _Streamed(NamedTuple):
    """How many elements the streamed reasoning and answer took."""

    thoughts: int = 0
    words: int = 0


def _follow(reply: Reply, lanes: int, drawn: Callable[[], object]) -> _Streamed:
    notice = _Notice(reply)
    notice.draw()
    drawn()
    thoughts, words = 0, 0
    spoken: Iterator[str] = (thought or notice.draw() for thought in reply.follow("reasoning"))
    if (first := next(filter(None, spoken), None)) is not None:
        notice.clear()
        with st.expander("Thinking", icon=":material/psychology:", expanded=True, type="compact"):
            thoughts = speak(chain([first], spoken), lanes)
    spoken = reply.follow("text")
    if (first := next(filter(None, spoken), None)) is not None:
        notice.clear()
        words = speak(chain([first], spoken), lanes)
    return _Streamed(thoughts, words)


def speak(pieces: Iterator[str], lanes: int) -> int:
    """Stream the pieces; returns how many elements they took."""
    written = st.write_stream(typewriter(pieces, lanes=lanes, pulse=pulse))
    return len(written) if isinstance(written, list) else 1


class _Notice:
    """What is shown while nothing is said yet."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._place = st.empty()
        self._shown = ""

    def draw(self) -> str:
        """Nothing is said."""
        pulse()
        if (words := self._words()) != self._shown:
            self._shown = words
            self._place.caption(f":shimmer[{words}]")
        return ""

    def clear(self) -> None:
        self._place.empty()

    def _words(self) -> str:
        if ahead := self._reply.ahead:
            return f"Many are asking: {ahead:,} {'answer comes' if ahead == 1 else 'answers come'} first…"
        if self._reply.retries:
            retry = self._reply.retries[-1]
            return f"{TITLES[retry.kind]}; trying once more after {retry.after:g} s…"
        return f"Waiting for the {'first word' if self._reply.asked.request.stream else 'whole answer'}…"


def pulse() -> None:
    """Give Streamlit the chance to stop or rerun this script, which it takes when session state is touched."""
    st.session_state.get("pulse")


def _finished(reply: Reply, streamed: _Streamed) -> None:
    st.empty()  # where the notice was
    if reasoning := reply.reasoning:
        with st.expander("Thoughts", icon=":material/psychology:", type="compact"):
            whole(reasoning, streamed.thoughts)
    if text := reply.text:
        whole(text, streamed.words)
    if reply.error is not None:
        st.error(literal(reply.error.message), title=TITLES[reply.error.kind], icon=":material/error:")
    elif reply.state == "done" and not text:
        st.info(_why_empty(reply), icon=":material/info:")


def whole(text: str, elements: int = 0) -> None:
    """A model's text that is complete, in the place of the elements that it took while it was streamed."""
    st.markdown(as_written(text))
    for _ in range(elements - 1):
        st.empty()


def _why_empty(reply: Reply) -> str:
    if reply.end is not None and reply.end.finish_reason == "length":
        return "There is no text: the token limit was used up before the first word. Allow more tokens and ask again."
    return f"The provider sent no text ({ENDINGS[reply.end.finish_reason] if reply.end else 'no reason given'})."
