"""Why streaming: the same question twice on one clock, streamed on the left, awaited on the right."""

import streamlit as st

from providers import VENDORS, Request
from replies.metrics.help import READING_PACE
from ui import present, why_streaming
from ui.controls.buttons import action
from ui.controls.export_menu import export_menu
from ui.controls.provider_picker import Choice, choice_widgets, key_status
from ui.session import auth, keys, persistence, prompt_input, resources
from ui.show.scenes import add_to_show

st.set_page_config(layout="wide")
endpoints = resources.endpoints_or_stop()
persistence.open_or_stop()

address = st.query_params.get("c") or st.session_state.get(keys.PAIR, "")  # the latter on the way back from a page
comparison = persistence.comparison(address)
both = why_streaming.pair(comparison) if comparison else None
if address and both is None:
    gone = persistence.GONE if comparison is None else "That comparison is of another kind. The Compare page shows it."
    st.warning(gone, title="Not found", icon=":material/search_off:")
    st.session_state.pop(keys.PAIR, None)
    comparison = None


def ask_both_ways(prompt: str, choice: Choice) -> None:
    """Ask both ways; the questions are kept before the first word comes."""
    asked = why_streaming.questions(choice.settings(endpoints), choice.api, choice.model, prompt)
    asked.owner = auth.owner()
    st.query_params["c"] = st.session_state[keys.PAIR] = asked.id
    persistence.keep(asked)
    for reply in asked.replies:
        reply.start()


with st.sidebar:
    asked_before = st.session_state.get(keys.WHY_CHOICE)
    # None where its provider is gone by now: a local server that was ended.
    before = Choice.parse(asked_before.address if asked_before else st.query_params.get("with", ""), endpoints)
    before = before or why_streaming.first_choice(endpoints)
    choice = choice_widgets("why", before, endpoints, default=why_streaming.default)
    st.session_state[keys.WHY_CHOICE] = choice
    st.query_params["with"] = choice.address
    key_status("why", choice, endpoints)

persistence.storage_warning()
prompt_input.show_rejection()
in_progress = None if comparison is None or comparison.over else both
welcome = st.empty()  # drawn in every run, so that it is gone as soon as the first question is asked
if comparison is None:
    with welcome.container(width=760):
        st.title("Why streaming", anchor=False)
        st.markdown(
            "A long answer takes a model 20 to 30 seconds. **Awaited**, they are spent looking at nothing. "
            "**Streamed**, they are spent reading, since a model writes faster than people read.\n\n"
            "- What people feel is the time to the first word, not the time to the last.\n"
            "- Whoever sees early that the answer goes wrong can stop it, and need not wait for the rest.\n"
            "- When something breaks on the way, the words that came are still there.\n\n"
            "It takes no longer and costs no more: the model writes the same words at the same pace. See for yourself, "
            "with one question that is asked both ways at the same moment."
        )
shown = comparison.prompt if comparison else resources.prompts()[0]
# No chat input: that one keeps the page at its end, and here the clocks are above it.
if in_progress is None:
    with st.form("question", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"why-prompt-{comparison.id if comparison else ''}"
        prompt = st.text_input("Prompt", shown, key=key, label_visibility="collapsed")
        asks = st.form_submit_button("Ask both ways", icon=":material/play_arrow:", type="primary")
    if asks and (asked := prompt_input.validated(prompt)):
        ask_both_ways(asked, choice)
        st.rerun()
    elif keys.REJECTED in st.session_state:
        st.rerun()
else:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Prompt", shown, disabled=True, label_visibility="collapsed")
        st.button("Stop", icon=":material/stop_circle:", on_click=persistence.stop, args=in_progress, key="stop")
if comparison is None:
    st.caption("Two requests go out, and both are charged for." if choice.live else resources.SIMULATED_LANES)

if both:
    st.query_params["c"] = st.session_state[keys.PAIR] = comparison.id
    board = why_streaming.Clocks(both)

after = st.empty()
if both and not in_progress:
    with after.container():
        st.caption(
            f"A reader of {READING_PACE:g} words a minute who begins at the first word, and reads none before it is "
            "there. Each way was asked once, so n = 1."
        )
        with present.aside("again"), st.container(horizontal=True):
            action("Again", "refresh", ask_both_ways, comparison.prompt, choice)
            export_menu(comparison)
            add_to_show("why", comparison)

with present.aside("code"):
    st.markdown("**In your own code**: streamed with the vendor's own SDK.")
    vendors = [endpoints[vendor.name] for vendor in VENDORS]
    for tab, vendor in zip(st.tabs([vendor.label for vendor in vendors]), vendors, strict=True):
        request = Request.of(resources.prompts()[0], vendor.model_for(vendor.api))
        tab.code(vendor.code(request, vendor.api)["Python"])

if in_progress:
    board.follow(lambda: comparison.over)
    st.rerun()
