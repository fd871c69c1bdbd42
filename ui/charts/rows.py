"""Charts with a row for each name: the spread of one figure over many answers, and intervals around a value."""

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

import pandas as pd
import streamlit as st

from replies.metrics.help import FEWEST_FOR_MEDIAN, FEWEST_FOR_QUARTILES
from replies.metrics.intervals import Interval
from ui.charts.encoding import COLOUR, MOST, TEXT, Spec, field, layer, word

ROW = 54  # pixels
AROUND = 110

# Names stand above their rows, not beside them, where a narrow page has no room.
ROWS: Spec = {"field": "row", "type": "ordinal", "sort": None, "axis": None}
IN_COLOUR: Spec = {"y": ROWS, "color": COLOUR | {"legend": None}}
NAMES = layer(
    {"type": "text", "align": "left", "baseline": "bottom", "dy": -15, "color": TEXT},
    {"x": {"value": 2}, "y": ROWS, "text": word("row")},
)


def boxes(values: Mapping[str, Sequence[float]], title: str, unit: str) -> None:
    """Draw a row for each name. Fewer than eight values make no box, fewer than three no median; `unit`: e.g. "s"."""
    if not any(values.values()):
        st.caption("No answer has this figure yet.")
        return
    said = "; ".join(
        f"median of {place} {name} (n = {len(found)}) {median(found):.2f} {unit}"
        for place, (name, found) in enumerate(values.items(), 1)
        if len(found) >= FEWEST_FOR_MEDIAN
    )
    alt = f"{title}. {said or 'Single values, too few for a median'}"
    drawn = box_spec(title, unit, max(map(len, values.values()))) | {"datasets": {"values": box_frame(values)}}
    st.vega_lite_chart(drawn, height=ROW * len(values) + AROUND, alt=alt)
    st.caption(
        "Each point is one answer. The box holds the middle half of them, the line in it is the median, the whiskers "
        f"reach to the lowest and the highest. A box is drawn from n = {FEWEST_FOR_QUARTILES} on, a median from "
        f"n = {FEWEST_FOR_MEDIAN} on."
    )


def box_frame(values: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """A row for each value, with how many there are of its name; a name without any has one without a value."""
    rows = [
        (place % MOST, f"{place + 1} {name} (n = {len(found)})", len(found), value)
        for place, (name, found) in enumerate(values.items())
        for value in (list(found) or [math.nan])
    ]
    return pd.DataFrame(rows, columns=["place", "row", "n", "value"]).astype({"value": float})


def box_spec(title: str, unit: str, most: int) -> Spec:
    """`most`: how many values there are of one name. Vega warns of a layer without any."""
    x = field("value", f"{title} ({unit})" if unit else title, scale={"zero": False, "padding": 12})
    tooltip = [word("row", "Lane"), field("value", unit or title, format=".3~f")]
    parts = {"box": {"fillOpacity": 0.3, "strokeWidth": 1}, "rule": {"color": TEXT}, "median": False}
    box = {"type": "boxplot", "extent": "min-max", "size": 18, **parts}
    middle = {"type": "tick", "size": 26, "thickness": 3, "opacity": 1}
    point = {"type": "point", "filled": True, "size": 32, "opacity": 0.8}
    layers = [
        (FEWEST_FOR_QUARTILES, layer(box, IN_COLOUR | {"x": x})),
        (FEWEST_FOR_MEDIAN, layer(middle, IN_COLOUR | {"x": x | {"aggregate": "median"}})),
        (1, layer(point, IN_COLOUR | {"x": x, "tooltip": tooltip})),
    ]
    return {
        "title": title,
        "data": {"name": "values"},
        "layer": [
            *({"transform": [{"filter": f"datum.n >= {n}"}]} | drawn for n, drawn in layers if most >= n),
            {"transform": [{"aggregate": [], "groupby": ["row"]}]} | NAMES,
        ],
    }


class Row(NamedTuple):
    """A point and the bar around it; `pale` where they say little."""

    place: int
    row: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    pale: bool = False


def intervals(found: Mapping[int, Interval], names: Mapping[int, str], base: int, title: str, unit: str) -> None:
    """Draw a row for each of `names`, the lanes by their number from the left: the difference of medians from `base`,
    and its 95 % interval. `found`: of the lanes that have one."""
    if not found:
        st.caption("There is no interval of a difference in it yet.")
        return
    rows = []
    for place, (lane, name) in enumerate(names.items()):
        row = Row(place % MOST, f"{place + 1} {name}")
        if lane == base:
            row = row._replace(row=f"{row.row} (compared with)", value=0.0)
        elif lane in found:
            value, low, high, *_ = found[lane]
            row = row._replace(value=value, low=low, high=high)
        rows.append(row)
    said = "; ".join(
        f"{names[lane]} {value:+.3g} {unit}, from {low:+.3g} to {high:+.3g} {unit}".rstrip()
        for lane, (value, low, high, *_) in found.items()
    )
    alt = f"{title}: differences from {names[base]} with their 95 % intervals. {said}"
    x = field("value", f"Difference ({unit})" if unit else "Difference", scale={"padding": 12})
    nought = {"type": "tick", "size": 26, "thickness": 1, "color": TEXT}  # in pieces, between the names
    points(rows, x, "+.3~f", alt, layer(nought, {"x": {"datum": 0}, "y": ROWS}), title=f"{title}: differences")
    st.caption(
        "A point is the difference of two medians, the bar its 95 % interval. A bar that leaves out nought shows a "
        "difference, or chance: of equal lanes, one bar in twenty does."
    )


def points(rows: Sequence[Row], x: Spec, format: str, alt: str, *below: Spec, title: str = "") -> None:
    """Draw the rows. `x`: the channel of the field `value`; `format`: of its values; `below`: layers under the bars."""
    table = pd.DataFrame(rows, columns=Row._fields).astype(dict.fromkeys(("value", "low", "high"), float))
    drawn = point_spec(x, format, *below) | {"title": title or None, "datasets": {"rows": table}}
    st.vega_lite_chart(drawn, height=ROW * len(rows) + AROUND, alt=alt)


def point_spec(x: Spec, format: str, *below: Spec) -> Spec:
    named = [field(name, name.title(), format=format) for name in ("value", "low", "high")]
    both = IN_COLOUR | {"tooltip": [word("row", "Lane"), *named]}

    def opacity(pale: float, usual: float) -> Spec:
        return {"opacity": {"condition": {"test": "datum.pale", "value": pale}, "value": usual}}

    bar = both | opacity(0.2, 0.4) | {"x": x | {"field": "low"}, "x2": {"field": "high"}}
    return {
        "data": {"name": "rows"},
        "layer": [
            NAMES,  # first: rows stand in its order
            *below,
            layer({"type": "bar", "size": 7, "cornerRadius": 3}, bar),
            layer({"type": "point", "filled": True, "size": 90}, both | opacity(0.5, 1) | {"x": x}),
        ],
    }
