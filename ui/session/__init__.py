"""Browser sessions: every key of `st.session_state`, persistence, sign-in, prompts, limits, the page's address."""
