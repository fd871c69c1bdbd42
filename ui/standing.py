"""What widgets stand at, without drawing them: so a question is asked before the page is drawn with what waits beside
its answer.

The functions have Streamlit's names, and take what those of Streamlit take. A widget that is not there yet, or stands
at what can't be chosen any more, stands at its default.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import streamlit as st

Option = TypeVar("Option")


def selectbox(
    _label: str, options: Sequence[Option], index: int = 0, *, key: str, accept_new_options: bool = False, **_look: Any
) -> Option:
    at: Option | None = st.session_state.get(key)
    return at if at is not None and (accept_new_options or at in options) else options[index]


def segmented_control(
    _label: str, options: Sequence[Option], *, default: Option, key: str, required: bool, **_look: Any
) -> Option:
    at: Option | None = st.session_state.get(key)
    return at if at is not None and at in options else default


def text_area(_label: str, value: str, *, key: str, **_look: Any) -> str:
    return _value(key, value)


def number_input(_label: str, _least: float, _most: float, value: Option, *, key: str, **_look: Any) -> Option:
    return _value(key, value)


def toggle(_label: str, value: bool, *, key: str, **_look: Any) -> bool:
    return _value(key, value)


def _value(key: str, default: Option) -> Option:
    found: Option = st.session_state.get(key, default)
    return found
