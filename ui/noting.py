"""What was sent off on a page and is still to be asked. Imports Streamlit alone, so that a page can look first."""

from __future__ import annotations

import streamlit as st


def note(page: str, prompt: str) -> None:
    """In the place of what was noted before, if anything still is."""
    st.session_state[_key(page)] = prompt


def waiting(page: str) -> str:
    """What was noted and is not asked yet."""
    prompt: str = st.session_state.get(_key(page), "")
    return prompt


def settle(page: str) -> bool:
    """It is being asked: False where another run of this page came first, and asks it.

    Up to its start there is to be nothing then at which Streamlit could end the run: nothing that draws or touches
    session state. So a run that another takes the place of asks wholly or not at all.
    """
    try:
        del st.session_state[_key(page)]
    except KeyError:
        return False
    return True


def _key(page: str) -> str:
    return f"asking-{page}"
