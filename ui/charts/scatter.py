"""Speed against cost: each lane's output tokens per second and the dollars of its answer."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from replies.metrics.figures import figures
from replies.metrics.help import FEWEST_GAPS, FEWEST_TOKENS, SHORTEST_WINDOW
from replies.pricing import costs
from replies.reply import Reply
from ui.charts.encoding import TEXT, ChartLane, Spec, coloured, field, layer, numbered, word
from ui.markdown import literal

FEWEST = 2
SUBTITLE = "Up and to the left is better; n = 1 for each lane"
HEIGHT = 400  # pixels


def scatter(replies: Sequence[Reply], names: Sequence[str], *, places: Sequence[int] = ()) -> None:
    """Draw the lanes of which both are known, and say of the others why they are not there."""
    lanes = numbered(replies, names, places)
    left_out = {lane: reason for lane in lanes if (reason := missing(lane.reply))}
    shown = [lane for lane in lanes if lane not in left_out]
    if len(shown) < FEWEST:
        st.caption("Speed against cost needs two answers of which both are known.")
    else:
        table = frame(shown)
        points = "; ".join(
            f"{row.lane}: {row.speed:.0f} tokens per second for ${row.usd:.6f}" for row in table.itertuples()
        )
        drawn = spec(shown) | {"datasets": {"lanes": table}}
        st.vega_lite_chart(drawn, height=HEIGHT, alt=f"Speed against cost. {points}")
    if left_out:
        reasons = "; ".join(f"{literal(lane.label)} ({literal(reason)})" for lane, reason in left_out.items())
        st.caption(f"Not in the chart: {reasons}.")


def missing(reply: Reply) -> str:
    """Why it has no place in the chart; "" where it has one."""
    reasons = []
    if figures(reply).speed is None:
        reasons.append(_no_speed(reply))
    if costs.exact(cost := costs.cost(reply)) is None:
        reasons.append(f"cost {costs.shown(cost) if costs.usd(cost) else 'unknown'}: {costs.explained(cost)}")
    return ", ".join(reasons)


def _no_speed(reply: Reply) -> str:
    if reply.state != "done":
        return "no speed: it did not come to its end"
    if not reply.asked.request.stream:
        return "no speed while it streams: it was awaited"
    if reply.end is None or reply.end.output_tokens is None:
        return "no speed: the provider gave no count of tokens"
    return f"no speed: that takes {FEWEST_TOKENS} tokens, {FEWEST_GAPS} gaps and {SHORTEST_WINDOW} s"


def frame(lanes: Sequence[ChartLane]) -> pd.DataFrame:
    rows = [
        (lane.place, lane.number, lane.label, figures(lane.reply).speed, costs.usd(costs.cost(lane.reply)))
        for lane in lanes
    ]
    return pd.DataFrame(rows, columns=["place", "number", "lane", "speed", "usd"])


def spec(lanes: Sequence[ChartLane]) -> Spec:
    axis = {"format": "$~g", "labelOverlap": True, "tickCount": 5}
    x = field("usd", "Cost of this answer (USD)", axis=axis)
    y = field("speed", "Speed (output tokens/s)")
    tooltip = [
        word("lane", "Lane"),
        field("speed", "Output tokens/s", format=".1f"),
        field("usd", "Cost", format="$.6f"),
    ]
    point = {"type": "point", "filled": True, "size": 140, "opacity": 1}
    label = {"type": "text", "dx": 14, "dy": -8, "fontWeight": "bold", "color": TEXT}
    return {
        "title": {"text": "Speed against cost", "subtitle": SUBTITLE, "subtitleColor": TEXT},
        "data": {"name": "lanes"},
        "encoding": {"x": x, "y": y},
        "layer": [
            layer(point, {"color": coloured(lanes, "circle"), "tooltip": tooltip}),
            layer(label, {"text": word("number")}),
        ],
    }
