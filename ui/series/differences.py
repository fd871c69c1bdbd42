"""Whether the lanes of a series differ, in sentences: what the data carry first, and then what they don't."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from replies.conversation import Series
from replies.metrics.differences import FAILURES, Difference, Lanes, differences, failures, sentence
from replies.metrics.help import FEWEST_FOR_DIFFERENCE
from ui.markdown import literal
from ui.text import many


def draw(series: Series, lanes: Lanes, names: Mapping[int, str]) -> tuple[int, list[Difference]]:
    """Draw the sentences, and what they are against. Returns the lane that they are against, and the differences."""
    st.subheader("Do the lanes differ?", anchor=False)
    base: int = st.selectbox(
        "Compared with", list(lanes), format_func=names.__getitem__, key=f"base-{series.id}", width=400
    )
    found = differences(lanes, base)
    names = _short(names)
    mark = "Simulated: " if lanes[base].kind == "simulated" else ""
    told = {differs: [mark + sentence(one, lanes, names, base) for one in found if one.differs == differs]
            for differs in (True, False)}  # fmt: skip
    if told[True]:
        st.markdown(_bullets(told[True]))
    elif found:
        st.markdown("No difference between these lanes can be shown.")
    if told[False]:
        label = f"{many(len(told[False]), 'difference')} that can’t be shown"
        with st.expander(label, icon=":material/balance:", expanded=not told[True]):
            st.markdown(_bullets(told[False]))
    if not any(one.metric is FAILURES for one in found):
        st.markdown(_bullets([f"{failures(its, names[lane])}." for lane, its in lanes.items() if its.ended]))
    st.caption(" ".join(_notes(lanes, names, base, found)))
    return base, found


def _notes(lanes: Lanes, names: Mapping[int, str], base: int, found: list[Difference]) -> list[str]:
    said = []
    if apart := [literal(names[lane]) for lane, its in lanes.items() if its.kind != lanes[base].kind]:
        said.append(
            f"Not compared: {', '.join(apart)}. Live, simulated and recorded answers are not held against each other."
        )
    if lanes[base].kind == "simulated":
        said.append("All that is compared is simulated: it says nothing about a provider.")
    if not found:
        said.append(f"Differences are told from {FEWEST_FOR_DIFFERENCE} rounds on.")
    else:
        said.append(
            "Differences are of medians, with 95 % intervals. Chance alone makes one of twenty equal pairs look "
            f"different, so what counts as a difference is corrected for all {len(found)} that are told here (Holm)."
        )
    return said


def _short(names: Mapping[int, str]) -> Mapping[int, str]:
    """The providers alone, where that tells the lanes apart."""
    labels = {lane: name.partition(" · ")[0] for lane, name in names.items()}
    return labels if len(set(labels.values())) == len(labels) else names


def _bullets(sentences: list[str]) -> str:
    return "\n".join(f"- {literal(one)}" for one in sentences)
