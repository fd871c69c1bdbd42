"""Lane presets: sets of lanes at a click, those that are asked for most, and those that a user has named."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from providers import VENDORS, Settings
from replies.store import StoreError
from ui.compare.lane_editor import MOST, Endpoints, Lane, Lanes, Recordings, replace_lanes
from ui.controls.buttons import action
from ui.controls.provider_picker import Choice, known_models, simulated_models
from ui.markdown import literal
from ui.session import keys, persistence

COOL, WARM = 0.0, 1.0
LONGEST_NAME = 60  # characters


def all_vendors(first: Lane, endpoints: Endpoints) -> list[Lane]:
    return [Lane(Choice.default(endpoints[vendor.name]), first.parameters) for vendor in VENDORS[:MOST]]


def streamed_and_awaited(first: Lane, endpoints: Endpoints) -> list[Lane]:
    return [first._replace(parameters=first.parameters._replace(stream=streamed)) for streamed in (True, False)]


def two_temperatures(first: Lane, endpoints: Endpoints) -> list[Lane]:
    return [first._replace(parameters=first.parameters._replace(temperature=degree)) for degree in (COOL, WARM)]


def two_models(first: Lane, endpoints: Endpoints) -> list[Lane]:
    """The model of the first lane, and another one of the same account."""
    choice = first.choice
    settings = endpoints[choice.provider]
    listed = simulated_models(settings, choice.api)
    if choice.live:
        listed = [settings.model_for(choice.api), *known_models(settings, choice.api)]
    other = next((model for model in listed if model != choice.model), choice.model)
    return [first, first._replace(choice=choice._replace(model=other))]


def one_model_on_two_hosts(first: Lane, endpoints: Endpoints) -> list[Lane]:
    """The one that most of the configured hosts have."""
    hosts: dict[str, list[tuple[Settings, str]]] = {}
    for settings in endpoints.values():
        for name, model in settings.hosted.items():
            hosts.setdefault(name, []).append((settings, model))
    asked = first.choice.model
    chosen = max(hosts.values(), key=lambda models: (any(model == asked for _, model in models), len(models)))
    return [Lane(Choice.default(settings)._replace(model=model), first.parameters) for settings, model in chosen]


PRESETS: dict[str, Callable[[Lane, Endpoints], list[Lane]]] = {
    "All vendors": all_vendors,
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
    return next((lane for lane in lanes.values() if not lane.replayed), Lane(Choice.first(endpoints)))


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
