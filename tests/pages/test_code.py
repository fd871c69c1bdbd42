"""The code of an answer: made when it is asked for, and not before."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from providers import Settings, load
from tests.support.page import CHAT, asked, comparison, opened, said
from ui.session import persistence, resources

PROMPT = "Who won in '75? $x"


@pytest.fixture(scope="module")
def app() -> AppTest:
    return asked(asked(opened(CHAT, **{"with": "openai|chat|sim-instant|simulator"}), "Hello"), PROMPT)


def shown(app: AppTest) -> dict[str, str]:
    """Code by language."""
    return {code.language: code.value for code in app.code if code.language != "plaintext"}


def vendor() -> Settings:
    return load({})["openai"]


def test_a_page_of_answers_holds_no_code_until_it_is_asked_for(app: AppTest) -> None:
    assert shown(app) == {}
    assert [button.label for button in app.button].count("Code") == 2


def test_the_last_answer_s_code_has_the_whole_conversation_and_asks_the_vendor_s_own_model(app: AppTest) -> None:
    next(button for button in app.button if button.key == "code-1").click()
    app.run()
    assert not app.exception
    conversation = persistence.conversation(str(app.query_params["c"]))
    assert conversation is not None
    request = replace(conversation.turns[-1].reply.asked.request, model=vendor().model)
    assert [len(code.split(PROMPT)) for code in shown(app).values()] == [2, 2]
    assert list(shown(app).values()) == [code.strip() for code in vendor().code(request, "chat").values()]
    assert [tab.label for tab in app.tabs] == ["Python", "curl"]
    assert "The simulator answered here; this asks OpenAI itself" in said(app)


def test_code_of_a_provider_that_is_gone_says_so(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    found = resources.endpoints
    monkeypatch.setattr(
        resources, "endpoints", lambda: {name: each for name, each in found().items() if name != "openai"}
    )
    again = opened(CHAT, c=str(app.query_params["c"]))
    next(button for button in again.button if button.key == "code-1").click()
    again.run()
    assert not again.exception
    assert "gone from the configuration" in again.warning[0].value


def test_each_lane_has_its_own() -> None:
    lanes = ["openai|chat|sim-instant|simulator", "bedrock|invoke|anthropic.sim-instant|simulator"]
    app = asked(opened("pages/compare.py", lane=lanes), PROMPT)
    assert comparison(app).over
    assert shown(app) == {}
    next(button for button in app.button if button.key == "icon-code-1").click()
    app.run()
    assert not app.exception
    assert "invoke_model_with_response_stream" in shown(app)["python"]


def test_a_blind_comparison_s_code_is_hidden_until_there_is_a_verdict() -> None:
    lanes = [f"openai|chat|sim-{count}x400|simulator" for count in (3, 4)]
    app = opened("pages/compare.py", lane=lanes)
    next(toggle for toggle in app.toggle if toggle.label == "Blind").set_value(True)
    app = asked(app, PROMPT)
    assert comparison(app).hidden
    assert not [button for button in app.button if button.key and "code" in button.key]
