"""Prompt input: what a user typed, validated, or given back with what is wrong with it."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from replies.prompts import EmptyPromptError, PromptsError, trimmed, typed
from ui.markdown import literal
from ui.session import keys, resources


class Rejection(NamedTuple):
    problem: str
    text: str
    forgets: str


def validated(text: str, *, forgets: str = "") -> str | None:
    """The prompt as it is to be asked, without blank lines before it and blanks after it.

    None where it is invalid: `show_rejection`, in the page's next run, says why. `forgets` is the key of a widget that
    loses its text when it is sent, as a chat input does; it gets the text back.
    """
    try:
        return trimmed(typed(text))
    except EmptyPromptError as error:
        st.toast(str(error))
    except PromptsError as error:
        give_back(text, forgets, str(error))
    return None


def give_back(text: str, forgets: str, problem: str) -> None:
    """Have the page's next run say why the text was not asked, and put it back into its widget."""
    st.session_state[keys.REJECTED] = Rejection(problem, text, forgets)


def show_rejection() -> None:
    """To be called on each page that asks, before its widgets."""
    if (found := st.session_state.pop(keys.REJECTED, None)) is not None:
        if found.forgets:
            st.session_state[found.forgets] = found.text
        st.error(literal(found.problem), title="Not asked", icon=":material/error:")


def suggestions(submit: Callable[..., None], *args: object) -> None:
    """Draw prompts to ask at a click, which calls `submit` with the key of the widget, and `args`."""
    st.pills(
        "Suggestions",
        resources.prompts(),
        label_visibility="collapsed",
        required=True,  # the second of two clicks would take the first back
        key="suggestion",
        on_change=submit,
        args=("suggestion", *args),
    )
