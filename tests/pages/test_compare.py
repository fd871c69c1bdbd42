"""The compare page's logic, without a browser."""

import pytest
from streamlit.testing.v1 import AppTest

from replies.prompts import has_nonce, with_nonce
from tests.support.page import FAST, asked, comparison, opened, press, said
from ui.series import runs

QUICK = [f"{api}|sim-instant|simulator" for api in ("openai|chat", "bedrock|converse")]


@pytest.fixture
def app() -> AppTest:
    return opened("pages/compare.py", lane=QUICK)


def prompts(app: AppTest) -> list[str]:
    return [reply.asked.request.messages[-1].content for reply in comparison(app).replies]


def test_a_lane_that_is_changed_is_so_at_once_in_its_name_and_in_the_address(app: AppTest) -> None:
    next(box for box in app.selectbox if box.label == "Model").set_value("sim-slow").run()
    assert app.query_params["lane"][0] == "openai|chat|sim-slow|simulator"
    assert "OpenAI · sim-slow" in [popover.proto.popover.label for popover in app.get("popover")]


def test_a_unique_prefix_holds_for_whatever_is_asked_next(app: AppTest) -> None:
    app.toggle(key="prefixed").set_value(True).run()
    asked(app, "Why?")
    first = comparison(app)
    assert len({*prompts(app)}) == 2
    assert all(map(has_nonce, prompts(app)))
    assert first.prompt == "Why?"
    assert "Asked after a line of its own" in said(app)
    press(app, "Ask again")
    assert comparison(app).id != first.id
    assert all(map(has_nonce, prompts(app)))
    press(app, "New comparison")
    assert app.toggle(key="prefixed").value


def test_without_it_every_lane_gets_the_prompt_as_it_is(app: AppTest) -> None:
    asked(app, "Why?")
    assert set(prompts(app)) == {"Why?"}
    assert "Asked after a line of its own" not in said(app)


def test_a_switch_turned_just_before_the_question_counts(app: AppTest) -> None:
    """The browser may send both in one message."""
    app.toggle(key="blind").set_value(True)
    app.toggle(key="prefixed").set_value(True)
    asked(app, "Why?")
    assert comparison(app).blind
    assert all(map(has_nonce, prompts(app)))


def test_a_lane_switched_off_just_before_a_follow_up_is_not_asked(app: AppTest) -> None:
    asked(app, "Why?")
    next(toggle for toggle in app.toggle if toggle.label == "Follow up").set_value(False)
    asked(app, "And then?")
    assert list(comparison(app).rounds[-1].lanes) == [1]


def test_no_two_prefixes_are_the_same() -> None:
    assert len({with_nonce("Why?") for _ in range(100)}) == 100
    assert all(with_nonce("Why?").endswith("\n\nWhy?") for _ in range(3))
    assert not has_nonce("(Request for help; this line has no meaning.)")


def test_a_series_goes_on_after_a_reload_as_it_was_asked() -> None:
    """With its prompts, and with a prefix in the lane that had one."""
    app = opened("pages/compare.py", lane=[f"{FAST}|unique=yes", FAST])
    app.slider(key="order-times").set_value(2).run()
    next(field for field in app.text_area if field.label == "Prompt").set_value("Say hello.").run()
    app.button(key="order-start").click().run()
    series = str(app.query_params["c"])
    first = runs.of(series)
    assert first is not None
    assert first.wait(60)

    again = opened("pages/compare.py", c=series)
    again.slider(key="order-times").set_value(3).run()
    again.button(key="order-start").click().run()
    second = runs.of(series)
    assert second is not None
    assert second is not first
    assert second.wait(60)
    found = comparison(again)
    assert [round.prompt for round in found.rounds] == ["Say hello."] * 5
    assert {reply.state for reply in found.replies} == {"done"}
    told = [[reply.asked.request.messages[-1].content for reply in round.replies] for round in found.rounds]
    assert all(has_nonce(cold) and warm == "Say hello." for cold, warm in told)
    assert len({cold for cold, _ in told}) == 5
