"""Streamed against awaited: the same question both ways on one clock, and what a reader gains by the first."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
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
from ui.answer.view import byline, details, pulse, render_reply
from ui.controls.provider_picker import Choice
from ui.session import admission
from ui.text import many

ASKED = "One question, asked both ways at the same moment. Each clock stops at its first word."
LANE_HEIGHT = 270  # pixels; longer answers scroll, so that the clocks and the sentence stay in view
TICK = 0.15  # seconds between two looks at the clocks
SIDES = {"streamed": ":material/water: Streamed", "awaited": ":material/hourglass_top: Awaited"}
PACED = "sim-typical"  # a 200 word answer takes it 26 s, as large models do
ENDINGS = {"stopped": "was stopped", "failed": "failed", "interrupted": "broke off"}


class Pair(NamedTuple):
    """One question, asked twice at the same moment."""

    streamed: Reply
    awaited: Reply


def default(settings: Settings) -> Choice:
    """The provider as it is configured; a simulated one at the pace that the page is about."""
    choice = Choice.default(settings)
    return choice if choice.live else choice._replace(model=settings.simulated_model(PACED, choice.api))


def first_choice(endpoints: Mapping[str, Settings]) -> Choice:
    """The first provider with a key, or else the first, simulated. A server on this machine is nobody's key."""
    choices = [default(settings) for settings in endpoints.values()]
    return next((one for one in choices if one.live and one.provider not in LOCAL_SERVERS), choices[0])


def questions(settings: Settings, api: str, model: str, prompt: str) -> Comparison:
    """The prompt for both lanes, which wait for each other and are still to be started."""
    request = Request.of(prompt, model)
    ask = partial(admission.question, settings, api=api, barrier=StartBarrier(2), batch=admission.batches()())
    return Comparison.of(prompt, [ask(request), ask(replace(request, stream=False))])


def pair(comparison: Comparison) -> Pair | None:
    """The two lanes of a comparison that this page can show; None where it is another kind of comparison."""
    if comparison.hidden or len(comparison.rounds) != 1:
        return None
    replies = comparison.rounds[0].replies
    return Pair(*replies) if [reply.asked.request.stream for reply in replies] == [True, False] else None


class Clocks:
    """The parts of the page that change all the time while the two answers are in progress: the time saved, in words
    too, and each lane's clock with its caption. Only what has changed is sent to the page."""

    def __init__(self, both: Pair) -> None:
        """Draw both lanes here, which follow their answers, and the clocks once."""
        self._both = both
        self._shown: dict[str, str] = {}  # by place
        self._saved, self._outcome = st.empty(), st.empty()
        self._clocks: dict[str, DeltaGenerator] = {}
        self._captions: dict[str, DeltaGenerator] = {}
        row = partial(st.container, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
        for column, (side, called), reply in zip(st.columns(2), SIDES.items(), both, strict=True):
            with column.container(border=True):
                with row():
                    st.markdown(f"**{called}**")
                    byline(reply)
                with row():
                    self._clocks[side] = st.empty()
                    with st.container(width="content", horizontal_alignment="right", gap=None):
                        self._captions[side] = st.empty()
                        details(reply)
                _lane(side, reply)
        self.draw()

    def draw(self) -> None:
        if self._changes("saved", saved := waiting_saved(self._both)):
            if saved:
                self._saved.title(saved, anchor=False, help="First word, awaited − first word, streamed.")
            else:
                self._saved.empty()
        if self._changes("outcome", outcome := sentence(self._both) or ASKED):
            self._outcome.markdown(f"##### {outcome}", anchors=False)
        for side, reply in zip(SIDES, self._both, strict=True):
            if self._changes(f"{side} clock", clock := time_on(reply)):
                self._clocks[side].header(clock, anchor=False, help=METRIC["ttfv"].help)
            if self._changes(f"{side} caption", caption := until(reply)):
                self._captions[side].caption(caption)

    def _changes(self, place: str, text: str) -> bool:
        """Whether the place shows something else so far; from now on it shows this."""
        before = self._shown.get(place, "")
        self._shown[place] = text
        return text != before

    def follow(self, over: Callable[[], bool]) -> None:
        """Keep them up to date until it is over."""
        while not over():
            time.sleep(TICK)
            pulse()  # while they connect, the clocks stand still
            self.draw()
        self.draw()


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
    how = ENDINGS.get(awaited.state, "came without words") if appeared is None else "appeared"
    if first_visible(chunks) is None and streamed.over:
        return f"The awaited answer {how} after {at:.1f} s; the streamed one brought no words to read meanwhile."
    read = words_read(chunks, at + (awaited.skew or 0.0) - (streamed.skew or 0.0))
    there = text_stats(streamed.text).words
    share = many(read, "word")
    if streamed.over:
        whose, came = ("its", "") if streamed.state == "done" else ("the", " that came")
        share = (f"all {share}" if read == there else f"{read:,} of {whose} {many(there, 'word')}") + came
    reader = f"a reader of the streamed one had already read {share}"
    if not read:
        reader = "there had been no time yet to read a word of the streamed one"
    return f"When the awaited answer {how} after {at:.1f} s, {reader}."
