"""The front door: who comes in, page config and navigation. Nothing else.

The server imports `app`, which checks at start who could come in; each visit runs this file as a script.
"""

import streamlit as st
from starlette.middleware import Middleware

from ui import address, door, page_head, sessions, visitor
from ui.affinity import Affinity
from ui.connections import Lost
from ui.headers import Headers

if __name__ != "__main__":
    app = st.App(
        "app.py",
        lifespan=door.opened,
        middleware=[Middleware(Headers), Middleware(door.Threshold), Middleware(Lost), Middleware(Affinity)],
    )
    door.check()
    sessions.guard()
else:
    st.set_page_config(page_title="Streamside", page_icon="ui/icon.svg")
    st.logo("ui/logo.svg", size="large")
    pages = [
        st.Page("pages/chat.py", title="Chat", icon=":material/chat:", default=True),
        st.Page("pages/compare.py", title="Compare", icon=":material/view_column:"),
        st.Page("pages/why_stream.py", title="Why streaming", icon=":material/timer:"),
        st.Page("pages/history.py", title="History", icon=":material/history:"),
        st.Page("pages/leaderboard.py", title="Leaderboard", icon=":material/leaderboard:"),
    ]
    page = st.navigation(pages, position="top" if visitor.welcome() else "hidden")
    if visitor.welcome():
        address.enter(page.url_path)
        page_head.page_head(pages)
        door.warning()
        visitor.card()
        page.run()
    else:
        visitor.sign_in()
