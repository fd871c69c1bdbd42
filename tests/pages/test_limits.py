"""What is not asked: beyond the limits of the operator, or no prompt. Each page says so, and keeps what was typed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from replies.store import Store
from tests.replies.vendor import PATIENCE
from tests.support.page import FAST, asked, opened, press, run, said
from ui.series import runs
from ui.session import admission

LANES = [f"{api}|sim-instant|simulator" for api in ("openai|chat", "bedrock|converse", "watsonx|chat")]


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """For the variables of a test; the limits are read once in a process."""
    admission.admission_queue.clear()
    yield monkeypatch
    admission.admission_queue.clear()


def test_beyond_an_hours_answers_the_question_stays_and_says_when_to_ask_again(limited: pytest.MonkeyPatch) -> None:
    limited.setenv("STREAMSIDE_AN_HOUR_EACH", "1")
    app = asked(opened(**{"with": FAST}), "Say hello.")
    assert not app.error
    app = asked(app, "And again.")
    assert app.chat_message[2].text[0].value == "And again."
    assert "gives you up to 1 answer an hour" in app.error[0].value
    assert "Ask again in about 60 min" in app.error[0].value


@pytest.mark.parametrize("blind", [False, True])
def test_a_comparison_of_too_many_lanes_is_refused_in_all_of_them(limited: pytest.MonkeyPatch, blind: bool) -> None:
    limited.setenv("STREAMSIDE_AT_ONCE_EACH", "2")
    app = opened("pages/compare.py", lane=LANES)
    app.toggle(key="blind").set_value(blind)
    app = asked(app, "Say hello.")
    errors = ["gives you up to 2 answers at once" in error.value for error in app.error]
    assert errors == [True] * (1 if blind else 3)  # where it is blind it is said for all in common
    assert "Marylebone" not in said(app)


def test_a_series_breaks_off_where_it_is_refused_without_a_failed_round(
    limited: pytest.MonkeyPatch, store: Store
) -> None:
    limited.setenv("STREAMSIDE_AN_HOUR", "7")
    limited.setenv("STREAMSIDE_AT_ONCE", "3")
    app = opened("pages/compare.py", lane=LANES)
    next(field for field in app.text_area if field.label == "Prompt").set_value("Say hello.").run()
    app.button(key="order-start").click().run()
    order = runs.of(str(app.query_params["c"]))
    assert order is not None
    assert order.wait(PATIENCE)
    run(app)
    assert "up to 7 answers an hour" in app.error[0].value
    assert "2 of 10 runs are done" in app.error[0].value
    assert [reply.state for reply in order.series.replies] == ["done"] * 6
    assert admission.admission_queue().inside() == 0


def test_within_a_budget_the_simulator_is_free_and_the_unpriced_refused(
    limited: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    limited.setenv("STREAMSIDE_DOLLARS_A_DAY", "0")
    limited.setenv("OPENAI_API_KEY", "a-key")
    limited.setenv("OPENAI_BASE_URL", "http://unpriced.invalid/v1")  # refused before it is ever looked for
    app = asked(opened(**{"with": FAST}), "Tell me about history of Cricket in 200 words.")
    assert "Marylebone" in said(app)
    app = asked(opened(**{"with": "openai|chat|some-model|live"}), "Hello?")
    assert "The price of some" in app.error[0].value
    assert "prices" in app.error[0].value


HUGE = "word " * 1_048_576
BINARY = "\x7fELF\x02\x01" + "\x01\x02\x03\x04\ufffd" * 20
TWO = ["openai|chat|sim-instant|simulator", "bedrock|converse|sim-instant|simulator"]
PAGES: dict[str, dict[str, str | list[str]]] = {"pages/chat.py": {"with": FAST}, "pages/compare.py": {"lane": TWO}}
SAID = {HUGE: "up to 1,000,000 can be asked", BINARY: "is no text"}

pytestmark = pytest.mark.usefixtures("store")


def is_refused(app: AppTest, text: str) -> None:
    assert not app.exception
    errors = [error.value for error in app.error]
    assert any(SAID[text].replace(",", "\\,") in error for error in errors), errors
    assert not app.chat_message


@pytest.mark.parametrize(("page", "query"), PAGES.items())
def test_a_chat_input_gets_its_text_back(page: str, query: dict[str, str | list[str]], store: Store) -> None:
    app = opened(page, **query)
    before = store.count()
    for text in SAID:
        is_refused(asked(app, text), text)
        assert app.chat_input[0].proto.value == text
    assert store.count() == before
    app = asked(app, "Tell me about history of Cricket in 200 words.")
    assert not app.error
    assert "c" in app.query_params


def test_the_field_of_why_streaming_keeps_its_text() -> None:
    app = opened("pages/why_stream.py", **{"with": FAST})
    for text in SAID:
        app.text_input(key="why-prompt-").set_value(text)
        is_refused(press(app, "Ask both ways"), text)
        assert app.text_input(key="why-prompt-").value == text


def test_run_n_times_says_so_before_it_starts() -> None:
    app = opened("pages/compare.py", lane=TWO)
    for text in SAID:
        next(field for field in app.text_area if field.label == "Prompt").set_value(text)
        is_refused(app.run(), text)
        assert app.button(key="order-start").disabled


@pytest.mark.parametrize("text", ["   ", "\u200b"])
def test_an_empty_prompt_is_answered_with_a_word(text: str) -> None:
    for page, query in PAGES.items():
        app = asked(opened(page, **query), text)
        assert app.toast[0].value == "The prompt is empty."
        assert not app.chat_message
    app = opened("pages/why_stream.py", **{"with": FAST})
    app.text_input(key="why-prompt-").set_value(text)
    assert press(app, "Ask both ways").toast[0].value == "The prompt is empty."
    assert "c" not in app.query_params


def test_an_edited_prompt_is_refused_like_a_new_one() -> None:
    app = asked(opened(**{"with": FAST}), "Say hello in many languages and scripts, with emoji.")
    app.text_area(key="edited-0").set_value(BINARY)
    press(app, "Ask again")
    assert "is no text" in app.error[0].value
    assert app.text_area(key="edited-0").value == BINARY
    assert len(app.chat_message) == 2
