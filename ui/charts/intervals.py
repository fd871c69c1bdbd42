"""Intervals of the differences from one lane, side by side, with nought marked."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from replies.metrics.intervals import Interval
from ui.charts.boxes import AROUND, COLOUR, NAMES, ROW, ROWS
from ui.charts.encoding import MOST, TEXT, Spec, field, layer, word


def intervals(found: Mapping[int, Interval], names: Mapping[int, str], base: int, title: str, unit: str) -> None:
    """Draw a row for each of `names`, the lanes by their number from the left: the difference of medians from `base`,
    and its 95 % interval. `found`: of the lanes that have one."""
    if not found:
        st.caption("There is no interval of a difference in it yet.")
        return
    rows = [
        (place % MOST, f"{place + 1} {name}{' (compared with)' if lane == base else ''}",
         *((0.0, None, None) if lane == base else found[lane][:3] if lane in found else (None, None, None)))
        for place, (lane, name) in enumerate(names.items())
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["place", "row", "value", "low", "high"])
    table = table.astype(dict.fromkeys(("value", "low", "high"), float))
    said = "; ".join(
        f"{names[lane]} {value:+.3g} {unit}, from {low:+.3g} to {high:+.3g} {unit}".rstrip()
        for lane, (value, low, high, *_) in found.items()
    )
    alt = f"{title}: differences from {names[base]} with their 95 % intervals. {said}"
    drawn = spec(title, unit) | {"datasets": {"differences": table}}
    st.vega_lite_chart(drawn, height=ROW * len(rows) + AROUND, alt=alt)
    st.caption(
        "A point is the difference of two medians, the bar its 95 % interval. A bar that leaves out nought shows a "
        "difference, or chance: of equal lanes, one bar in twenty does."
    )


def spec(title: str, unit: str) -> Spec:
    x = field("value", f"Difference ({unit})" if unit else "Difference", scale={"padding": 12})
    tooltip = [word("row", "Lane"), *(field(name, name.title(), format="+.3~f") for name in ("value", "low", "high"))]
    bar = {"type": "bar", "size": 7, "cornerRadius": 3, "opacity": 0.4}
    point = {"type": "point", "filled": True, "size": 90, "opacity": 1}
    nought = {"type": "tick", "size": 26, "thickness": 1, "color": TEXT}  # in pieces, between the names
    places = {"y": ROWS, "color": COLOUR, "tooltip": tooltip}
    return {
        "title": f"{title}: differences",
        "data": {"name": "differences"},
        "layer": [
            NAMES,  # first: rows stand in its order
            layer(nought, {"x": {"datum": 0}, "y": ROWS}),
            layer(bar, places | {"x": x | {"field": "low"}, "x2": {"field": "high"}}),
            layer(point, places | {"x": x}),
        ],
    }
