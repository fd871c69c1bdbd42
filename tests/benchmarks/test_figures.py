"""The benchmark's figures, from what was sent and what was seen."""

import os
import time

import pytest

from benchmarks.typewriter.figures import Lane, Spread, figures, last_in_dom, longest_gap, spread, worst
from benchmarks.usage import cpu_seconds


def lane(
    *,
    pieces: int = 3,
    asked: float = 9.8,
    sent: tuple[float, ...] = (10.0, 10.1, 10.2),
    grew: tuple[tuple[float, int], ...] = ((10.03, 0), (10.12, 1), (10.29, 2)),
    painted: tuple[tuple[float, int], ...] = ((10.05, 0), (10.15, 1), (10.31, 2)),
    lost: int = 0,
    until: float = 40.0,
) -> Lane:
    return Lane(pieces, asked, sent, grew, painted, lost, until)


def of(*lanes: Lane) -> dict[str, object]:
    return figures(lanes, received=2048, browser=1.2, cpu=0.25)._asdict()


def test_the_figures_of_one_lane() -> None:
    assert of(lane()) == {
        "wait": pytest.approx(0.23),
        "first": pytest.approx(0.03),
        "last": pytest.approx(0.09),
        "gap": pytest.approx(0.16),
        "received": 2048,
        "browser": 1.2,
        "cpu": 0.25,
        "finished": True,
        "lost": 0,
    }


def test_of_several_lanes_the_worst_moments_count_and_losses_add_up() -> None:
    slow_to_begin = lane(grew=((10.5, 0), (10.6, 2)), lost=1)
    slow_to_end = lane(grew=((10.01, 0), (11.2, 2)), painted=((10.02, 0), (11.3, 2)), lost=2)
    both = of(slow_to_begin, slow_to_end)
    assert both["wait"] == pytest.approx(0.7)
    assert both["first"] == pytest.approx(0.5)
    assert both["last"] == pytest.approx(1.0)
    assert both["gap"] == pytest.approx(1.28)
    assert both["lost"] == 3


def test_a_lane_without_its_last_piece_is_not_finished_and_counts_from_when_it_was_given_up() -> None:
    stuck = lane(grew=((10.03, 0), (10.12, 1)))
    assert not stuck.finished
    assert last_in_dom(stuck) == pytest.approx(29.8)
    assert of(lane(), stuck)["finished"] is False
    # An app that disconnects is waited for all the same.
    assert last_in_dom(lane(sent=(10.0, 10.1), grew=((10.03, 0),))) == pytest.approx(29.9)
    assert last_in_dom(lane(sent=(), grew=())) is None


@pytest.mark.parametrize(
    ("painted", "gap"),
    [
        ((), None),
        (((10.3, 2),), 0.0),  # all of it at once
        (((10.0, 0), (10.5, 1), (10.6, 2)), 0.5),
    ],
)
def test_the_longest_gap_lies_between_two_paints(painted: tuple[tuple[float, int], ...], gap: float | None) -> None:
    assert longest_gap(lane(painted=painted)) == (gap if gap is None else pytest.approx(gap))


def test_a_lane_where_nothing_was_seen_leaves_the_worst_unknown() -> None:
    assert worst([0.1, 0.3, 0.2]) == 0.3
    assert worst([0.1, None]) is None
    assert worst([]) is None
    assert of(lane(), lane(grew=(), painted=()))["first"] is None


def test_the_spread_of_what_is_known() -> None:
    assert spread([3.0, None, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0)
    assert spread([None]) is None


def test_processor_time_counts_this_process_and_nothing_twice() -> None:
    ours = time.process_time()
    counted = cpu_seconds(os.getpid())
    if counted is None:
        pytest.skip("no /proc here")
    assert counted >= ours - 0.05  # it counts in steps of 10 ms, user and system apart
    everything = cpu_seconds(1)
    assert everything is not None
    assert everything >= counted
