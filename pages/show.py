"""Show: scenes from Chat, Compare and Why streaming in an order, rehearsed, and presented so that none can fail."""

import time
from dataclasses import replace

import streamlit as st

from replies.recording.lines import RecordingError
from replies.show.show import Show, Stage, dump, load
from replies.store import StoreError
from ui import present
from ui.controls.buttons import action
from ui.markdown import literal
from ui.session import address, keys, persistence, resources
from ui.session.persistence import tried
from ui.show import editor, stage
from ui.show.scenes import asker
from ui.text import many

PAGE = "show"

st.set_page_config(layout="wide")
view = persistence.open_or_stop()


def open_show(id: str) -> None:
    st.session_state[keys.SHOW] = id


def new_show(show: Show) -> None:
    tried(view.keep_show, show)
    open_show(show.id)


def import_show() -> None:
    if (file := st.session_state[keys.SHOW_UPLOAD]) is not None:
        try:
            new_show(load(file.getvalue()))
        except RecordingError as error:
            st.session_state[keys.SHOW_PROBLEM] = f"{file.name}: {error}"


def delete_show(id: str) -> None:
    tried(view.forget_show, id)
    open_show("")


def start(show: Show, offline: bool) -> None:
    present.begin()
    tried(view.keep_stage, show.id, Stage(began=time.time(), offline=offline))


def rehearse(show: Show) -> None:
    editor.rehearse(view, show, asker(resources.endpoints(), show.scenes))


def draw_list() -> None:
    """All shows, and the ways to get another one."""
    st.title("Shows", anchor=False)
    st.markdown(
        "A show presents answers in an order. Where one is late, fails or stalls, its recording stands in, marked as "
        "such. Add scenes on Chat, Compare and Why streaming: **Add to show**, below an answer."
    )
    for show in view.shows():
        with st.container(horizontal=True, vertical_alignment="center"):
            label = f"{literal(show.title)} · {many(len(show.scenes), 'scene')}"
            action(label, "slideshow", open_show, show.id, key=f"open-{show.id}")
    with st.container(horizontal=True):
        action("New show", "add", new_show, Show(title="A new show"), type="secondary")
        with st.popover("Import", icon=":material/upload:"), st.form("import", border=False, clear_on_submit=True):
            st.file_uploader("A show", type="jsonl", key=keys.SHOW_UPLOAD)
            st.form_submit_button("Import", on_click=import_show)
    if problem := st.session_state.pop(keys.SHOW_PROBLEM, ""):
        st.error(literal(problem), title="Not imported", icon=":material/error:")


def draw_show(show: Show) -> None:
    """The scenes of a show, and what can be done with it."""
    run = editor.REHEARSALS.find(show.id)
    busy = run is not None and not run.over
    with st.container(horizontal=True, vertical_alignment="bottom"):
        action("All shows", "arrow_back", open_show, "")
        title = st.text_input("Title", show.title, max_chars=300, key=f"title-{show.id}", label_visibility="collapsed")
        if title.strip() and title.strip() != show.title:
            tried(view.keep_show, show := replace(show, title=title.strip()))
    with st.container(horizontal=True, vertical_alignment="center"):
        none = busy or not show.scenes
        unasked = "Nothing is asked: every scene is its recording."
        offline = st.toggle("Offline", key=f"offline-{show.id}", persist_state="session", help=unasked)
        action("Start", "play_arrow", start, show, offline, type="primary", disabled=none)
        once = "Asks every scene once, and keeps what comes whole as its recordings."
        action("Rehearse", "cached", rehearse, show, type="secondary", disabled=none, help=once)
        st.link_button(
            "Presenter's view", f"/show?show={show.id}&notes=1", icon=":material/speaker_notes:", type="tertiary"
        )
        st.download_button(
            "Export",
            lambda: dump(show),
            file_name=f"streamside-show-{show.id}.jsonl",
            mime="application/jsonl",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )
        action("Delete show", "delete", delete_show, show.id)
    if run is not None and busy:
        editor.rehearsing(run, show)
    elif run is not None and run.problems:
        told = "\n".join(f"- {literal(problem)}" for problem in run.problems)
        st.warning(told, title="Not everything was kept", icon=":material/history_off:")
    if not show.scenes:
        st.info("Ask on Chat, Compare or Why streaming, then add what you see: **Add to show**.", icon=":material/add:")
    else:
        st.caption("On stage: → or space for the next scene, ← the one before, B recordings now, R again, Esc to end.")
    if not busy:  # a change of what was drawn before would undo what is kept meanwhile
        editor.scenes(show, lambda changed: tried(view.keep_show, changed))


if address.navigated(PAGE):
    open_show(st.query_params.get("show", ""))
wanted = st.session_state.setdefault(keys.SHOW, "")
try:
    if "notes" in st.query_params:
        stage.notes(view, wanted)
        st.stop()
    show = view.show(wanted) if wanted else None
    if wanted and show is None:
        st.warning(persistence.GONE, title="Not found", icon=":material/search_off:")
        open_show("")
    address.write(PAGE, {"show": show.id if show else ""})
    if show is None:
        draw_list()
    elif present.on():
        begin = asker(resources.endpoints_or_stop(), show.scenes)
        stage.draw(view, show, begin, view.stage(show.id) or Stage(began=time.time()))
    else:
        persistence.storage_warning()
        draw_show(show)
except StoreError as error:
    st.error(literal(str(error)), title="The show can't be read", icon=":material/error:")
