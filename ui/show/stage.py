"""Stage: a show as it is presented, scene after scene, and the presenter's view beside it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import streamlit as st

from replies.conversation import Comparison, Conversation
from replies.live_items import Registry
from replies.reply import Reply
from replies.show.performance import Performance
from replies.show.show import Scene, Show, Stage
from replies.store import OwnerView
from ui import why_streaming
from ui.answer.metrics import projected
from ui.answer.view import byline, details, places, pulse, render_reply
from ui.compare.lane_editor import lane_names
from ui.compare.lane_grid import LaneGrid, words_box
from ui.controls.buttons import action
from ui.session import persistence, timezone

LOOK = 0.1  # seconds between two looks at whether a recording stands in

Begin = Callable[..., Conversation | Comparison]

_performances: Final[Registry[Performance]] = Registry()


def go(view: OwnerView, show: Show, begin: Begin, number: int, stage: Stage) -> None:
    """Leave the scene that is on stage, and begin another one, or the same again."""
    if running := _performances.find(stage.item):
        running.stop()
    item = ""
    if 0 <= number < len(show.scenes):
        asked = begin(show.scenes[number], offline=stage.offline)
        item = asked.id
        persistence.keep(asked)
        _perform(show.scenes[number], asked)
    view.keep_stage(show.id, stage._replace(scene=number, item=item))


def _perform(scene: Scene, item: Conversation | Comparison) -> Performance:
    running = Performance(scene, item, lambda: persistence.keep(item))
    return _performances.add(running).start(unseen=True)


def draw(view: OwnerView, show: Show, begin: Begin, stage: Stage) -> None:
    """Draw the scene that is on stage, and follow it to its end."""
    last = len(show.scenes) - 1
    running = None
    if 0 <= stage.scene <= last:
        running = _performances.find(stage.item) or _resumed(show.scenes[stage.scene], stage.item)
    with st.container(horizontal=True, key="show-keys", width="content", gap=None):
        turn = (view, show, begin)
        for key, label, icon, number in (
            ("before", "Scene before (←)", "arrow_back", max(stage.scene - 1, -1)),
            ("again", "Again (R)", "replay", stage.scene),
            ("next", "Next scene (→ or space)", "arrow_forward", min(stage.scene + 1, last)),
        ):
            still = number == stage.scene and key != "again"
            action(label, icon, go, *turn, number, stage, key=f"show-{key}", icon_only=True, disabled=still)
        if running and running.scene.backups:
            action("Recordings now (B)", "support", running.fall_back, key="show-backup", icon_only=True)
    if running is None:
        with st.container(horizontal_alignment="center", key="show-title"):
            st.title(show.title, anchor=False, text_alignment="center")
        return
    drawn = running.newest
    for reply in drawn.values():
        reply.mark_visible()
    _scene(running, drawn)
    while not running.over and running.newest == drawn:
        time.sleep(LOOK)
        pulse()
    if running.newest != drawn:
        st.rerun()


def _resumed(scene: Scene, id: str) -> Performance | None:
    """After the process has ended: what had come, and the recordings in the place of what had not."""
    item = persistence.conversation(id) if scene.page == "chat" else persistence.comparison(id)
    return _perform(scene, item) if item else None


def _scene(running: Performance, drawn: dict[int, Reply]) -> None:
    item = running.item
    if isinstance(item, Comparison):
        both = why_streaming.pair(item) if running.scene.page == "why" else None
        st.text(item.prompt)
        if both is None:
            LaneGrid(item, lane_names(item), None, lambda lane, answered: None).draw()  # asked again as a whole
            return
        why_streaming.Clocks(both).follow(lambda: running.over or running.newest != drawn)
        return
    [reply] = drawn.values()
    with st.chat_message("user", avatar=":material/person:"):
        st.text(item.turns[0].prompt)
    with st.chat_message("assistant", avatar=":material/water:"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            byline(reply)
            details(reply)
        with words_box("scene", 400, over=reply.over):
            render_reply(reply, at=places("0"))
        if reply.over:
            projected(reply)


@st.fragment(run_every=1.0)
def notes(view: OwnerView, id: str) -> None:
    """The presenter's view, in a window of its own: notes, the next scene, and how long the show has gone on. It asks
    nothing, and follows the show by the store."""
    show, stage = view.show(id), view.stage(id)
    if show is None or stage is None:
        st.info("The show has not begun.", icon=":material/hourglass_empty:")
        return
    gone = int(time.time() - stage.began)
    now = timezone.here(datetime.now(UTC))
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.header(f"{gone // 60}:{gone % 60:02}", anchor=False)
        if stage.offline:
            st.badge("Offline: nothing is asked", icon=":material/cloud_off:", color="orange")
        st.header(f"{now:%H:%M}", anchor=False)
    current = show.scenes[stage.scene] if 0 <= stage.scene < len(show.scenes) else None
    following = show.scenes[stage.scene + 1 : stage.scene + 2]
    st.caption(f"Scene {stage.scene + 1} of {len(show.scenes)}" if current else show.title)
    st.title(current.title if current else "Before the first scene", anchor=False)
    if current:
        with st.container(key="show-notes"):
            st.text(current.notes or "No notes.")
    st.divider()
    st.caption("Next")
    st.subheader(following[0].title if following else "The end", anchor=False)
    if following:
        st.text(following[0].prompt)
