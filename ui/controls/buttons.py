"""Buttons: the small ones without a border that pages and lanes have many of."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def action(
    label: str,
    icon: str = "",
    does: Callable[..., None] | None = None,
    *args: object,
    key: str | None = None,
    icon_only: bool = False,
    at: DeltaGenerator | None = None,
    **options: Any,
) -> bool:
    """Draw a button; a click calls `does(*args)` before the page is drawn again, and then returns True.

    `icon`: a Material name. `icon_only`: the label is for screen readers and the tooltip; such a button needs a key.
    `at`: a slot, else here. `options`: others of `st.button`.
    """
    if icon_only:
        key, options["help"] = f"icon-{key}", label
    options = {"type": "tertiary", "icon": f":material/{icon}:" if icon else None} | options
    return (st if at is None else at).button(label, key=key, on_click=does, args=args, **options)
