"""Results of a comparison that is over: the figures side by side, the gaps, speed and cost, the words."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from replies.conversation import Comparison
from ui import charts
from ui.compare import word_diff
from ui.compare.metrics_table import table


def draw(comparison: Comparison, names: Mapping[int, str]) -> None:
    """Draw those of the last round. `names`: the name of each lane, by its number."""
    round = comparison.rounds[-1]
    replies = round.replies
    called = [names[lane] for lane in sorted(round.lanes)]
    places = [comparison.lanes.index(lane) for lane in sorted(round.lanes)]
    figures, gaps, scatter, words = st.tabs(["Figures", "Chunk gaps", "Speed and cost", "Words"])
    with figures:
        table(replies, [f"{place + 1} · {name}" for place, name in zip(places, called, strict=True)])
        if (skew := [reply.skew for reply in replies if reply.skew is not None]) and len(skew) > 1:
            st.caption(f"All lanes were asked within {1000 * (max(skew) - min(skew)):.1f} ms of each other.")
    with gaps:
        charts.gaps(replies, called, places=places)
    with scatter:
        charts.scatter(replies, called, places=places)
    with words:
        word_diff.draw(replies, called)
