"""Figures of a crowd, from what its viewers got."""

from __future__ import annotations

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.crowd.figures import figures, lags, quantile, recovery
from benchmarks.crowd.viewers import KEY, Receipts, Visit, lost, there


def message(path: list[int], *, block: str = "", markdown: str = "", alert: str = "") -> ForwardMsg:
    said = ForwardMsg()
    said.metadata.delta_path.extend(path)
    if block:
        said.delta.add_block.id = block
    elif alert:
        said.delta.new_element.alert.body = alert
    else:
        said.delta.new_element.markdown.body = markdown
    return said


def test_the_last_number_of_the_answer_tells_how_many_pieces_are_there() -> None:
    clock = iter([1.0, 2.0, 3.0])
    visit = Visit("a")
    receipts = Receipts(visit, lambda: next(clock))
    receipts(message([0, 4], markdown="17 earlier"))  # before there is a place for the answer
    receipts(message([0, 5], block=f"x-{KEY}"))
    for text in ("Waiting…", "## Piece 0\n\n", "Piece 1 2 3", "Piece 1 2 3"):
        receipts(message([0, 5, 0], markdown=text))
    receipts(message([0, 6], markdown="99 below"))
    assert (visit.receipts, visit.notice) == ([(1.0, 1), (2.0, 4)], "")
    receipts(message([0, 5, 1], alert="It broke off."))
    assert visit.notice == "It broke off."


def test_a_piece_is_as_late_as_the_message_that_brought_it() -> None:
    assert lags([0.0, 1.0, 2.0, 3.0], [(0.5, 1), (2.5, 3)]) == [0.5, 1.5, 0.5]


@pytest.mark.parametrize(
    ("text", "missing", "first"), [("0 1 2", 0, 3), ("0 2", 1, 1), ("0 1 1 2", 1, 3), ("", 3, 0), ("0 1", 1, 2)]
)
def test_lost_is_what_is_missing_or_there_twice(text: str, missing: int, first: int) -> None:
    assert (lost(text, 3), there(text)) == (missing, first)


def test_the_figures_of_all() -> None:
    met = [Visit("a", receipts=[(1.1, 1), (2.1, 51)]), Visit("b", problem="TimeoutError")]
    found = figures(met, {"a": [1.0 + 0.02 * number for number in range(51)]})
    assert found.delivered == [pytest.approx(50 / 1.1)]
    assert found.lags[0] == pytest.approx(0.1)
    assert found.problems == ["b: TimeoutError", "b: nothing came"]
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.95) == 4.0


def test_words_are_missing_from_the_first_one_on_that_is_not_there() -> None:
    sent = {"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 9.0]}
    gone = [Visit("a", there=2, ended=5.0, reconnected=[0.5]), Visit("b", there=2, ended=6.0)]
    found = recovery(gone, sent, killed=4.0)
    assert found == ([0.5], [1.0, 2.0], [1.0, 0.0])
