"""One prompt, two to six lanes at once, on one clock."""

import streamlit as st

from replies.conversation import Comparison, Round, Series
from replies.lockstep import shuffled
from replies.nonce import has_nonce, with_nonce
from replies.start_barrier import StartBarrier
from ui.answer import playback
from ui.answer.view import announce, pace
from ui.compare import analysis, lane_presets, voting
from ui.compare.lane_editor import MOST, Lane, Lanes, as_set, checked, edit, names, put
from ui.compare.lane_grid import LaneGrid, earlier, follow_key
from ui.controls import export_menu
from ui.controls.provider_picker import Choice
from ui.series import runs
from ui.session import address, admission, auth, persistence, prompt_input, resources

PAGE = "compare"

st.set_page_config(layout="wide")
endpoints = resources.endpoints_or_stop()
persistence.open_or_stop()
recordings = persistence.recordings()


def new_comparison() -> None:
    st.session_state["comparison"] = ""
    st.session_state.pop("wide", None)


def questions(comparison: Comparison, asked: dict[int, Lane]):
    """What makes of a prompt what each lane is asked, not started yet; all leave together."""
    askers = {number: lane.asker(endpoints, recordings) for number, lane in asked.items()}
    batches = admission.batches()
    worded = with_nonce if st.session_state.get("prefixed") else str

    def make(prompt: str):
        barrier, batch = StartBarrier(len(askers)), batches()
        made = {
            number: asker(comparison.messages(worded(prompt), number), barrier, batch)
            for number, asker in askers.items()
        }
        if isinstance(comparison, Series):
            batch.arrive()  # a series breaks off where it is refused, rather than fail in every round that is left
        return made

    return make


def ask(comparison: Comparison, prompt: str, asked: dict[int, Lane]) -> None:
    """One more round, kept before its first word comes. From the round on, nothing lets Streamlit end the run."""
    make = questions(comparison, asked)
    playback.close(comparison.id)  # it would be shown instead; one that is paused, forever
    st.session_state["comparison"] = comparison.id
    made = make(prompt)
    announce(*made.values())
    comparison.rounds.append(Round(prompt, {number: [reply] for number, reply in made.items()}))
    persistence.keep(comparison)
    if comparison.blind:
        voting.lockstep(comparison.rounds[-1])  # its clock runs from now on
    for reply in made.values():
        reply.start(unseen=True)


def begin(prompt: str, asked: list[Lane], *, blind: bool) -> None:
    ask(Comparison(owner=auth.owner(), blind=blind), prompt, dict(enumerate(shuffled(asked) if blind else asked)))


def submit(key: str, shown: str) -> None:
    """The callback of a widget that a question is typed into, or chosen from. `shown`: the id of the comparison that
    was there then; another one by now means that this is the second of two clicks."""
    if st.session_state["comparison"] != shown:
        return
    if not (prompt := prompt_input.validated(st.session_state.get(key) or "", forgets=key)):
        return
    if comparison is None:
        st.session_state["lanes"] = asked = as_set(lanes, endpoints, recordings)
        begin(prompt, list(asked.values()), blind=st.session_state.get("blind", False))
    elif comparison.over and not comparison.hidden and (asked := followed()):
        ask(comparison, prompt, asked)
    else:
        st.toast("It was not asked: no lane is free for it.", icon=":material/error:")


def followed() -> dict[int, Lane]:
    """The lanes that a follow-up goes to."""
    state = st.session_state
    return {number: lane for number, lane in askable.items() if state.get(follow_key(comparison, number), True)}


def again(shown: str) -> None:
    if st.session_state["comparison"] == shown:
        begin(comparison.prompt, list(askable.values()), blind=comparison.blind)


def retry(number: int, answered: str) -> None:
    """Ask one lane of the last round again, unless there was an attempt after the answer with the id `answered`."""
    attempts = comparison.rounds[-1].lanes[number]
    if attempts[-1].id != answered:
        return
    if lane := Lane.of(attempts[-1], endpoints):
        reply = lane.asker(endpoints, recordings)(attempts[-1].asked.request.messages, None, admission.batches()())
        playback.close(comparison.id)
        attempts.append(reply)
        persistence.keep(comparison)
        reply.start(unseen=True)
        announce(reply)
    else:
        st.toast("Its provider is gone from the configuration.", icon=":material/error:")


def run_many(prompt: str, asked: list[Lane], *, disabled: bool = False) -> None:
    """Offer to ask the same lanes many times."""
    live = sum(lane.choice.live for lane in asked)
    if order := runs.form(len(asked), prompt, live=live, disabled=disabled):
        series = Series(owner=auth.owner())
        runs.start(series, order, questions(series, dict(enumerate(asked))))
        st.session_state["comparison"] = series.id
        st.rerun()


def set_up(lanes: Lanes) -> None:
    """The lanes before the first question: who they are, and how they are asked."""
    st.title("One prompt, side by side", anchor=False)
    st.markdown("All lanes get the same question at the same moment, and answer on one clock.")
    edit(lanes, endpoints, recordings)
    if not all(lane.choice.live or lane.replayed for lane in lanes.values()):
        st.caption(resources.SIMULATED_LANES)
    with st.container(horizontal=True, vertical_alignment="center"):
        lane_presets.preset_menu(lanes, endpoints, recordings)
        run_many("", list(lanes.values()))
        with st.popover("Display", icon=":material/motion_mode:"):
            pace(PAGE)
        st.toggle(
            "Blind",
            key="blind",
            persist_state="session",
            help="Names, figures and speed stay hidden until you have voted.",
        )
        st.toggle(
            "Unique prefix",
            key="prefixed",
            persist_state="session",
            help="Each prompt begins with a line of its own, so that no provider's prompt cache makes it faster.",
        )
    st.pills(
        "Suggestions",
        resources.prompts(),
        label_visibility="collapsed",
        required=True,  # the second of two clicks would take the first back
        key="suggestion",
        on_change=submit,
        args=("suggestion", ""),
    )


