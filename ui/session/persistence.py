"""What is said is kept, and found again by whom it belongs to: the store, the thread that writes to it, and what this
process is amid of."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import TypeVar

import streamlit as st

from replies.conversation import Comparison, Conversation
from replies.live_items import Registry
from replies.pricing.costs import price
from replies.recording.format import keep_all, samples
from replies.reply import Reply
from replies.store import Autosaver, HistoryEntry, OwnerView, Store, StoreError
from replies.verdict import Verdict
from ui.markdown import literal
from ui.session import auth, resources

Item = TypeVar("Item", Conversation, Comparison)

PAGES = {"conversation": "pages/chat.py", "comparison": "pages/compare.py", "series": "pages/compare.py"}
ICONS = {"conversation": ":material/chat:", "comparison": ":material/view_column:", "series": ":material/repeat:"}

GONE = "There is nothing at this address. It may have been deleted, or never was."


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """DATABASE_URL, or a file in the folder STREAMSIDE_DATA, by default `data` beside app.py. Raises StoreError."""
    resources.environment()
    folder = os.environ.get("STREAMSIDE_DATA", "").strip()
    return Store(os.environ.get("DATABASE_URL", "").strip(), Path(folder) if folder else None)


def owner_view() -> OwnerView:
    """What of it belongs to whoever is here."""
    return store().of(auth.owner())


@st.cache_resource(show_spinner=False)
def autosaver() -> Autosaver:
    return Autosaver(store(), price=price)


@st.cache_resource(show_spinner=False)
def _conversations() -> Registry[Conversation]:
    return Registry()


@st.cache_resource(show_spinner=False)
def _comparisons() -> Registry[Comparison]:
    return Registry()


def keep(item: Conversation | Comparison) -> None:
    """To be called after each question: what was asked is kept at once, what is answered as it comes.

    It belongs to its `owner`, which is to be `visitor.owner()` from the beginning. May be called by any thread.
    """
    if isinstance(item, Conversation):
        _conversations().add(item)
    else:
        _comparisons().add(item)
    autosaver().watch(item)


def conversation(id: str, owner: str | None = None) -> Conversation | None:
    """From this process, where it may be under way, or else from the store; None too where it is somebody else's.

    `owner`: whoever is here, unless given: where no page is being drawn, nobody is known to be here.
    """
    mine = auth.owner() if owner is None else owner
    return _found(id, mine, _conversations(), lambda id: store().of(mine).conversation(id))


def comparison(id: str, owner: str | None = None) -> Comparison | None:
    mine = auth.owner() if owner is None else owner
    return _found(id, mine, _comparisons(), lambda id: store().of(mine).comparison(id))


def stop(*in_progress: Reply) -> None:
    """Stop them, also those that run in another process; the page says so where that can't be told."""
    for reply in in_progress:
        try:
            reply.stop()
        except StoreError as error:
            st.toast(f"{literal(reply.asked.label)} goes on: {literal(str(error))}", icon=":material/error:")


def judge(comparison: Comparison, verdict: Verdict | None) -> bool:
    """Keep a verdict, or take it back with None. Where it can't be saved, it holds in this process all the same, the
    page says so, and this returns False."""
    comparison.verdict = verdict
    return _saved("The verdict", lambda: owner_view().judge(comparison.id, verdict))


def reveal(comparison: Comparison) -> bool:
    """Who answered may be shown, without a verdict. False where it can't be saved, as with `judge`."""
    comparison.blind = False
    return _saved("That the names are shown", lambda: owner_view().reveal(comparison.id))


def _saved(what: str, write: Callable[[], None]) -> bool:
    try:
        write()
    except StoreError as error:
        st.toast(f"{what} is not saved: {literal(str(error))}", icon=":material/save:", duration="long")
        return False
    return True


def item(entry: HistoryEntry, owner: str | None = None) -> Conversation | Comparison | None:
    """What an entry of the history stands for; None where it was deleted meanwhile."""
    return conversation(entry.id, owner) if entry.kind == "conversation" else comparison(entry.id, owner)


def take_in(items: Sequence[Conversation | Comparison]) -> None:
    """Keep what comes out of a file, all of it or nothing, as whoever is here says. Raises StoreError."""
    for one in items:
        one.owner = auth.owner()
    keep_all(store(), items)


def _found(id: str, owner: str, registry: Registry[Item], load: Callable[[str], Item | None]) -> Item | None:
    """What is at the address `id`: the object that this process has, since others may be following it."""
    here = registry.find(id) if id else None
    if here is not None and here.owner != owner:
        return None
    if not id or (here is not None and not here.over):
        return here
    try:
        kept = load(id)
    except StoreError as error:
        autosaver().report(str(error))  # for `storage_warning` to tell
        return here
    if kept is None:
        return here if autosaver().problem else None  # not kept yet, or deleted
    return here or registry.add(kept)


def recent(limit: int) -> list[HistoryEntry]:
    """The newest of the history; nothing where the store can't be read, which `storage_warning` tells."""
    try:
        return owner_view().history(limit=limit)
    except StoreError as error:
        autosaver().report(str(error))
        return []


def history_link(entry: HistoryEntry, key: str, longest: int = 120) -> None:
    """A button with the title, of at most `longest` characters, that opens the entry on its page."""
    title = entry.title if len(entry.title) <= longest else f"{entry.title[: longest - 1]}…"
    if st.button(literal(title), icon=ICONS[entry.kind], type="tertiary", key=f"{key}-{entry.id}"):
        st.switch_page(PAGES[entry.kind], query_params={"c": entry.id})


def recordings(limit: int = 20) -> dict[str, Reply]:
    """The answers of the newest conversations and comparisons, by their id, as far as they are over.

    Those of a blind comparison are left out until its vote: a choice of recordings names who answered.
    """
    return _recordings(auth.owner(), limit)


@st.cache_resource(ttl=5, max_entries=100, show_spinner=False)
def _recordings(owner: str, limit: int) -> dict[str, Reply]:
    found: list[Conversation | Comparison] = [one for entry in recent(limit) if (one := item(entry, owner))]
    given = chain.from_iterable(
        one.replies if isinstance(one, Comparison) else chain.from_iterable(turn.replies for turn in one.turns)
        for one in found
        if not (isinstance(one, Comparison) and one.hidden)
    )
    return {reply.id: reply for reply in given if reply.over}


@st.cache_resource(show_spinner=False)
def seed_samples() -> None:
    """Put the shipped recordings into a store that has never held anything, unless nobody would find them there."""
    try:
        if store().fresh and not auth.signs_in():
            for sample in samples():
                store().keep(sample)
    except StoreError:
        pass  # `storage_warning` tells


def open_or_stop() -> OwnerView:
    """What is kept for whoever is here; a page ends here with a clear word where DATABASE_URL can't be meant."""
    try:
        kept = owner_view()
    except StoreError as error:
        st.error(literal(str(error)), title="The configuration has a slip", icon=":material/settings_alert:")
        st.stop()
    seed_samples()
    return kept


def storage_warning() -> None:
    """Say so on the page where nothing is being saved, or can be read, and why; until it is saved."""
    if problem := autosaver().problem:
        st.warning(
            f"{literal(problem)} Answers go on; what is missing is saved as soon as that is possible.",
            title="Nothing is being saved",
            icon=":material/save:",
        )
