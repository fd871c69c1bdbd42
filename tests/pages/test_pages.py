"""The pages' logic, parameters and code, without a browser."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from providers import Request, load
from providers.openai.settings import OpenAISettings
from providers.parameters import PARAMETER
from replies.conversation import Conversation, Turn
from replies.reader import ask
from replies.store import Store
from simulator import Simulator
from tests.support.page import CHAT, FAST, asked, back, comparison, opened, press, run, said
from ui.session import persistence, prompt_input, resources

CRICKET = "Tell me about history of Cricket in 200 words."
KEY = "key-typed-in-a-test"

PROVIDERS = {  # and what can be typed for each
    "openai": ["OPENAI_API_KEY"],
    "bedrock": ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"],
    "watsonx": ["WATSONX_APIKEY", "WATSONX_PROJECT_ID"],
    "here": ["ENDPOINT_HERE_API_KEY"],
}


def test_a_conversation_goes_on_where_it_was() -> None:
    app = asked(opened(**{"with": FAST}), CRICKET)
    assert "10 → 284 tokens" in said(app)
    next(field for field in app.number_input if field.label == "Maximum tokens").set_value(5).run()
    app = asked(app, CRICKET)
    assert "cut off at the token limit" in said(app)
    assert "→ 5 tokens" in said(app)
    assert len(app.chat_message) == 4
    again = opened(c=app.query_params["c"])
    assert [message.name for message in again.chat_message] == ["user", "assistant"] * 2
    assert said(again).count("Marylebone") == said(app).count("Marylebone") == 1
    assert "Simulator" in said(again)


def test_the_choice_is_that_of_the_address_or_where_it_names_nothing_the_default() -> None:
    app = opened(**{"with": "bedrock|invoke|anthropic.sim-fast|simulator"})
    assert app.selectbox[0].value == "bedrock"
    assert app.query_params["with"] == "bedrock|invoke|anthropic.sim-fast|simulator"
    for address in ("", "nobody|chat|m|live", "openai|sing|m|live", "openai|chat||live", "openai|chat|m|x"):
        assert opened(**{"with": address}).selectbox[0].value == "openai"


def test_live_without_a_key_names_what_is_missing_and_where_to_put_it() -> None:
    app = asked(opened(**{"with": "openai|chat|gpt-5.4-mini|live"}), "Hello")
    assert "OPENAI\\_API\\_KEY" in app.error[0].value
    assert "env" in app.error[0].value


@pytest.fixture
def watsonx_at_the_simulator(monkeypatch: pytest.MonkeyPatch, simulator: Simulator) -> None:
    """Typing a key makes the page ask for the account's models; nobody else may be asked than this simulator."""
    monkeypatch.setenv("WATSONX_URL", simulator.tls_url)
    monkeypatch.setenv("SSL_CERT_FILE", simulator.ca_file)


def typed(app: AppTest, key: str) -> AppTest:
    fields = {field.label: field for field in app.text_input}
    fields["WATSONX_APIKEY"].set_value(key)
    fields["WATSONX_PROJECT_ID"].set_value("11111111-2222-3333-4444-555555555555")
    return press(app, "Use for this session")


@pytest.mark.usefixtures("watsonx_at_the_simulator")
def test_a_typed_key_makes_the_provider_live_and_shows_nowhere() -> None:
    app = typed(opened(**{"with": "watsonx|chat|sim-instant|simulator"}), KEY)
    assert app.session_state["typed_keys"]["WATSONX_APIKEY"] == KEY
    assert app.query_params["with"] == "watsonx|chat|sim-instant|live"
    assert KEY not in said(app)
    assert all(KEY not in str(field.value) for field in app.text_input)
    app = asked(app, CRICKET)
    assert "Marylebone" in said(app)
    assert "Simulator" not in said(app)  # the page takes it for the real service, as it was told to
    assert not opened().session_state["typed_keys"]  # it is of this session alone
    assert "WATSONX_APIKEY" not in press(app, "Forget what was typed").session_state["typed_keys"]


