"""The metrics table: which figure is the best, and how an unknown one is shown."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from providers import End
from replies.reply import Chunk, Reply
from tests.store.said import answered, asked
from ui.compare.metrics_table import COLUMNS, SELDOM, best, frame, marked, notes

SIMULATED = asked(simulated=True)


def timed(first: float, **more: Any) -> Reply:
    """Three pieces, the first of them after so many seconds; 30 tokens."""
    chunks = [Chunk(first + 0.5 * piece, "word ") for piece in range(3)]
    given: dict[str, Any] = {"end": End("stop", 3, 30), "total": first + 1.5} | more
    return answered(chunks, **given)


def test_each_column_has_its_best() -> None:
    quick, slow = timed(0.5, price={"usd": 0.02}), timed(1.0, price={"usd": 0.01})
    winners = best([slow, quick])
    assert (winners["ttft"], winners["ttfv"], winners["total"], winners["overall"]) == ([1], [1], [1], [1])
    assert winners["cost"] == [0]


def test_neither_more_nor_fewer_tokens_nor_an_early_start_are_better() -> None:
    assert not {"output_tokens", "skew"} & set(best([timed(1, skew=0.1), timed(2, skew=0.2)]))


def test_the_same_figure_is_the_best_of_all_who_have_it() -> None:
    assert best([timed(1), timed(2), timed(1.001)])["ttft"] == [0, 2]


def test_where_all_figures_read_the_same_none_is_the_best() -> None:
    assert best([timed(1), timed(1.001)]) == {}


@pytest.mark.parametrize("state", ["stopped", "failed", "interrupted", "streaming"])
def test_only_answers_that_came_to_their_end_count(state: str) -> None:
    unfinished = timed(0.1, state=state, end=None)
    assert best([timed(1), timed(2), unfinished])["ttft"] == [0]
    assert best([timed(1), unfinished]) == {}


def test_a_single_lane_is_not_the_best() -> None:
    assert best([timed(1)]) == {}
    assert best([]) == {}


def test_where_one_alone_has_a_figure_none_is_the_best() -> None:
    winners = best([timed(1, price={"usd": 0.1}), timed(2, price={"unknown": "no price"})])
    assert "cost" not in winners
    assert "ttft" in winners


def test_simulated_answers_are_left_out_beside_others() -> None:
    assert best([timed(1), timed(2), timed(0.1, who=SIMULATED)])["ttft"] == [0]
    assert best([timed(1), timed(0.1, who=SIMULATED), timed(0.2, who=SIMULATED)]) == {}


def test_among_simulated_answers_alone_the_best_is_marked_with_a_caveat() -> None:
    replies = [timed(1, who=SIMULATED), timed(2, who=SIMULATED)]
    assert best(replies)["ttft"] == [0]
    assert "All of them are simulated: their times say nothing about a provider." in notes(replies, ["A", "B"])


def test_unknown_costs_are_said_with_their_reason() -> None:
    replies = [timed(1, price={"usd": 0.1}), timed(2, price={"unknown": "no price is known for m"}), timed(3)]
    assert notes(replies, ["A", "B", "C"])[-2:] == [
        "Cost unknown for B: no price is known for m",
        r"Cost unknown for C: It was kept without its price\.",
    ]


def test_what_is_unknown_is_no_number() -> None:
    row = frame([answered([], state="failed", end=None, total=None)], ["A"]).iloc[0]
    assert row[list(COLUMNS)].isna().all()
    assert (row["lane"], row["source"], row["ended"]) == ("A", "Live", "failed")


def test_the_start_is_in_milliseconds() -> None:
    assert frame([timed(1, skew=0.012)], ["A"])["skew"][0] == pytest.approx(12)


def test_the_mark_is_a_word_and_the_values_stay_numbers() -> None:
    replies = [timed(1), timed(2)]
    rows = frame(replies, ["A", "B"])
    styled = marked(rows, best(replies))
    html = styled.to_html()
    assert "best 1.00 s" in html
    assert "best 2.00 s" not in html
    assert "nan" not in html
    assert styled.data["ttft"].tolist() == [1.0, 2.0]


def test_the_table_on_a_page() -> None:
    def script(replies: "list[Reply]", names: list[str]) -> None:
        from ui.compare.metrics_table import table

        table(replies, names)

    replies = [timed(1), timed(2, who=SIMULATED), answered(state="failed", end=None, who=asked(recorded=True))]
    app = AppTest.from_function(script, args=(replies, ["A", "B", "*C*"]), default_timeout=30).run()
    assert not app.exception
    assert app.dataframe[0].value["source"].tolist() == ["Live", "Simulated", "Recorded"]
    columns = json.loads(app.dataframe[0].proto.columns)
    hidden = [key for key in COLUMNS if columns[key].get("hidden")]
    assert hidden == list(SELDOM)  # nobody said any of it
    assert "Simulated answers are left out" in app.caption[0].value
    assert "\\*C\\*" in app.caption[0].value

    empty = AppTest.from_function(script, args=([], []), default_timeout=30).run()
    assert not empty.exception
    assert not empty.dataframe
