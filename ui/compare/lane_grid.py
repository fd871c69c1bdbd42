"""Lane grid: the lanes of a comparison side by side, their words as they come, and a slim race below them."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from replies.conversation import Comparison, Round
from replies.lockstep import Lockstep
from replies.metrics.figures import progress
from replies.metrics.labels import seconds
from replies.reply import Reply
from ui import charts, present
from ui.answer.code import code_button
from ui.answer.metrics import projected, summary
from ui.answer.playback import Playback
from ui.answer.view import byline, details, places, pulse, render_reply
from ui.charts.encoding import mark
from ui.compare import voting
from ui.controls.buttons import action
from ui.markdown import literal
from ui.session import keys, persistence
from ui.text import shortened

# Pixels of a lane's words, at least: ten lines in one row of lanes, six in each of two. A taller window has more.
ONE_ROW, TWO_ROWS, WIDE = 270, 165, 560
AROUND = 450  # pixels of a window that the lanes leave to all else: navigation, controls, heads, race
BAR = 80  # pixels that the bar of an answered comparison takes of them
PRESENTED = 3  # in present mode, the heights of a letter that the lanes leave to the prompt above them
NARROWEST = 340  # pixels
LOOK = 0.25  # seconds between two looks at how the lanes stand, and two updates of the race
CLOCK = 0.5  # seconds between two updates of a lane's clock

# For the rules of ui/style.css and ui/present.css.
_HEIGHTS: Final = (
    "<style>:root {{ --lane-least: {least}px; --lane-around: {around}px; --lane-letters: {letters}rem; "
    "--lane-rows: {rows}; }}</style>"
)


@dataclass
class LaneGrid:
    """The last round of a comparison. `names`: the name of each lane, by its number. `retry` asks a lane again.
    `askable`: the lanes that a follow-up can go to."""

    comparison: Comparison
    names: Mapping[int, str]
    showing: Playback | None
    retry: Callable[[int, str], None]
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
        """The reply of each lane, from left to right: that of a playback while one plays."""
        if self.showing is not None:
            return dict(zip(sorted(self.round.lanes), self.showing.replies, strict=True))
        return {lane: attempts[-1] for lane, attempts in sorted(self.round.lanes.items())}

    @property
    def _over(self) -> bool:
        if self.comparison.hidden:
            return self.comparison.over and not voting.is_playing(self.comparison)
        return all(reply.over for reply in self.shown.values())

    def draw(self) -> None:
        """Draw everything, and follow what is in progress to its end."""
        hidden = self.comparison.hidden
        lanes = list(self.shown)
        wide = st.session_state.get(keys.WIDE)
        columns = 2 if len(lanes) == 4 else min(len(lanes), 3)
        rows = -(-len(lanes) // columns)
        least = ONE_ROW if rows == 1 else TWO_ROWS
        around = AROUND + 100 * (rows - 1)
        if self._over:  # the vote and the next question take room
            least, around = least - BAR // 2, around + BAR
        letters = PRESENTED + rows - 1 + (BAR // 16 if self._over and self.askable else 0)
        st.html(_HEIGHTS.format(least=least, around=around, letters=letters, rows=rows))
        grid = st.grid(columns, min_column_width=NARROWEST, gap="small")
        cells = {lane: grid.cell(column_span="all" if lane == wide and columns > 1 else 1) for lane in lanes}
        for lane, reply in self.shown.items():
            with cells[lane], st.container(border=True, gap="xsmall", key=f"box-{lane}"):
                self._head(lane, wide=lane == wide)
                lockstep = voting.lockstep(self.round) if hidden else None
                _words(lane, reply, WIDE if lane == wide else least, len(lanes), self.showing, lockstep)
                with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"foot-{lane}"):
                    self._figures[lane] = st.container().empty()
                    if self.comparison.over and lane in self.askable and not present.on():
                        key = keys.follow_up(self.comparison.id, lane)
                        st.toggle("Follow up", True, key=key, persist_state="session", width="content")
                    else:
                        st.empty()
        if not hidden and not present.on():
            order = [self.comparison.lanes.index(lane) for lane in lanes]
            self._race = charts.Race(st.empty(), [self.names[lane] for lane in lanes], places=order)
        self._update()
        drawn = self.shown
        while not self._over and self.shown == drawn:  # in a show, a recording may stand in
            time.sleep(LOOK)
            pulse()  # nothing else may be drawn, as while a replay is paused
            self._update()

    def _head(self, lane: int, *, wide: bool) -> None:
        """Who answers, and the lane's buttons, in one line."""
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"head-{lane}", wrap=False):
            if self.comparison.hidden:
                st.markdown(f"**Answer {literal(self.names[lane])}**", width="stretch")
            else:
                mark(self.comparison.lanes.index(lane))
                with st.container(width="stretch", gap=None):
                    alike = all(reply.asked.simulated for reply in self.shown.values()) and not present.on()
                    byline(self.shown[lane], badge=not alike)
                    details(self.shown[lane])
                if (before := self.round.lanes[lane][:-1]) and not present.on():
                    attempt = f"Attempt {len(before) + 1}"
                    with st.popover(attempt, icon=":material/restart_alt:", type="tertiary"):
                        for number, reply in enumerate(before, 1):
                            st.caption(f"Attempt {number}")
                            render_reply(reply)
            key = f"aside-buttons-{lane}"
            with st.container(horizontal=True, horizontal_alignment="right", gap="small", width="content", key=key):
                # Outside the lane's fragment, whose own buttons wait until all lanes are over.
                self._buttons[lane] = st.empty()
                label, icon = ("Back to its column", "close_fullscreen") if wide else ("Full width", "open_in_full")
                made = {keys.WIDE: None if wide else lane}
                action(label, icon, st.session_state.update, made, key=f"wide-{lane}", icon_only=True)

    def _update(self) -> None:
        """Update the buttons, the clocks and the race. Of a blind comparison nothing may tell how fast a lane is."""
        if self.comparison.hidden:
            return
        for lane, reply in self.shown.items():
            over = reply.over  # looked at once: it may end at any moment
            stand = over, over or int(reply.elapsed / CLOCK), reply.retries and not over
            if self._drawn.get(lane) != stand:
                if lane not in self._drawn or over:
                    self._button(lane, reply, over)
                self._drawn[lane] = stand
                with self._figures[lane]:
                    if present.on():
                        projected(reply)
                    elif over:
                        summary(reply, lane=True)
                    else:
                        st.caption(clock(reply))
        if self._race is not None:
            self._race.draw(list(self.shown.values()))

    def _button(self, lane: int, reply: Reply, over: bool) -> None:
        # Always two elements: a second one that only the run before had might stay until this run ends.
        with self._buttons[lane].container(width="content", horizontal=True, gap="small"):
            if not over:
                action("Stop", "stop_circle", persistence.stop, reply, key=f"stop-{lane}")
                st.empty()
                return
            if self.showing or reply.asked.recorded:
                st.empty()
            else:
                action("Retry", "refresh", self.retry, lane, reply.id, key=f"retry-{lane}", icon_only=True)
            code_button(reply, f"code-{lane}", icon_only=True)


