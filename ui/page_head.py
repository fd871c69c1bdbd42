"""Page head, above the content of every page: styles, prefetched fonts and scripts, and on a phone the navigation."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from ui.server.middleware import SCRIPT
from ui.session import keys

# The browser fetches what draws code and formulas when it first has some to draw, which takes it half a second: so it
# has it before the first answer. Nothing of this is shown, read out or reached by Tab. Fonts are fetched for text that
# is laid out: that of a pseudo-element too small to see, with an empty description for screen readers.
_SAMPLE: Final = "```python\nprint()\n```\n\n$x$\n"
SETTLE: Final = 3.0  # seconds from a visit's beginning until the browser has loaded all that pages are drawn with
STYLE: Final = f"<style>{(Path(__file__).parent / 'style.css').read_text(encoding='utf-8')}</style>"


def page_head(pages: Sequence[StreamlitPage]) -> None:
    """Draw it, once a run. On a phone, where Streamlit folds its navigation into the sidebar, the `pages` stand above
    the content."""
    st.session_state.setdefault(keys.SETTLED, time.monotonic() + SETTLE)
    st.html(STYLE)
    with st.container(key="prefetch", height=1, border=False):  # as good as hidden until the styles are there
        st.markdown(_SAMPLE, anchors=False)
        st.html(f"<script>{SCRIPT}</script>", unsafe_allow_javascript=True)
    with st.container(horizontal=True, gap="xsmall", key="phone-pages"):
        for page in pages:
            st.page_link(page, width="content")
