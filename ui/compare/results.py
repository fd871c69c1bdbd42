"""Results of a comparison that is over: the figures side by side, without a best one, since a single answer is no
proof; the gaps, speed and cost, the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from replies.conversation import Comparison
from replies.metrics.figures import figures
from replies.metrics.labels import origin
from replies.metrics.table import shown_in
from replies.pricing import costs
from replies.reply import Reply
from ui import charts
from ui.answer.metrics import ending
from ui.compare import word_diff
from ui.markdown import literal

NAME_WIDTH = 220  # pixels, so that on a phone there is room beside it
UNKNOWN = "–"

COLUMNS = {metric.key: metric for metric in shown_in("compare")}
# What few providers say: no column where none did.
SELDOM = ("cached_tokens", "cache_write_tokens", "handshake", "provider_first", "rest", "provider_total")


def draw(comparison: Comparison, names: Mapping[int, str]) -> None:
    """Draw those of the last round. `names`: the name of each lane, by its number."""
    round = comparison.rounds[-1]
    replies = round.replies
    called = [names[lane] for lane in sorted(round.lanes)]
    places = [comparison.lanes.index(lane) for lane in sorted(round.lanes)]
    rows, gaps, scatter, words = st.tabs(["Figures", "Chunk gaps", "Speed and cost", "Words"])
    with rows:
        table(replies, [f"{place + 1} · {name}" for place, name in zip(places, called, strict=True)])
        if (skew := [reply.skew for reply in replies if reply.skew is not None]) and len(skew) > 1:
            st.caption(f"All lanes were asked within {1000 * (max(skew) - min(skew)):.1f} ms of each other.")
    with gaps:
        charts.gaps(replies, called, places=places)
    with scatter:
        charts.scatter(replies, called, places=places)
    with words:
        word_diff.draw(replies, called)


def table(replies: Sequence[Reply], names: Sequence[str]) -> None:
    """Draw a row for each lane. Sorting goes by the figures, with the unknown ones at the end."""
    if not replies:
        return
    rows, number, text = frame(replies, names), st.column_config.NumberColumn, st.column_config.TextColumn
    config: dict[str, Any] = {key: number(column.label, help=column.help) for key, column in COLUMNS.items()}
    config |= {key: None for key in SELDOM if rows[key].isna().all()}
    config["lane"] = text("Lane", pinned=True, width=NAME_WIDTH)
    config["source"] = text("Source", help="Who gave the answer: only live ones are timed now.")
    config["ended"] = text("Ended")
    alt = f"Figures of {', '.join(names)}"
    st.dataframe(styled(rows), hide_index=True, column_config=config, placeholder=UNKNOWN, alt=alt)
    st.caption(" ".join(notes(replies, names)))


def frame(replies: Sequence[Reply], names: Sequence[str]) -> pd.DataFrame:
    """The figures as numbers in their units, NaN where unknown."""
    rows = []
    for name, reply in zip(names, replies, strict=True):
        found = figures(reply)
        numbers = (column.value(found, reply) for column in COLUMNS.values())
        rows.append((name, origin(reply.asked), *numbers, ending(reply)))
    return pd.DataFrame(rows, columns=["lane", "source", *COLUMNS, "ended"]).astype(dict.fromkeys(COLUMNS, float))


def styled(rows: pd.DataFrame) -> Any:
    """The table as it is shown; its values stay numbers, so that it is sorted by them."""
    return rows.style.format({key: column.unit.shown for key, column in COLUMNS.items()}, na_rep=UNKNOWN)


def notes(replies: Sequence[Reply], names: Sequence[str]) -> list[str]:
    """What must be said with the table."""
    simulated = [reply.asked.simulated for reply in replies]
    said = ["n = 1 for each lane, too few to call one the best; “–” where there is too little to say."]
    if any(simulated):
        which = "All of them" if all(simulated) else "Some"
        said.append(f"{which} are simulated: their times say nothing about a provider.")
    unknown: dict[str, list[str]] = {}
    for name, reply in zip(names, replies, strict=True):
        if costs.usd(cost := costs.cost(reply)) is None and not reply.asked.simulated:
            unknown.setdefault(costs.explained(cost), []).append(literal(name))
        elif costs.exact(cost) is None and not reply.asked.simulated:
            said.append(f"Cost of {literal(name)}: {literal(costs.shown(cost))}. {literal(costs.explained(cost))}")
    said += [f"Cost unknown for {', '.join(lanes)}: {literal(reason)}" for reason, lanes in unknown.items()]
    return said
