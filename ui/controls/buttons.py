"""Buttons: the small ones without a border that pages and lanes have many of."""

from collections.abc import Callable
from typing import Any

import streamlit as st


def action(
    label: str,
    icon: str = "",
    does: Callable[..., object] | None = None,
    *args: object,
    key: str | None = None,
    icon_only: bool = False,
    draw: Callable[..., bool] = st.button,
    **options: Any,
) -> bool:
    """Draw a button; a click calls `does(*args)` before the page is drawn again, and then returns True.

    `icon`: a Material name. `icon_only`: the label is for screen readers and the tooltip; such a button needs a key.
    `draw`: what draws it, as the `button` of a slot does. `options`: others of `st.button`.
    """
    if icon_only:
        key, options["help"] = f"icon-{key}", label
    options = {"type": "tertiary", "icon": f":material/{icon}:" if icon else None} | options
    return draw(label, key=key, on_click=does, args=args, **options)
