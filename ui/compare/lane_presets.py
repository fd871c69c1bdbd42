"""Lane presets: sets of lanes at a click, those that are asked for most, and those that a user has named."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from replies.store import StoreError
from ui.compare.lane_editor import MOST, Endpoints, Lane, Lanes, Recordings, replace_lanes
from ui.controls.buttons import action
from ui.controls.provider_picker import SIMULATED_MODELS, Choice, known_models
from ui.markdown import literal
from ui.session import keys, persistence

VENDORS = ("openai", "bedrock", "watsonx")
COOL, WARM = 0.0, 1.0
LONGEST_NAME = 60  # characters

# One model under the names that its hosts give it.
HOSTED = (
    {"bedrock": "openai.gpt-oss-120b-1:0", "watsonx": "openai/gpt-oss-120b", "groq": "openai/gpt-oss-120b"},
    {"bedrock": "us.meta.llama3-3-70b-instruct-v1:0", "watsonx": "meta-llama/llama-3-3-70b-instruct"},
)


def three_vendors(first: Lane, endpoints: Endpoints) -> list[Lane]:
    return [Lane(Choice.default(endpoints[name]), first.parameters) for name in VENDORS]


def streamed_and_awaited(first: Lane, endpoints: Endpoints) -> list[Lane]:
    return [first._replace(parameters=first.parameters._replace(stream=streamed)) for streamed in (True, False)]


def two_temperatures(first: Lane, endpoints: Endpoints) -> list[Lane]:
    return [first._replace(parameters=first.parameters._replace(temperature=degree)) for degree in (COOL, WARM)]


def two_models(first: Lane, endpoints: Endpoints) -> list[Lane]:
    """The model of the first lane, and another one of the same account."""
    choice = first.choice
    settings = endpoints[choice.provider]
    prefix = "anthropic." if choice.api == "invoke" else ""
    simulated = [prefix + model for model in SIMULATED_MODELS]
    listed = [settings.model_for(choice.api), *known_models(settings, choice.api)] if choice.live else simulated
    other = next((model for model in listed if model != choice.model), choice.model)
    return [first, first._replace(choice=choice._replace(model=other))]


def one_model_on_two_hosts(first: Lane, endpoints: Endpoints) -> list[Lane]:
    """The one that most of the configured hosts have."""
    by_host = max(HOSTED, key=lambda models: (first.choice.model in models.values(), len(models.keys() & endpoints)))
    choices = [
        Choice.default(endpoints[name])._replace(model=model) for name, model in by_host.items() if name in endpoints
    ]
    return [Lane(choice, first.parameters) for choice in choices]


PRESETS: dict[str, Callable[[Lane, Endpoints], list[Lane]]] = {
    "The three vendors": three_vendors,
    "Streamed against awaited": streamed_and_awaited,
    "One model on different hosts": one_model_on_two_hosts,
    "Two temperatures": two_temperatures,
    "Two models of one vendor": two_models,
}


def preset_menu(lanes: Lanes, endpoints: Endpoints, recordings: Recordings) -> None:
    """Draw the presets, the sets that the user has kept, and a form that keeps these lanes under a name."""
    with st.popover("Lane sets", icon=":material/view_week:", type="tertiary"):
        st.caption("Made from the first lane")
        for name, preset in PRESETS.items():
            action(name, "", _take, lanes, preset, endpoints, key=f"preset-{name}")
        try:
            kept = persistence.owner_view().lane_sets()
        except StoreError:
            return  # `storage_warning` shows it
        if kept:
            st.caption("Yours")
        for name, addresses in kept.items():
            with st.container(horizontal=True, vertical_alignment="center"):
                action(literal(name), "", _take_kept, lanes, addresses, endpoints, recordings, key=f"set-{name}")
                action("Forget this set", "close", _forget, name, key=f"forget-{name}", icon_only=True)
        with st.form("keep-lanes", border=False, clear_on_submit=True):
            st.text_input("Keep these lanes as", max_chars=LONGEST_NAME, key=keys.LANE_SET, autocomplete="off")
            st.form_submit_button("Keep", on_click=_keep, args=(lanes,))


def _first(lanes: Lanes, endpoints: Endpoints) -> Lane:
    return next((lane for lane in lanes.values() if not lane.replayed), Lane(Choice.default(endpoints["openai"])))


def _take(lanes: Lanes, preset: Callable[[Lane, Endpoints], list[Lane]], endpoints: Endpoints) -> None:
    replace_lanes(lanes, preset(_first(lanes, endpoints), endpoints))


def _take_kept(lanes: Lanes, addresses: list[str], endpoints: Endpoints, recordings: Recordings) -> None:
    found = [lane for address in addresses if (lane := Lane.parse(address, endpoints, recordings))]
    if len(found) < len(addresses):
        st.toast("Not all lanes of this set are there any more.", icon=":material/info:")
    if found:
        replace_lanes(lanes, (found * 2 if len(found) == 1 else found)[:MOST])


def _keep(lanes: Lanes) -> None:
    name = " ".join(st.session_state[keys.LANE_SET].split())
    if not name:
        st.toast("A set of lanes needs a name.", icon=":material/info:")
        return
    _store(lambda: persistence.owner_view().keep_lanes(name, [lane.address for lane in lanes.values()]))


def _forget(name: str) -> None:
    _store(lambda: persistence.owner_view().forget_lanes(name))


def _store(write: Callable[[], None]) -> None:
    try:
        write()
    except StoreError as error:
        st.toast(literal(str(error)), icon=":material/error:")
