"""Series on the page: the form, the run in progress, which a reloaded page finds again, and the results."""

import math
from typing import Final

import streamlit as st

from replies.conversation import Series
from replies.live_items import Registry
from replies.series import Make, Run
from ui.compare.lane_editor import lane_names
from ui.markdown import literal
from ui.series.form import Order, form
from ui.series.results import results
from ui.session import persistence
from ui.text import many

__all__ = ["Order", "cancel_all", "form", "of", "progress", "results", "start"]

LOOK = 0.5  # seconds between two looks at how far it is
_runs: Final[Registry[Run]] = Registry()


def start(series: Series, order: Order, make: Make) -> Run:
    """Ask the lanes of `series` as ordered, also where this page is closed. Another thread calls `make`, so it must not
    touch Streamlit. A series that has run already goes on; one that is running does so as it was."""
    if (running := of(series.id)) is not None and not running.over:
        return running
    enough = order.goal.reached(len(series.rounds), order.expected) if order.goal else None
    run = Run(series, order.prompts, order.times, make, persistence.keep, at_once=order.at_once, enough=enough)
    _runs.forget(series.id)
    _runs.add(run).start()
    persistence.keep(series)  # the page finds it, before there is a first round too
    return run


def of(id: str) -> Run | None:
    """The run of the series with this id; None where this process has none."""
    return _runs.find(id)


def cancel_all() -> None:
    """Cancel every series that this process runs."""
    for run in _runs.in_progress():
        run.cancel()


def progress(run: Run) -> None:
    """Draw how far it is, with a button that cancels; redraws itself, and the page after each round."""
    if run.over:
        _outcome(run)
    else:
        _following(run, run.done)


@st.fragment(run_every=LOOK)
def _following(run: Run, drawn: int) -> None:
    """`drawn`: how many rounds were over when the page was."""
    if run.over or run.done != drawn:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(run.done / run.total, text=how_far(run))
        st.button(
            "Cancel",
            icon=":material/stop_circle:",
            on_click=run.cancel,
            disabled=run.cancelling,
            help="Stops the answers in progress and asks nothing more. What was answered stays.",
            key=f"cancel-{run.id}",
        )


def how_far(run: Run) -> str:
    """In a line: the run that it is at, how many answers failed, and the time left."""
    if run.cancelling:
        return "Cancelling…"
    if run.at_once or run.open_ended:
        place = f"{_done(run)} done, {run.begun - run.done} in progress"
    elif len(run.prompts) == 1:
        place = f"Run {max(run.begun, 1)} of {run.total}"
    else:
        lap, prompt = divmod(max(run.begun, 1) - 1, len(run.prompts))
        place = f"Run {lap + 1} of {run.times}, prompt {prompt + 1} of {len(run.prompts)}"
    failed = [f"{many(run.failed, 'answer')} failed"] if run.failed else []
    left = "time left is known after the first"
    if (seconds := run.left) is not None:
        some = f"{max(1, math.ceil(seconds))} s" if seconds < 100 else f"{math.ceil(seconds / 60)} min"
        left = f"{'at most ' if run.open_ended else ''}about {some} left"
    return " · ".join([place, *failed, left])


def _outcome(run: Run) -> None:
    failed = f" {many(run.failed, 'answer')} failed." if run.failed else ""
    answered = {lane for round in run.series.rounds for lane, reply in round.attempts if reply.state == "done"}
    for name in (literal(name) for lane, name in lane_names(run.series).items() if lane not in answered):
        failed += f" {name} never answered, so it is compared in nothing."
    if run.error is not None:
        told = f"{literal(run.error)} {_done(run)} are done.{failed}"
        st.error(told, title="The series broke off", icon=":material/error:")
    elif run.reached:
        done = f"{_done(run)} are done." if run.begun else "Nothing more was asked."
        st.info(f"{literal(run.reached)} {done}{failed}", icon=":material/flag:")
    elif run.state == "cancelled":
        st.info(f"Cancelled: {_done(run)} are done.{failed}", icon=":material/stop_circle:")
    elif failed:
        st.warning(f"All {_rounds(run)} are done.{failed}", icon=":material/warning:")


def _done(run: Run) -> str:
    return f"{run.done} of {_rounds(run)}"


def _rounds(run: Run) -> str:
    """With several prompts, a run is one time through all of them."""
    return f"{'at most ' * run.open_ended}{run.total} {'runs' if len(run.prompts) == 1 else 'questions'}"
