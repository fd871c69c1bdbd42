"""Page addresses: each leads to what it names, and is written once for each step, so that Back leads back."""

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from ui.server.streamlit_internals import history_navigation
from ui.session import keys

MODE: Final = "present"  # the parameter that says how a page is shown, not what


def enter(page: str) -> None:
    """Note which page a run is of. To be called in each run of every page, before the page itself."""
    st.session_state[keys.CAME_FROM], st.session_state[keys.PAGE] = st.session_state.get(keys.PAGE), page


def open_page(page: str, parameters: Mapping[str, str | Sequence[str]]) -> None:
    """Lead to a page of the app by an address, without what is empty in it; also from that page itself."""
    st.session_state[keys.PAGE] = None
    st.switch_page(page, query_params={name: value for name, value in parameters.items() if value})


def navigated(page: str) -> bool:
    """Whether this run leads elsewhere by its address: a link, a reload, Back or Forward. Coming from another page of
    the app by its menu does not: the page shows what it showed. Nor does a widget, whose run may bring an older
    address: that of the second click of two, or the last that reached the browser before its connection was lost."""
    here, (_, shown) = _here(), st.session_state.get(keys.address(page)) or (None, None)
    if st.session_state.get(keys.CAME_FROM) != st.session_state.get(keys.PAGE):
        leads = bool(here)
    else:
        leads = shown is None or history_navigation()
    if not leads or here == shown:
        return False
    # Until `write` this one is not reached: Forward, soon after Back, may end this run and lead to the one before.
    st.session_state[keys.address(page)] = None
    return True


def write(page: str, parameters: Mapping[str, str | Sequence[str]]) -> None:
    """Make these the page's address, without the empty ones. One that led here and says less stays as it is until they
    change: else a link would take two steps, and Back one of them."""
    wanted = {name: [value] if isinstance(value, str) else list(value) for name, value in parameters.items() if value}
    here, before = _here(), st.session_state.get(keys.address(page))
    if before is None:
        shown = here if here and all(wanted.get(name) == value for name, value in here.items()) else wanted
    else:
        shown = before[1] if before[0] == wanted else wanted
    st.session_state[keys.address(page)] = wanted, shown
    if shown != here:
        mode = {MODE: [st.query_params[MODE]]} if MODE in st.query_params else {}
        st.query_params.from_dict(shown | mode)


def _here() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in st.query_params if name != MODE}
