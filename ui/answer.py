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
from replies.wording import ENDINGS
from ui.markdown import as_written, literal
from ui.typewriter import typewriter

FLUSH = 0.05  # seconds until what was cleared has left the page
THOUGHT = ":material/psychology:"

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


def byline(reply: Reply, name: str = "") -> None:
    """Who answers, by `name` where lanes have names, and whether it is the simulator, or a recording."""
    asked = reply.asked
    badges = ["  :orange-badge[:material/science: Simulator]"] if asked.simulated else []
    if asked.recorded:
        when = f"{asked.recorded.astimezone():%Y-%m-%d %H:%M}"
        badges.append(f"  :blue-badge[:material/history: Recorded {literal(when)}]")
    st.markdown(f"**{literal(name or asked.label)}**{''.join(badges)}")


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
    with place(cleared=replaces).container():
        places = _Places(st.empty(), st.empty(), st.empty())
        if not reply.over:
            _follow(reply, places, lanes, drawn)
        _finished(reply, places)


def place(*, cleared: bool) -> DeltaGenerator:
    """Where an answer is to stand. `cleared`: the paragraphs of another one, which would stay below it until the run
    ends, are taken away first."""
    slot = st.empty()
    if cleared:
        slot.empty()
        time.sleep(FLUSH)
    return slot


class _Places(NamedTuple):
    """Of an answer, from above. Each is filled anew by one update, so that what was streamed never stands on the page
    beside the whole that takes its place."""

    notice: DeltaGenerator
    thoughts: DeltaGenerator
    words: DeltaGenerator


def _follow(reply: Reply, places: _Places, lanes: int, drawn: Callable[[], object]) -> None:
    awaited = "first word" if reply.asked.request.stream else "whole answer"
    places.notice.caption(f":shimmer[Waiting for the {awaited}…]")
    drawn()
    spoken: Iterator[str] = (thought or _quiet(reply, places.notice) for thought in reply.follow("reasoning"))
    if (first := next(filter(None, spoken), None)) is not None:
        places.notice.empty()
        with places.thoughts.expander("Thinking", icon=THOUGHT, expanded=True, type="compact"), st.empty().container():
            speak(chain([first], spoken), lanes)
    spoken = reply.follow("text")
    if (first := next(filter(None, spoken), None)) is not None:
        places.notice.empty()
        with places.words.container():
            speak(chain([first], spoken), lanes)


def speak(pieces: Iterator[str], lanes: int) -> None:
    """Stream the pieces, a block of Markdown after the other."""
    st.write_stream(typewriter(pieces, lanes=lanes, pulse=pulse))


def _quiet(reply: Reply, notice: DeltaGenerator) -> str:
    """What is shown while nothing is said yet."""
    pulse()
    if reply.retries:
        retry = reply.retries[-1]
        notice.caption(f":shimmer[{TITLES[retry.kind]}; trying once more after {retry.after:g} s…]")
    return ""


def pulse() -> None:
    """Give Streamlit the chance to stop or rerun this script, which it takes when session state is touched."""
    st.session_state.get("pulse")


def _finished(reply: Reply, places: _Places) -> None:
    places.notice.empty()
    # The whole text as one piece of Markdown: only then do link references and footnotes find each other.
    if reasoning := reply.reasoning:
        with places.thoughts.expander("Thoughts", icon=THOUGHT, type="compact"):
            st.markdown(as_written(reasoning))
    if text := reply.text:
        places.words.markdown(as_written(text))
    if reply.error is not None:
        st.error(literal(reply.error.message), title=TITLES[reply.error.kind], icon=":material/error:")
    elif reply.state == "done" and not text:
        st.info(_why_empty(reply), icon=":material/info:")


def _why_empty(reply: Reply) -> str:
    if reply.end is not None and reply.end.finish_reason == "length":
        return "There is no text: the token limit was used up before the first word. Allow more tokens and ask again."
    return f"The provider sent no text ({ENDINGS[reply.end.finish_reason] if reply.end else 'no reason given'})."
