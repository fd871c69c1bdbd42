"""Page addresses: each leads to what it names, and is written once for each step, so that Back leads back."""

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from ui.session import keys

MODE: Final = "present"  # the parameter that says how a page is shown, not what


def enter(page: str) -> None:
    """Note which page a run is of. To be called in each run of every page, before the page itself."""
    st.session_state[keys.CAME_FROM], st.session_state[keys.PAGE] = st.session_state.get(keys.PAGE), page


def navigated(page: str) -> bool:
    """Whether this run comes from an address that the page did not write: a link, a reload, Back or Forward. Coming
    from another page of the app by its menu is none: the page shows what it showed."""
    here = _here()
    if st.session_state.get(keys.CAME_FROM) != st.session_state.get(keys.PAGE) and not here:
        return False
    if here == st.session_state.get(keys.address(page)):
        return False
    # Until `write` this one is not reached: Forward, soon after Back, may end this run and lead to the one before.
    st.session_state[keys.address(page)] = None
    return True


def write(page: str, parameters: Mapping[str, str | Sequence[str]]) -> None:
    """Make these the page's address, without the empty ones. Nothing happens where it is already."""
    wanted = {name: [value] if isinstance(value, str) else list(value) for name, value in parameters.items() if value}
    st.session_state[keys.address(page)] = wanted
    if wanted != _here():
        mode = {MODE: [st.query_params[MODE]]} if MODE in st.query_params else {}
        st.query_params.from_dict(wanted | mode)


def _here() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in st.query_params if name != MODE}
