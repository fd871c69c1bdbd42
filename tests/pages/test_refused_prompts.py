"""A prompt of 5 MB, a binary, an empty one: each page says so at once, asks nobody, and keeps what was typed."""

import pytest
from streamlit.testing.v1 import AppTest

from replies.store import Store
from tests.support.page import FAST, asked, opened, press

HUGE = "word " * 1_048_576
BINARY = "\x7fELF\x02\x01" + "\x01\x02\x03\x04\ufffd" * 20
LANES = ["openai|chat|sim-instant|simulator", "bedrock|converse|sim-instant|simulator"]
SAID = {HUGE: "up to 1,000,000 can be asked", BINARY: "is no text"}

pytestmark = pytest.mark.usefixtures("store")


def is_refused(app: AppTest, text: str) -> None:
    assert not app.exception
    errors = [error.value for error in app.error]
    assert any(SAID[text].replace(",", "\\,") in error for error in errors), errors
    assert not app.chat_message


@pytest.mark.parametrize("text", [HUGE, BINARY], ids=["5 MB", "binary"])
@pytest.mark.parametrize("page", ["pages/chat.py", "pages/compare.py"])
def test_a_chat_input_gets_its_text_back(page: str, text: str, store: Store) -> None:
    query = {"with": FAST} if "chat" in page else {"lane": LANES}
    app = opened(page, **query)
    before = store.count()
    app = asked(app, text)
    is_refused(app, text)
    assert app.chat_input[0].proto.value == text
    assert store.count() == before
    app = asked(app, "Tell me about history of Cricket in 200 words.")
    assert not app.error
    assert "c" in app.query_params


@pytest.mark.parametrize("text", [HUGE, BINARY], ids=["5 MB", "binary"])
def test_the_field_of_why_streaming_keeps_its_text(text: str) -> None:
    app = opened("pages/why_stream.py", **{"with": FAST})
    app.text_input(key="why-prompt-").set_value(text)
    is_refused(press(app, "Ask both ways"), text)
    assert app.text_input(key="why-prompt-").value == text


@pytest.mark.parametrize("text", [HUGE, BINARY], ids=["5 MB", "binary"])
def test_run_n_times_says_so_before_it_starts(text: str) -> None:
    app = opened("pages/compare.py", lane=LANES)
    next(field for field in app.text_area if field.label == "Prompt").set_value(text)
    is_refused(app.run(), text)
    assert app.button(key="order-start").disabled


@pytest.mark.parametrize("text", ["   ", "\n\n", "\u200b"])
def test_an_empty_prompt_is_answered_with_a_word(text: str) -> None:
    for page, query in (("pages/chat.py", {"with": FAST}), ("pages/compare.py", {"lane": LANES})):
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
