"""Present mode: a page as a room sees it, in large type, without what is not for everybody's eyes."""

from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui.controls.buttons import action
from ui.session import address, keys

PAGES: Final = ("", "compare", "why_stream", "show")  # those that have it, by their address
_STYLE: Final = f"<style>{(Path(__file__).parent / 'present.css').read_text(encoding='utf-8')}</style>"


def on() -> bool:
    """Whether the page of this run is presented."""
    return bool(st.session_state.get(keys.PRESENT)) and st.session_state.get(keys.PAGE) in PAGES


def begin() -> None:
    st.session_state[keys.PRESENT] = True
    st.query_params[address.MODE] = "1"


def end() -> None:
    st.session_state[keys.PRESENT] = False
    st.query_params.pop(address.MODE, None)


def switch(page: str) -> None:
    """Draw the switch, which two keys press as well, and in present mode its styles. To be called in each run, before
    the page with this address itself."""
    if address.MODE in st.query_params:
        st.session_state[keys.PRESENT] = st.query_params[address.MODE] == "1"
    if on():
        st.query_params[address.MODE] = "1"  # which another page had not
        st.html(_STYLE)
        action("End the presentation (Esc)", "close_fullscreen", end, key="present-end", icon_only=True)
    elif page in PAGES[:-1]:  # a show has a button of its own
        action("Present (P)", "slideshow", begin, key="present-begin", icon_only=True)


def aside(name: str) -> DeltaGenerator:
    """A container that is not shown in present mode."""
    return st.container(key=f"aside-{name}")
