"""The page "Why streaming", without a browser."""

from streamlit.testing.v1 import AppTest

from providers import Request, load
from replies.conversation import Comparison
from tests.support.page import comparison, opened, press, said
from ui import why_streaming
from ui.session import persistence

PAGE = "pages/why_stream.py"
CRICKET = "Tell me about history of Cricket in 200 words."
FAST = "openai|chat|sim-200x400|simulator"


def asked(app: AppTest, prompt: str = CRICKET) -> AppTest:
    app.text_input[0].set_value(prompt)
    return press(app, "Ask both ways")


def outcome(app: AppTest) -> str:
    """What the page says above the two lanes."""
    return next(element.value for element in app.markdown if element.value.startswith("#####")).removeprefix("##### ")


def test_a_newcomer_is_told_why_and_finds_the_question_and_the_code_of_three_vendors_ready() -> None:
    app = opened(PAGE)
    assert app.title[0].value == "Why streaming"
    assert app.text_input[0].value == CRICKET
    assert app.query_params["with"] == "openai|chat|sim-typical|simulator"
    assert "no model behind them" in said(app)
    assert [tab.label for tab in app.tabs] == ["OpenAI", "AWS Bedrock", "IBM watsonx.ai"]
    vendors = load({}).values()
    expected = [each.code(Request.of(CRICKET, each.model), each.api)["Python"].strip() for each in vendors]
    assert [code.value for code in app.code] == expected
    app.selectbox[0].set_value("watsonx")
    assert app.run().query_params["with"] == "watsonx|chat|sim-typical|simulator"  # at the same pace


def test_one_question_is_asked_streamed_and_awaited_at_the_same_moment() -> None:
    app = asked(opened(PAGE, **{"with": FAST}))
    both = why_streaming.pair(comparison(app))
    assert both is not None
    assert both.streamed.text == both.awaited.text != ""
    assert len(both.streamed.chunks) > 1
    assert len(both.awaited.chunks) == 1
    assert both.streamed.skew is not None
    assert both.awaited.skew is not None
    assert app.title[0].value == why_streaming.waiting_saved(both)
    assert app.title[0].value.endswith("s less waiting")
    assert outcome(app) == why_streaming.sentence(both)
    assert [clock.value for clock in app.header] == [why_streaming.time_on(reply) for reply in both]
    assert said(app).count("Simulator]") == 2
    again = opened(PAGE, c=app.query_params["c"])
    assert (outcome(again), again.text_input[0].value) == (outcome(app), CRICKET)
    first = comparison(app)
    assert first.id in {entry.id for entry in persistence.store().history()}
    second = comparison(press(app, "Again"))
    assert second.id != first.id
    assert second.prompt == first.prompt


def test_errors_stand_in_the_place_of_the_answers() -> None:
    app = asked(opened(PAGE, **{"with": "openai|chat|sim-fault-404|simulator"}))
    assert len(app.error) == 2
    assert "brought no words" in outcome(app)
    app = asked(opened(PAGE, **{"with": "openai|chat|gpt-5.4-mini|live"}))  # without a key
    assert ["OPENAI\\_API\\_KEY" in error.value for error in app.error] == [True, True]
    assert outcome(app).endswith("nothing to compare.")


def test_an_address_of_nothing_and_of_another_comparison_are_told_apart() -> None:
    other = Comparison.of("Hello")
    persistence.keep(other)
    for address, says in (("nothing", persistence.GONE), (other.id, "another kind")):
        assert says in opened(PAGE, c=address).warning[0].value
