"""History and leaderboard on their pages, without a browser."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from replies.conversation import Comparison, Round, Series
from replies.recording.format import dump
from replies.store import Store, StoreError
from replies.verdict import Reason, Verdict
from tests.store.said import DAY, answered, asked
from tests.support.page import opened, press, said
from ui.session import persistence

HISTORY = "pages/history.py"


def comparison(*models: str, blind: bool = False) -> Comparison:
    made = Comparison.of("Who?", [answered(who=asked(provider="secret", model=model)) for model in models])
    made.blind = blind
    return made


def test_a_series_says_how_many_runs_it_has(store: Store) -> None:
    store.keep(Series([Round("Who?", {0: [answered()]}) for _ in range(3)]))
    store.keep(Series([Round("And?", {0: [answered()]})]))
    told = said(opened(HISTORY))
    assert " · 3 runs · m " in told
    assert " · 1 run · m " in told


def test_a_blind_comparison_shows_no_model_before_the_vote(store: Store) -> None:
    kept = comparison("unguessed", blind=True)
    store.keep(kept)
    told = said(opened(HISTORY))
    assert ":material/visibility_off: Blind" in told
    assert "unguessed" not in told
    assert ":material/how_to_vote: Judged" not in told
    assert kept.replies[0].id not in persistence.recordings("")  # a choice of which would name who answered
    store.judge(kept.id, Verdict(outcome="all bad", blind=True))
    told = said(opened(HISTORY))
    assert "unguessed" in told
    assert ":material/how_to_vote: Judged" in told


def test_an_empty_history_says_what_it_will_hold(store: Store) -> None:
    app = opened(HISTORY)  # with the recordings of the first day
    store.delete_all()
    app = app.run()
    assert app.subheader[0].value == "Nothing kept yet"
    assert {"Chat", "Compare"} <= {button.label for button in app.button}
    app.text_input[0].set_value("cricket")
    assert "Nothing was found." in said(app.run())


def test_what_can_not_be_imported_is_said_here_and_on_no_other_page(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def upload(app: AppTest, data: bytes) -> AppTest:
        app.file_uploader(key="recordings").set_value([("race.jsonl", data, "application/jsonl")])
        return press(app, "Import")

    app = upload(opened(HISTORY), b"no recording")
    assert "race" in app.error[0].value
    whole = "".join(dump([comparison("a")])).encode()
    monkeypatch.setattr(Store, "keep", failing)
    app = upload(opened(HISTORY), whole)
    assert "is gone" in app.error[0].value
    app.session_state["not_imported"] = ["race.jsonl: it is gone"]  # left before it was shown
    assert not app.switch_page("pages/compare.py").run().exception


def failing(*_: object) -> None:
    raise StoreError("it is gone")


LEADERBOARD = "pages/leaderboard.py"


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
    app = opened(LEADERBOARD)
    assert app.subheader[0].value == "No votes yet"
    assert "Ask two or more models the same question" in said(app)
    assert "made up" in said(app)
    assert "| Model A | 75 % | 47 to 91 % | 12 |" in said(app)  # nine of twelve
    assert [button.label for button in app.button] == ["Compare"]
    assert not app.dataframe


def test_votes_become_a_table(store: Store) -> None:
    for best in (0, 0, 0, 1, None):
        voted(store, best)
    app = opened(LEADERBOARD)
    first, second = table(app)
    assert (first["Contender"], second["Contender"]) == ("Openai · fast", "Watsonx · slow")
    assert (first["Win rate"], first["Interval"], first["Votes"]) == (75, "30 to 95 %", 4)
    assert (first["Remark"], first["Wins"], first["Ties"], first["All bad"]) == ("few votes", 3, 1, 0)
    assert (first["First token"], first["n ttft"], first["Cost"]) == (0.5, 5, 0.002)
    assert "5 votes on real answers" in said(app)
    assert "left out" not in said(app)


def test_simulated_answers_are_left_out_and_the_page_says_so(store: Store) -> None:
    voted(store, simulated=True)
    app = opened(LEADERBOARD)
    assert not app.dataframe
    assert app.subheader[0].value == "No vote counts so far"
    assert "1 vote was left out with simulated answers" in said(app)
    voted(store, simulated=True)
    voted(store, None, models=("**m** $x$", ":material/bolt: <b>"))
    app = opened(LEADERBOARD)
    assert {row["Contender"] for row in table(app)} == {"Openai · **m** $x$", "Watsonx · :material/bolt: <b>"}
    assert [(row["Votes"], row["Ties"], row["Interval"]) for row in table(app)] == [(0, 1, None)] * 2
    assert "2 votes were left out with simulated answers" in said(app)


def test_the_filters_choose_which_votes_count(store: Store) -> None:
    voted(store, 0, blind=True, reasons=("speed",))
    voted(store, 1)
    app = opened(LEADERBOARD)
    assert [row["Votes"] for row in table(app)] == [2, 2]
    app = app.toggle[0].set_value(True).run()
    assert [(row["Wins"], row["Votes"]) for row in table(app)] == [(1, 1), (0, 1)]
    app = app.multiselect[0].set_value(["cost"]).run()
    assert not app.dataframe
    assert "No vote fits these filters." in said(app)
    app = app.multiselect[0].set_value([]).run()
    app = app.toggle[0].set_value(False).run()
    watsonx = app.selectbox[0].set_value("watsonx").run()  # it keeps its rate against the others
    assert [(row["Contender"], row["Win rate"]) for row in table(watsonx)] == [("Watsonx · slow", 50)]
    app = app.date_input[0].set_value(DAY.date().replace(year=2026, month=10)).run()
    assert not app.dataframe
