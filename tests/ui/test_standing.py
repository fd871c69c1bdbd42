"""A question is asked with what the widgets stand at, before they are drawn."""

import pytest
from streamlit.testing.v1 import AppTest


def _page() -> None:
    import streamlit as st

    from providers import load
    from ui.choice import Choice, choose, chosen
    from ui.parameters import Parameters, parameters, set_to

    endpoints = load(st.session_state.setdefault("typed_keys", {}))
    before = st.session_state.get("choice") or Choice.default(endpoints["openai"])
    set_before = st.session_state.get("set", Parameters())
    standing = chosen("chat", before, endpoints), set_to(set_before, "chat")
    drawn = choose("chat", before, endpoints), parameters(set_before, "chat")
    assert standing == drawn, (standing, drawn)
    st.session_state["choice"], st.session_state["set"] = drawn


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_function(_page, default_timeout=60).run()


def picked(page: AppTest) -> tuple[object, ...]:
    assert not page.exception
    return tuple(page.session_state["choice"])


def test_it_is_what_the_widgets_say_whatever_is_turned(page: AppTest) -> None:
    assert picked(page)[0] == "openai"
    page.selectbox[0].set_value("bedrock").run()
    assert picked(page)[:2] == ("bedrock", "converse")
    page.segmented_control[1].set_value("invoke").run()
    assert picked(page)[1] == "invoke"
    page.segmented_control[0].set_value("Live").run()
    assert picked(page)[3] is True
    page.segmented_control[0].set_value("Simulator").run()
    page.selectbox[1].select_index(1).run()
    assert picked(page)[2:] == (page.selectbox[1].value, False)
    page.selectbox[0].set_value("watsonx").run()
    assert picked(page)[0] == "watsonx"
    page.selectbox[0].set_value("bedrock").run()
    assert picked(page)[0] == "bedrock"


def test_parameters_are_what_the_widgets_say_also_where_one_is_emptied(page: AppTest) -> None:
    page.text_area[0].set_value("Be brief.")
    page.number_input[0].set_value(50)
    page.number_input[1].set_value(0.5)
    page.toggle[0].set_value(False).run()
    assert picked(page)
    assert tuple(page.session_state["set"]) == ("Be brief.", 50, 0.5, None, False)
    page.number_input[0].set_value(None).run()
    assert picked(page)
    assert tuple(page.session_state["set"]) == ("Be brief.", None, 0.5, None, False)


def test_a_choice_that_is_gone_is_the_default_in_both(page: AppTest) -> None:
    page.session_state["typed_keys"] = {"ENDPOINT_HERE_URL": "http://127.0.0.1:1/v1"}
    page.run()
    page.selectbox[0].set_value("here").run()
    assert picked(page)[0] == "here"
    page.session_state["typed_keys"] = {}
    page.session_state["choice"] = None
    page.run()
    assert picked(page)[0] == "openai"


def _lanes() -> None:
    import streamlit as st

    from providers import load
    from ui.choice import Choice
    from ui.lanes import Lane, as_set, edit

    endpoints = load({})
    vendors = [Lane(Choice.default(settings)) for settings in endpoints.values()]
    lanes = st.session_state.setdefault("lanes", dict(enumerate(vendors)))
    st.session_state["standing"] = as_set(lanes, endpoints, {})
    edit(lanes, endpoints, {})
    assert lanes == st.session_state["standing"]


def test_lanes_are_what_their_widgets_say() -> None:
    page = AppTest.from_function(_lanes, default_timeout=60).run()
    page.selectbox(key="lane-0-provider").set_value("watsonx")
    page.number_input(key="lane-1-max-tokens").set_value(7).run()
    assert not page.exception
    lanes = page.session_state["lanes"]
    assert lanes == page.session_state["standing"]
    assert (lanes[0].choice.provider, lanes[1].parameters.max_tokens) == ("watsonx", 7)
