"""The leaderboard's page, without a browser."""

from typing import Any

from streamlit.testing.v1 import AppTest

from replies.conversation import Comparison
from replies.store import Store
from replies.verdict import Reason, Verdict
from tests.store.said import DAY, answered, asked
from tests.support.page import opened, said

PAGE = "pages/leaderboard.py"


def voted(
    store: Store,
    best: int | None = 0,
    *,
    models: tuple[str, str] = ("fast", "slow"),
    simulated: bool = False,
    blind: bool = False,
    reasons: tuple[Reason, ...] = (),
) -> None:
    who = (asked(model=models[0]), asked(provider="watsonx", model=models[1], simulated=simulated))
    comparison = Comparison.of("Who?", [answered(who=one, price={"usd": 0.002}) for one in who])
    outcome: Any = "tie" if best is None else "best"
    comparison.verdict = Verdict(outcome=outcome, lane=best, blind=blind, reasons=reasons, at=DAY)
    store.keep(comparison)


def table(app: AppTest) -> list[dict[str, Any]]:
    return list(app.dataframe[0].value.to_dict("records"))


def test_without_a_vote_the_page_says_how_to_get_one(store: Store) -> None:
    app = opened(PAGE)
    assert app.subheader[0].value == "No votes yet"
    assert "Ask two or more models the same question" in said(app)
    assert "made up" in said(app)
    assert "| Model A | 75 % | 47 to 91 % | 12 |" in said(app)  # nine of twelve
    assert [button.label for button in app.button] == ["Compare"]
    assert not app.dataframe


def test_votes_become_a_table(store: Store) -> None:
    for best in (0, 0, 0, 1, None):
        voted(store, best)
    app = opened(PAGE)
    first, second = table(app)
    assert (first["Contender"], second["Contender"]) == ("Openai · fast", "Watsonx · slow")
    assert (first["Win rate"], first["Interval"], first["Votes"]) == (75, "30 to 95 %", 4)
    assert (first["Remark"], first["Wins"], first["Ties"], first["All bad"]) == ("few votes", 3, 1, 0)
    assert (first["First token"], first["n ttft"], first["Cost"]) == (0.5, 5, 0.002)
    assert "5 votes on real answers" in said(app)
    assert "left out" not in said(app)


def test_simulated_answers_are_left_out_and_the_page_says_so(store: Store) -> None:
    voted(store)
    voted(store, simulated=True)
    voted(store, simulated=True)
    app = opened(PAGE)
    assert [row["Votes"] for row in table(app)] == [1, 1]
    assert "2 votes were left out with simulated answers" in said(app)


def test_where_all_votes_are_left_out_there_is_no_table(store: Store) -> None:
    voted(store, simulated=True)
    app = opened(PAGE)
    assert not app.dataframe
    assert app.subheader[0].value == "No vote counts so far"
    assert "1 vote was left out with simulated answers" in said(app)


def test_the_filters_choose_which_votes_count(store: Store) -> None:
    voted(store, 0, blind=True, reasons=("speed",))
    voted(store, 1)
    app = opened(PAGE)
    assert [row["Votes"] for row in table(app)] == [2, 2]
    app = app.toggle[0].set_value(True).run()
    assert [(row["Wins"], row["Votes"]) for row in table(app)] == [(1, 1), (0, 1)]
    app = app.multiselect[0].set_value(["cost"]).run()
    assert not app.dataframe
    assert "No vote fits these filters." in said(app)
    app = app.multiselect[0].set_value([]).run()
    app = app.toggle[0].set_value(False).run()
    app = app.date_input[0].set_value(DAY.date().replace(year=2026, month=10)).run()
    assert not app.dataframe


def test_a_provider_alone_keeps_its_rate_against_the_others(store: Store) -> None:
    voted(store, 1)
    app = opened(PAGE)
    app = app.selectbox[0].set_value("watsonx").run()
    assert [(row["Contender"], row["Win rate"]) for row in table(app)] == [("Watsonx · slow", 100)]


def test_names_from_outside_are_told_apart_and_kept_as_they_are(store: Store) -> None:
    voted(store, models=("**m** $x$", ":material/bolt: <b>"))
    assert {row["Contender"] for row in table(opened(PAGE))} == {
        "Openai · **m** $x$",
        "Watsonx · :material/bolt: <b>",
    }


def test_a_tie_alone_has_no_rate(store: Store) -> None:
    voted(store, None)
    app = opened(PAGE)
    assert [row["Ties"] for row in table(app)] == [1, 1]
    assert all(row["Interval"] is None for row in table(app))
