"""The metrics table: no figure is the best, and an unknown one is no number."""

import json
import re
from typing import Any

import pytest

from providers import End
from replies.reply import Chunk, Reply
from tests.store.said import answered, asked
from tests.support.page import drawn
from ui.compare.results import COLUMNS, SELDOM, frame, notes, styled

SIMULATED = asked(simulated=True)


def timed(first: float, **more: Any) -> Reply:
    """Three pieces, the first of them after so many seconds; 30 tokens."""
    chunks = [Chunk(first + 0.5 * piece, "word ") for piece in range(3)]
    given: dict[str, Any] = {"end": End("stop", 3, 30), "total": first + 1.5} | more
    return answered(chunks, **given)


def test_below_stands_what_a_reader_must_know() -> None:
    said = " ".join(notes([timed(1), timed(2)], ["A", "B"]))
    assert "n = 1 for each lane, too few to call one the best" in said
    replies = [timed(1, who=SIMULATED), timed(2, who=SIMULATED)]
    assert "All of them are simulated: their times say nothing about a provider." in notes(replies, ["A", "B"])
    replies = [timed(1, price={"usd": 0.1}), timed(2, price={"unknown": "no price is known for m"}), timed(3)]
    assert notes(replies, ["A", "B", "C"])[-2:] == [
        "Cost unknown for B: no price is known for m",
        r"Cost unknown for C: It was kept without its price\.",
    ]


def test_the_values_stay_numbers_none_is_the_best_and_what_is_unknown_is_none() -> None:
    shown = styled(frame([timed(1, skew=0.012), timed(2)], ["A", "B"]))
    page = shown.to_html()
    assert "1.00 s" in page
    assert not re.search("nan|best", page)
    assert shown.data["ttft"].tolist() == [1.0, 2.0]
    assert shown.data["skew"][0] == pytest.approx(12)  # in milliseconds
    row = frame([answered([], state="failed", end=None, total=None)], ["A"]).iloc[0]
    assert row[list(COLUMNS)].isna().all()
    assert (row["lane"], row["source"], row["ended"]) == ("A", "Live", "failed")


def test_the_table_on_a_page() -> None:
    def script(replies: "list[Reply]", names: list[str]) -> None:
        from ui.compare.results import table

        table(replies, names)

    replies = [timed(1), timed(2, who=SIMULATED), answered(state="failed", end=None, who=asked(recorded=True))]
    app = drawn(script, replies, ["A", "B", "*C*"])
    assert app.dataframe[0].value["source"].tolist() == ["Live", "Simulated", "Recorded"]
    columns = json.loads(app.dataframe[0].proto.columns)
    hidden = [key for key in COLUMNS if columns[key].get("hidden")]
    assert hidden == list(SELDOM)  # nobody said any of it
    assert "Some are simulated" in app.caption[0].value
    assert "\\*C\\*" in app.caption[0].value
    assert not drawn(script, [], []).dataframe
