"""Spread of one figure over many answers: a box plot with every single value in it."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from replies.metrics.help import FEWEST_FOR_MEDIAN, FEWEST_FOR_QUARTILES
from ui.charts.encoding import MOST, TEXT, Spec, field, layer, word

ROW = 54  # pixels
AROUND = 110

# Names stand above their rows, not beside them, where a narrow page has no room.
ROWS: Spec = {"field": "row", "type": "ordinal", "sort": None, "axis": None}
COLOUR = word("place", legend=None, scale={"domain": list(range(MOST)), "range": "category"})
NAMES = layer(
    {"type": "text", "align": "left", "baseline": "bottom", "dy": -15, "color": TEXT},
    {"x": {"value": 2}, "y": ROWS, "text": word("row")},
)


def boxes(values: Mapping[str, Sequence[float]], title: str, unit: str) -> None:
    """Draw a row for each name. Fewer than eight values make no box, fewer than three no median; `unit`: e.g. "s"."""
    if not any(values.values()):
        st.caption("No answer has this figure yet.")
        return
    table = frame(values)
    medians = table.dropna(subset="value").groupby("row", sort=False)["value"].agg(["median", "count"])
    said = "; ".join(
        f"median of {row} {found['median']:.2f} {unit}"
        for row, found in medians.iterrows()
        if found["count"] >= FEWEST_FOR_MEDIAN
    )
    alt = f"{title}. {said or 'Single values, too few for a median'}"
    drawn = spec(title, unit, max(map(len, values.values()))) | {"datasets": {"values": table}}
    st.vega_lite_chart(drawn, height=ROW * len(values) + AROUND, alt=alt)
    st.caption(
        "Each point is one answer. The box holds the middle half of them, the line in it is the median, the whiskers "
        f"reach to the lowest and the highest. A box is drawn from n = {FEWEST_FOR_QUARTILES} on, a median from "
        f"n = {FEWEST_FOR_MEDIAN} on."
    )


def frame(values: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """A row for each value, with how many there are of its name; a name without any has one without a value."""
    rows = [
        (place % MOST, f"{place + 1} {name} (n = {len(found)})", len(found), value)
        for place, (name, found) in enumerate(values.items())
        for value in (list(found) or [math.nan])
    ]
    return pd.DataFrame(rows, columns=["place", "row", "n", "value"]).astype({"value": float})


def spec(title: str, unit: str, most: int) -> Spec:
    """`most`: how many values there are of one name. Vega warns of a layer without any."""
    x = field("value", f"{title} ({unit})" if unit else title, scale={"zero": False, "padding": 12})
    places = {"x": x, "y": ROWS, "color": COLOUR}
    tooltip = [word("row", "Lane"), field("value", unit or title, format=".3~f")]
    box = {
        "type": "boxplot",
        "extent": "min-max",
        "size": 18,
        "box": {"fillOpacity": 0.3, "strokeWidth": 1},
        "rule": {"color": TEXT},
        "median": False,
    }
    median = {"type": "tick", "size": 26, "thickness": 3, "opacity": 1}
    point = {"type": "point", "filled": True, "size": 32, "opacity": 0.8}

    def where(condition: str) -> Spec:
        return {"transform": [{"filter": condition}]}

    drawn_from = [
        (FEWEST_FOR_QUARTILES, layer(box, places)),
        (FEWEST_FOR_MEDIAN, layer(median, places | {"x": x | {"aggregate": "median"}})),
    ]
    return {
        "title": title,
        "data": {"name": "values"},
        "layer": [
            *(where(f"datum.n >= {fewest}") | drawn for fewest, drawn in drawn_from if most >= fewest),
            where("isValid(datum.value)") | layer(point, places | {"tooltip": tooltip}),
            {"transform": [{"aggregate": [], "groupby": ["row"]}]} | NAMES,
        ],
    }
