"""Parameters in Chat's sidebar: those of the API alone, errors at the field, and what an answer says of them."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from providers.openai.settings import OpenAISettings
from providers.parameters import PARAMETER
from tests.support.page import asked, opened, said

REFUSING = "openai|chat|sim-instant.sim-fault-400-parameter-seed|simulator"


def with_more(address: str) -> AppTest:
    app = opened(**{"with": address})
    return app.toggle(key="chat-more").set_value(True).run()


def keys(app: AppTest) -> set[str]:
    widgets = (*app.selectbox, *app.multiselect, *app.number_input, *app.text_area)
    return {str(widget.key).removeprefix("chat-") for widget in widgets}


def test_only_what_the_api_takes_is_offered() -> None:
    for address, api in ((REFUSING, "chat"), ("openai|responses|sim-instant|simulator", "responses")):
        assert keys(with_more(address)) & PARAMETER.keys() == OpenAISettings.parameters[api].keys()


def test_extra_parameters_that_can_not_be_sent_get_an_error_at_the_field() -> None:
    app = with_more(REFUSING)
    app.text_area(key="chat-extra").set_value("top_k: 5").run()
    assert "no JSON" in app.error[0].value
    app.text_area(key="chat-extra").set_value('{"logprobs": true}').run()
    assert not app.error


def test_a_parameter_that_is_refused_is_named_under_the_answer() -> None:
    app = with_more(REFUSING)
    app.number_input(key="chat-seed").set_value(7).run()
    app.selectbox(key="chat-tier").set_value("priority").run()
    app = asked(app, "Hi")
    assert "seed was not accepted and left out" in said(app)
    assert "asked priority\\, served priority" in said(app)
