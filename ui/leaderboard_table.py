"""Leaderboard parts: a chart of win rates with their intervals, a table, and what was left out."""

from typing import Any

import streamlit as st

from replies.leaderboard import FEW, Leaderboard, LeftOut, Ranking
from replies.metrics.help import FEWEST_FOR_MEDIAN
from ui.text import many

ROW = 46  # pixels of the chart for each contender
REASONS_LEFT_OUT: dict[LeftOut, str] = {
    "simulated": "with simulated answers: a win over one says nothing",
    "alone": "where one model stood alone, or only beside itself",
    "incomplete": "whose best lane is not there any more",
}


def names(rankings: list[Ranking]) -> list[str]:
    """Each told apart from all others: the provider's own name is added where two share a label and a model."""
    told = [" · ".join(filter(None, [one.label, one.contender.model, one.contender.api])) for one in rankings]
    return [
        f"{name} ({one.contender.provider})" if told.count(name) > 1 else name
        for name, one in zip(told, rankings, strict=True)
    ]


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def interval(standing: Ranking) -> str | None:
    if standing.interval is None:
        return None
    low, high = standing.interval
    return f"{100 * low:.0f} to {percent(high)}"


def left_out(board: Leaderboard) -> list[str]:
    """How many votes did not count, and why: a sentence for each reason."""
    return [
        f"{many(count, 'vote')} {'was' if count == 1 else 'were'} left out {REASONS_LEFT_OUT[reason]}."
        for reason, count in board.left_out.items()
    ]


def description(rankings: list[Ranking]) -> str:
    """The chart in a sentence, for those who don't see it."""
    told = [
        f"{name} {percent(one.rate)} of {one.votes} ({interval(one)})"
        for name, one in zip(names(rankings), rankings, strict=True)
        if one.rate is not None
    ]
    return f"Win rates with their 95 % intervals: {', '.join(told)}"


def chart(rankings: list[Ranking]) -> None:
    """A point for each win rate, a bar for its interval; paler where there are few votes."""
    import altair as alt  # here: it takes a second, for which a page without votes need not wait
    import pandas as pd

    rows = [
        {
            "Contender": f"{one.wins} of {one.votes}{', few votes' if one.few else ''}: {name}",
            "Win rate": one.rate,
            "low": one.interval[0],
            "high": one.interval[1],
            "few": one.few,
            "Interval": interval(one),
        }
        for name, one in zip(names(rankings), rankings, strict=True)
        if one.interval is not None
    ]
    if not rows:
        return
    # Names stand above their bars: beside them they would leave a phone's chart no room.
    axis = alt.Axis(labelAlign="left", labelPadding=0, labelOffset=-13, labelLimit=340, ticks=False, domain=False)
    base = alt.Chart(pd.DataFrame(rows)).encode(
        y=alt.Y("Contender:N", sort=None, title=None, axis=axis),
        tooltip=[
            "Contender",
            alt.Tooltip("Win rate", format=".0%"),
            alt.Tooltip("Interval", title="95 % interval"),
        ],
    )
    share = alt.X(
        "low:Q",
        title="Win rate, with its 95 % interval",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1]),
    )
    spread = base.mark_bar(size=7, cornerRadius=3, yOffset=9).encode(
        x=share, x2="high:Q", opacity=alt.condition("datum.few", alt.value(0.2), alt.value(0.4))
    )
    point = base.mark_point(size=140, filled=True, yOffset=9).encode(
        x="Win rate:Q", opacity=alt.condition("datum.few", alt.value(0.5), alt.value(1.0))
    )
    st.altair_chart(alt.layer(spread, point).properties(height=alt.Step(ROW)), alt=description(rankings))


def table(rankings: list[Ranking]) -> None:
    """All figures, to be sorted by any."""
    import pandas as pd

    rows: list[dict[str, Any]] = [
        {
            "Contender": name,
            "Win rate": None if one.rate is None else 100 * one.rate,
            "Interval": interval(one),
            "Votes": one.votes,
            "Remark": "few votes" if one.few else "",
            "Wins": one.wins,
            "Ties": one.ties,
            "All bad": one.all_bad,
            "First token": one.ttft.median,
            "n ttft": one.ttft.n,
            "Tokens/s": one.speed.median,
            "n speed": one.speed.n,
            "Cost": one.cost.median,
            "n cost": one.cost.n,
        }
        for name, one in zip(names(rankings), rankings, strict=True)
    ]
    number = st.column_config.NumberColumn
    fewest = f"Shown from {FEWEST_FOR_MEDIAN} live answers on."
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        placeholder="–",
        alt="The leaderboard as a table: votes, and medians of speed and cost, with their numbers of answers",
        column_config={
            "Contender": st.column_config.TextColumn(pinned=True, width="medium"),
            "Win rate": number(format="%.0f %%", help="Wins ÷ votes. A vote is a comparison that had a best one."),
            "Interval": st.column_config.TextColumn("95 % interval", help="Wilson's score interval of the win rate."),
            "Votes": number(help="Comparisons with this model that had a best one: n of the win rate."),
            "Remark": st.column_config.TextColumn("", help=f"Fewer than {FEW} votes say little.", width="small"),
            "Ties": number(help="Comparisons that ended in a tie. They are no part of the win rate."),
            "All bad": number(help="Comparisons where all were bad. They are no part of the win rate."),
            "First token": number(format="%.2f s", help=f"Median time to the first token, streamed. {fewest}"),
            "Tokens/s": number(format="%.1f", help=f"Median of output tokens per second. {fewest}"),
            "Cost": number(format="$%.6f", help=f"Median cost of an answer in US dollars, where known. {fewest}"),
            **{column: number("n", help="Live answers that this median is of.") for column in
               ("n ttft", "n speed", "n cost")},
        },
    )  # fmt: skip
