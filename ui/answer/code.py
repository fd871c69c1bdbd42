"""Code to take home: the request of an answer, in a dialog that is made on a click."""

from dataclasses import replace

import streamlit as st

from providers import ProviderError
from replies.reply import Reply
from ui.controls.buttons import action
from ui.markdown import literal
from ui.session import keys, resources


def code_button(reply: Reply, key: str, *, icon_only: bool = False) -> None:
    """Draw the button that opens it, and the dialog while it is open: also when the page is drawn anew."""
    action("Code", "code", _set_shown, reply.id, key=key, icon_only=icon_only)
    if st.session_state.get(keys.CODE) == reply.id:
        _show(reply)


def _set_shown(reply: str = "") -> None:
    st.session_state[keys.CODE] = reply


@st.dialog("The same in your own code", width="large", icon=":material/code:", on_dismiss=_set_shown)
def _show(reply: Reply) -> None:
    from simulator.pacing import names_simulator  # here: the server starts sooner

    asked = reply.asked
    settings = resources.endpoints().get(asked.provider)
    if settings is None or asked.api not in settings.apis:
        st.warning("Its provider is gone from the configuration.", icon=":material/search_off:")
        return
    request = asked.request
    if asked.simulated and names_simulator(request.model):
        request = replace(request, model=settings.model_for(asked.api))
    try:
        shown = settings.code(request, asked.api)
    except ProviderError as error:
        st.error(literal(error.message), icon=":material/error:")
        return
    if not shown:
        st.info("There is none for this provider.", icon=":material/code_off:")
        return
    if asked.simulated:
        st.caption(
            f"The simulator answered here; this asks {literal(settings.label)} itself, {literal(request.model)}."
        )
    for tab, (label, code) in zip(st.tabs(list(shown)), shown.items(), strict=True):
        language = "bash" if label == "curl" else "python"
        tab.code(code, language=language, wrap_lines=label == "curl")