def clock(reply: Reply) -> str:
    """How long an answer in progress has taken, when its first token came, and about how fast it is."""
    so_far = progress(reply)
    speed = so_far.estimated_speed
    said = [f"**{so_far.elapsed:.1f} s**", f"first token {seconds(so_far.ttft)}"]
    return " · ".join([*said, *([] if speed is None else [f"≈ {speed:.0f} tokens/s"]), "in progress"])


@st.fragment(parallel=True)
def _words(
    lane: int, reply: Reply, height: int, lanes: int, showing: Playback | None, lockstep: Lockstep | None
) -> None:
    """`lockstep`: by which the words of a blind comparison are shown."""

    def begins() -> None:
        reply.mark_visible()
        if showing is not None:
            showing.mark_drawn()

    with st.container(key=f"lane-{lane}"), words_box(lane, height, over=(lockstep or reply).over):
        if lockstep is not None:
            voting.blind_answer(lockstep, lane, begins=begins)
        else:
            render_reply(reply, lanes=lanes, at=places(f"lane-{lane}"), begins=begins)


def words_box(name: int | str, height: int, *, over: bool) -> DeltaGenerator:
    """The box that the words scroll in: the newest are in view while they come, the beginning once all are there."""
    key = f"words-{'whole' if over else 'coming'}-{name}"
    return st.container(height=height, border=False, autoscroll=not over, key=key)


def earlier(comparison: Comparison, names: Mapping[int, str]) -> None:
    """The rounds that were followed up, folded away."""
    for number, round in enumerate(comparison.rounds[:-1], 1):
        with st.expander(f"Round {number}: {literal(shortened(round.prompt, 80))}", icon=":material/forum:"):
            for lane, attempts in sorted(round.lanes.items()):
                if comparison.hidden:
                    st.markdown(f"**Answer {literal(names[lane])}**")
                else:
                    byline(attempts[-1], names[lane])
                render_reply(attempts[-1])
