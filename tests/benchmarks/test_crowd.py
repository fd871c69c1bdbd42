"""What a crowd's figures are made of."""

from __future__ import annotations

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.crowd.figures import figures, lags, moved, share
from benchmarks.crowd.hearing import KEY, Heard, lost, there
from benchmarks.crowd.plan import Met


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
    heard = Heard(lambda: next(clock))
    heard(message([0, 4], markdown="17 earlier"))  # before there is a place for the answer
    heard(message([0, 5], block=f"x-{KEY}"))
    for text in ("Waiting…", "## Piece 0\n\n", "Piece 1 2 3", "Piece 1 2 3"):
        heard(message([0, 5, 0], markdown=text))
    heard(message([0, 6], markdown="99 below"))
    assert (heard.receipts, heard.notice) == ([(1.0, 1), (2.0, 4)], "")
    heard(message([0, 5, 1], alert="It broke off."))
    assert heard.notice == "It broke off."


def test_a_piece_is_as_late_as_the_message_that_brought_it() -> None:
    assert lags([0.0, 1.0, 2.0, 3.0], [(0.5, 1), (2.5, 3)]) == [0.5, 1.5, 0.5]


@pytest.mark.parametrize(
    ("text", "missing", "first"), [("0 1 2", 0, 3), ("0 2", 1, 1), ("0 1 1 2", 1, 3), ("", 3, 0), ("0 1", 1, 2)]
)
def test_lost_is_what_is_missing_or_there_twice(text: str, missing: int, first: int) -> None:
    assert (lost(text, 3), there(text)) == (missing, first)


def test_the_figures_of_all() -> None:
    met = [Met("a", receipts=[(1.1, 1), (2.1, 51)], received=100), Met("b", problem="TimeoutError")]
    found = figures(met, {"a": [1.0 + 0.02 * number for number in range(51)]})
    assert found.delivered == [pytest.approx(50 / 1.1)]
    assert found.lags[0] == pytest.approx(0.1)
    assert found.problems == ["b: TimeoutError", "b: nothing came"]
    assert share([1.0, 2.0, 3.0, 4.0], 0.95) == 4.0


def test_words_are_missing_from_the_first_one_on_that_is_not_there() -> None:
    sent = {"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 9.0]}
    found = moved([Met("a", there=2, ended=5.0, reconnected=[0.5]), Met("b", there=2, ended=6.0)], sent, killed=4.0)
    assert found == ([0.5], [1.0, 2.0], [1.0, 0.0])
