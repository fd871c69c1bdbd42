"""Series form: the popover in which a user orders a series, and sees what it amounts to before it starts."""

from typing import NamedTuple

import streamlit as st

from replies.prompts import (
    LARGEST_FILE,
    LONGEST_PROMPT,
    MOST_PROMPTS,
    SETS,
    PromptsError,
    listed,
    trimmed,
    typed,
    uploaded,
)
from replies.series import FEWEST_TIMES, MOST_AT_ONCE, MOST_REQUESTS, MOST_TIMES
from ui.markdown import literal
from ui.session import keys
from ui.text import many

USUAL_TIMES = 5
FIRST_SHOWN = 3  # prompts of a file, so that a wrong column is seen before it is asked

ONE, BUILT_IN, LIST, FILE = "One prompt", "Built-in set", "Own list", "CSV file"
SOURCES = [ONE, BUILT_IN, LIST, FILE]
IN_TURN, AT_ONCE = "One after the other", "At once"


class Order(NamedTuple):
    """Each of the prompts, so many times."""

    prompts: tuple[str, ...]
    times: int
    at_once: bool = False

    @property
    def rounds(self) -> int:
        """How often all lanes are asked."""
        return len(self.prompts) * self.times


def form(lane_count: int, prompt_hint: str = "", *, live: int = 0, disabled: bool = False) -> Order | None:
    """Draw the popover; returns the order in the one run in which it was given.

    `live`: how many of the lanes are billed. `prompt_hint`: what was asked last. To be drawn in every run of a page,
    with `disabled` while nothing can be ordered: what is not drawn forgets what was typed.
    """
    with st.popover(
        "Run N times", icon=":material/repeat:", key=keys.SERIES_FORM, on_change="rerun", disabled=disabled
    ):
        times = st.slider("Runs", FEWEST_TIMES, MOST_TIMES, USUAL_TIMES, key="order-times")
        way = st.radio(
            "Order",
            [IN_TURN, AT_ONCE],
            captions=["Each when all lanes are done with the one before.", f"Up to {MOST_AT_ONCE} together."],
            horizontal=True,
            key="order-way",
            help="Many requests at once show how a provider bears load, or its rate limit.",
        )
        source = st.segmented_control(
            "Prompts", [ONE, BUILT_IN, LIST, FILE], default=ONE, required=True, key="order-of"
        )
        try:
            prompts = _prompts(source or ONE, prompt_hint)
        except PromptsError as error:
            st.error(literal(str(error)), title="No prompt is taken", icon=":material/error:")
            prompts = ()
        order = Order(prompts, times, way == AT_ONCE)
        requests = order.rounds * lane_count
        if prompts:
            st.markdown(f"{_product(order, lane_count)} = **{many(requests, 'request')}**")
        if too_many := requests > MOST_REQUESTS:
            st.error(
                f"A series may have up to {MOST_REQUESTS:,} requests. Take fewer runs, prompts or lanes.",
                title="Too many requests",
                icon=":material/error:",
            )
        elif live and prompts:
            st.warning(_billed(order.rounds * live, live, lane_count), icon=":material/payments:")
        started = st.button(
            "Start",
            icon=":material/play_arrow:",
            type="primary",
            disabled=not prompts or too_many or disabled,
            on_click=_close,
            key="order-start",
        )
    return order if started else None


def _close() -> None:
    st.session_state[keys.SERIES_FORM] = False


def _prompts(source: str, hint: str) -> tuple[str, ...]:
    """Those of the source that was chosen; none where nothing is there yet. Raises PromptsError."""
    if source == BUILT_IN:
        name = st.selectbox("Set", list(SETS), key="order-set")
        with st.expander(f"{len(SETS[name])} prompts", type="compact"):
            st.markdown(_shown(SETS[name]))
        return SETS[name]
    if source == LIST:
        text = st.text_area(
            "One prompt a line", key="order-list", height=160, help=f"Up to {MOST_PROMPTS}; blank lines are left out."
        )
        return listed(text) if text.strip() else ()
    if source == FILE:
        file = st.file_uploader(
            "CSV file",
            type=["csv", "tsv", "txt"],
            max_upload_size=LARGEST_FILE // 1_000_000,
            key="order-file",
            help=f"UTF-8 or UTF-16, with a column called “prompt”, or with one column; up to {MOST_PROMPTS} prompts of "
            f"up to {LONGEST_PROMPT:,} characters.",
        )
        if file is None:
            return ()
        found = uploaded(file.getvalue())
        more = f"\n- … and {len(found) - FIRST_SHOWN} more" if len(found) > FIRST_SHOWN else ""
        st.markdown(_shown(found[:FIRST_SHOWN]) + more)
        return found
    # Without a key, so that another hint makes another widget; what was typed stays as long as the hint does.
    text = st.text_area("Prompt", hint, height=100)
    return (trimmed(typed(text)),) if text.strip() else ()


def _shown(prompts: tuple[str, ...]) -> str:
    return "\n".join(f"- {literal(' '.join(prompt.split())[:160])}" for prompt in prompts)


def _product(order: Order, lanes: int) -> str:
    prompts = [many(len(order.prompts), "prompt")] if len(order.prompts) > 1 else []
    return " × ".join([many(order.times, "run"), *prompts, many(lanes, "lane")])


def _billed(requests: int, live: int, lanes: int) -> str:
    which = (
        "All lanes are live" if live == lanes else f"{live} of the {lanes} lanes {'is' if live == 1 else 'are'} live"
    )
    return f"{which}: {many(requests, 'request')} will be billed by the providers."
