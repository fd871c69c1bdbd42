"""Race: output tokens over time, all lanes on one clock. It can be watched while it runs.

It is HTML and SVG: a browser draws those sooner than a Vega-Lite chart, which held up the first words of the lanes.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from streamlit.delta_generator import DeltaGenerator

from replies.metrics.axis import number, ticks
from replies.metrics.figures import track
from replies.metrics.labels import is_whole
from replies.reply import Reply
from ui.charts.encoding import DASHES, ChartLane, colour, numbered

MOST_POINTS = 60  # of a lane, so that an update is small
NARROWEST = 0.025  # seconds that one point stands for, at least

# What the axes show at least: a lane may wait long for its turn, or never be asked.
LEAST_SECONDS, LEAST_TOKENS = 0.1, 10

Point: TypeAlias = tuple[float, float]  # seconds, tokens

ENDS = {"in progress": "○", "complete": "□", "ended early": "✕"}


class Course(NamedTuple):
    """How far a lane got, and when: `points` from its question on, the last one now or at its end."""

    lane: ChartLane
    points: list[Point]
    estimated: bool

    @property
    def end(self) -> str:
        if not self.lane.reply.over:
            return "in progress"
        return "complete" if is_whole(self.lane.reply) else "ended early"


@dataclass
class Race:
    """The race in a slot (`st.empty()`), to be drawn again and again: only where something has changed."""

    slot: DeltaGenerator
    names: Sequence[str]
    places: Sequence[int] = ()
    _drawn: str = field(init=False, default="")

    def draw(self, replies: Sequence[Reply]) -> None:
        courses = [course(lane) for lane in numbered(replies, self.names, self.places)]
        if courses and (drawn := picture(courses)) != self._drawn:
            self.slot.markdown(drawn, unsafe_allow_html=True)  # from st.html no SVG would come through
            self._drawn = drawn


def course(lane: ChartLane) -> Course:
    """The clock of its points is that of the comparison: seconds since the common start."""
    reply = lane.reply
    elapsed = reply.elapsed  # before the chunks: none of them may be later
    points, source = track(reply)
    now = max(lane.start + (elapsed if reply.over else round(elapsed, 1)), points[-1][0])
    return Course(lane, thinned([*points, (now, points[-1][1])]), source != "usage")


def thinned(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """The last point of each span of time, and the very first. The spans are doubled until there are few enough, so
    that points stay where they are from one update to the next."""
    if len(points) <= most:
        return list(points)
    first = points[0][0]
    width = NARROWEST
    while (points[-1][0] - first) / width > most - 2:
        width *= 2
    last_of = {int((point[0] - first) / width): point for point in points[1:]}
    return [points[0], *last_of.values()]


def picture(courses: Sequence[Course]) -> str:
    """HTML and SVG, which fill the width there is: ui/style.css."""
    tips = [course.points[-1] for course in courses]
    along = ticks(max(LEAST_SECONDS, *(seconds for seconds, _ in tips)), 8)
    up = ticks(max(LEAST_TOKENS, *(tokens for _, tokens in tips)), 3)

    def x(seconds: float) -> float:
        return round(100 * seconds / along[-1], 2)

    def y(tokens: float) -> float:
        return round(100 - 100 * tokens / up[-1], 2)

    paths = [f'<path class="grid" d="{"".join(f"M0 {y(tick)}H100" for tick in up)}"/>']
    labels = [f'<span class="x" style="left:{x(tick)}%">{number(tick)}</span>' for tick in along]
    labels += [f'<span class="y" style="top:{y(tick)}%">{number(tick)}</span>' for tick in up]
    for course, (seconds, tokens), shift in zip(courses, tips, _shifts(courses), strict=True):
        lane, (first, *steps) = course.lane, course.points
        style = f"color:{colour(lane.place)};"
        path = f"M{x(first[0])} {y(first[1])}" + "".join(f"H{x(at)}V{y(so_far)}" for at, so_far in steps)
        dash = ",".join(map(str, DASHES[lane.place]))
        paths.append(f'<path style="{style}stroke-dasharray:{dash}" d="{path}"/>')
        count = f"{'≈ ' if course.estimated else ''}{tokens:,.0f} tokens"
        told = _escaped(f"{lane.label}: {count} after {seconds:.2f} s, {course.end}")
        style += f"left:{x(seconds)}%;top:{y(tokens)}%"
        labels.append(f'<b style="{style}" title="{told}">{ENDS[course.end]}</b>')
        labels.append(f'<b style="{style};margin-left:{shift}px">{lane.number}</b>')
    unit = "≈ Tokens" if any(course.estimated for course in courses) else "Tokens"
    return (
        f'<div class="race" role="img" aria-label="{_escaped(_description(courses))}"><i>{unit}</i><div>'
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none">{"".join(paths)}</svg>{"".join(labels)}</div>'
        "<i>Seconds since the common start (□ complete, ✕ ended early)</i></div>"
    )


def _escaped(text: str) -> str:
    return html.escape(" ".join(text.split()))  # a blank line would end the HTML


def _shifts(courses: Sequence[Course]) -> list[int]:
    """How many pixels each lane's number stands right of its tip, so that those of lanes close together stand apart."""
    tips = [course.points[-1] for course in courses]
    last = max(LEAST_SECONDS, *(seconds for seconds, _ in tips))
    most = max(LEAST_TOKENS, *(tokens for _, tokens in tips))
    shifts: list[int] = []
    for seconds, tokens in tips:
        close = [
            shift
            for (x, y), shift in zip(tips, shifts, strict=False)  # those before this one
            if abs(x - seconds) < last * 0.05 and abs(y - tokens) < most * 0.15
        ]
        shifts.append(max(close, default=0) + 12)
    return shifts


def _description(courses: Sequence[Course]) -> str:
    """The same from update to update."""
    said = f"Output tokens over time of {', '.join(course.lane.label for course in courses)}"
    complete = [course for course in courses if course.end == "complete"]
    if len(courses) > 1 and complete and all(course.lane.reply.over for course in courses):
        first = min(complete, key=lambda course: course.points[-1][0])
        said += f"; the first to be complete is {first.lane.label} after {first.points[-1][0]:.1f} s"
    return said
