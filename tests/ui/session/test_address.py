"""The page's address: what leads to it, and what does not; and the keys of its session."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.page import back
from ui.session import keys


def page() -> None:
    import streamlit as st

    from ui.session import address

    name = st.session_state.get("go to", "chat")
    address.enter(name)
    if name == "history":  # it has no address of its own to write
        return
    st.session_state["navigated"] = address.navigated(name)
    if st.session_state.get("is ended"):
        st.stop()
    address.write(name, {"c": st.session_state.get("c", ""), "lane": st.session_state.get("lanes", [])})


def run(app: AppTest) -> bool:
    """Whether this run came from an address that the page did not write."""
    app.run()
    assert not app.exception
    found: bool = app.session_state["navigated"]
    return found


def test_back_leads_elsewhere_and_what_the_page_writes_does_not() -> None:
    app = AppTest.from_function(page, default_timeout=60)
    assert not run(app)  # there is no address yet
    app.session_state["c"] = "one"
    assert not run(app)  # this run writes it
    assert app.query_params["c"] == "one"
    assert not run(app)
    app.session_state["is ended"] = True  # by Forward, before it has written its address
    assert back(app, c="another").session_state["navigated"]
    app.session_state["is ended"] = False
    assert back(app, c="one").session_state["navigated"]
    assert not back(app, c="one").session_state["navigated"]


def test_a_click_that_comes_with_an_older_address_leads_nowhere() -> None:
    app = AppTest.from_function(page, default_timeout=60)
    run(app)
    for app.session_state["c"] in ("one", "two"):
        run(app)
    for older in ({}, {"c": "one"}):
        app.query_params.clear()
        app.query_params.update(older)
        assert not run(app)
        assert app.query_params["c"] == "two"


def test_an_address_that_led_here_stays_until_the_page_asks_for_another() -> None:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["c"], app.session_state["lanes"] = "one", ["a|b"]
    app.query_params["c"] = ["one"]
    assert run(app)
    assert not run(app)
    assert "lane" not in app.query_params
    app.session_state["lanes"] = ["a|b", "a|b"]
    assert not run(app)
    assert "lane" in app.query_params
    assert back(app, c="another").session_state["navigated"]  # which is not there
    assert app.query_params["c"] == "one"


def test_every_lane_stands_in_it_and_nothing_that_is_empty() -> None:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["lanes"] = ["a|b", "a|b"]
    run(app)
    assert app.query_params == {"lane": ["a|b", "a|b"]}
    app.session_state["lanes"] = []
    run(app)
    assert app.query_params == {}


@pytest.mark.parametrize("other", ["compare", "history"])
def test_the_menu_leads_to_what_the_page_showed(other: str) -> None:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["c"] = "one"
    run(app)
    app.session_state["go to"] = other
    app.query_params.clear()  # the menu's links have no address of their own
    assert not run(app)
    app.session_state["go to"] = "chat"
    app.query_params.clear()
    assert not run(app)
    assert app.query_params["c"] == "one"


ROOT = Path(__file__).parents[3]


def test_no_two_keys_are_alike() -> None:
    fixed = [value for name, value in vars(keys).items() if name.isupper()]
    assert len(set(fixed)) == len(fixed)


def test_session_state_is_read_and_written_by_keys_alone() -> None:
    literal = re.compile(r"session_state(\.\w+\(|\[)f?[\"']|[\"'] (not )?in st\.session_state")
    for path in [ROOT / "app.py", *(ROOT / "ui").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]:
        assert not literal.search(path.read_text(encoding="utf-8")), path
