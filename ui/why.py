"""The same question streamed and awaited, on one clock, and what a reader gains by the first."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from providers import AnySettings, Request
from providers.discovery import LOCAL_SERVERS, credentials_found
from replies.conversation import Comparison
from replies.formulas import FORMULAS, READING_PACE
from replies.gate import Gate
from replies.metrics import figures, first_visible, words_read
from replies.reading import reading
from replies.reply import Reply
from replies.wording import seconds
from ui import asking
from ui.choice import Choice

TILE = 170  # pixels
PACED = "sim-typical"  # a 200 word answer takes it 26 s, as large models do


class Pair(NamedTuple):
    """One question, asked twice at the same moment."""

    streamed: Reply
    awaited: Reply


def default(settings: AnySettings) -> Choice:
    """The provider as it is configured; a simulated one at the pace that the page is about."""
    choice = Choice.default(settings)
    if choice.live:
        return choice
    return choice._replace(model=f"anthropic.{PACED}" if choice.api == "invoke" else PACED)


def first_choice(endpoints: Mapping[str, AnySettings]) -> Choice:
    """The first provider with a key, or else the first, simulated. A server on this machine is nobody's key."""
    keyed = (each for name, each in endpoints.items() if name not in LOCAL_SERVERS)
    found = (settings for settings in keyed if credentials_found(settings, os.environ))
    return default(next(found, next(iter(endpoints.values()))))


def questions(settings: AnySettings, api: str, model: str, prompt: str) -> Comparison:
    """The prompt for both lanes, which wait for each other and are still to be started."""
    gate, party = Gate(2), asking.parties()()
    request = Request.of(prompt, model)
    both = (request, replace(request, stream=False))
    return Comparison.of(prompt, [asking.question(settings, each, api=api, gate=gate, party=party) for each in both])


def pair(comparison: Comparison) -> Pair | None:
    """The two lanes of a comparison that this page can show; None where it is another kind of comparison."""
    if comparison.hidden or len(comparison.rounds) != 1:
        return None
    replies = comparison.rounds[0].replies
    if [reply.asked.request.stream for reply in replies] != [True, False]:
        return None
    return Pair(*replies)


class Board:
    """What changes all the time while the two are under way. Only what has changed is sent to the page."""

    def __init__(self, both: Pair, clocks: Sequence[DeltaGenerator], first: Sequence[DeltaGenerator]) -> None:
        self._both = both
        self._clocks = clocks
        self._first = first
        self.outcome: DeltaGenerator = st.empty()
        self._shown: dict[DeltaGenerator, str] = {}

    def draw(self) -> None:
        for reply, clock, first in zip(self._both, self._clocks, self._first, strict=True):
            if self._new(clock, text := time_on(reply)):
                clock.title(text, anchor=False)
            if self._new(first, text := first_word(reply)):
                first.caption(text)
        if self._new(self.outcome, text := sentence(self._both)):
            self.outcome.subheader(text, anchor=False)

    def _new(self, slot: DeltaGenerator, text: str) -> bool:
        known, self._shown[slot] = self._shown.get(slot, ""), text
        return text != known


def time_on(reply: Reply) -> str:
    """The reading of a lane's clock: seconds since the question, or how long it took."""
    return "–" if reply.over and reply.total is None else f"{reply.elapsed:.1f} s"


def first_word(reply: Reply) -> str:
    moment = first_visible(list(reply.arrivals))
    if moment is not None:
        return f"First word after **{moment:.1f} s**"
    return "No word came" if reply.over else "No word yet"


def sentence(both: Pair) -> str:
    """What a reader of the streamed answer had by the time that the awaited one was there; "" until then."""
    streamed, awaited = both
    if not awaited.over:
        return ""
    arrivals = list(streamed.arrivals)
    appeared = first_visible(awaited.arrivals)
    at = awaited.total if appeared is None else appeared
    if at is None:
        return "The awaited answer was never asked for, so there is nothing to compare."
    how = "appeared" if appeared is not None else _without_words(awaited)
    if first_visible(arrivals) is None and streamed.over:
        return f"The awaited answer {how} after {at:.1f} s; the streamed one brought no words to read meanwhile."
    read = words_read(arrivals, at + (awaited.skew or 0.0) - (streamed.skew or 0.0))
    return f"When the awaited answer {how} after {at:.1f} s, {_reader(streamed, read)}."


def _without_words(awaited: Reply) -> str:
    endings = {"stopped": "was stopped", "failed": "failed", "interrupted": "broke off"}
    return endings.get(awaited.state, "came without words")


def _reader(streamed: Reply, read: int) -> str:
    if not read:
        return "there had been no time yet to read a word of the streamed one"
    reader = "a reader of the streamed one had already read"
    if not streamed.over:
        return f"{reader} {_words(read)}"
    there = reading(streamed.text).words
    share = f"all {_words(there)}" if read == there else f"{read:,} of {{}} {_words(there)}"
    if streamed.state == "done":
        return f"{reader} {share.format('its')}"
    return f"{reader} {share.format('the')} that came"


def _words(count: int) -> str:
    return f"{count:,} word" if count == 1 else f"{count:,} words"


def gain(both: Pair) -> None:
    """The figures of both, and what streaming saves of the wait for the first word."""
    streamed, awaited = figures(both.streamed), figures(both.awaited)
    saved = None if streamed.ttfv is None or awaited.ttfv is None else awaited.ttfv - streamed.ttfv
    with st.container(horizontal=True):
        st.metric("First word, streamed", seconds(streamed.ttfv), help=FORMULAS["ttfv"], width=TILE)
        st.metric("First word, awaited", seconds(awaited.ttfv), help=FORMULAS["ttfv"], width=TILE)
        st.metric("Wait saved", seconds(saved), help="First word, awaited − first word, streamed.", width=TILE)
        st.metric("Total, streamed", seconds(streamed.total), help=FORMULAS["total"], width=TILE)
        st.metric("Total, awaited", seconds(awaited.total), help=FORMULAS["total"], width=TILE)
    st.caption(
        f"A reader of {READING_PACE:g} words a minute who begins at the first word, and reads none before it is "
        "there. Each way was asked once, so n = 1."
    )
