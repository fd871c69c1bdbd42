"""Series form: the popover in which a user orders a series, and sees what it amounts to before it starts."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import streamlit as st

from replies.metrics.differences import COMPARED
from replies.metrics.goal import Goal
from replies.metrics.table import COUNT, DOLLARS, METRIC, RATE, SECONDS
from replies.pricing.costs import dollars
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

USUAL_TIMES = 10
FIRST_SHOWN = 3  # prompts of a file, so that a wrong column is seen before it is asked

ONE, BUILT_IN, LIST, FILE = "One prompt", "Built-in set", "Own list", "CSV file"
SOURCES = [ONE, BUILT_IN, LIST, FILE]
USUAL_SIZES = {SECONDS.name: 0.1, RATE.name: 5.0, COUNT.name: 20.0, DOLLARS.name: 0.001}  # of a difference

Prices: TypeAlias = Callable[[str], Mapping[int, float | None]]
"""What an answer of each lane to this prompt may cost at most, in US dollars; None where its price is unknown."""

IN_TURN, AT_ONCE = "One after the other", "At once"


class Order(NamedTuple):
    """Each of the prompts, so many times; fewer, where the goal is reached before. `expected`: dollars of an answer of
    each lane."""

    prompts: tuple[str, ...]
    times: int
    at_once: bool = False
    goal: Goal | None = None
    expected: Mapping[int, float | None] = {}

    @property
    def rounds(self) -> int:
        """How often all lanes are asked."""
        return len(self.prompts) * self.times


def form(
    lane_count: int,
    prompt_hint: str = "",
    *,
    live: int = 0,
    prices: Prices | None = None,
    again: tuple[str, ...] = (),
    disabled: bool = False,
    why: str | None = None,
) -> Order | None:
    """Draw the popover; returns the order in the one run in which it was given.

    `live`: how many of the lanes are billed. `prompt_hint`: what was asked last. `again`: the prompts of a series that
    is continued. To be drawn in every run of a page, with `disabled` while nothing can be ordered (`why`, where that
    lasts): what is not drawn forgets what was typed.
    """
    label, icon = ("Continue", ":material/add:") if again else ("Run N times", ":material/repeat:")
    with st.popover(label, icon=icon, key=keys.SERIES_FORM, on_change="rerun", disabled=disabled, help=why):
        prompts = again
        if not again:
            source = st.segmented_control("Prompts", SOURCES, default=ONE, required=True, key="order-of")
            try:
                prompts = _prompts(source or ONE, prompt_hint)
            except PromptsError as error:
                st.error(literal(str(error)), title="No prompt is taken", icon=":material/error:")
        times = st.slider("More runs" if again else "Runs", FEWEST_TIMES, MOST_TIMES, USUAL_TIMES, key="order-times")
        goal = _goal(live)
        captions = ["Each when all lanes are done with the one before.", f"Up to {MOST_AT_ONCE} together."]
        load = "Many requests at once show how a provider bears load, or its rate limit."
        way = st.radio("Order", [IN_TURN, AT_ONCE], captions=captions, horizontal=True, key="order-way", help=load)
        expected = prices(max(prompts, key=len)) if prices is not None and prompts else {}
        order = Order(prompts, times, way == AT_ONCE, goal, expected)
        requests = order.rounds * lane_count
        if prompts:
            several = [many(len(prompts), "prompt")] if len(prompts) > 1 else []
            product = " × ".join([many(times, "run"), *several, many(lane_count, "lane")])
            st.markdown(f"{product} = {'at most ' * (goal is not None)}**{many(requests, 'request')}**")
        if too_many := requests > MOST_REQUESTS:
            fewer = f"A series may have up to {MOST_REQUESTS:,} requests. Take fewer runs, prompts or lanes."
            st.error(fewer, title="Too many requests", icon=":material/error:")
        elif live and prompts:
            st.warning(_billed(order, live, lane_count), icon=":material/payments:")
        started = st.button(
            "Start",
            icon=":material/play_arrow:",
            type="primary",
            disabled=not prompts or too_many or disabled,
            on_click=st.session_state.update,
            args=({keys.SERIES_FORM: False},),
            key="order-start",
        )
    return order if started else None


def _goal(live: int) -> Goal | None:
    """Draw what ends the series before its last run."""
    ends = (
        "The runs are then the most that are asked. It ends once there are enough for a difference of this size, "
        "whether there is one or not."
    )
    if not st.toggle("Stop as soon as a difference would show", key="order-until", help=ends):
        return None
    columns = st.columns(2 + bool(live))
    labels = {metric.key: metric.label for metric in COMPARED}
    figure = columns[0].selectbox("Figure", list(labels), format_func=labels.__getitem__, key="order-figure")
    unit = METRIC[figure].unit
    usual = USUAL_SIZES[unit.name]
    size = columns[1].number_input(
        f"Difference ({unit.name or 'tokens'})",
        min_value=usual / 100,
        value=usual,
        step=usual / 2,
        format="%.4f" if unit is DOLLARS else "%.2f",
        key=f"order-size-{unit.name}",
    )
    most = None
    if live:
        most = columns[2].number_input(
            "At most (US dollars)", min_value=0.0, value=None, step=0.1, placeholder="no limit", key="order-most"
        )
    return Goal(figure, size, most)


def _prompts(source: str, hint: str) -> tuple[str, ...]:
    """Those of the source that was chosen; none where nothing is there yet. Raises PromptsError."""
    if source == BUILT_IN:
        name = st.selectbox("Set", list(SETS), key="order-set")
        with st.expander(f"{len(SETS[name])} prompts", type="compact"):
            st.markdown(_shown(SETS[name]))
        return SETS[name]
    if source == LIST:
        limit = f"Up to {MOST_PROMPTS}; blank lines are left out."
        text = st.text_area("One prompt a line", key="order-list", height=160, help=limit)
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


def _billed(order: Order, live: int, lanes: int) -> str:
    some = f"{live} of the {lanes} lanes {'is' if live == 1 else 'are'} live"
    up_to = "up to " * (order.goal is not None)
    which = "All lanes are live" if live == lanes else some
    said = f"{which}: {up_to}{many(order.rounds * live, 'request')} will be billed by the providers."
    if None in order.expected.values():
        unlimited = " A limit of dollars can't count it." if order.goal and order.goal.most is not None else ""
        return f"{said} The price of at least one lane is not known.{unlimited}"
    if order.expected:
        said += f" They cost \\{dollars(order.rounds * sum(filter(None, order.expected.values())))} at most."
    return said
