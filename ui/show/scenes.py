"""Scenes as they are asked: the replies of a scene's lanes, and how a show keeps what a page shows."""

from collections.abc import Callable, Iterable

import streamlit as st

from providers import Message, ProviderError, Request
from replies.conversation import Comparison, Conversation, Round, Turn
from replies.metrics.labels import is_whole
from replies.reply import Asked, Reply
from replies.show.performance import attempts_of, stand_in
from replies.show.show import Page, Scene, Show
from replies.start_barrier import StartBarrier
from replies.store import StoreError
from replies.store.writes import title_of
from ui.compare.lane_editor import Endpoints, Lane
from ui.controls.buttons import action
from ui.markdown import literal
from ui.session import admission, auth, persistence

PAGES: dict[Page, tuple[str, str]] = {
    "chat": ("Chat", ":material/chat:"),
    "compare": ("Compare", ":material/view_column:"),
    "why": ("Why streaming", ":material/timer:"),
}
UNREHEARSED = "Nothing is asked, and this lane has no recording. Rehearse the show first."


def asker(endpoints: Endpoints, scenes: Iterable[Scene]) -> Callable[..., Conversation | Comparison]:
    """What begins one of these scenes: a conversation or a comparison whose replies are not started yet. To be got on
    the page; any thread may call it then. `offline`: nothing is asked, and every lane is its recording."""
    owner, batches = auth.owner(), admission.batches()
    lanes = {address: Lane.parse(address, endpoints, {}) for scene in scenes for address in scene.lanes}
    askers = {address: lane.asker(endpoints, {}) for address, lane in lanes.items() if lane}

    def begin(scene: Scene, *, offline: bool = False) -> Conversation | Comparison:
        addresses = scene.lanes[:1] if scene.page == "chat" else scene.lanes
        barrier = StartBarrier(sum(address in askers for address in addresses), min(1.0, scene.seconds / 2))
        batch = batches()
        attempts: dict[int, list[Reply]] = {}
        for number, address in enumerate(addresses):
            backup = scene.backups.get(number)
            if offline:
                reply = stand_in(backup, "offline") if backup else _unasked(scene, address, UNREHEARSED)
            elif address in askers:
                reply = askers[address]((Message("user", scene.prompt),), barrier, batch)
            else:
                reply = _unasked(scene, address, "Its provider is gone from the configuration.")
            attempts[number] = [reply]
        if scene.page == "chat":
            return Conversation([Turn(scene.prompt, attempts[0])], owner=owner)
        return Comparison([Round(scene.prompt, attempts)], owner=owner)

    return begin


def _unasked(scene: Scene, address: str, why: str) -> Reply:
    """A lane that can't be asked."""
    provider, api, model, source = [*address.split("|"), *"????"][:4]
    asked = Asked(
        provider=provider, label=provider, api=api, request=Request.of(scene.prompt, model), simulated=source != "live"
    )
    return Reply(asked, state="failed", error=ProviderError("bad_request", why))


def scene_of(page: Page, item: Conversation | Comparison) -> Scene:
    """What a page shows, as a scene; its answers that came whole are the recordings."""
    attempts = {number: each[-1] for number, each in enumerate(attempts_of(item).values())}
    prompt = item.turns[0].prompt if isinstance(item, Conversation) else item.prompt
    return Scene(
        title=title_of(prompt),
        page=page,
        prompt=prompt,
        lanes=tuple(Lane.as_asked(reply).address for reply in attempts.values()),
        backups={number: reply for number, reply in attempts.items() if is_whole(reply) and reply.text},
    )


def add_to_show(page: Page, item: Conversation | Comparison) -> None:
    """Draw a menu that adds what a page shows to a show, as its last scene."""
    with st.popover("Add to show", icon=":material/playlist_add:", type="tertiary"):
        try:
            shows = persistence.owner_view().shows()
        except StoreError:
            return  # `storage_warning` shows it
        for show in [*shows, Show(title="A new show")]:
            name, icon = (show.id, "slideshow") if show in shows else ("new", "add")
            action(literal(show.title), icon, _add, show, page, item, key=f"add-{item.id}-{name}")


def _add(show: Show, page: Page, item: Conversation | Comparison) -> None:
    changed = show.with_scene(len(show.scenes), scene_of(page, item))
    if persistence.tried(persistence.owner_view().keep_show, changed):
        st.toast(f"Scene {len(changed.scenes)} of {literal(show.title)}", icon=":material/slideshow:")
