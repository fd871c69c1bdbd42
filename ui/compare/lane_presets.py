"""Lane presets: sets of lanes at a click, those that are asked for most, and those that a user has named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import streamlit as st

from providers import VENDORS, Settings
from providers.parameters import PARAMETER
from replies.store import StoreError
from ui.compare.lane_editor import FEWEST, MOST, Endpoints, Lane, Lanes, Recordings, replace_lanes
from ui.controls.buttons import action
from ui.controls.provider_picker import Choice, known_models, simulated_models
from ui.markdown import literal
from ui.session import keys, persistence

EXPERIMENT = "experiment"  # key of the one that was just chosen
LONGEST_NAME = 60  # characters

Preset: TypeAlias = Callable[[Lane, Endpoints], list[Lane]]


def all_vendors(first: Lane, endpoints: Endpoints) -> list[Lane]:
    return [Lane(Choice.default(endpoints[vendor.name]), first.parameters) for vendor in VENDORS[:MOST]]


def each(name: str, *values: Any) -> Preset:
    """The first lane with each value of a parameter; the first provider, where the lane's API does not take it."""

    def lanes(first: Lane, endpoints: Endpoints) -> list[Lane]:
        if name in PARAMETER and name not in endpoints[first.choice.provider].takes(first.choice.api):
            first = Lane(Choice.first(endpoints))
        return [first._replace(parameters=replace(first.parameters, **{name: value})) for value in values]

    return lanes


def two_models(first: Lane, endpoints: Endpoints) -> list[Lane]:
    """The model of the first lane, and another one of the same account."""
    choice, settings = first.choice, endpoints[first.choice.provider]
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


def each_api(first: Lane, endpoints: Endpoints) -> list[Lane]:
    """Each API of the first lane's vendor: with its model, unless the vendor has another one for that API."""
    choice, settings = first.choice, endpoints[first.choice.provider]
    usual = settings.model_for(choice.api)
    models = [(api, settings.model_for(api)) for api in settings.apis]
    choices = [choice._replace(api=api, model=choice.model if model == usual else model) for api, model in models]
    return [first._replace(choice=one) for one in choices][:MOST]


EXPERIMENTS: dict[str, Preset] = {
    "Streamed against awaited": each("stream", True, False),
    "Each API of one vendor": each_api,
    "Two temperatures": each("temperature", 0.0, 1.0),
    "Two reasoning efforts": each("effort", "low", "high"),
    "Two service tiers": each("tier", "default", "priority"),
    "Cold against warm cache": each("unique", True, False),
}
PRESETS: dict[str, Preset] = {
    "All vendors": all_vendors,
    **{name: EXPERIMENTS[name] for name in ("Streamed against awaited", "Two temperatures", "Two reasoning efforts")},
    "One model on different hosts": one_model_on_two_hosts,
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
                forget = persistence.owner_view().forget_lanes
                key = f"forget-{name}"
                action("Forget this set", "close", persistence.tried, forget, name, key=key, icon_only=True)
        with st.form("keep-lanes", border=False, clear_on_submit=True):
            st.text_input("Keep these lanes as", max_chars=LONGEST_NAME, key=keys.LANE_SET, autocomplete="off")
            st.form_submit_button("Keep", on_click=_keep, args=(lanes,))


def experiment_menu(lanes: Lanes, endpoints: Endpoints) -> None:
    """Draw the experiments: each sets the lanes, and opens the form of a series."""
    st.menu_button(
        "Experiments",
        [name for name, preset in EXPERIMENTS.items() if len(_made(lanes, preset, endpoints)) >= FEWEST],
        icon=":material/experiment:",
        type="tertiary",
        help="Lanes made from the first one that differ in one thing, to be run many times.",
        key=EXPERIMENT,
        on_click=_try,
        args=(lanes, endpoints),
    )


def _try(lanes: Lanes, endpoints: Endpoints) -> None:
    _take(lanes, EXPERIMENTS[st.session_state[EXPERIMENT]], endpoints)
    st.session_state[keys.SERIES_FORM] = True


def _made(lanes: Lanes, preset: Preset, endpoints: Endpoints) -> list[Lane]:
    """From the first lane that is no recording."""
    first = next((lane for lane in lanes.values() if not lane.replayed), Lane(Choice.first(endpoints)))
    return preset(first, endpoints)


def _take(lanes: Lanes, preset: Preset, endpoints: Endpoints) -> None:
    replace_lanes(lanes, _made(lanes, preset, endpoints))


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
    persistence.tried(persistence.owner_view().keep_lanes, name, [lane.address for lane in lanes.values()])
