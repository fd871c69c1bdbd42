"""Present mode: kept by its address."""

from tests.support.page import FAST, asked, opened


def test_it_stays_in_the_address_when_a_question_is_asked() -> None:
    app = asked(opened(present="1", **{"with": FAST}), "Hello?")
    assert app.query_params["present"] == "1"
    assert "c" in app.query_params
    figures = [one.proto.body for one in app.get("html") if 'class="figures"' in one.proto.body]
    assert len(figures) == 1
    assert "first token" in figures[0]
