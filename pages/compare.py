"""One prompt, two to six lanes at once, on one clock."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from replies.conversation import Comparison, Round, Series
from replies.gate import Gate
from replies.lockstep import shuffled
from replies.prefix import begins_uniquely, unique
from replies.reply import Reply
from ui import (
    analysis,
    asking,
    board,
    exporting,
    judging,
    keeping,
    noting,
    presets,
    process,
    prompting,
    replaying,
    running,
    speaking,
    standing,
    visitor,
)
from ui.choice import Choice
from ui.lanes import MOST, Lane, Lanes, as_set, checked, edit, names

st.set_page_config(layout="wide")
endpoints = process.endpoints_or_stop()
keeping.open_or_stop()

address = st.query_params.get("c") or st.session_state.get("comparison", "")  # the latter on the way back from a page
comparison = keeping.comparison(address)
if address and comparison is None:
    st.warning(keeping.GONE, title="Not found", icon=":material/search_off:")
    st.session_state.pop("comparison", None)
keeping.trouble()
prompting.refused()

recordings = keeping.recordings()
if "lanes" not in st.session_state:
    shared = [Lane.parse(lane, endpoints, recordings) for lane in st.query_params.get_all("lane")]
    vendors = [Lane(Choice.default(settings)) for settings in list(endpoints.values())[:3]]
    st.session_state["lanes"] = dict(enumerate([lane for lane in shared if lane][:MOST] or vendors))
lanes: Lanes = checked(st.session_state["lanes"], endpoints, recordings)
st.session_state["lanes"] = lanes
st.query_params["lane"] = [lane.address for lane in lanes.values()]


def show(comparison: Comparison) -> None:
    """Make it what this address, and this session, leads to."""
    st.query_params["c"] = st.session_state["comparison"] = comparison.id


def leave() -> None:
    st.query_params.pop("c", None)
    st.session_state.pop("comparison", None)
    st.session_state.pop("wide", None)


def questions(comparison: Comparison, asked: dict[int, Lane]) -> Callable[[str], dict[int, Reply]]:
    """What makes of a prompt what each lane is asked, not started yet; all leave together."""
    askers = {number: lane.asker(endpoints, recordings) for number, lane in asked.items()}
    parties = asking.parties()
    worded = unique if st.session_state.get("prefixed") else str

    def make(prompt: str) -> dict[int, Reply]:
        gate, party = Gate(len(askers)), parties()
        made = {
            number: asker(comparison.messages(worded(prompt), number), gate, party) for number, asker in askers.items()
        }
        if isinstance(comparison, Series):
            party.arrive()  # a series breaks off where it is refused, rather than fail in every round that is left
        return made

    return make


def ask(comparison: Comparison, prompt: str, asked: dict[int, Lane], mine: Callable[[], bool] = lambda: True) -> None:
    """One more round, unless it is not `mine` to ask at the last moment; it is kept before its first word comes."""
    made = questions(comparison, asked)(prompt)
    replaying.close(comparison.id)  # it would be shown instead; one that is paused, forever
    if not mine():
        return
    comparison.rounds.append(Round(prompt, {number: [reply] for number, reply in made.items()}))
    keeping.keep(comparison)
    if comparison.blind:
        judging.lockstep(comparison.rounds[-1])  # its clock runs from now on
    for reply in made.values():
        reply.start(unseen=True)
    show(comparison)


def begin(prompt: str, asked: list[Lane], blind: bool, mine: Callable[[], bool] = lambda: True) -> None:
    lanes = dict(enumerate(shuffled(asked) if blind else asked))
    ask(Comparison(owner=visitor.owner(), blind=blind), prompt, lanes, mine)


def again() -> None:
    begin(comparison.prompt, list(askable.values()), comparison.blind)


def retry(number: int) -> None:
    """Ask one lane of the last round again."""
    attempts = comparison.rounds[-1].lanes[number]
    if lane := Lane.of(attempts[-1], endpoints):
        reply = lane.asker(endpoints, recordings)(attempts[-1].asked.request.messages, None, asking.parties()())
        replaying.close(comparison.id)
        attempts.append(reply)
        keeping.keep(comparison)
        reply.start(unseen=True)
    else:
        st.toast("Its provider is gone from the configuration.", icon=":material/error:")


def run_many(prompt: str, asked: list[Lane]) -> None:
    """Offer to ask the same lanes many times."""
    live = sum(lane.choice.live for lane in asked)
    if order := running.form(len(asked), prompt, live=live, disabled=not over):
        series = Series(owner=visitor.owner())
        running.start(series, order, questions(series, dict(enumerate(asked))))
        show(series)
        st.rerun()


over = True
settle = partial(noting.settle, "compare")
setup = st.empty()  # drawn in every run, so that it is gone as soon as the first question is asked
if comparison is None:
    blind, prefix = st.session_state.get("blinded", False), st.session_state.get("prefixed", False)
    if prompt := noting.waiting("compare"):  # it need not wait until all this has been drawn once more
        st.session_state["lanes"] = lanes = as_set(lanes, endpoints, recordings)
        st.session_state["blinded"] = standing.toggle("Blind", blind, key="blind")
        st.session_state["prefixed"] = standing.toggle("Unique prefix", prefix, key="prefix")
        begin(prompt, list(lanes.values()), st.session_state["blinded"], settle)
        st.rerun()
    with setup.container():
        st.title("One prompt, side by side", anchor=False)
        st.markdown("All lanes get the same question at the same moment, and answer on one clock.")
        edit(lanes, endpoints, recordings)
        if not all(lane.choice.live or lane.replayed for lane in lanes.values()):
            st.caption(process.SIMULATED_LANES)
        with st.container(horizontal=True, vertical_alignment="center"):
            presets.offer(lanes, endpoints, recordings)
            run_many("", list(lanes.values()))
            with st.popover("Display", icon=":material/motion_mode:"):
                speaking.pace("compare")
            # Kept beside the widgets, which forget where they are not drawn: the next question is to be asked alike.
            st.session_state["blinded"] = st.toggle(
                "Blind",
                blind,
                key="blind",
                help="Names, figures and speed stay hidden until you have voted.",
            )
            st.session_state["prefixed"] = st.toggle(
                "Unique prefix",
                prefix,
                key="prefix",
                help="Each prompt begins with a line of its own, so that no provider's prompt cache makes it faster.",
            )
        st.chat_input("Ask all lanes", key="prompt", on_submit=prompting.submit, args=("compare", "prompt"))
        st.pills(
            "Suggestions",
            process.prompts(),
            label_visibility="collapsed",
            key="suggestion",
            on_change=prompting.submit,
            args=("compare", "suggestion"),
        )
    st.stop()

setup.empty()
show(comparison)
run = running.of(comparison.id)
over = comparison.over and (run is None or run.over) and not judging.playing(comparison)
judged = not comparison.hidden
real = names(comparison)
called = judging.names(comparison, real)
newest = {number: attempts[-1] for round in comparison.rounds for number, attempts in round.lanes.items()}
askable = {number: lane for number, reply in sorted(newest.items()) if (lane := Lane.of(reply, endpoints))}
follow = {
    number: lane for number, lane in askable.items() if st.session_state.get(board.follow_key(comparison, number), True)
}
if prompt := noting.waiting("compare"):
    if over and judged and follow:
        ask(comparison, prompt, follow, settle)
        st.rerun()
    settle()
    st.toast("It was not asked: no lane is free for it.", icon=":material/error:")
with st.container(horizontal=True, vertical_alignment="center"):
    st.button("New comparison", icon=":material/add:", on_click=leave)
    if comparison.over and not over and run is None:
        st.button(
            "Show all at once", icon=":material/fast_forward:", on_click=judging.skip, args=(comparison,), key="skip"
        )
    elif not over and run is None:
        st.button(
            "Stop all",
            icon=":material/stop_circle:",
            on_click=keeping.stop,
            args=[reply for reply in comparison.replies if not reply.over],
            key="stop-all",
        )
    elif over and judged:
        if len(askable) > 1 and not isinstance(comparison, Series):
            st.button("Ask again", icon=":material/refresh:", type="tertiary", on_click=again)
        if not isinstance(comparison, Series):
            replaying.offer(comparison)
        exporting.take_along(comparison)
    if judged and len(askable) > 1:
        run_many(comparison.prompt, list(askable.values()))

if comparison.hidden:
    judging.origin(comparison)
if isinstance(comparison, Series):
    if run is not None:
        running.progress(run)
    running.results(comparison, called)
else:
    for number in range(len(comparison.rounds) - 1):
        board.earlier(comparison, number, called)
    with st.chat_message("user", avatar=":material/person:"):
        st.text(comparison.rounds[-1].prompt)
        if any(begins_uniquely(reply.asked.request.messages[-1].content) for reply in comparison.rounds[-1].replies):
            st.caption("Asked after a line of its own, so that no prompt cache makes it faster.")
    replaying.controls(comparison)
    showing = replaying.playing(comparison.id)
    board.Board(comparison, called, showing, retry, askable if judged else ()).draw()
    with st.empty().container():  # in every run, so that nothing of an earlier round stands below one under way
        if over:
            judging.vote(comparison, real)
        if over and judged:
            st.chat_input(
                f"Follow up with {len(follow)} of {len(comparison.lanes)} lanes",
                key="prompt",
                on_submit=prompting.submit,
                args=("compare", "prompt"),
                disabled=not follow,
            )
            analysis.draw(comparison.rounds[-1], called)

if not over and run is None:
    running.wait(comparison)  # a series of another process has nothing else on the page that follows it
    st.rerun()
