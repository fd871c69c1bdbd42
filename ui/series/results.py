"""Series results, lane by lane: how many answers there are, how they spread, and each of them."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from replies.conversation import Series
from replies.metrics.aggregate import Spread, Summary, attempts, summaries, values_of
from replies.metrics.help import HELP
from replies.metrics.table import METRIC, shown_in
from ui.answer.metrics import summary
from ui.answer.view import byline, render_reply
from ui.charts import boxes
from ui.markdown import literal
from ui.text import shortened

LONGEST_LABEL = 80  # characters of a prompt in the list of runs
MEASURES = {metric.label: metric for metric in shown_in("series")}


def results(series: Series, names: Mapping[int, str]) -> None:
    """A table, the spread of one measure, and the single answers. `names`: what each lane is called, by its number."""
    if not series.replies:
        return
    try:
        lanes = summaries(series)
    except ValueError as mixed:  # the file that it was imported from may have been put together by hand
        st.warning(literal(str(mixed)), title="No summary", icon=":material/rule:")
    else:
        called = {lane: _called(names[lane], summary) for lane, summary in lanes.items()}
        _table(lanes, names)
        _spread(series, called)
    _single_runs(series, names)


def _called(name: str, summary: Summary) -> str:
    """The lane's name, and whether its answers are no live ones."""
    return name if summary.origin in ("", "Live") else f"{name} ({summary.origin.lower()})"


def _table(lanes: Mapping[int, Summary], names: Mapping[int, str]) -> None:
    rows = [
        {
            "Lane": names[lane],
            "Source": lane_summary.origin,
            "Done": lane_summary.outcomes.done,
            "Failed": lane_summary.outcomes.failed + lane_summary.outcomes.interrupted,
            "Stopped": lane_summary.outcomes.stopped,
            **{name: lane_summary.spreads[measure.key].median for name, measure in MEASURES.items()},
        }
        for lane, lane_summary in lanes.items()
    ]
    st.dataframe(
        rows,
        hide_index=True,
        placeholder="–",
        column_config={
            name: st.column_config.NumberColumn(f"{name}, median", format=measure.unit.printf, help=measure.help)
            for name, measure in MEASURES.items()
        },
        alt="Per lane: how many answers are done, failed and stopped, and the median of each measure",
        key="series-medians",
    )
    st.caption(f"{HELP['median']} {HELP['n']} {HELP['outcomes']}")


def _spread(series: Series, names: Mapping[int, str]) -> None:
    name = st.segmented_control(
        "Spread of", list(MEASURES), default=METRIC["ttft"].label, required=True, key=f"spread-{series.id}"
    )
    measure = MEASURES.get(name or "", METRIC["ttft"])
    values = {lane: values_of(attempts(series, lane), measure.key) for lane in series.lanes}
    spreads = {lane: Spread.of(found) for lane, found in values.items()}
    rows = [
        {
            "Lane": names[lane],
            "n": spread.n,
            "Low": spread.low,
            "Median": spread.median,
            "p95": spread.p95,
            "High": spread.high,
        }
        for lane, spread in spreads.items()
    ]
    numbers = {
        title: st.column_config.NumberColumn(format=measure.unit.printf, help=HELP[title.lower()])
        for title in ("Low", "Median", "p95", "High")
    }
    st.dataframe(
        rows,
        hide_index=True,
        placeholder="–",
        column_config=numbers,
        alt=f"Per lane: lowest, median, 95th percentile and highest of {measure.label}",
        key="series-spread",
    )
    boxes({names[lane]: found for lane, found in values.items()}, measure.label, measure.unit.name)


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
