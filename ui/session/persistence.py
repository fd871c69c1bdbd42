"""Persistence: the store, the autosaver that writes to it, and the conversations and comparisons in progress."""

import os
from collections.abc import Callable
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeVar

import streamlit as st

from replies.conversation import Comparison, Conversation
from replies.live_items import Registry
from replies.pricing.costs import price
from replies.recording.format import samples
from replies.reply import Reply
from replies.store import Autosaver, HistoryEntry, OwnerView, Store, StoreError
from ui.controls.buttons import action
from ui.markdown import literal
from ui.session import address, auth, keys, resources
from ui.text import shortened

Item = TypeVar("Item", Conversation, Comparison)

PAGES = {  # by the kind of an entry: where it opens, and its icon
    "conversation": ("pages/chat.py", "chat"),
    "comparison": ("pages/compare.py", "view_column"),
    "series": ("pages/compare.py", "repeat"),
}
GONE = "There is nothing at this address. It may have been deleted, or never was."


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """DATABASE_URL, or a file in the folder STREAMSIDE_DATA, by default `data` beside app.py. Raises StoreError."""
    resources.environment()
    folder = os.environ.get("STREAMSIDE_DATA", "").strip()
    return Store(os.environ.get("DATABASE_URL", "").strip(), Path(folder) if folder else None)


def owner_view() -> OwnerView:
    """What this user owns in the store."""
    return store().of(auth.owner())


@st.cache_resource(show_spinner=False)
def autosaver() -> Autosaver:
    return Autosaver(store(), price=price)


@st.cache_resource(show_spinner=False)
def _live_items() -> Registry[Conversation | Comparison]:
    return Registry(keep=100)


def keep(item: Conversation | Comparison) -> None:
    """To be called after each question: the question is saved at once, its answer as it comes.

    `item.owner` must be `auth.owner()` from the beginning. May be called by any thread.
    """
    _live_items().add(item)
    autosaver().watch(item)


def conversation(id: str, owner: str | None = None) -> Conversation | None:
    """From this process, where it may be in progress, or else from the store; None too where another user owns it.
    `owner`: to be given where no page is being drawn; else it is this user."""
    return _find(id, owner, Conversation, OwnerView.conversation)


def comparison(id: str, owner: str | None = None) -> Comparison | None:
    return _find(id, owner, Comparison, OwnerView.comparison)


def stop(*in_progress: Reply) -> None:
    """Stop them, also those of another process; the page says so where that process can't be reached."""
    for reply in in_progress:
        try:
            reply.stop()
        except StoreError as error:
            st.toast(f"{literal(reply.asked.label)} goes on: {literal(str(error))}", icon=":material/error:")


def tried(write: Callable[..., None], *args: object) -> bool:
    """Write to the store. Where that fails, the page says so, and this returns False."""
    try:
        write(*args)
    except StoreError as error:
        st.toast(f"This is not saved: {literal(str(error))}", icon=":material/save:", duration="long")
        return False
    return True


def save_verdict(comparison: Comparison) -> bool:
    """Save its verdict, and whether its names may be shown without one. Where that fails, both hold in this process all
    the same, the page says so, and this returns False."""
    return tried(partial(owner_view().judge, comparison.id, comparison.verdict, blind=comparison.blind))


def load_entry(entry: HistoryEntry, owner: str | None = None) -> Conversation | Comparison | None:
    """The conversation or comparison of a history entry; None where it has been deleted."""
    return conversation(entry.id, owner) if entry.kind == "conversation" else comparison(entry.id, owner)


def _find(id: str, owner: str | None, kind: type[Item], load: Callable[[OwnerView, str], Item | None]) -> Item | None:
    """The item with this id: the object that this process has, if any, since other pages may follow it."""
    owner = auth.owner() if owner is None else owner
    here = _live_items().find(id) if id else None
    if here is not None and not (isinstance(here, kind) and here.owner == owner):
        return None
    if not id or (here is not None and (not here.over or autosaver().has_yet_to_keep(id))):
        return here
    try:
        kept = load(store().of(owner), id)
    except StoreError as error:
        autosaver().report(str(error))  # for `storage_warning`
        return here
    if kept is None:
        return None
    found = here or _live_items().add(kept)
    return found if isinstance(found, kind) else None


def recent(limit: int) -> list[HistoryEntry]:
    """The newest history entries; none where the store can't be read, which `storage_warning` shows."""
    try:
        return owner_view().history(limit=limit)
    except StoreError as error:
        autosaver().report(str(error))
        return []


def history_link(entry: HistoryEntry, key: str, longest: int = 120) -> None:
    """A button with the title, of at most `longest` characters, that opens the entry on its page. There, whom to ask
    next stays as it is set."""
    page, icon = PAGES[entry.kind]
    if action(literal(shortened(entry.title, longest)), icon, key=f"{key}-{entry.id}"):
        choice = st.session_state.get(keys.CHOICE)
        lanes = [lane.address for lane in st.session_state.get(keys.LANES, {}).values()]
        next_asked = {"with": choice.address if choice else ""} if entry.kind == "conversation" else {"lane": lanes}
        address.open_page(page, {"c": entry.id, **next_asked})


@st.cache_resource(ttl=5, max_entries=100, show_spinner=False)
def recordings(owner: str, limit: int = 20) -> dict[str, Reply]:
    """The finished answers of the newest conversations and comparisons of this user, `owner`, by their id.

    Those of a blind comparison are left out until its vote: the menu of recordings names who answered.
    """
    found: list[Conversation | Comparison] = [one for entry in recent(limit) if (one := load_entry(entry, owner))]
    given = chain.from_iterable(
        one.replies if isinstance(one, Comparison) else chain.from_iterable(turn.replies for turn in one.turns)
        for one in found
        if not (isinstance(one, Comparison) and one.hidden)
    )
    return {reply.id: reply for reply in given if reply.over}


@st.cache_resource(show_spinner=False)
def seed_samples() -> None:
    """Put the shipped recordings into a store that has never held anything, unless users sign in: nobody owns them."""
    try:
        if store().fresh and not auth.signs_in():
            for sample in samples():
                store().keep(sample)
    except StoreError:
        pass  # `storage_warning` shows it


def open_or_stop() -> OwnerView:
    """What this user owns in the store; the page ends here with an error where DATABASE_URL is invalid."""
    try:
        kept = owner_view()
    except StoreError as error:
        st.error(literal(str(error)), title="The configuration has an error", icon=":material/settings_alert:")
        st.stop()
    seed_samples()
    return kept


def storage_warning() -> None:
    """Warn on the page that nothing can be saved or read, and why, for as long as that lasts."""
    if problem := autosaver().problem:
        told = f"{literal(problem)} Answers go on; what is missing is saved as soon as that is possible."
        st.warning(told, title="Nothing is being saved", icon=":material/save:")
