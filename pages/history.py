"""History: search, open, rename and delete conversations and comparisons; import and export recordings."""

from datetime import UTC, datetime, timedelta
from itertools import groupby

import streamlit as st

from replies.recording.format import RecordingError, dump, load
from replies.store import HistoryEntry, StoreError
from ui.controls.buttons import action
from ui.markdown import literal
from ui.series import runs
from ui.session import keys, persistence, timezone
from ui.text import many

PAGE = 30  # entries shown at once
BADGES = {
    "live": ":green-badge[:material/bolt: Live]",
    "simulated": ":orange-badge[:material/science: Simulator]",
    "recorded": ":blue-badge[:material/history: Recorded]",
    "backup": ":red-badge[:material/support: Backup]",
}
LONGEST = 70  # characters of a title in its line

st.set_page_config(layout="wide")
store = persistence.open_or_stop()
persistence.storage_warning()


@st.dialog("Rename")
def rename(entry: HistoryEntry) -> None:
    with st.form("rename", border=False):
        title = st.text_input("Title", entry.title)
        done = st.form_submit_button("Rename", type="primary")
    if done and title.strip():
        store.rename(entry.id, title)
        st.rerun()
    elif done:
        st.error("A title needs a word at least.", icon=":material/error:")


@st.dialog("Delete everything?")
def delete_everything(count: int) -> None:
    st.markdown(f"This deletes all **{count:,}** conversations and comparisons, for good. It can't be undone.")
    if st.button(f"Delete {count:,}", type="primary", icon=":material/delete_forever:"):
        runs.cancel_all()  # their next rounds would bring them back
        store.delete_all()
        st.session_state.pop(keys.DELETED, None)
        st.rerun()


def entry_caption(entry: HistoryEntry) -> str:
    """Time, models, and the sources of the answers."""
    runs = many(entry.runs, "run") if entry.runs is not None else ""
    who = ":material/visibility_off: Blind" if entry.hidden else literal(" · ".join(entry.models))
    told = " · ".join(filter(None, [f"{timezone.here(entry.at):%H:%M}", runs, who]))
    verdict = [":violet-badge[:material/how_to_vote: Judged]"] if entry.judged else []
    return " ".join([told, *(BADGES[source] for source in entry.sources), *verdict])


def draw_empty() -> None:
    """What the page will hold."""
    with st.container(border=True, horizontal_alignment="center"):
        st.subheader("Nothing kept yet", anchor=False, text_alignment="center")
        st.markdown(
            "Whatever is asked on Chat, Compare and Why streaming is kept here, a line for each: the question, every "
            "answer with the moment each word came, the figures and the vote. Open one to go on with it or to play it "
            "again; search them by their words; take them along as a file.",
            text_alignment="center",
        )
        with st.container(horizontal=True, horizontal_alignment="center"):
            action("Chat", "chat", st.switch_page, "pages/chat.py", type="primary")
            action("Compare", "view_column", st.switch_page, "pages/compare.py", type="secondary")


def exported(entries: list[HistoryEntry]) -> str:
    """Their recordings, without what is in progress, or blind and not judged yet."""
    found = filter(None, (persistence.load_entry(entry, store.owner) for entry in entries))
    return "".join(dump(one for one in found if one.over and not getattr(one, "hidden", False)))


def delete(entry: HistoryEntry) -> None:
    if run := runs.of(entry.id):
        run.cancel()  # its next round would bring it back
    store.delete(entry.id)
    st.session_state[keys.DELETED] = entry


def undo() -> None:
    store.undelete(st.session_state.pop(keys.DELETED).id)


def import_uploads() -> None:
    """Read the uploaded recordings: all of them, or none."""
    for file in st.session_state[keys.UPLOADS]:
        try:
            items = load(file.getvalue())
            for one in items:
                one.owner = store.owner
            persistence.store().keep(*items)
        except (RecordingError, StoreError) as error:
            st.session_state.setdefault(keys.NOT_IMPORTED, []).append(f"{file.name}: {error}")
            continue
        st.toast(f"{len(items)} taken in from {literal(file.name)}", icon=":material/download_done:")


try:
    count = store.count()
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.title("History", anchor=False)
        with st.container(horizontal=True, horizontal_alignment="right"):
            importing = st.popover("Import", icon=":material/upload:", type="tertiary")
            with importing, st.form("import", border=False, clear_on_submit=True):
                st.file_uploader("Recordings", type="jsonl", accept_multiple_files=True, key=keys.UPLOADS)
                st.form_submit_button("Import", on_click=import_uploads)
            if action("Delete everything", "delete", disabled=not count):
                delete_everything(count)
    for problem in st.session_state.pop(keys.NOT_IMPORTED, []):
        st.error(literal(problem), title="Not imported", icon=":material/error:")
    if deleted := st.session_state.get(keys.DELETED):
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            st.markdown(f"Deleted: {literal(deleted.title)}", width="stretch")
            action("Undo", "undo", undo)

    with st.container(horizontal=True):
        hint, any_source = "Words in prompts and answers", "Live, simulated, recorded"
        wanted = {
            "words": st.text_input("Search", placeholder=hint, icon=":material/search:", key="words"),
            "provider": st.selectbox("Provider", store.known("provider"), None, placeholder="Any provider") or "",
            "model": st.selectbox("Model", store.known("model"), None, placeholder="Any model") or "",
            "source": st.selectbox("Source", BADGES, None, format_func=str.capitalize, placeholder=any_source) or "",
        }
    if st.session_state.get(keys.SEARCH) != wanted:  # another question begins on its first page
        st.session_state[keys.SEARCH], st.session_state[keys.CURSORS] = wanted, [None]
    cursors = st.session_state[keys.CURSORS]
    found = store.history(**wanted, before=cursors[-1], limit=PAGE + 1)
    shown = found[:PAGE]
    if not shown and (count or any(wanted.values())):
        st.caption("Nothing was found.")
    elif not shown:
        draw_empty()
    today = timezone.here(datetime.now(UTC)).date()
    names = {today: "Today", today - timedelta(days=1): "Yesterday"}
    for when, entries in groupby(shown, key=lambda entry: timezone.here(entry.at).date()):
        st.subheader(names.get(when, f"{when:%A}, {when.day} {when:%B %Y}"), anchor=False)
        with st.container(gap="xsmall"):
            for entry in entries:
                with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key=f"entry-{entry.id}"):
                    persistence.history_link(entry, "open", LONGEST)
                    st.caption(entry_caption(entry), width="stretch")
                    if action("Rename", "edit", key=f"rename-{entry.id}", icon_only=True):
                        rename(entry)
                    action("Delete", "delete", delete, entry, key=f"delete-{entry.id}", icon_only=True)
    with st.container(horizontal=True):
        if len(cursors) > 1:
            action("Newer", "arrow_back", cursors.pop, type="secondary")
        if len(found) > PAGE:
            action("Older", "arrow_forward", cursors.append, shown[-1].cursor, type="secondary")
        if shown:
            st.download_button(
                "Export these as recordings",
                lambda: exported(shown),
                file_name="streamside.jsonl",
                mime="application/jsonl",
                icon=":material/download:",
                type="tertiary",
                on_click="ignore",
            )
except StoreError as error:
    st.error(literal(str(error)), title="The history can't be read", icon=":material/error:")
