"""What somebody typed is taken, or given back with a word about what is wrong with it."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from replies.prompts import EmptyPromptError, PromptsError, typed
from ui.markdown import literal


class _Refused(NamedTuple):
    problem: str
    key: str
    text: str


def take(text: str, key: str) -> str | None:
    """The prompt as it is to be asked, without blanks around it.

    None where it can't be: then `refused`, in the page's next run, says why and gives the widget with this key its text
    back.
    """
    try:
        return typed(text).strip()
    except EmptyPromptError as error:
        st.toast(str(error))
    except PromptsError as error:
        st.session_state["refused"] = _Refused(str(error), key, text)
    return None


def refused() -> None:
    """To be called on each page that asks, before its widgets."""
    if (found := st.session_state.pop("refused", None)) is not None:
        st.session_state[found.key] = found.text  # a chat input has forgotten it
        st.error(literal(found.problem), title="Not asked", icon=":material/error:")
