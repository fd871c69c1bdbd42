"""The front door: page config and navigation. Nothing else."""

from pathlib import Path

import streamlit as st

st.set_page_config(page_title="Streamside", page_icon=str(Path(__file__).parent / "ui" / "icon.svg"))

st.navigation(
    [
        st.Page("pages/chat.py", title="Chat", icon=":material/chat:", default=True),
        st.Page("pages/compare.py", title="Compare", icon=":material/view_column:"),
        st.Page("pages/why_stream.py", title="Why streaming", icon=":material/timer:"),
        st.Page("pages/history.py", title="History", icon=":material/history:"),
        st.Page("pages/leaderboard.py", title="Leaderboard", icon=":material/leaderboard:"),
    ],
    position="top",
).run()
