"""Race: output tokens over time, all lanes on one clock. It can be watched while it runs."""

import dataclasses
import math
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import pandas as pd
from streamlit.delta_generator import DeltaGenerator

from replies.metrics.figures import track
from replies.metrics.labels import is_whole
from replies.reply import Reply
from ui.charts.encoding import COLOUR, DASH, ChartLane, Spec, field, layer, numbered, word

MOST_POINTS = 60  # of a lane, so that an update is small
NARROWEST = 0.025  # seconds that one point stands for, at least
EVERY = 0.5  # seconds between two updates
HEIGHT = 150  # pixels: a band below the words; which lane is which stands on the lanes

# What the axes show at least: a lane may wait long for its turn, or never be asked.
LEAST_SECONDS, LEAST_TOKENS = [0, 0.1], [0, 10]

Point: TypeAlias = tuple[float, float]  # seconds, tokens

CROSS = "M-1,-1L1,1M-1,1L1,-1"
ENDS = {"in progress": "circle", "complete": "square", "ended early": CROSS}


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


@dataclasses.dataclass
class Race:
    """The race in a slot (`st.empty()`), to be drawn again and again: only data goes to the browser then.

    `draw` may be called as often as one likes. It draws at most every `EVERY` seconds, once more when all are over,
    and not at all where nothing has changed; it says whether it did.
    """

    slot: DeltaGenerator
    names: Sequence[str]
    places: Sequence[int] = ()
    clock: Callable[[], float] = time.monotonic
    _drawn: list[tuple[object, ...]] = dataclasses.field(init=False, default_factory=list)
    _drawn_at: float = dataclasses.field(init=False, default=-math.inf)

    def draw(self, replies: Sequence[Reply]) -> bool:
        over = all(reply.over for reply in replies)
        if not over and self.clock() - self._drawn_at < EVERY:
            return False
        courses = [course(lane) for lane in numbered(replies, self.names, self.places)]
        shown: list[tuple[object, ...]] = [(*course, course.end) for course in courses]
        if not courses or shown == self._drawn:
            return False
        drawn = spec(estimated=any(one.estimated for one in courses))
        self.slot.vega_lite_chart(drawn | {"datasets": frames(courses)}, height=HEIGHT, alt=_description(courses))
        self._drawn, self._drawn_at = shown, self.clock()
        return True


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


def frames(courses: Sequence[Course]) -> dict[str, pd.DataFrame]:
    """The lines, and what stands at their tips."""
    lines, tips = [], []
    for course, shift in zip(courses, _shifts(courses), strict=True):
        lane, (seconds, tokens) = course.lane, course.points[-1]
        lines += [(lane.place, round(second, 3), round(token, 1)) for second, token in course.points]
        count = f"{'≈' if course.estimated else ''}{tokens:,.0f}"
        tips.append(
            (lane.place, round(seconds, 3), round(tokens, 3), lane.number, course.end, lane.label, count, shift)
        )
    return {
        "lines": pd.DataFrame(lines, columns=["place", "seconds", "tokens"]),
        "tips": pd.DataFrame(tips, columns=["place", "seconds", "tokens", "number", "end", "lane", "count", "shift"]),
    }


def _shifts(courses: Sequence[Course]) -> list[int]:
    """How many pixels each lane's number stands right of its tip, so that those of lanes close together stand apart."""
    tips = [course.points[-1] for course in courses]
    last = max(LEAST_SECONDS[1], *(seconds for seconds, _ in tips))
    most = max(LEAST_TOKENS[1], *(tokens for _, tokens in tips))
    shifts: list[int] = []
    for seconds, tokens in tips:
        close = [
            shift
            for (x, y), shift in zip(tips, shifts, strict=False)  # those before this one
            if abs(x - seconds) < last * 0.05 and abs(y - tokens) < most * 0.15
        ]
        shifts.append(max(close, default=0) + 12)
    return shifts


def spec(*, estimated: bool) -> Spec:
    """The same for all lanes, but for the word that their tokens are an estimate."""
    colour, dash = COLOUR | {"legend": None}, DASH | {"legend": None}
    x = field("seconds", "Seconds since the common start (□ complete, ✕ ended early)", axis={"grid": False})
    y = field("tokens", "≈ Tokens" if estimated else "Tokens")
    axes = {  # of one layer, and so of all
        "x": x | {"scale": {"domain": {"unionWith": LEAST_SECONDS}}},
        "y": y | {"scale": {"domain": {"unionWith": LEAST_TOKENS}}},
    }
    shape = word("end", legend=None, scale={"domain": list(ENDS), "range": list(ENDS.values())})
    seconds = field("seconds", "Seconds", format=".2f")
    tooltip = [word("lane", "Lane"), seconds, word("count", "Tokens"), word("end", "State")]
    line = {"type": "line", "interpolate": "step-after", "strokeWidth": 2}
    point = {"type": "point", "size": 50, "strokeWidth": 2, "opacity": 1}
    label = {"type": "text", "dx": {"expr": "datum.shift"}, "fontWeight": "bold"}
    return {
        "encoding": {"x": x, "y": y},
        "layer": [
            layer(line, axes | {"color": colour, "strokeDash": dash}, "lines"),
            layer(point, {"color": colour, "shape": shape, "tooltip": tooltip}, "tips"),
            layer(label, {"color": colour, "text": word("number")}, "tips"),
        ],
    }


def _description(courses: Sequence[Course]) -> str:
    """The same from update to update."""
    said = f"Output tokens over time of {', '.join(course.lane.label for course in courses)}"
    complete = [course for course in courses if course.end == "complete"]
    if len(courses) > 1 and complete and all(course.lane.reply.over for course in courses):
        first = min(complete, key=lambda course: course.points[-1][0])
        said += f"; the first to be complete is {first.lane.label} after {first.points[-1][0]:.1f} s"
    return said
