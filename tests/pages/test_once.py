"""Questions are asked once, in their order, and their address leads back to them."""

from streamlit.testing.v1 import AppTest

from providers import Message
from replies.conversation import Conversation, Question
from replies.reply import Reply
from tests.support.page import FAST, asked, comparison, opened, press, run, said
from ui.session import admission, persistence, resources

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
    assert [label for label in folded if "Round" in label] == [
        "Round 1: Why?",
        "Round 2: And then?",
    ]


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
    app.query_params["c"] = waiting.id
    run(app)
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
    app.query_params["c"] = first  # as Back does
    app.run()
    assert [message.name for message in app.chat_message] == ["user", "assistant"]


def test_back_to_another_provider_turns_the_widgets_too() -> None:
    app = opened(**{"with": FAST})
    app.selectbox[0].set_value("watsonx").run()
    assert app.query_params["with"].startswith("watsonx|")
    app.query_params["with"] = FAST
    app.run()
    assert app.selectbox[0].value == "openai"
