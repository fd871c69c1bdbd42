"""Whether the lanes of a series differ, in sentences: what the data carry first, and then what they don't."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from replies.conversation import Series
from replies.metrics.differences import NONE_SHOWN, Difference, Lanes, findings
from ui.markdown import literal
from ui.text import many


def draw(series: Series, lanes: Lanes, names: Mapping[int, str]) -> tuple[int, list[Difference]]:
    """Draw the sentences, and what they are against. Returns the lane that they are against, and the differences."""
    st.subheader("Do the lanes differ?", anchor=False)
    base: int = st.selectbox(
        "Compared with", list(lanes), format_func=names.__getitem__, key=f"base-{series.id}", width=400
    )
    told = findings(lanes, base, _short(names))
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


def _short(names: Mapping[int, str]) -> Mapping[int, str]:
    """The providers alone, where that tells the lanes apart."""
    labels = {lane: name.partition(" · ")[0] for lane, name in names.items()}
    return labels if len(set(labels.values())) == len(labels) else names


def _bullets(sentences: list[str]) -> str:
    return "\n".join(f"- {literal(one)}" for one in sentences)
