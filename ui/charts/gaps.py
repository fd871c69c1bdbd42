"""Chunk gaps: where each lane paused. Chunks are not tokens, so this is no inter-token latency."""

from collections.abc import Sequence
from itertools import pairwise

import pandas as pd
import streamlit as st

from replies.metrics.help import FEWEST_GAPS
from replies.reply import Reply
from ui.charts.encoding import COLOUR, TEXT, ChartLane, Spec, coloured, field, layer, numbered, word
from ui.charts.race import thinned
from ui.markdown import literal

MOST_TICKS = 320  # of a lane: six lanes stay below what the browser draws as shapes of their own
ROW, LEGEND_ROW = 38, 19  # pixels
SUBTITLE = "A tick is a chunk that arrived, the bar the longest pause"
AROUND = 110  # pixels for the title and the axis


def gaps(replies: Sequence[Reply], names: Sequence[str], *, places: Sequence[int] = ()) -> None:
    """Draw a tick for each chunk of an answer, on the common clock, and the longest pause of each lane as a bar."""
    lanes = numbered(replies, names, places)
    paused = [lane for lane in lanes if len(_times(lane)) > FEWEST_GAPS]
    if not paused:
        st.caption("No chunk gaps to show: no lane has three chunks or more.")
        return
    found = frames(paused)
    height = ROW * len(paused) + LEGEND_ROW * len(paused) + AROUND
    said = "; ".join(found["longest"]["said"])
    st.vega_lite_chart(spec(paused) | {"datasets": found}, height=height, alt=f"Chunk gaps: {said}")
    if without := [lane for lane in lanes if lane not in paused]:
        left_out = literal(", ".join(lane.label for lane in without))
        st.caption(f"No chunk gaps, as there are fewer than three chunks: {left_out}.")


def frames(lanes: Sequence[ChartLane]) -> dict[str, pd.DataFrame]:
    """The chunks, as seconds since the common start; and each lane's longest pause. Lanes need two chunks."""
    chunks = [
        (lane.place, lane.number, round(time, 3))
        for lane in lanes
        for time, _ in thinned([(time, 0.0) for time in _times(lane)], MOST_TICKS)
    ]
    longest = []
    for lane in lanes:
        start, end = max(pairwise(_times(lane)), key=lambda pause: pause[1] - pause[0])
        length = f"{end - start:.2f} s"
        said = f"the longest of {lane.label} is {length}, after {start:.1f} s"
        longest.append((lane.place, lane.number, round(start, 3), round(end, 3), length, lane.label, said))
    return {
        "chunks": pd.DataFrame(chunks, columns=["place", "number", "seconds"]),
        "longest": pd.DataFrame(longest, columns=["place", "number", "start", "end", "length", "lane", "said"]),
    }


def spec(lanes: Sequence[ChartLane]) -> Spec:
    x = field("seconds", "Seconds since the common start", axis={"grid": False})
    scale = {"domain": [lane.number for lane in lanes]}
    y = field("number", "Lane", type="ordinal", sort=None, scale=scale, axis={"labelAngle": 0})
    tooltip = [word("lane", "Lane"), word("length", "Longest pause"), field("start", "From (seconds)", format=".2f")]
    start = x | {"field": "start"}
    bar = {"color": COLOUR, "x": start, "x2": {"field": "end"}, "y": y, "tooltip": tooltip}
    tick = {"color": coloured(lanes), "x": x, "y": y}
    label = {"type": "text", "align": "left", "dy": -14, "fontWeight": "bold", "color": TEXT}
    return {
        "title": {"text": "Chunk gaps", "subtitle": SUBTITLE, "subtitleColor": TEXT},
        "layer": [
            layer({"type": "tick", "size": 16, "thickness": 1, "opacity": 0.7}, tick, "chunks"),
            layer({"type": "bar", "size": 8, "opacity": 1}, bar, "longest"),
            layer(label, {"x": start, "y": y, "text": word("length")}, "longest"),
        ],
    }


def _times(lane: ChartLane) -> list[float]:
    return [lane.start + seconds for seconds, text in list(lane.reply.chunks) if text]
