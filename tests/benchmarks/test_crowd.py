"""What a crowd's figures are made of."""

from __future__ import annotations

import pytest

from benchmarks.crowd.figures import figures, lags, share
from benchmarks.crowd.hearing import ByWire, Heard, lost, there
from benchmarks.crowd.plan import Met
from benchmarks.failover import moved


def test_the_last_number_tells_how_many_pieces_are_there() -> None:
    clock = iter([1.0, 2.0, 3.0])
    heard = Heard(lambda: next(clock))
    take = ByWire(heard)
    for message in ('[[1, null], [1, "## Piece 0\\n\\n"]]', '[[1, "Piece 1 2 3"]]', "[[2, null]]", '[[1, " 3."]]'):
        take(message)
    assert heard.receipts == [(1.0, 1), (2.0, 4)]


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
