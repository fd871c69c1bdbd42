"""Compare: one prompt, two to six lanes at once, on one clock."""

import time

import streamlit as st

from replies.conversation import Comparison, Round, Series
from replies.lockstep import shuffled
from replies.prompts import has_nonce, with_nonce
from replies.start_barrier import StartBarrier
from ui import present
from ui.answer import playback
from ui.answer.view import announce, pace, pulse
from ui.compare import lane_editor, lane_presets, results, voting
from ui.compare.lane_editor import Lane, Lanes
from ui.compare.lane_grid import LaneGrid, earlier
from ui.controls.buttons import action
from ui.controls.export_menu import export_menu
from ui.controls.parameters import UNIQUE
from ui.controls.provider_picker import Choice
from ui.series import runs
from ui.session import address, admission, auth, keys, persistence, prompt_input, resources
from ui.show.scenes import add_to_show

PAGE = "compare"

st.set_page_config(layout="wide")
endpoints = resources.endpoints_or_stop()
persistence.open_or_stop()
recordings = persistence.recordings(auth.owner())


def questions(comparison: Comparison, asked: dict[int, Lane]):
    """A factory that makes of a prompt a reply for each lane, not started yet; all are asked together."""
    askers = {number: lane.asker(endpoints, recordings) for number, lane in asked.items()}
    batches = admission.batches()
    # A series goes on as it was asked, and its lanes know how that was.
    prefixed = st.session_state.get(keys.UNIQUE_PREFIX) and not comparison.rounds
    worded = with_nonce if prefixed else str

    def make(prompt: str):
        barrier, batch = StartBarrier(len(askers)), batches()
        made = {lane: ask(comparison.messages(worded(prompt), lane), barrier, batch) for lane, ask in askers.items()}
        if isinstance(comparison, Series):
            batch.arrive()  # a series breaks off where it is refused, rather than fail in every round that is left
        return made

    return make


def ask(comparison: Comparison, prompt: str, asked: dict[int, Lane]) -> None:
    """One more round, kept before its first word comes. From the round on, nothing lets Streamlit end the run."""
    make = questions(comparison, asked)
    playback.close(comparison.id)  # it would be shown instead; one that is paused, forever
    st.session_state[keys.COMPARISON] = comparison.id
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
    was there then. Where there is another one by now, this is the second of two clicks; or words that were typed while
    the page was about to show it, which are given back."""
    if st.session_state[keys.COMPARISON] != shown:
        newer = persistence.comparison(st.session_state[keys.COMPARISON])
        typed = st.session_state.get(key) if key == "prompt" else None
        if typed and newer and typed.strip() != newer.prompt.strip():
            prompt_input.give_back(typed, key, "It was meant for the comparison before. Send it again for this one.")
        return
    if not (prompt := prompt_input.validated(st.session_state.get(key) or "", forgets=key)):
        return
    if comparison is None:
        st.session_state[keys.LANES] = asked = lane_editor.current_lanes(lanes, endpoints, recordings)
        begin(prompt, list(asked.values()), blind=st.session_state.get(keys.BLIND, False))
    elif comparison.over and not comparison.hidden and (asked := follow_up_lanes()):
        ask(comparison, prompt, asked)
    else:
        st.toast("It was not asked: no lane is free for it.", icon=":material/error:")


def follow_up_lanes() -> dict[int, Lane]:
    """The lanes that a follow-up goes to."""
    state = st.session_state
    return {number: lane for number, lane in askable.items() if state.get(keys.follow_up(comparison.id, number), True)}


def ask_again(shown: str) -> None:
    if st.session_state[keys.COMPARISON] == shown:
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


def series_button(prompt: str, asked: Lanes, series: Series | None = None, *, disabled: bool = False, why=None) -> None:
    """Draw the button that asks the same lanes many times; or that goes on with a series, as it was asked."""

    def prices(prompt: str):
        return {number: lane.price(prompt, endpoints) for number, lane in asked.items()}

    live = sum(lane.choice.live for lane in asked.values())
    again = tuple(dict.fromkeys(round.prompt for round in series.rounds)) if series else ()
    known = prices if live else None
    if order := runs.form(len(asked), prompt, live=live, prices=known, again=again, disabled=disabled, why=why):
        series = series or Series(owner=auth.owner())
        runs.start(series, order, questions(series, asked))
        st.session_state[keys.COMPARISON] = series.id
        st.rerun()


def bottom_bar():
    """A container that stays in view at the window's end. `st.bottom` would scroll the page down with each update."""
    light, dark = (st.get_option(f"theme.{name}.backgroundColor") for name in ("light", "dark"))
    st.html(
        "<style>[data-testid=stLayoutWrapper]:has(> .st-key-bar) { position: sticky; bottom: 0; z-index: 9;"
        f"padding: 0.5rem 0 1rem; background: light-dark({light}, {dark}); }}</style>"
    )
    return st.container(key="bar", gap="xsmall")


# What is shown: by the address where a link, a reload or Back led here, else as before.
vendors = [Lane(Choice.default(settings)) for settings in list(endpoints.values())[:3]]
kept: Lanes = st.session_state.setdefault(keys.LANES, dict(enumerate(vendors)))
if address.navigated(PAGE):
    st.session_state[keys.COMPARISON] = st.query_params.get("c", "")
    named = [Lane.parse(lane, endpoints, recordings) for lane in st.query_params.get_all("lane")]
    wanted = [lane for lane in named if lane][: lane_editor.MOST] or vendors
    if wanted != list(kept.values()):
        if keys.LANE_NUMBERS in st.session_state:
            lane_editor.replace_lanes(kept, wanted)
        else:
            kept = dict(enumerate(wanted))
