"""The lanes of a comparison on the page: their words as they come, who speaks, and what can be done with each."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from replies.conversation import Comparison, Round
from replies.reply import Reply
from ui import charts, judging, keeping
from ui.answer import answer, byline, details
from ui.figures import ending, tiles
from ui.markdown import literal
from ui.replaying import Showing
from ui.speaking import pulse

LANE_HEIGHT, WIDE_HEIGHT = 280, 560  # pixels; longer answers scroll, so that who speaks and how fast stays in view
NARROWEST = 340  # pixels
LOOK = 0.25  # seconds between two looks at how the lanes stand: four updates of the race a second
FIGURES = 0.5  # seconds between two updates of a lane's figures, which cost the browser more


@dataclass
class Board:
    """The last round of a comparison, drawn. `names` are those of charts and tables, by lane. `retry` asks a lane
    again. `askable`: the lanes that a follow-up can go to."""

    comparison: Comparison
    names: Mapping[int, str]
    showing: Showing | None
    retry: Callable[[int], None]
    askable: Collection[int] = ()
    _race: charts.Race | None = field(init=False, default=None)
    _buttons: dict[int, DeltaGenerator] = field(init=False, default_factory=dict)
    _figures: dict[int, DeltaGenerator] = field(init=False, default_factory=dict)
    _drawn: dict[int, object] = field(init=False, default_factory=dict)  # by lane: what its slots show

    @property
    def round(self) -> Round:
        return self.comparison.rounds[-1]

    @property
    def shown(self) -> dict[int, Reply]:
        """What stands for each lane, from left to right: while a replay plays, that."""
        if self.showing is not None:
            return dict(zip(sorted(self.round.lanes), self.showing.replies, strict=True))
        return {lane: attempts[-1] for lane, attempts in sorted(self.round.lanes.items())}

    @property
    def _over(self) -> bool:
        if self.comparison.hidden:
            return self.comparison.over and not judging.playing(self.comparison)
        return all(reply.over for reply in self.shown.values())

    def draw(self) -> None:
        """Draw everything, and follow what is under way to its end."""
        hidden = self.comparison.hidden
        lanes = list(self.shown)
        if not hidden:
            self._race = charts.Race(st.empty(), [self.names[lane] for lane in lanes], places=lanes)
            self._race.draw(list(self.shown.values()))  # at once, else all below it would jump
        wide = st.session_state.get("wide")
        grid = st.grid(min(len(lanes), 3) if len(lanes) != 4 else 2, min_column_width=NARROWEST)
        for lane in lanes:
            height = WIDE_HEIGHT if lane == wide else LANE_HEIGHT
            with grid.cell(column_span="all" if lane == wide and len(lanes) > 1 else 1), st.container(border=True):
                self._head(lane, wide=lane == wide)
                if hidden:
                    _blind_words(lane, self.round, height, not self._over)
                    self.shown[lane].seen()
                else:
                    self._details(lane)
                    _words(lane, self.shown[lane], height, len(lanes), not self._over, partial(self._told, lane))
                    self._figures[lane] = st.empty()
                    self._update_lane(lane)
        while not self._over:
            time.sleep(LOOK)
            self._update()

    def _head(self, lane: int, *, wide: bool) -> None:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
            if self.comparison.hidden:
                st.markdown(f"**Answer {literal(self.names[lane])}**")
            else:
                byline(self.shown[lane])
            with st.container(horizontal=True, horizontal_alignment="right", gap="small", width="content"):
                # Outside the lane's fragment, whose own buttons wait until all lanes are over.
                self._buttons[lane] = st.empty()
                st.button(
                    "",
                    icon=":material/close_fullscreen:" if wide else ":material/open_in_full:",
                    help="Back to its column" if wide else "Full width",
                    key=f"wide-{lane}",
                    type="tertiary",
                    on_click=_widen,
                    args=(None if wide else lane,),
                )

    def _details(self, lane: int) -> None:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
            details(self.shown[lane])
            self._earlier(lane)
            if self.comparison.over and lane in self.askable:
                st.toggle("Follow up", True, key=follow_key(self.comparison, lane))

    def _earlier(self, lane: int) -> None:
        attempts = self.round.lanes[lane][:-1]
        if not attempts:
            return
        with st.popover(f"Attempt {len(attempts) + 1}", icon=":material/restart_alt:", type="tertiary"):
            for number, reply in enumerate(attempts, 1):
                st.caption(f"Attempt {number}")
                answer(reply)

    def _told(self, lane: int) -> None:
        """The lane is on the page, and its first word can come."""
        self.shown[lane].seen()
        if self.showing is not None:
            self.showing.drawn()

    def _update(self) -> None:
        """Bring the buttons, the figures and the chart up to where the lanes are; of a blind comparison, nothing may
        tell how fast a lane is."""
        pulse()  # nothing else may be drawn, as while a replay is paused
        if self.comparison.hidden:
            return
        for lane in self.shown:
            self._update_lane(lane)
        if self._race is not None:
            self._race.draw(list(self.shown.values()))

    def _update_lane(self, lane: int) -> None:
        reply = self.shown[lane]
        over = reply.over  # looked at once: it may end at any moment
        stand = over, over or int(reply.elapsed / FIGURES)
        if self._drawn.get(lane) == stand:
            return
        if lane not in self._drawn or over:
            self._button(lane, reply, over)
        self._drawn[lane] = stand
        with self._figures[lane].container(), st.container(horizontal=True, gap="small"):
            tiles(reply)
            st.caption(f"{ending(reply)} · n = 1")

    def _button(self, lane: int, reply: Reply, over: bool) -> None:
        slot = self._buttons[lane].container(width="content")
        if not over:
            slot.button(
                "Stop",
                icon=":material/stop_circle:",
                on_click=keeping.stop,
                args=(reply,),
                key=f"stop-{lane}",
                type="tertiary",
            )
        elif self.showing is None and not reply.asked.recorded:
            slot.button(
                "Retry",
                icon=":material/refresh:",
                key=f"retry-{lane}",
                type="tertiary",
                on_click=self.retry,
                args=(lane,),
            )


@st.fragment(parallel=True)
def _words(lane: int, reply: Reply, height: int, lanes: int, others_run: bool, drawn: Callable[[], None]) -> None:
    with st.container(height=height, border=False, autoscroll=True, key=f"lane-{lane}"):
        # Another round, or attempt, may have stood here, and would stay below until the last lane is over.
        answer(reply, lanes=lanes, replaces=others_run, drawn=drawn)


def follow_key(comparison: Comparison, lane: int) -> str:
    """Where the switch is kept that says whether a follow-up goes to this lane."""
    return f"follow-{comparison.id}-{lane}"


@st.fragment(parallel=True)
def _blind_words(lane: int, round: Round, height: int, others_run: bool) -> None:
    with st.container(height=height, border=False, autoscroll=True, key=f"lane-{lane}"):
        judging.blind_answer(judging.lockstep(round), lane, replaces=others_run)


def _widen(lane: int | None) -> None:
    st.session_state["wide"] = lane


def earlier(comparison: Comparison, number: int, names: Mapping[int, str]) -> None:
    """A round that was followed up, folded away."""
    round = comparison.rounds[number]
    with st.expander(f"Round {number + 1}: {literal(_short(round.prompt))}", icon=":material/forum:"):
        for lane, attempts in sorted(round.lanes.items()):
            if comparison.hidden:
                st.markdown(f"**Answer {literal(names[lane])}**")
            else:
                byline(attempts[-1], names[lane])
            answer(attempts[-1])


def _short(prompt: str, longest: int = 80) -> str:
    line = " ".join(prompt.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
