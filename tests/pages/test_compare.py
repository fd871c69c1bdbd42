"""Comparisons and conversations on their pages: each question is asked once, and its address leads back to it."""

import pytest
from streamlit.testing.v1 import AppTest

from providers import Message
from replies.conversation import Conversation, Question
from replies.prompts import has_nonce
from replies.reply import Reply
from tests.support.page import FAST, asked, back, comparison, opened, press, said
from ui.series import runs
from ui.session import admission, keys, persistence, resources

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


def test_a_switch_turned_just_before_the_question_counts(app: AppTest) -> None:
    """The browser may send both in one message."""
    asked(app, "Why?")
    assert set(prompts(app)) == {"Why?"}
    assert "Asked after a line of its own" not in said(app)
    next(toggle for toggle in app.toggle if toggle.label == "Follow up").set_value(False)
    asked(app, "And then?")
    assert list(comparison(app).rounds[-1].lanes) == [1]
    press(app, "New comparison")
    app.toggle(key="blind").set_value(True)
    app.toggle(key="prefixed").set_value(True)
    asked(app, "Why?")
    assert comparison(app).blind
    assert all(map(has_nonce, prompts(app)))


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


LANES = [f"{api}|sim-instant|simulator" for api in ("openai|chat", "bedrock|converse")]


def conversation(app: AppTest) -> Conversation:
    found = persistence.conversation(app.query_params["c"])
    assert found is not None
    return found


def test_of_two_pages_that_regenerate_the_same_answer_one_does() -> None:
    first = asked(opened(**{"with": FAST}), "Why?")
    second = opened(c=first.query_params["c"])
    press(first, "Regenerate")
    assert len(conversation(first).turns[0].replies) == 2
    press(second, "Regenerate")
    assert len(conversation(first).turns[0].replies) == 2
    press(second, "Regenerate")  # it shows the second answer by now: another click means another one
    assert len(conversation(first).turns[0].replies) == 3


def test_of_two_pages_that_retry_the_same_lane_one_does() -> None:
    first = asked(opened("pages/compare.py", lane=LANES), "Why?")
    second = opened("pages/compare.py", c=first.query_params["c"])
    for app in (first, second):
        app.button(key="icon-retry-1").click().run()
        assert not app.exception
    assert {lane: len(attempts) for lane, attempts in comparison(first).rounds[0].lanes.items()} == {0: 1, 1: 2}


def test_two_pages_follow_up_one_after_the_other_and_each_shows_both_rounds() -> None:
    first = asked(opened("pages/compare.py", lane=LANES), "Why?")
    second = opened("pages/compare.py", c=first.query_params["c"])
    asked(first, "And then?")
    asked(second, "And after that?")
    assert [round.prompt for round in comparison(first).rounds] == ["Why?", "And then?", "And after that?"]
    folded = [expander.label.replace("\\", "") for expander in second.expander]
    assert [label for label in folded if "Round" in label] == ["Round 1: Why?", "Round 2: And then?"]


def test_queued_questions_are_asked_in_their_order_each_with_what_was_said_before() -> None:
    def ask(messages: tuple[Message, ...]) -> Reply:
        from providers import Request

        settings = resources.endpoints()["openai"].simulated_by(resources.simulator())
        return admission.question(settings, Request(messages=messages, model="sim-20x20"))

    app = opened(**{"with": FAST})
    waiting = Conversation()
    for prompt in ("One?", "Two?", "Three?"):
        if turn := waiting.next_turn(Question(prompt, ask)):
            persistence.keep(waiting)
            turn.reply.start()
    assert len(waiting.queue) == 2
    back(app, c=waiting.id)
    assert [turn.prompt for turn in waiting.turns] == ["One?", "Two?", "Three?"]
    assert [len(turn.reply.asked.request.messages) for turn in waiting.turns] == [1, 3, 5]
    assert all(turn.reply.state == "done" for turn in waiting.turns)
    assert waiting.queue == []
    assert "Queued" not in said(app)
    assert len(app.chat_message) == 6


def test_an_address_says_what_was_asked_and_with_whom_and_back_leads_to_what_was_there() -> None:
    app = asked(opened(**{"with": FAST}), "Why?")
    first = conversation(app).id
    assert app.query_params["with"] == FAST
    press(app, "New conversation")
    assert "c" not in app.query_params
    assert not app.chat_message
    back(app, c=first)
    assert [message.name for message in app.chat_message] == ["user", "assistant"]
    app.selectbox[0].set_value("watsonx").run()
    assert app.query_params["with"].startswith("watsonx|")
    back(app, c=first, **{"with": FAST})
    assert app.selectbox[0].value == "openai"  # the widgets turn, too


def test_a_question_to_the_comparison_before_is_given_back_and_the_second_of_two_clicks_is_not(app: AppTest) -> None:
    asked(app, "One?")
    other = comparison(asked(opened("pages/compare.py", lane=QUICK), "Other?")).id
    for text, is_given_back in (("And two?", True), ("Other?", False)):
        shown = comparison(app)
        app.session_state[keys.COMPARISON] = other  # another click, whose page is not there yet
        asked(app, text)
        assert bool(app.error) is is_given_back
        assert app.chat_input[0].proto.value == (text if is_given_back else "")
        assert len(shown.rounds) == len(comparison(app).rounds) == 1
        app.session_state[keys.COMPARISON] = shown.id
        app.run()
