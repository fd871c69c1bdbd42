"""What there is to see once all lanes are over: the figures side by side, the gaps, speed and cost, the words."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from replies.conversation import Round
from ui import charts, differing
from ui.figures_table import table


def draw(round: Round, names: Mapping[int, str]) -> None:
    replies = round.replies
    called = [names[lane] for lane in sorted(round.lanes)]
    figures, gaps, scatter, words = st.tabs(["Figures", "Chunk gaps", "Speed and cost", "Words"])
    with figures:
        table(replies, called)
        if (skew := [reply.skew for reply in replies if reply.skew is not None]) and len(skew) > 1:
            st.caption(f"All lanes were asked within {1000 * (max(skew) - min(skew)):.1f} ms of each other.")
    with gaps:
        charts.gaps(replies, called)
    with scatter:
        charts.scatter(replies, called)
    with words:
        differing.draw(replies, called)