def bar():
    """What stays in view at the window's end. `st.bottom` would have the page scroll to its end with each update."""
    light, dark = (st.get_option(f"theme.{name}.backgroundColor") for name in ("light", "dark"))
    st.html(
        "<style>[data-testid=stLayoutWrapper]:has(> .st-key-bar) { position: sticky; bottom: 0; z-index: 9;"
        f"padding: 0.5rem 0 1rem; background: light-dark({light}, {dark}); }}</style>"
    )
    return st.container(key="bar", gap="xsmall")


# What is shown: by the address where a link, a reload or Back led here, else as before.
vendors = [Lane(Choice.default(settings)) for settings in list(endpoints.values())[:3]]
kept: Lanes = st.session_state.setdefault("lanes", dict(enumerate(vendors)))
if address.navigated(PAGE):
    st.session_state["comparison"] = st.query_params.get("c", "")
    named = [Lane.parse(lane, endpoints, recordings) for lane in st.query_params.get_all("lane")]
    wanted = [lane for lane in named if lane][:MOST] or vendors
    if wanted != list(kept.values()):
        if "lane_numbers" in st.session_state:
            put(kept, wanted)
        else:
            kept = dict(enumerate(wanted))
wanted_id = st.session_state.setdefault("comparison", "")
comparison = persistence.comparison(wanted_id)
if wanted_id and comparison is None:
    st.warning(persistence.GONE, title="Not found", icon=":material/search_off:")
    st.session_state["comparison"] = ""
lanes: Lanes = checked(kept, endpoints, recordings)
st.session_state["lanes"] = lanes
st.session_state.setdefault("lane_numbers", max(lanes))
shown_id = comparison.id if comparison else ""
persistence.storage_warning()
prompt_input.show_rejection()

setup = st.empty()  # drawn in every run, so that it is gone as soon as the first question is asked
if comparison is None:
    with setup.container():
        set_up(lanes)
    with bar():
        st.chat_input("Ask all lanes", key="prompt", on_submit=submit, args=("prompt", ""))
    are_default = list(lanes.values()) == vendors
    address.write(PAGE, {"lane": [] if are_default else [lane.address for lane in lanes.values()]})
    st.stop()

address.write(PAGE, {"c": shown_id, "lane": [lane.address for lane in lanes.values()]})
run = runs.of(comparison.id)
over = comparison.over and (run is None or run.over) and not voting.playing(comparison)
judged = not comparison.hidden
is_series = isinstance(comparison, Series)
real = names(comparison)
called = voting.names(comparison, real)
newest = {number: attempts[-1] for round in comparison.rounds for number, attempts in round.lanes.items()}
askable = {number: lane for number, reply in sorted(newest.items()) if (lane := Lane.of(reply, endpoints))}
playing = playback.current(comparison.id)


def controls() -> None:
    """One line of what can be done with the whole."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("New comparison", icon=":material/add:", on_click=new_comparison)
        if not is_series and comparison.over and not over:
            st.button(
                "Show all at once",
                icon=":material/fast_forward:",
                on_click=voting.skip,
                args=(comparison,),
                key="skip",
            )
        elif not over and run is None:
            st.button(
                "Stop all",
                icon=":material/stop_circle:",
                on_click=persistence.stop,
                args=[reply for reply in comparison.replies if not reply.over],
                key="stop-all",
            )
        elif over and judged:
            if len(askable) > 1 and not is_series:
                st.button("Ask again", icon=":material/refresh:", type="tertiary", on_click=again, args=(shown_id,))
            if not is_series:
                playback.replay_button(comparison)
            export_menu.take_along(comparison)
        if judged and len(askable) > 1:
            run_many(comparison.prompt, list(askable.values()), disabled=not over)
        if judged and comparison.replies and all(reply.asked.simulated for reply in comparison.replies):
            st.badge("Simulator, no model behind it", icon=":material/science:", color="orange")


if playing is None:
    controls()
else:
    playback.controls(comparison)
if comparison.hidden:
    voting.origin(comparison)
if is_series:
    if run is not None:
        runs.progress(run)
    runs.results(comparison, called)
else:
    last = comparison.rounds[-1]
    with st.container(height=84 if len(last.prompt) > 300 else "content", border=False, key="question"):
        st.text(last.prompt)
    if any(has_nonce(reply.asked.request.messages[-1].content) for reply in last.replies):
        st.caption("Asked after a line of its own, so that no prompt cache makes it faster.")
    LaneGrid(comparison, called, playing, retry, askable if judged else ()).draw()
    after = st.empty()  # drawn in every run, so that nothing of an earlier round stands below one in progress
    if over:
        with after.container():
            if judged:
                analysis.draw(comparison, called)
            earlier(comparison, called)
        with bar():
            voting.vote(comparison, real)
            if judged:
                count = len(followed())
                st.chat_input(
                    f"Follow up with {count} of {len(comparison.lanes)} lanes",
                    key="prompt",
                    on_submit=submit,
                    args=("prompt", shown_id),
                    disabled=not count,
                )
if not over and run is None:
    runs.wait(comparison)  # a series of another process has nothing else on the page that follows it
    st.rerun()
