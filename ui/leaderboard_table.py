"""Leaderboard parts: a chart of win rates with their intervals, a table, and what was left out."""

from collections.abc import Iterator

import streamlit as st

from replies.leaderboard import FEW, LeftOut, Ranking
from replies.metrics.help import FEWEST_FOR_MEDIAN

REASONS_LEFT_OUT: dict[LeftOut, str] = {
    "simulated": "with simulated answers: a win over one says nothing",
    "alone": "where one model stood alone, or only beside itself",
    "incomplete": "whose best lane is not there any more",
}


def named(rankings: list[Ranking]) -> Iterator[tuple[str, Ranking]]:
    """Each told apart from all others: the provider's own name is added where two share a label and a model."""
    told = [" · ".join(filter(None, [one.label, one.contender.model, one.contender.api])) for one in rankings]
    for name, one in zip(told, rankings, strict=True):
        yield f"{name} ({one.contender.provider})" if told.count(name) > 1 else name, one


def interval(standing: Ranking) -> str | None:
    if standing.interval is None:
        return None
    low, high = standing.interval
    return f"{100 * low:.0f} to {100 * high:.0f} %"


def chart(rankings: list[Ranking]) -> None:
    """A point for each win rate, a bar for its interval; paler where there are few votes."""
    from ui.charts.encoding import field  # here: they bring pandas, for which a page without votes need not wait
    from ui.charts.rows import Row, points

    rows, told = [], []
    for name, one in named(rankings):
        if one.interval is not None and one.rate is not None:
            row = f"{one.wins} of {one.votes}{', few votes' if one.few else ''}: {name}"
            rows.append(Row(0, row, one.rate, *one.interval, one.few))
            told.append(f"{name} {100 * one.rate:.0f} % of {one.votes} ({interval(one)})")
    if rows:
        axis = {"format": "%", "values": [0, 0.25, 0.5, 0.75, 1]}
        x = field("value", "Win rate, with its 95 % interval", scale={"domain": [0, 1]}, axis=axis)
        points(rows, x, ".0%", f"Win rates with their 95 % intervals: {', '.join(told)}")


def table(rankings: list[Ranking]) -> None:
    """All figures, to be sorted by any."""
    rows = [
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
        for name, one in named(rankings)
    ]
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    fewest = f"Shown from {FEWEST_FOR_MEDIAN} live answers on."
    st.dataframe(
        rows,
        hide_index=True,
        placeholder="–",
        alt="The leaderboard as a table: votes, and medians of speed and cost, with their numbers of answers",
        column_config={
            "Contender": text(pinned=True, width="medium"),
            "Win rate": number(format="%.0f %%", help="Wins ÷ votes. A vote is a comparison that had a best one."),
            "Interval": text("95 % interval", help="Wilson's score interval of the win rate."),
            "Votes": number(help="Comparisons with this model that had a best one: n of the win rate."),
            "Remark": text("", help=f"Fewer than {FEW} votes say little.", width="small"),
            "Ties": number(help="Comparisons that ended in a tie. They are no part of the win rate."),
            "All bad": number(help="Comparisons where all were bad. They are no part of the win rate."),
            "First token": number(format="%.2f s", help=f"Median time to the first token, streamed. {fewest}"),
            "Tokens/s": number(format="%.1f", help=f"Median of output tokens per second. {fewest}"),
            "Cost": number(format="$%.6f", help=f"Median cost of an answer in US dollars, where known. {fewest}"),
            **dict.fromkeys(("n ttft", "n speed", "n cost"), number("n", help="Live answers that this median is of.")),
        },
    )
