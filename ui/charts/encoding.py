"""Encodings that all charts share: which lane has which number, colour and dash.

The specs are Vega-Lite, but for the race, which has none; the colours are the theme's.
"""

import json
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple, TypeAlias

import streamlit as st

from replies.metrics.labels import marks
from replies.reply import Reply

Spec: TypeAlias = dict[str, Any]

MOST = 6  # lanes, as many as the theme has chart colours
DASHES = [[1, 0], [8, 3], [2, 2], [10, 3, 2, 3], [5, 5], [14, 3]]
NARROW, NARROWEST = 560, 360  # pixels of a plot; its legend then has two columns, or one
TEXT = "currentColor"  # that of the page, by day and by night; charts have none of their own for text
COLUMNS = f"width < {NARROWEST} ? 1 : width < {NARROW} ? 2 : 3"


def field(name: str, title: str | None = None, **more: Any) -> Spec:
    """A field of the data, of numbers unless `more` has another `type`, as a channel or a line of a tooltip has it."""
    return {"field": name, "type": "quantitative"} | ({} if title is None else {"title": title}) | more


def word(name: str, title: str | None = None, **more: Any) -> Spec:
    """The same for a field of words."""
    return field(name, title, type="nominal", **more)


def layer(mark: Spec, encoding: Spec, data: str = "") -> Spec:
    """`data`: the name of the dataset that it draws, where a chart has several."""
    return ({"data": {"name": data}} if data else {}) | {"mark": mark, "encoding": encoding}


# The lanes by their colour, with the legend that Vega gives them.
COLOUR = word("place", scale={"domain": list(range(MOST)), "range": "category"})


class ChartLane(NamedTuple):
    """A reply with its name, and the place that gives it its number, colour and dash from round to round."""

    place: int
    name: str
    reply: Reply

    @property
    def number(self) -> str:
        return str(self.place + 1)

    @property
    def label(self) -> str:
        """Its number, whether it is no live answer, and its name, which may be cut off."""
        said = ", ".join(marks(self.reply.asked))
        return f"{self.number} {self.name}" if said == "live" else f"{self.number} {said}: {self.name}"

    @property
    def start(self) -> float:
        """Seconds between the common start and its question."""
        return self.reply.skew or 0.0


def numbered(replies: Sequence[Reply], names: Sequence[str], places: Sequence[int] = ()) -> list[ChartLane]:
    """`places`: from 0, where not all lanes of a comparison are there; else one after the other."""
    rows = zip(places or range(len(replies)), names, replies, strict=True)
    return [ChartLane(place % MOST, name, reply) for place, name, reply in rows]


def colour(place: int) -> str:
    """The lane's colour in CSS: the theme's, as in Vega's charts."""
    light, dark = (st.get_option(f"theme.{name}.chartCategoricalColors")[place % MOST] for name in ("light", "dark"))
    return f"light-dark({light},{dark})"


def mark(place: int) -> None:
    """The lane's number in its colour, above a line in its colour and dash: the same as in every chart."""
    number, dashes = place % MOST + 1, DASHES[place % MOST]
    ends = list(accumulate(dashes))
    paint = [f"{'transparent' if at % 2 else 'currentColor'} {end - length}px {end}px"
             for at, (length, end) in enumerate(zip(dashes, ends, strict=True))]  # fmt: skip
    st.html(
        f'<div role="img" aria-label="Lane {number}" style="color:{colour(place)};width:28px">'
        f'<b style="display:block;text-align:center">{number}</b>'
        f'<div style="height:3px;background:repeating-linear-gradient(90deg,{",".join(paint)})"></div></div>',
        width="content",
    )


def coloured(lanes: Sequence[ChartLane], symbol: str = "square") -> Spec:
    """The lanes by their colour, with a legend of their names."""
    labels = [""] * MOST
    for lane in lanes:
        labels[lane.place] = lane.label
    legend = {
        "title": None,
        "orient": "bottom",
        "values": [lane.place for lane in lanes],
        "labelExpr": f"{json.dumps(labels)}[datum.value]",
        "columns": {"expr": COLUMNS},
        "labelLimit": {"expr": f"width / ({COLUMNS}) - 45"},
        "symbolType": symbol,
        "symbolStrokeWidth": 2,
        "symbolSize": 100,
    }
    return COLOUR | {"legend": legend}