def test_only_credentials_can_be_typed_and_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who could type an address could look around in the network of whoever runs this Streamside."""
    monkeypatch.setenv("ENDPOINT_HERE_URL", "http://here.invalid/v1")
    app = opened(**{"with": FAST})
    fields = {name: [field.label for field in app.selectbox[0].set_value(name).run().text_input] for name in PROVIDERS}
    assert fields == PROVIDERS


def test_test_connection_says_that_the_simulator_answers() -> None:
    assert "simulator answers" in press(opened(), "Test connection").success[0].value


def test_an_invalid_configuration_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMSIDE_SILENCE_TIMEOUT", "soon")
    app = opened()
    assert "STREAMSIDE\\_SILENCE\\_TIMEOUT" in app.error[0].value
    assert not app.chat_input


def test_an_api_that_its_vendor_ends_says_so_where_it_is_chosen() -> None:
    for api, said_so in (("generate", True), ("chat", False)):
        app = opened(**{"with": f"watsonx|{api}|sim-instant|simulator"})
        assert any("14 March 2027" in caption.value for caption in app.caption) == said_so


def test_the_compare_page_gives_each_lane_its_answer() -> None:
    apis = ("openai|chat", "bedrock|converse", "watsonx|chat")
    app = opened("pages/compare.py", lane=[f"{api}|sim-instant|simulator" for api in apis])
    app = asked(app, CRICKET)
    assert said(app).count("Marylebone") >= 3
    assert said(app).count("complete · n\u00a0=\u00a01") == 3


def test_a_newcomer_compares_the_vendors_with_models_that_differ_in_words_and_speed() -> None:
    app = opened("pages/compare.py")
    choices = [lane.choice for lane in app.session_state["lanes"].values()]
    assert [choice.provider for choice in choices] == ["openai", "bedrock", "watsonx"]
    assert not any(choice.live for choice in choices)
    assert not any("sim-" in choice.model for choice in choices), "these are alike for all vendors"
    assert len(press(app, "Add lane").query_params["lane"]) == 4


def test_a_save_that_fails_during_an_answer_is_warned_of_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(**{"with": FAST})
    real = persistence.autosaver()
    autosaver = SimpleNamespace(watch=real.watch, has_yet_to_keep=real.has_yet_to_keep, problem=None)
    monkeypatch.setattr(persistence, "autosaver", lambda: autosaver)
    monkeypatch.setattr(prompt_input, "show_rejection", lambda: setattr(autosaver, "problem", "The disk is full."))
    app = asked(app, "Hello")
    assert [warning.value.partition(" Answers")[0] for warning in app.warning] == ["The disk is full\\."]


def test_an_answer_that_is_over_before_it_is_kept_stays_on_the_page(store: Store) -> None:
    with closing(sqlite3.connect(store.name, isolation_level=None)) as other:
        app = opened(**{"with": FAST})
        other.execute("BEGIN IMMEDIATE")  # nothing can be written until it ends
        run(asked(app, "Hello"))
        assert len(app.chat_message) == 2
        other.execute("ROLLBACK")


def test_a_question_has_its_address_before_anything_is_drawn() -> None:
    """Another run, which may come at any moment, would else lead to the page without it, as Back does."""
    app = opened(**{"with": FAST})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(persistence, "storage_warning", st.stop)  # another run ends this one where the page begins
        asked(app, "Hello")
    assert app.query_params["c"]
    run(app)
    assert len(app.chat_message) == 2


def test_two_answers_in_progress_in_one_conversation_have_one_stop_for_both() -> None:
    app = opened(**{"with": FAST})
    settings = resources.endpoints()["openai"].simulated_by(resources.simulator())
    replies = [ask(settings, Request.of("Go on.", "sim-60x20")) for _ in range(2)]
    conversation = Conversation(owner="")
    conversation.turns += [Turn("Go on.", [reply]) for reply in replies]
    persistence.keep(conversation)
    back(app, c=conversation.id)
    assert len(app.chat_message) == 4
    assert all(reply.state == "done" and reply.text in said(app) for reply in replies)


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


PROMPT = "Who won in '75? $x"


@pytest.fixture(scope="module")
def app() -> AppTest:
    return asked(asked(opened(CHAT, **{"with": "openai|chat|sim-instant|simulator"}), "Hello"), PROMPT)


def shown(app: AppTest) -> dict[str, str]:
    """Code by language."""
    return {code.language: code.value for code in app.code if code.language != "plaintext"}


def test_the_code_of_an_answer_has_the_whole_conversation_and_asks_the_vendor_s_own_model(app: AppTest) -> None:
    assert shown(app) == {}  # nothing is made before somebody asks for it
    assert [button.label for button in app.button].count("Code") == 2
    app.button(key="code-1").click()
    run(app)
    conversation = persistence.conversation(str(app.query_params["c"]))
    assert conversation is not None
    vendor = load({})["openai"]
    request = replace(conversation.turns[-1].reply.asked.request, model=vendor.model)
    assert [len(code.split(PROMPT)) for code in shown(app).values()] == [2, 2]
    assert list(shown(app).values()) == [code.strip() for code in vendor.code(request, "chat").values()]
    assert [tab.label for tab in app.tabs] == ["Python", "curl"]
    assert "The simulator answered here; this asks OpenAI itself" in said(app)


def test_code_of_a_provider_that_is_gone_says_so(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    others = {name: each for name, each in resources.endpoints().items() if name != "openai"}
    monkeypatch.setattr(resources, "endpoints", lambda: others)
    again = opened(CHAT, c=str(app.query_params["c"]))
    again.button(key="code-1").click()
    assert "gone from the configuration" in run(again).warning[0].value


def test_each_lane_has_its_own_but_for_a_blind_comparison() -> None:
    lanes = ["openai|chat|sim-instant|simulator", "bedrock|invoke|anthropic.sim-instant|simulator"]
    app = asked(opened("pages/compare.py", lane=lanes), PROMPT)
    assert shown(app) == {}
    app.button(key="icon-code-1").click()
    assert "invoke_model_with_response_stream" in shown(run(app))["python"]
    app = opened("pages/compare.py", lane=lanes)
    app.toggle(key="blind").set_value(True)
    app = asked(app, PROMPT)
    assert comparison(app).hidden
    assert not [button for button in app.button if button.key and "code" in button.key]
