"""The benchmark's loads, targets and tables."""

import math

import pytest

from benchmarks.typewriter import loads, report
from benchmarks.typewriter.figures import Figures
from benchmarks.typewriter.loads import FAST, FASTEST, SLOW, THREE_LANES, Load
from benchmarks.typewriter.systems import SYSTEMS
from benchmarks.typewriter.targets import Outcome, Target, outcomes, targets
from simulator.pacing import profile_of

FIGURES = Figures(wait=0.2, first=0.05, last=0.04, gap=0.1, received=60_000, browser=2.0, cpu=0.5)
TITLES = {name: system.title for name, system in SYSTEMS.items()}


def figures(**other: float | bool | None) -> Figures:
    return FIGURES._replace(**other)  # type: ignore[arg-type]


def test_a_load_names_the_simulators_speed_and_what_is_none_is_refused() -> None:
    loads = (("500x50", 500, 50.0, 10.0), ("2000xmax", 2000, math.inf, 0.0), ("500x50after2", 500, 50.0, 12.0))
    for text, pieces, rate, seconds in loads:
        load = Load.parse(text)
        assert (load.pieces, load.rate, load.seconds) == (pieces, rate, seconds)
        for model in (load.model, load._replace(lanes=3).lane_model(2)):
            profile = profile_of(model)
            assert (profile.count, profile.rate) == (pieces, rate)
    for text in ("", "500", "0x50", "500x0", "500 x 50", "x", "500xfast", "500x50after"):
        with pytest.raises(ValueError, match="no load"):
            Load.parse(text)


def test_the_plan_asks_for_every_load_in_one_three_and_six_lanes() -> None:
    turns = loads.full(5)
    alone = {Load.parse(load): 5 for load in ("500x50", "2000x200", "8000x800", "2000xmax", "500x50after1")}
    assert turns == alone | {Load.parse("1000x100", 3): 5, Load.parse("500x50", 6): 1}
    assert all(any(load.lanes in system.lanes for system in SYSTEMS.values()) for load in turns)
    chosen = loads.chosen("500x50,20x9", "1,2", 1)
    assert list(chosen) == [Load.parse(load, lanes) for lanes in (1, 2) for load in ("500x50", "20x9")]


def test_every_target_is_of_a_load_in_the_plan_and_a_system_that_can_show_it() -> None:
    planned = loads.full(1)
    for target in targets():
        assert target.load in planned
        for name in filter(None, (target.system, target.against)):
            assert target.load.lanes in SYSTEMS[name].lanes


@pytest.mark.parametrize(
    ("value", "open_ended", "met"),
    [
        (0.5, False, True),
        (0.55, False, False),
        (0.45, True, True),  # theirs is higher still, so ours is below it all the more
        (0.55, True, None),
        (None, False, None),
    ],
)
def test_a_ratio_meets_its_target_or_not(value: float | None, open_ended: bool, met: bool | None) -> None:
    assert Outcome(Target(FAST, "browser", 0.5, "plain"), value, open_ended).met is met


def test_targets_are_checked_on_medians_of_what_was_measured() -> None:
    found = {
        (FAST, "chat"): [figures(received=n) for n in (90_000, 100_000, 900_000)],
        (FAST, "plain"): [figures(received=6_000_000), figures(received=6_000_000, wait=0.1, finished=False)],
        (THREE_LANES, "compare"): [figures(gap=0.31)],
    }
    reached = {(each.target.load, each.target.figure, each.target.against): each for each in outcomes(found)}
    assert reached[FAST, "received", "plain"].met is True
    assert reached[FAST, "received", "plain"].open_ended
    assert reached[FAST, "wait", "plain"].met is False  # known of an answer that was given up, too
    assert reached[THREE_LANES, "gap", ""].met is False
    assert not any(load in (SLOW, FASTEST) or against == "gradio" for load, _, against in reached)


def test_a_table_shows_the_median_and_the_range() -> None:
    found = {(SLOW, "chat"): [figures(last=last) for last in (0.02, 0.09, 0.03)], (SLOW, "plain"): [FIGURES]}
    table = report.tables(found, TITLES).splitlines()
    assert table[0] == "**500 pieces at 50/s**"
    head, _, chat, plain = ([cell.strip() for cell in line.strip("|").split("|")] for line in table[2:6])
    assert dict(zip(head, chat, strict=True))["last word, ms"] == "30 (20–90)"
    assert list(zip(head, plain, strict=True)) == [
        ("", "plain st.write_stream"), ("runs", "1"), ("wait, ms", "200"), ("first word, ms", "50"),
        ("last word, ms", "40"), ("longest gap, ms", "100"), ("received, kB", "60.0"), ("browser CPU, s", "2.00"),
        ("server CPU, s", "0.50"),
    ]  # fmt: skip


def test_a_table_marks_what_was_given_up_and_what_is_unknown() -> None:
    cells = report.cells([figures(finished=False, last=75.0, received=0, cpu=None)])
    assert cells["last word"] == "> 75,000"
    assert cells["first word"] == "50"  # it did come
    assert cells["received"] == cells["server CPU"] == "–"


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome(Target(FAST, "received", 1 / 50, "plain"), 0.01), ("≤ 1/50", "1/100", "met")),
        (Outcome(Target(SLOW, "received", 1 / 8, "plain"), 0.126), ("≤ 0.125", "0.126", "**not met**")),
        (Outcome(Target(FAST, "browser", 0.45, "plain"), 0.5), ("≤ 0.45", "0.50", "**not met**")),
        (Outcome(Target(FAST, "last", 0.45, "plain"), 0.2, True), ("≤ 0.45", "< 0.20", "met")),
        (Outcome(Target(FASTEST, "last", 0.3), 0.1234), ("≤ 0.3 s", "0.123 s", "met")),
        (Outcome(Target(FASTEST, "last", 0.3), None), ("≤ 0.3 s", "–", "–")),
    ],
)
def test_a_target_in_words(outcome: Outcome, words: tuple[str, str, str]) -> None:
    assert report.outcome(outcome, TITLES)[1:] == words


def test_the_document_keeps_what_stands_around_the_results() -> None:
    text = "Before\n<!-- a: begin -->\nold\n<!-- a: end -->\nAfter\n"
    once = report.between(text, "a", "new\n")
    assert once == "Before\n<!-- a: begin -->\n\nnew\n\n<!-- a: end -->\nAfter\n"
    assert report.between(once, "a", "new\n") == once
    with pytest.raises(ValueError, match="missing"):
        report.between(text, "b", "new")
    report.between(report.FILE.read_text(encoding="utf-8"), "typewriter", "new")  # which has its place for it
