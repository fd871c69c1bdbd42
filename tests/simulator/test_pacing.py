"""Speeds, as arithmetic: no test here waits."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from simulator.answers import answer_to
from simulator.pacing import DEFAULT, PROFILES, VENDORS, Profile, count_due, deadlines, profile_of


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gpt-5", "sim-brisk"),
        ("sim-fast", "sim-fast"),
        ("anthropic.sim-fast", "sim-fast"),
        ("us.anthropic.sim-slow-v1:0", "sim-slow"),
        ("simulator/sim-instant", "sim-instant"),
        ("sim-fault-cut-sim-typical", "sim-typical"),
        ("sim-fault-cut", "sim-brisk"),
        ("mysim-fast", "sim-brisk"),
        ("sim-faster", "sim-brisk"),
        ("sim-500x50", "sim-500x50"),
        ("anthropic.sim-2000xmax", "sim-2000xmax"),
        ("sim-500x0", "sim-brisk"),
    ],
)
def test_a_model_id_names_its_speed(model: str, name: str) -> None:
    assert profile_of(model).name == name


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendor_s_speed_is_that_of_models_that_are_not_the_simulator_s(vendor: str) -> None:
    for model in ("gpt-5", "us.anthropic.claude-haiku-4-5", "mistralai/mistral-medium", "mysim-fast", ""):
        assert profile_of(model, vendor).name == vendor
    for model in ("sim-fast", "anthropic.sim-fast", "sim-fault-cut", "gpt.sim-fault-cut", "sim-500x50"):
        assert profile_of(model, vendor) == profile_of(model)


def test_no_vendor_is_first_at_everything() -> None:
    profiles = VENDORS.values()
    assert min(profiles, key=lambda profile: profile.first) is not max(profiles, key=lambda profile: profile.rate)
    assert len({profile.first for profile in profiles}) == len({profile.rate for profile in profiles}) == 3


def test_benchmarks_are_exact() -> None:
    profile = profile_of("sim-500x50")
    due = deadlines(profile, 500, Random(1))
    assert profile.count == 500
    assert due[0] == 0.05
    assert all(after - before == pytest.approx(1 / 50) for before, after in pairwise(due))
    assert deadlines(profile_of("sim-2000xmax"), 2000, Random(1)) == [0.05] * 2000


@pytest.mark.parametrize("seed", range(20))
def test_the_cricket_answer_typically_takes_20_to_30_seconds(seed: int) -> None:
    pieces = answer_to("cricket", []).pieces
    due = deadlines(PROFILES["sim-typical"], len(pieces), Random(seed))
    assert 0.9 < due[0] < 1.5
    assert 20 < due[-1] < 30


@pytest.mark.parametrize("profile", [profile for profile in (*PROFILES.values(), *VENDORS.values()) if profile.natural])
def test_jitter_looks_natural_and_leaves_the_rate_alone(profile: Profile) -> None:
    due = deadlines(profile, 300, Random(7))
    gaps = [after - before for before, after in pairwise(due)]
    assert due == sorted(due)
    assert len(set(gaps)) > 250
    assert (due[-1] - due[0]) == pytest.approx(299 / profile.rate)
    assert profile.first * 0.85 <= due[0] <= profile.first * 1.15


def test_the_same_seed_gives_the_same_pace() -> None:
    assert deadlines(DEFAULT, 50, Random("1-3")) == deadlines(DEFAULT, 50, Random("1-3"))
    assert deadlines(DEFAULT, 50, Random("1-3")) != deadlines(DEFAULT, 50, Random("1-4"))
    assert [len(deadlines(DEFAULT, count, Random(1))) for count in range(3)] == [0, 1, 2]
    assert deadlines(PROFILES["sim-instant"], 3, Random(1)) == [0, 0, 0]


def test_late_pieces_are_due_together_and_later_ones_keep_their_time() -> None:
    due = [0.1, 0.2, 0.3, 0.4]
    assert count_due(due, 0, 0.05) == 0
    assert count_due(due, 0, 0.1) == 1
    assert count_due(due, 1, 0.35) == 2
    assert count_due(due, 3, 0.35) == 0
    assert count_due(due, 3, 99.0) == 1