wanted_id = st.session_state.setdefault(keys.COMPARISON, "")
comparison = persistence.comparison(wanted_id)
if wanted_id and comparison is None:
    st.warning(persistence.GONE, title="Not found", icon=":material/search_off:")
    st.session_state[keys.COMPARISON] = ""
lanes: Lanes = lane_editor.with_fallbacks(kept, endpoints, recordings)
st.session_state[keys.LANES] = lanes
st.session_state.setdefault(keys.LANE_NUMBERS, max(lanes))
shown_id = comparison.id if comparison else ""
persistence.storage_warning()
prompt_input.show_rejection()

setup = st.empty()  # drawn in every run, so that it is gone as soon as the first question is asked
if comparison is None:
    with setup.container():
        st.title("One prompt, side by side", anchor=False)
        st.markdown("All lanes get the same question at the same moment, and answer on one clock.")
        with present.aside("lanes"):
            lane_editor.draw(lanes, endpoints, recordings)
            if not all(lane.choice.live or lane.replayed for lane in lanes.values()):
                st.caption(resources.SIMULATED_LANES)
            with st.container(horizontal=True, vertical_alignment="center"):
                lane_presets.preset_menu(lanes, endpoints, recordings)
                series_button("", dict(enumerate(lanes.values())))
                lane_presets.experiment_menu(lanes, endpoints)
                with st.popover("Display", icon=":material/motion_mode:"):
                    pace(PAGE)
                hides = "Names, figures and speed stay hidden until you have voted."
                st.toggle("Blind", key=keys.BLIND, persist_state="session", help=hides)
                st.toggle("Unique prefix", key=keys.UNIQUE_PREFIX, persist_state="session", help=UNIQUE)
        prompt_input.suggestions(submit, "")
    with bottom_bar():
        st.chat_input("Ask all lanes", key="prompt", on_submit=submit, args=("prompt", ""))
    are_default = list(lanes.values()) == vendors
    address.write(PAGE, {"lane": [] if are_default else [lane.address for lane in lanes.values()]})
    st.stop()

address.write(PAGE, {"c": shown_id, "lane": [lane.address for lane in lanes.values()]})
run = runs.of(comparison.id)
over = comparison.over and (run is None or run.over) and not voting.is_playing(comparison)
judged = not comparison.hidden
is_series = isinstance(comparison, Series)
real = lane_editor.lane_names(comparison)
called = voting.shown_names(comparison, real)
newest = lane_editor.newest(comparison)
askable = {number: lane for number in sorted(newest) if (lane := Lane.of(newest[number], endpoints))}
showing = playback.current(comparison.id)


# Each state has places of its own, empty in the others. Otherwise Streamlit leaves there what the run before had drawn,
# until this run ends, which is when the answers end.
state = "replay" if showing else "over" if over else "in progress"
with present.aside("controls"):
    places = {name: st.container() if name == state else st.empty() for name in ("in progress", "over", "replay")}
with places[state]:
    if showing is not None:
        playback.controls(comparison)
    else:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            anew = {keys.COMPARISON: "", keys.WIDE: None}
            action("New comparison", "add", st.session_state.update, anew, type="secondary")
            if not is_series and comparison.over and not over:
                action("Show all at once", "fast_forward", voting.show_all, comparison, key="skip", type="secondary")
            elif not over and run is None:
                in_progress = [reply for reply in comparison.replies if not reply.over]
                action("Stop all", "stop_circle", persistence.stop, *in_progress, key="stop-all", type="secondary")
            elif over and is_series:
                export_menu(comparison)
            elif over and judged:
                if len(askable) > 1:
                    action("Ask again", "refresh", ask_again, shown_id)
                playback.replay_button(comparison)
                export_menu(comparison)
                add_to_show("compare", comparison)
            if is_series:
                lost = len(askable) < len(comparison.lanes) or not askable
                why = "A lane is a recording, or its provider is gone from the configuration." if lost else None
                series_button("", askable, comparison, disabled=not over or lost, why=why)
            elif judged and len(askable) > 1:
                series_button(comparison.prompt, dict(enumerate(askable.values())), disabled=not over)
            if judged and comparison.replies and all(reply.asked.simulated for reply in comparison.replies):
                st.badge("Simulator, no model behind it", icon=":material/science:", color="orange")
if comparison.hidden:
    voting.origin_badges(comparison)
if is_series:
    if run is not None:
        runs.progress(run)
    runs.results(comparison)
else:
    last = comparison.rounds[-1]
    with st.container(height=84 if len(last.prompt) > 300 else "content", border=False, key="question"):
        st.text(last.prompt)
    if any(has_nonce(reply.asked.request.messages[-1].content) for reply in last.replies):
        st.caption("Asked after a line of its own, so that no prompt cache makes it faster.")
    grid, after = st.container(), st.empty()
    bar = bottom_bar() if state == "over" else st.empty()
    with grid:
        LaneGrid(comparison, called, showing, retry, askable if judged else ()).draw()
    if over:
        with after.container(), present.aside("results"):
            if judged:
                results.draw(comparison, called)
            earlier(comparison, called)
    if state == "over":
        with bar:
            with present.aside("vote"):
                voting.vote(comparison, real)
            if judged:
                count = len(follow_up_lanes())
                label = f"Follow up with {count} of {len(comparison.lanes)} lanes"
                st.chat_input(label, key="prompt", on_submit=submit, args=("prompt", shown_id), disabled=not count)
if not over and run is None:
    while not comparison.over:  # a series of another process has nothing else on the page that follows it
        time.sleep(runs.LOOK)
        pulse()
    st.rerun()
