"""Editor of a show: its scenes in their order, each with a form, and how many recordings it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import streamlit as st

from replies.live_items import Registry
from replies.reply import Reply
from replies.show.performance import attempts_of
from replies.show.rehearsal import Rehearsal
from replies.show.show import Scene, Show
from replies.store import OwnerView
from ui.compare.lane_editor import MOST, Lanes
from ui.controls.buttons import action
from ui.markdown import literal
from ui.session import keys, persistence
from ui.show.scenes import PAGES
from ui.show.stage import Begin
from ui.text import many, shortened

LOOK = 0.5  # seconds between two looks at a rehearsal
REHEARSALS: Final[Registry[Rehearsal]] = Registry()


def rehearse(view: OwnerView, show: Show, begin: Begin) -> None:
    """Ask all scenes, on a thread of its own; what comes whole is their recordings from then on."""

    def ask(scene: Scene) -> Mapping[int, Reply]:
        item = begin(scene)
        persistence.keep(item)
        return {lane: attempts[-1].start() for lane, attempts in attempts_of(item).items()}

    def keep(number: int, came: Mapping[int, Reply]) -> None:
        now = view.show(show.id)  # it may have been edited meanwhile
        asked = show.scenes[number]
        for place, scene in enumerate(now.scenes if now else ()):
            if now and (scene.prompt, scene.lanes) == (asked.prompt, asked.lanes):
                now = now.with_scene(place, replace(scene, backups={**scene.backups, **came}))
        if now:
            view.keep_show(now)

    REHEARSALS.forget(show.id)
    REHEARSALS.add(Rehearsal(show, ask, keep)).start()


@st.fragment(run_every=LOOK)
def rehearsing(run: Rehearsal, show: Show) -> None:
    """How far it is; the page is drawn anew when it is over."""
    if run.over:
        st.rerun()
    scene = show.scenes[min(run.scene, len(show.scenes) - 1)]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":shimmer[Rehearsing scene {run.scene + 1} of {len(show.scenes)}: {literal(scene.title)}]")
        action("Stop", "stop_circle", run.cancel, key="stop-rehearsal")


def scenes(show: Show, keep: Callable[[Show], None]) -> None:
    """Draw the scenes. `keep` is called with the show as it is changed."""
    for place, scene in enumerate(show.scenes):
        key = f"{show.id}-{place}-{hash(scene)}"  # a scene that was moved or changed has its form made anew
        with st.container(border=True, gap="xsmall"):
            with st.container(horizontal=True, vertical_alignment="center"):
                label, icon = PAGES[scene.page]
                there = f"{len(scene.backups)} of {many(len(scene.lanes), 'recording')}"
                badge = f":{'blue' if scene.rehearsed else 'red'}-badge[:material/history: {there}]"
                title = f"**{place + 1}. {literal(scene.title)}**"
                st.markdown(f"{title}  :gray-badge[{icon} {label}] {badge}", width="stretch")
                for name, arrow, other in (("up", "arrow_upward", place - 1), ("down", "arrow_downward", place + 1)):
                    is_end = not 0 <= other < len(show.scenes)
                    swapped = show if is_end else show.swapped(place, other)
                    action(f"Move {name}", arrow, keep, swapped, key=f"{name}-{place}", icon_only=True, disabled=is_end)
                action("Delete scene", "delete", keep, show.with_scene(place), key=f"delete-{place}", icon_only=True)
            st.caption(literal(shortened(scene.prompt, 160)))
            with st.expander("Edit", icon=":material/edit:"):
                _form(show, place, scene, key, keep)


def _form(show: Show, place: int, scene: Scene, key: str, keep: Callable[[Show], None]) -> None:
    set_up: Lanes = st.session_state.get(keys.LANES, {})
    others = [lane.address for lane in set_up.values() if not lane.replayed]
    all_lanes = dict.fromkeys([*scene.lanes, *others, *(lane for other in show.scenes for lane in other.lanes)])
    with st.form(f"scene-{key}", border=False):
        title = st.text_input("Title", scene.title, max_chars=300)
        page = st.segmented_control(
            "Page", list(PAGES), default=scene.page, format_func=lambda name: PAGES[name][0], required=True
        )
        prompt = st.text_area("Prompt", scene.prompt, help="Another prompt needs another rehearsal.")
        lanes = st.multiselect(
            "Lanes",
            all_lanes,
            list(dict.fromkeys(scene.lanes)),
            format_func=_named,
            max_selections=MOST,
            help="Those of all scenes, and those that are set up on Compare.",
        )
        notes = st.text_area("Notes", scene.notes, help="For the presenter's view alone.")
        late = "For a lane whose first word is late, or that stalls. One that fails goes over at once."
        label = "Seconds until a recording stands in"
        seconds = st.number_input(label, 0.5, 600.0, scene.seconds, step=0.5, help=late)
        saved = st.form_submit_button("Save", type="primary")
    if saved and not (title.strip() and prompt.strip() and lanes):
        st.error("A scene needs a title, a prompt and a lane. Nothing was saved.", icon=":material/error:")
    elif saved:
        kept = [number for number, lane in enumerate(scene.lanes) if lane in lanes]
        added = [lane for lane in lanes if lane not in scene.lanes]
        came = {new: scene.backups[old] for new, old in enumerate(kept) if old in scene.backups}
        changed = Scene(
            title=title.strip(),
            page=page,
            prompt=prompt.strip(),
            lanes=(*(scene.lanes[number] for number in kept), *added),
            notes=notes,
            seconds=seconds,
            backups=came if prompt.strip() == scene.prompt.strip() else {},
        )
        keep(show.with_scene(place, changed))
        st.rerun()


def _named(address: str) -> str:
    provider, api, model, *more = address.split("|")
    return " · ".join([provider, model, api, *(each for each in more if each != "live")])
