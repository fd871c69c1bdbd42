"""The benchmark of shows, on one scene of each kind."""

import pytest

from benchmarks.show import VENDORS, ask, offline, play, rehearsed, runs
from simulator import Simulator


def test_a_scene_with_a_fault_in_each_lane_reaches_its_end(simulator: Simulator) -> None:
    faults = ("stall-first", "401", "stall-middle")
    replies = [ask(simulator, vendor, fault) for vendor, fault in zip(VENDORS, faults, strict=True)]
    played = play(rehearsed(simulator), replies, faults)
    assert played.problems == []
    assert [reply.asked.fell_back for reply in played.item.rounds[0].replies] == ["late", "failed", "stalled"]
    assert [len(attempts) for attempts in played.item.rounds[0].lanes.values()] == [2, 2, 2]


def test_offline_nothing_is_asked(simulator: Simulator) -> None:
    played, requests = offline(simulator, rehearsed(simulator))
    assert played.problems == []
    assert requests == 0


@pytest.mark.exhaustive
def test_shows_of_ten_scenes_with_faults_at_random_reach_their_end(simulator: Simulator) -> None:
    assert runs(simulator, 5)[0] == []  # the benchmark plays twenty
