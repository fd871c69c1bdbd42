"""A text that appears as it comes: by the page's wire where a browser listens, else by `st.write_stream`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import chain
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui.sentences import Sentences, sentences
from ui.typewriter import typewriter
from ui.wire import SCRIPT, Speech, Wire

SAMPLE: Final = "###### A\n\n`b` *c* **d**\n\n- e\n\n```python\nprint()\n```\n"
"""What the page's script reads the looks of Markdown off. The browser fetches what draws code as soon as it sees some,
which takes it half a second: so it has it before the first answer."""

PACES: Final = ("As the system has it", "Word by word", "By sentence")
"""How words may appear."""

_HIDDEN: Final = "position: absolute; width: 100%; height: 0; overflow: hidden; visibility: hidden"


def wire() -> Wire:
    """This session's."""
    if "wire" not in st.session_state:
        st.session_state["wire"] = Wire()
    found: Wire = st.session_state["wire"]
    return found


def listen() -> None:
    """Have the page listen. To be called in every run, before anything is said."""
    base = st.get_option("server.baseUrlPath").strip("/")
    script = f"{f'/{base}' if base else ''}/{SCRIPT}"
    st.html(f"<style>.st-key-streamside-sample {{ {_HIDDEN} }}</style>")
    with st.container(key="streamside-sample"):
        st.markdown(SAMPLE, anchors=False)
        st.html(
            f'<script type="module" src="{script}"></script><i data-wire="{wire().token}"></i>',
            unsafe_allow_javascript=True,
        )


def pace(key: str) -> None:
    """A choice of how words appear, for this session; the same on every page."""
    chosen = st.session_state.get("pace", PACES[0])
    st.session_state["pace"] = st.radio(
        "Words appear",
        PACES,
        PACES.index(chosen),
        key=f"pace-{key}",
        help="By sentence moves less. The system's own setting is the one for reduced motion.",
    )


def by_sentence() -> bool:
    """Whether words are to appear in whole sentences."""
    chosen = st.session_state.get("pace", PACES[0])
    return wire().calm if chosen == PACES[0] else chosen == PACES[2]


class Spot:
    """Where a text appears. `name`: the same for the same text, also in the next script run, so that what stands there
    already stays."""

    def __init__(self, name: str) -> None:
        self._wire = wire()
        self._number = self._wire.number(name)

    def speech(self) -> AbstractContextManager[Speech]:
        """What to say here by the wire; `draw` it as well."""
        return self._wire.speech(self._number, Sentences().feed if by_sentence() else str)

    def draw(self, slot: DeltaGenerator | None = None) -> DeltaGenerator:
        """Show what is said by the wire, here or in a slot (`st.empty()`); returns what something else can be put into
        in its place. Before the first word, which then need not wait for it."""
        return (slot or st).html(f'<div data-speech="{self._number}"></div>')

    def speak(
        self,
        slot: DeltaGenerator,
        pieces: Iterator[str],
        *,
        lanes: int = 1,
        begins: Callable[[], object] = lambda: None,
    ) -> None:
        """Show the pieces in this slot as they come. `begins` is called at the first word.

        `""` says that there is nothing new, and should come a few times a second, so that a stop is noticed. `lanes`:
        how many speak side by side.
        """
        rest = self._by_wire(slot, pieces, begins) if self._wire.connected else pieces
        if (first := next(filter(None, rest), None)) is not None:
            begins()
            spoken = chain([first], rest)
            with slot.container():
                st.write_stream(typewriter(sentences(spoken) if by_sentence() else spoken, lanes=lanes, pulse=pulse))

    def _by_wire(self, slot: DeltaGenerator, pieces: Iterator[str], begins: Callable[[], object]) -> Iterator[str]:
        """Say them; what is left, from the first word on, where the page does not listen any more."""
        self.draw(slot)
        with self.speech() as speech:
            for piece in pieces:
                pulse()
                if self._wire.lost:
                    return chain(["".join(speech.said), piece], pieces)
                if piece:
                    if not speech.said:
                        begins()
                    speech.say(piece)
        return iter(())


def pulse() -> None:
    """Give Streamlit the chance to stop or rerun this script, which it takes when session state is touched."""
    st.session_state.get("pulse")
