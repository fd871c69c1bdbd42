"""Streamed against awaited: the same question both ways on one clock, and what a reader gains by the first."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from providers import Request, Settings
from providers.vendors import LOCAL_SERVERS
from replies.conversation import Comparison
from replies.metrics.figures import first_visible, words_read
from replies.metrics.table import METRIC
from replies.metrics.text_stats import text_stats
from replies.reply import Reply
from replies.start_barrier import StartBarrier
from ui.answer.view import byline, details, render_reply
from ui.controls.provider_picker import Choice
from ui.session import admission
from ui.text import many

SAVED = "First word, awaited − first word, streamed."
ASKED = "One question, asked both ways at the same moment. Each clock stops at its first word."
LANE_HEIGHT = 270  # pixels; longer answers scroll, so that the clocks and the sentence stay in view
TICK = 0.15  # seconds between two looks at the clocks
SIDES = {"streamed": ":material/water: Streamed", "awaited": ":material/hourglass_top: Awaited"}
PACED = "sim-typical"  # a 200 word answer takes it 26 s, as large models do


class Pair(NamedTuple):
    """One question, asked twice at the same moment."""

    streamed: Reply
    awaited: Reply


def default(settings: Settings) -> Choice:
    """The provider as it is configured; a simulated one at the pace that the page is about."""
    choice = Choice.default(settings)
    if choice.live:
        return choice
    return choice._replace(model=settings.simulated_model(PACED, choice.api))


def first_choice(endpoints: Mapping[str, Settings]) -> Choice:
    """The first provider with a key, or else the first, simulated. A server on this machine is nobody's key."""
    keyed = (each for name, each in endpoints.items() if name not in LOCAL_SERVERS)
    found = (settings for settings in keyed if settings.credentials_found(os.environ))
    return default(next(found, next(iter(endpoints.values()))))


def questions(settings: Settings, api: str, model: str, prompt: str) -> Comparison:
    """The prompt for both lanes, which wait for each other and are still to be started."""
    barrier, batch = StartBarrier(2), admission.batches()()
    request = Request.of(prompt, model)
    both = (request, replace(request, stream=False))
    return Comparison.of(
        prompt, [admission.question(settings, each, api=api, barrier=barrier, batch=batch) for each in both]
    )


def pair(comparison: Comparison) -> Pair | None:
    """The two lanes of a comparison that this page can show; None where it is another kind of comparison."""
    if comparison.hidden or len(comparison.rounds) != 1:
        return None
    replies = comparison.rounds[0].replies
    if [reply.asked.request.stream for reply in replies] != [True, False]:
        return None
    return Pair(*replies)


class Clocks:
    """The parts of the page that change all the time while the two answers are in progress: the time saved, in words
    too, and each lane's clock with its caption. Only what has changed is sent to the page."""

    def __init__(self, both: Pair) -> None:
        """Draw both lanes here, which follow their answers, and the clocks once."""
        self._both = both
        self._saved, self._outcome = st.empty(), st.empty()
        self._clocks: list[DeltaGenerator] = []
        self._below: list[DeltaGenerator] = []
        self._shown: dict[DeltaGenerator, str] = {}
        for column, (side, title), reply in zip(st.columns(2), SIDES.items(), both, strict=True):
            with column.container(border=True):
                with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                    st.markdown(f"**{title}**")
                    byline(reply)
                with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                    self._clocks.append(st.empty())
                    with st.container(width="content", horizontal_alignment="right", gap=None):
                        self._below.append(st.empty())
                        details(reply)
                _lane(side, reply)
        self.draw()

    def draw(self) -> None:
        if self._new(self._saved, text := waiting_saved(self._both)):
            self._saved.title(text, anchor=False, help=SAVED) if text else self._saved.empty()
        if self._new(self._outcome, text := sentence(self._both) or ASKED):
            self._outcome.markdown(f"##### {text}", anchors=False)
        for reply, clock, below in zip(self._both, self._clocks, self._below, strict=True):
            if self._new(clock, text := time_on(reply)):
                clock.header(text, anchor=False, help=METRIC["ttfv"].help)
            if self._new(below, text := until(reply)):
                below.caption(text)

    def _new(self, slot: DeltaGenerator, text: str) -> bool:
        known, self._shown[slot] = self._shown.get(slot, ""), text
        return text != known


@st.fragment(parallel=True)
def _lane(side: str, reply: Reply) -> None:
    with st.container(height=LANE_HEIGHT, border=False, autoscroll=True, key=f"lane-{side}"):
        render_reply(reply, lanes=2)


def time_on(reply: Reply) -> str:
    """The reading of a lane's clock, which stops at the first word, or where none comes any more."""
    first = first_visible(list(reply.chunks))
    if first is not None:
        return f":primary[{first:.1f} s]"
    return "–" if reply.over and reply.total is None else f"{reply.elapsed:.1f} s"


def until(reply: Reply) -> str:
    """What a lane's clock counts to, and the end."""
    if first_visible(list(reply.chunks)) is None:
        return "No word came" if reply.over else "No word yet"
    end = f" · **{reply.total:.1f} s** to the end" if reply.over and reply.total is not None else ""
    return f"to the first word{end}"


def waiting_saved(both: Pair) -> str:
    """How much sooner the streamed answer began, so far; "" where it can't be said."""
    streamed = first_visible(list(both.streamed.chunks))
    awaited = first_visible(list(both.awaited.chunks))
    if streamed is None or (awaited is None and both.awaited.over):
        return "" if both.streamed.over or both.awaited.over else "Waiting for the first word"
    # Of the numbers as the clocks show them, so that whoever subtracts gets the same.
    saved = round(both.awaited.elapsed if awaited is None else awaited, 1) - round(streamed, 1)
    so_far = " so far" if awaited is None else ""
    return f"{abs(saved):.1f} s {'less' if saved >= 0 else 'more'} waiting{so_far}"


def sentence(both: Pair) -> str:
    """What a reader of the streamed answer had by the time that the awaited one was there; "" until then."""
    streamed, awaited = both
    if not awaited.over:
        return ""
    chunks = list(streamed.chunks)
    appeared = first_visible(awaited.chunks)
    at = awaited.total if appeared is None else appeared
    if at is None:
        return "The awaited answer was never asked for, so there is nothing to compare."
    how = "appeared" if appeared is not None else _without_words(awaited)
    if first_visible(chunks) is None and streamed.over:
        return f"The awaited answer {how} after {at:.1f} s; the streamed one brought no words to read meanwhile."
    read = words_read(chunks, at + (awaited.skew or 0.0) - (streamed.skew or 0.0))
    return f"When the awaited answer {how} after {at:.1f} s, {_reader(streamed, read)}."


def _without_words(awaited: Reply) -> str:
    endings = {"stopped": "was stopped", "failed": "failed", "interrupted": "broke off"}
    return endings.get(awaited.state, "came without words")


def _reader(streamed: Reply, read: int) -> str:
    if not read:
        return "there had been no time yet to read a word of the streamed one"
    reader = "a reader of the streamed one had already read"
    if not streamed.over:
        return f"{reader} {many(read, 'word')}"
    there = text_stats(streamed.text).words
    share = f"all {many(there, 'word')}" if read == there else f"{read:,} of {{}} {many(there, 'word')}"
    if streamed.state == "done":
        return f"{reader} {share.format('its')}"
    return f"{reader} {share.format('the')} that came"
