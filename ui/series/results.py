"""Series results, lane by lane: how many answers there are, how they spread, and each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pandas as pd
import streamlit as st

from replies.conversation import Series
from replies.metrics.aggregate import Summary, attempts, summaries, values_of
from replies.metrics.differences import NONE_SHOWN, Difference, Lanes, best, findings, measured
from replies.metrics.help import FIRM_P95, HELP
from replies.metrics.table import METRIC, shown_in
from ui.answer.metrics import summary
from ui.answer.view import byline, render_reply
from ui.charts import boxes, intervals
from ui.compare.lane_editor import lane_names
from ui.markdown import literal
from ui.text import many, shortened

Against: TypeAlias = tuple[int | None, list[Difference]]  # the lane that others are held against, and how they differ

LONGEST_LABEL = 80  # characters of a prompt in the list of runs
PLACES = ["Low", "Median", "p95", "High"]
MEASURES = {metric.label: metric for metric in shown_in("series")}


def results(series: Series) -> None:
    """A table, whether the lanes differ, the spread of one measure, and the single answers."""
    if not series.replies:
        return
    names = lane_names(series)  # now: the first round, which brings the lanes, may have begun a moment ago
    try:
        lanes = summaries(series)
    except ValueError as mixed:  # the file that it was imported from may have been put together by hand
        st.warning(literal(str(mixed)), title="No summary", icon=":material/rule:")
    else:
        known = measured(series)
        _table(lanes, names, best(known))
        against: Against = _differences(series, known, names) if len(lanes) > 1 else (None, [])
        called = {
            lane: names[lane] if one.origin in ("", "Live") else f"{names[lane]} ({one.origin.lower()})"
            for lane, one in lanes.items()
        }
        _spread(series, lanes, called, against)
    _single_runs(series, names)


def _table(lanes: Mapping[int, Summary], names: Mapping[int, str], winners: Mapping[str, int]) -> None:
    rows = [
        {
            "Lane": names[lane],
            "Source": found.origin,
            "Done": found.outcomes.done,
            "Failed": found.outcomes.failed + found.outcomes.interrupted,
            "Stopped": found.outcomes.stopped,
            **{name: found.spreads[measure.key].median for name, measure in MEASURES.items()},
        }
        for lane, found in lanes.items()
    ]
    shown = _styled(rows, {name: measure.unit.shown for name, measure in MEASURES.items()})
    for name, measure in MEASURES.items():
        if (winner := winners.get(measure.key)) is not None:  # marked by a word: sorting leaves it, any eye can read it
            place = ([list(lanes).index(winner)], [name])
            shown = shown.format(lambda value, written=measure.unit.shown: f"best {written(value)}", subset=place)
    number = st.column_config.NumberColumn
    st.dataframe(
        shown,
        hide_index=True,
        placeholder="–",
        column_config={name: number(f"{name}, median", help=measure.help) for name, measure in MEASURES.items()},
        alt="Per lane: how many answers are done, failed and stopped, and the median of each measure",
        key="series-medians",
    )
    marked = ["“best” is better than every other lane by more than chance explains."] if winners else []
    explained = [f"*Median*: {HELP['median']}", f"*n*: {HELP['n']}", f"*Done, failed, stopped*: {HELP['outcomes']}"]
    st.caption("  \n".join([*marked, *explained]))


def _styled(rows: list[dict[str, Any]], shown: Mapping[str, Callable[[float | None], str]]) -> Any:
    """The rows with their numbers as `shown` writes them, by column; they are sorted as numbers."""
    return pd.DataFrame(rows).astype(dict.fromkeys(shown, float)).style.format(dict(shown), na_rep="–")


def _differences(series: Series, lanes: Lanes, names: Mapping[int, str]) -> Against:
    """Draw whether the lanes differ, in sentences: what the data carry first, and then what they don't."""
    st.subheader("Do the lanes differ?", anchor=False)
    base: int = st.selectbox(
        "Compared with", list(lanes), format_func=names.__getitem__, key=f"base-{series.id}", width=400
    )
    labels = {lane: name.partition(" · ")[0] for lane, name in names.items()}
    tells_apart = len(set(labels.values())) == len(labels)
    told = findings(lanes, base, labels if tells_apart else names)
    if told.shown:
        st.markdown(_bullets(told.shown))
    elif told.open:
        st.markdown(NONE_SHOWN)
    if told.open:
        label = f"{many(len(told.open), 'difference')} that can’t be shown"
        with st.expander(label, icon=":material/balance:", expanded=not told.shown):
            st.markdown(_bullets(told.open))
    if told.failed:
        st.markdown(_bullets(told.failed))
    st.caption(literal(" ".join(told.notes)))
    return base, told.differences


def _bullets(sentences: list[str]) -> str:
    return "\n".join(f"- {literal(one)}" for one in sentences)


def _spread(series: Series, lanes: Mapping[int, Summary], called: Mapping[int, str], against: Against) -> None:
    usual = METRIC["ttft"].label
    name = st.segmented_control("Spread of", list(MEASURES), default=usual, required=True, key=f"spread-{series.id}")
    measure = MEASURES[name or usual]
    unit = measure.unit
    spreads = {lane: found.spreads[measure.key] for lane, found in lanes.items()}
    rows = [
        {"Lane": called[lane], "n": n, "Low": low, "Median": median, "p95": p95, "High": high}
        for lane, (n, low, median, p95, high) in spreads.items()
    ]
    shown = _styled(rows, dict.fromkeys(PLACES, unit.shown))
    if rough := [place for place, spread in enumerate(spreads.values()) if spread.p95 and spread.n < FIRM_P95]:
        shown = shown.format(lambda value: f"≈ {unit.shown(value)}", subset=(rough, ["p95"]))
    st.dataframe(
        shown,
        hide_index=True,
        placeholder="–",
        column_config={title: st.column_config.NumberColumn(help=HELP[title.lower()]) for title in PLACES},
        alt=f"Per lane: lowest, median, 95th percentile and highest of {measure.label}",
        key="series-spread",
    )
    base, found = against
    left, *right = st.columns(1 if base is None else 2)
    with left:
        values = {called[lane]: values_of(attempts(series, lane), measure.key) for lane in lanes}
        boxes(values, measure.label, unit.name)
    if base is not None:
        of_measure = {one.lane: one.interval for one in found if one.metric.key == measure.key}
        with right[0]:
            intervals(of_measure, called, base, measure.label, unit.name)


def _single_runs(series: Series, names: Mapping[int, str]) -> None:
    with st.expander(f"Single runs ({len(series.rounds)})", icon=":material/list:"):
        number = st.selectbox(
            "Run",
            range(len(series.rounds)),
            format_func=lambda number: f"{number + 1} · {shortened(series.rounds[number].prompt, LONGEST_LABEL)}",
            key=f"run-of-{series.id}",
        )
        round = series.rounds[number]
        st.text(round.prompt)
        shown = [(lane, reply) for lane, reply in round.attempts if reply.over]
        for lane, reply in shown:
            with st.container(border=True, key=f"run-lane-{lane}"):
                byline(reply, names[lane])
                render_reply(reply)
                summary(reply)
        if in_progress := len(round.attempts) - len(shown):
            st.caption(f"{in_progress} of {len(round.attempts)} still in progress.")
