"""Where many answers are read at once, each reader takes in less often what came meanwhile."""

from __future__ import annotations

import sys

import pytest

from providers import Line
from replies.crowd import FEW, LONGEST, REST, SWITCH, Crowd


@pytest.mark.parametrize(
    ("reading", "rest"), [(0, 0.0), (1, 0.0), (FEW, 0.0), (FEW + 10, 10 * REST), (FEW + 1_000, LONGEST)]
)
def test_few_readers_never_rest(reading: int, rest: float) -> None:
    crowd = Crowd()
    for _ in range(reading):
        crowd.enter()
    assert crowd.rest == pytest.approx(rest)
    for _ in range(reading):
        crowd.leave()
    assert (crowd.count, crowd.rest) == (0, 0.0)


def test_threads_are_let_compute_for_longer_while_there_is_a_crowd() -> None:
    before, crowd = sys.getswitchinterval(), Crowd()
    sys.setswitchinterval(SWITCH / 10)
    try:
        for _ in range(FEW + 1):
            crowd.enter()
        assert sys.getswitchinterval() == pytest.approx(SWITCH)
        crowd.leave()
        assert sys.getswitchinterval() == pytest.approx(SWITCH / 10)
    finally:
        sys.setswitchinterval(before)


def test_a_line_rests_for_as_long_as_whoever_asked_wants_it() -> None:
    rested: list[float] = []
    wanted = iter([0.0, 0.02])
    line = Line(sleep=rested.append, rest=lambda: next(wanted))
    line.rest()
    line.rest()
    assert rested == [0.02]
