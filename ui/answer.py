"""One answer on the page: who gives it, its reasoning folded away, its words as they arrive."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import chain
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from providers import ErrorKind
from replies.admission import InLine
from replies.reply import Arrival, Reply, joined
from replies.wording import ENDINGS
from ui import timezone
from ui.markdown import as_written, literal
from ui.speaking import Spot, pulse, wire

FLUSH = 0.05  # seconds until what was cleared has left the page
BEGINS, ENDS = 0.03, 0.15  # seconds that the page keeps still where one of several lanes does, see `_keep_still`
SHOWN = 0.1  # seconds that a first word has until it is on the screen, before anything else is drawn
LOOK = 0.25  # seconds between two looks at whether there is something to draw beside the words
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
        when = f"{timezone.here(asked.recorded):%Y-%m-%d %H:%M}"
        badges.append(f"  :blue-badge[:material/history: Recorded {literal(when)}]")
    st.markdown(f"**{literal(name or asked.label)}**{''.join(badges)}")


def details(reply: Reply) -> None:
    """Which model, by which API."""
    asked = reply.asked
    way = "" if asked.request.stream else " · awaited"
    st.caption(f"{literal(asked.request.model)} · {literal(asked.api)}{way}")


def answer(
    reply: Reply,
    *,
    lanes: int = 1,
    replaces: bool = False,
    drawn: Callable[[], object] = lambda: None,
    beside: Callable[[], object] = lambda: None,
) -> None:
    """Draw the reply, following it to its end where it is under way.

    `lanes`: how many are drawn at the same time. `replaces`: whether another answer may stand in its place.
    `drawn` is called when its place is there and the first word can come; of one under way, `beside` is called when
    that has come, or takes a moment: what else the page shows, and must not stand in its way.
    """
    by_wire = not reply.over and wire().connected
    whole = place(cleared=replaces and not by_wire)
    with whole:
        places = _Places(whole, whole, whole, whole)  # at once: the browser may draw an empty one before it is filled
        if not reply.over:
            words = Spot(f"{reply.id}-text")
            # What stands there in mid-stream stays when the page is drawn anew.
            places = _Places(st.empty(), st.empty(), words.draw() if by_wire else st.empty(), st.empty())
            _follow(reply, words, places, lanes, drawn, beside, by_wire=by_wire)
            _keep_still(lanes, ENDS)
        _finished(reply, places)


def place(*, cleared: bool) -> DeltaGenerator:
    """Where an answer is to stand. `cleared`: the paragraphs of another one, which would stay below it until the run
    ends, are taken away first."""
    if not cleared:
        return st.container()
    slot = st.empty()
    slot.empty()
    time.sleep(FLUSH)
    return slot.container()


class _Places(NamedTuple):
    """Of an answer, from above. Each is filled anew by one update, so that what was streamed never stands on the page
    beside the whole that takes its place."""

    notice: DeltaGenerator
    thoughts: DeltaGenerator
    words: DeltaGenerator
    after: DeltaGenerator  # why there are no more words


def _follow(
    reply: Reply,
    words: Spot,
    places: _Places,
    lanes: int,
    drawn: Callable[[], object],
    beside: Callable[[], object],
    *,
    by_wire: bool,
) -> None:
    notice = Notice(places.notice, lambda: _awaited(reply))
    if by_wire:
        drawn()
        _by_wire(reply, words, places, notice, lanes, beside)
    else:
        notice.draw()
        drawn()
        beside()
    if not reply.over:
        _by_pieces(reply, words, places, notice, lanes)


def _by_wire(
    reply: Reply, words: Spot, places: _Places, notice: Notice, lanes: int, beside: Callable[[], object]
) -> None:
    """Let the reply tell the page its words, without this script, which draws what changes around them; until it is
    over, or the page does not listen any more."""
    thoughts = Spot(f"{reply.id}-reasoning")
    news = threading.Event()
    with words.speech() as text, thoughts.speech() as reasoning:

        def told(new: list[Arrival]) -> None:
            begun = bool(text.said), bool(reasoning.said)
            if not text.said:
                reasoning.say(joined(new, "reasoning"))
            text.say(joined(new, "text"))
            if begun != (bool(text.said), bool(reasoning.said)) or reply.over:
                news.set()

        shown, looks = False, 0
        with reply.telling(told):
            while not reply.over and not wire().lost:
                if (text.said or reasoning.said) and not notice.cleared:
                    _keep_still(lanes, BEGINS)
                    notice.clear()
                if reasoning.said and not shown:
                    shown = True
                    with _thinking(places):
                        thoughts.draw()
                if looks:
                    notice.draw()
                if looks == 1:
                    time.sleep(SHOWN)
                    beside()
                news.wait(LOOK)
                news.clear()
                looks += 1


def _by_pieces(reply: Reply, words: Spot, places: _Places, notice: Notice, lanes: int) -> None:
    """Without a wire, this script draws the words itself."""

    def begins() -> None:
        _keep_still(lanes, BEGINS)
        notice.clear()

    spoken = (thought or notice.draw() for thought in reply.follow("reasoning"))
    if (first := next(filter(None, spoken), None)) is not None:
        begins()
        with _thinking(places):
            Spot(f"{reply.id}-reasoning").speak(st.empty(), chain([first], spoken), lanes=lanes)
    spoken = (piece or notice.draw() for piece in reply.follow("text"))
    words.speak(places.words, spoken, lanes=lanes, begins=begins)


def _thinking(places: _Places) -> DeltaGenerator:
    return places.thoughts.expander("Thinking", icon=THOUGHT, expanded=True, type="compact")


def _keep_still(lanes: int, seconds: float) -> None:
    """Lanes often begin, or end, in the same moment, and of threads that run Python one runs at a time: to draw the one
    at once would be counted as the others' wait."""
    if lanes > 1:
        time.sleep(seconds)


