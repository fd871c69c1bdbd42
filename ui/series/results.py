"""Series results, lane by lane: how many answers there are, how they spread, and each of them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from replies.conversation import Series
from replies.metrics.aggregate import Spread, Summary, attempts, summaries, values_of
from replies.metrics.differences import Difference, best, measured
from replies.metrics.help import FIRM_P95, HELP
from replies.metrics.table import METRIC, shown_in
from ui.answer.metrics import summary
from ui.answer.view import byline, render_reply
from ui.charts import boxes, intervals
from ui.compare.lane_editor import lane_names
from ui.markdown import literal
from ui.series import differences
from ui.text import shortened

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
        called = {lane: _called(names[lane], summary) for lane, summary in lanes.items()}
        known = measured(series)
        _table(lanes, names, best(known))
        base, found = differences.draw(series, known, names) if len(lanes) > 1 else (None, [])
        _spread(series, called, base, found)
    _single_runs(series, names)


def _called(name: str, summary: Summary) -> str:
    """The lane's name, and whether its answers are no live ones."""
    return name if summary.origin in ("", "Live") else f"{name} ({summary.origin.lower()})"


def _table(lanes: Mapping[int, Summary], names: Mapping[int, str], winners: Mapping[str, int]) -> None:
    rows = pd.DataFrame(
        {
            "Lane": names[lane],
            "Source": lane_summary.origin,
            "Done": lane_summary.outcomes.done,
            "Failed": lane_summary.outcomes.failed + lane_summary.outcomes.interrupted,
            "Stopped": lane_summary.outcomes.stopped,
            **{name: lane_summary.spreads[measure.key].median for name, measure in MEASURES.items()},
        }
        for lane, lane_summary in lanes.items()
    ).astype(dict.fromkeys(MEASURES, float))
    # The mark is a word, which any theme and any eye can read, and sorting leaves it.
    shown = rows.style
    for name, measure in MEASURES.items():
        shown = shown.format(measure.unit.shown, subset=name, na_rep="–")
        if (winner := winners.get(measure.key)) is not None:
            place = ([list(lanes).index(winner)], [name])
            shown = shown.format(lambda value, written=measure.unit.shown: f"best {written(value)}", subset=place)
    st.dataframe(
        shown,
        hide_index=True,
        placeholder="–",
        column_config={
            name: st.column_config.NumberColumn(f"{name}, median", help=measure.help)
            for name, measure in MEASURES.items()
        },
        alt="Per lane: how many answers are done, failed and stopped, and the median of each measure",
        key="series-medians",
    )
    marked = ["“best” is better than every other lane by more than chance explains."] if winners else []
    explained = [f"*Median*: {HELP['median']}", f"*n*: {HELP['n']}", f"*Done, failed, stopped*: {HELP['outcomes']}"]
    st.caption("  \n".join([*marked, *explained]))


def _spread(series: Series, names: Mapping[int, str], base: int | None, found: list[Difference]) -> None:
    name = st.segmented_control(
        "Spread of", list(MEASURES), default=METRIC["ttft"].label, required=True, key=f"spread-{series.id}"
    )
    measure = MEASURES.get(name or "", METRIC["ttft"])
    values = {lane: values_of(attempts(series, lane), measure.key) for lane in series.lanes}
    spreads = {lane: Spread.of(found) for lane, found in values.items()}
    rows = pd.DataFrame(
        {
            "Lane": names[lane],
            "n": spread.n,
            "Low": spread.low,
            "Median": spread.median,
            "p95": spread.p95,
            "High": spread.high,
        }
        for lane, spread in spreads.items()
    ).astype(dict.fromkeys(PLACES, float))
    shown = rows.style.format(measure.unit.shown, subset=PLACES, na_rep="–")
    if rough := [place for place, spread in enumerate(spreads.values()) if spread.p95 and spread.n < FIRM_P95]:
        shown = shown.format(lambda value: f"≈ {measure.unit.shown(value)}", subset=(rough, ["p95"]))
    st.dataframe(
        shown,
        hide_index=True,
        placeholder="–",
        column_config={title: st.column_config.NumberColumn(help=HELP[title.lower()]) for title in PLACES},
        alt=f"Per lane: lowest, median, 95th percentile and highest of {measure.label}",
        key="series-spread",
    )
    columns = st.columns(1 if base is None else 2)
    with columns[0]:
        boxes({names[lane]: found for lane, found in values.items()}, measure.label, measure.unit.name)
    if base is not None:
        of_measure = {one.lane: one.interval for one in found if one.metric.key == measure.key}
        with columns[1]:
            intervals(of_measure, {lane: names[lane] for lane in values}, base, measure.label, measure.unit.name)


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
