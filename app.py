"""Entry point: middleware, page config, sign-in and navigation.

The server imports `app`, which checks at start who could reach it; each visit runs this file as a script.
"""

import streamlit as st
from starlette.middleware import Middleware

from ui import page_head, present
from ui.server import access, middleware, streamlit_internals
from ui.session import address, auth

if __name__ != "__main__":
    app = st.App(
        "app.py",
        lifespan=access.lifespan,
        middleware=[
            Middleware(middleware.SecurityHeaders),
            Middleware(access.AccessControl),
            Middleware(middleware.LostConnections),
            Middleware(middleware.StickySessions),
        ],
    )
    access.check()
    streamlit_internals.apply_patches()
else:
    st.set_page_config(page_title="Streamside", page_icon="ui/icon.svg")
    st.logo("ui/logo.svg", size="large")
    pages = [
        st.Page("pages/chat.py", title="Chat", icon=":material/chat:", default=True),
        st.Page("pages/compare.py", title="Compare", icon=":material/view_column:"),
        st.Page("pages/why_stream.py", title="Why streaming", icon=":material/timer:"),
        st.Page("pages/show.py", title="Show", icon=":material/slideshow:"),
        st.Page("pages/history.py", title="History", icon=":material/history:"),
        st.Page("pages/leaderboard.py", title="Leaderboard", icon=":material/leaderboard:"),
    ]
    page = st.navigation(pages, position="top" if auth.is_authorized() else "hidden")
    if auth.is_authorized():
        address.enter(page.url_path)
        page_head.page_head(pages)
        present.switch(page.url_path)
        if not present.on():
            access.show_warnings()
            auth.account_menu()
        page.run()
    else:
        auth.sign_in()
