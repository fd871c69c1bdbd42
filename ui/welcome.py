"""What stands where nothing has been asked yet."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


class Welcome:
    """To be made in every run, so that it is gone as soon as the first question is asked."""

    def __init__(self, *, certain: bool) -> None:
        """`certain`: that nothing has been asked is known already, so it greets before all else is looked at."""
        self._slot = st.empty()
        self._greeting = self._greet() if certain else None

    def offer(self, prompts: tuple[str, ...], picked: Callable[[str, str], None]) -> None:
        """Suggest these. `picked` is told the page and the widget's key."""
        self._greeting = self._greeting or self._greet()
        with self._greeting:
            st.pills(
                "Suggestions",
                prompts,
                label_visibility="collapsed",
                key="suggestion",
                on_change=picked,
                args=("chat", "suggestion"),
            )

    def leave(self) -> None:
        self._slot.empty()

    def _greet(self) -> DeltaGenerator:
        greeting = self._slot.container()
        greeting.title("What shall we ask?", anchor=False)
        greeting.markdown(
            "Ask a model, and watch the answer arrive word by word, with the figures that matter under it."
        )
        return greeting