class Notice:
    """What is shown in its place until something is said: whatever `words` come to at the moment."""

    def __init__(self, place: DeltaGenerator, words: Callable[[], str]) -> None:
        self._place = place
        self._words = words
        self._shown = ""
        self.cleared = False

    def draw(self) -> str:
        """Nothing is said."""
        pulse()
        if not self.cleared and (words := self._words()) != self._shown:
            self._shown = words
            self._place.caption(f":shimmer[{words}]")
        return ""

    def clear(self) -> None:
        """For good."""
        self.cleared = True
        if self._shown:
            self._place.empty()


def _awaited(reply: Reply) -> str:
    if line := reply.in_line:
        return in_line(line)
    if reply.retries:
        retry = reply.retries[-1]
        return f"{TITLES[retry.kind]}; trying once more after {retry.after:g} s…"
    return f"Waiting for the {'first word' if reply.asked.request.stream else 'whole answer'}…"


def in_line(line: InLine) -> str:
    """What it waits for before it is asked, in words."""
    if line.own:
        waits = "Waiting until another answer of yours is over"
        return f"{waits}; {_come_first(line.before)} first…" if line.before else f"{waits}…"
    taken = "All places are taken"
    return f"{taken}: {_come_first(line.before)} first…" if line.before else f"{taken}: next in line…"


def _come_first(count: int) -> str:
    return "1 answer in line comes" if count == 1 else f"{count:,} answers in line come"


def _finished(reply: Reply, places: _Places) -> None:
    places.notice.empty()
    # The whole text as one piece of Markdown: only then do link references and footnotes find each other.
    if reasoning := reply.reasoning:
        with places.thoughts.expander("Thoughts", icon=THOUGHT, type="compact"):
            st.markdown(as_written(reasoning))
    else:
        places.thoughts.empty()
    if text := reply.text:
        places.words.markdown(as_written(text))
    else:
        places.words.empty()
    if reply.error is not None:
        places.after.error(literal(reply.error.message), title=TITLES[reply.error.kind], icon=":material/error:")
    elif reply.state == "done" and not text:
        places.after.info(_why_empty(reply), icon=":material/info:")
    else:
        places.after.empty()


def _why_empty(reply: Reply) -> str:
    if reply.end is not None and reply.end.finish_reason == "length":
        return "There is no text: the token limit was used up before the first word. Allow more tokens and ask again."
    return f"The provider sent no text ({ENDINGS[reply.end.finish_reason] if reply.end else 'no reason given'})."
