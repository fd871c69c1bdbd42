"""Limits of the operator, as a page tells of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from replies.store import Store
from tests.replies.vendor import PATIENCE
from tests.support.page import FAST, asked, comparison, opened, run, said
from ui.series import runs
from ui.session import admission

LANES = [f"{api}|sim-instant|simulator" for api in ("openai|chat", "bedrock|converse", "watsonx|chat")]


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """For the variables of a test; the limits are read once in a process."""
    admission.admission_queue.clear()
    yield monkeypatch
    admission.admission_queue.clear()


def test_beyond_an_hours_answers_the_question_stays_and_the_page_says_when_to_ask_again(
    limited: pytest.MonkeyPatch,
) -> None:
    limited.setenv("STREAMSIDE_AN_HOUR_EACH", "1")
    app = asked(opened(**{"with": FAST}), "Say hello.")
    assert not app.error
    app = asked(app, "And again.")
    assert app.chat_message[2].text[0].value == "And again."
    assert "gives you up to 1 answer an hour" in app.error[0].value
    assert "Ask again in about 60 min" in app.error[0].value


def test_a_comparison_with_more_lanes_than_are_allowed_at_once_is_refused_in_all_of_them(
    limited: pytest.MonkeyPatch,
) -> None:
    limited.setenv("STREAMSIDE_AT_ONCE", "2")
    app = opened("pages/compare.py", lane=LANES)
    app = asked(app, "Say hello.")
    assert ["up to 2 answers at once" in error.value for error in app.error] == [True] * 3
    assert "Marylebone" not in said(app)


def test_where_it_is_blind_it_says_for_all_lanes_in_common_why_nobody_was_asked(limited: pytest.MonkeyPatch) -> None:
    limited.setenv("STREAMSIDE_AT_ONCE_EACH", "2")
    app = opened("pages/compare.py", lane=LANES)
    app.toggle(key="blind").set_value(True)
    app = asked(app, "Say hello.")
    errors = ["gives you up to 2 answers at once" in error.value for error in app.error]
    assert errors == [True], (said(app), comparison(app).replies)


def test_a_series_breaks_off_where_it_is_refused_and_keeps_no_round_of_failures(
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


def test_the_simulator_costs_nothing_and_what_has_no_price_is_refused_where_there_is_a_budget(
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
