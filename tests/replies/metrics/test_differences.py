"""Whether lanes differ: intervals by hand, what is called a difference, the sentences; and the goal of a series."""

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import End
from replies.conversation import Round, Series
from replies.metrics.differences import Lanes, best, differences, failures, measured, sentence
from replies.metrics.goal import PILOT, Goal
from replies.metrics.intervals import Z, holm, of_medians, of_shares, rounds_for, wilson
from replies.reply import Chunk, Reply
from replies.series import Run
from tests.replies.vendor import PATIENCE, Clock, Hire, reply_of
from tests.store.said import answered, asked, streamed
from tests.support.known import known

NAMES = {0: "OpenAI", 1: "AWS Bedrock", 2: "IBM"}
SLOW = [0.50, 0.52, 0.55, 0.48, 0.61, 0.53, 0.51, 0.49, 0.56, 0.54]
FAST = [0.36, 0.38, 0.41, 0.35, 0.44, 0.39, 0.37, 0.36, 0.43, 0.40]
ALIKE = [0.53, 0.49, 0.55, 0.51, 0.56, 0.50, 0.54, 0.48, 0.60, 0.52]


def by_round(values: Sequence[float]) -> dict[int, float]:
    return dict(enumerate(values))


def series(*lanes: Sequence[float | None], **more: Any) -> Series:
    """A lane for each row of first tokens; None has failed before there was one."""

    def reply(first: float | None) -> Reply:
        if first is None:
            return answered([], state="failed", end=None, total=0.1, **more)
        return streamed(first, **more)

    return Series(
        [Round("Hi", {lane: [reply(first)] for lane, first in enumerate(row)}) for row in zip(*lanes, strict=True)]
    )


def told(found: Series, metric: str, base: int = 0) -> list[str]:
    lanes = measured(found)
    return [sentence(one, lanes, NAMES, base) for one in differences(lanes, base) if one.metric.key == metric]


def test_the_interval_of_a_difference_by_hand() -> None:
    """n = 9: order statistics 2 and 8, outside of which lies 0.0195 on each side, so z = 2.0637."""
    one, other = by_round([10, 30, 20, 50, 40, 60, 90, 70, 80]), by_round([3, 1, 2, 5, 4, 6, 9, 8, 7])
    found = known(of_medians(one, other))
    errors = (80 - 20) / (2 * 2.0637), (8 - 2) / (2 * 2.0637)
    together = 8 / 10  # eight rounds on the same side of both medians, one at them
    error = math.sqrt(errors[0] ** 2 + errors[1] ** 2 - 2 * together * errors[0] * errors[1])
    assert found.value == 45
    assert found.error == pytest.approx(error, rel=1e-3)
    assert (found.low, found.high) == pytest.approx((45 - 1.96 * error, 45 + 1.96 * error), rel=1e-3)


def test_what_a_round_does_to_both_lanes_is_taken_out() -> None:
    hours = [0.2, 1.4, 0.5, 0.9, 0.3, 1.8, 0.7, 1.1, 0.4, 1.6]
    one, other = ([value + shift for value, shift in zip(hours, row, strict=True)] for row in (SLOW, FAST))
    paired = known(of_medians(by_round(one), by_round(other)))
    apart = known(of_medians(by_round(one), {100 + round: value for round, value in enumerate(other)}))
    assert paired.value == apart.value
    assert paired.error < apart.error / 2


def test_too_few_rounds_say_nothing() -> None:
    assert of_medians(by_round(FAST[:4]), by_round(SLOW)) is of_shares(0, 4, 5, 5) is None
    assert of_medians(by_round(FAST[:5]), by_round(SLOW))
    assert of_shares(0, 5, 5, 5)


def test_values_that_never_vary_differ_only_after_enough_rounds() -> None:
    """Two lanes whose five answers have 20 and 21 tokens: one way in five rounds is chance in 1 of 16."""
    five, six = (known(of_medians(by_round([20.0] * n), by_round([21.0] * n))) for n in (5, 6))
    assert (five.value, five.low, five.high, five.p) == (-1, -1, -1, 1 / 16)
    assert six.p == 1 / 32
    same = of_medians(by_round([20.0] * 9), by_round([20.0] * 9))
    assert same == (0, 0, 0, 1, 0)


@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 1e4)), min_size=5, max_size=40))
def test_a_difference_turns_round_with_its_lanes(pairs: list[tuple[float, float]]) -> None:
    one, other = (by_round([pair[side] for pair in pairs]) for side in (0, 1))
    there, back = known(of_medians(one, other)), known(of_medians(other, one))
    assert there.low <= there.value <= there.high
    assert 0 <= there.p <= 1
    assert (there.value, there.low, there.p) == pytest.approx((-back.value, -back.high, back.p))


def test_a_difference_of_shares_is_newcombes() -> None:
    """Statistics in Medicine 17 (1998), table II, method 10: 56/70 less 48/80."""
    found = known(of_shares(56, 70, 48, 80))
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert 0.001 < found.p < 0.05
    none = known(of_shares(0, 20, 0, 20))
    assert none[:4] == (0, -wilson(0, 20)[1], wilson(0, 20)[1], 1)


def test_holm() -> None:
    """By hand: 0.01 × 4, then 0.015 × 3 and 0.04 × 2, each no smaller than the one before."""
    assert holm([0.04, 0.01, 0.2, 0.015]) == pytest.approx([0.08, 0.04, 0.2, 0.045])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


def test_how_many_rounds_a_difference_takes() -> None:
    assert rounds_for(0.1, 0.1, 10) == pytest.approx(10 * (Z + 0.8416) ** 2, rel=1e-4)
    assert rounds_for(0.05, 0.1, 10) == pytest.approx(4 * rounds_for(0.1, 0.1, 10))
    assert rounds_for(0.1, 0.1, 10, of=8) > 1.5 * rounds_for(0.1, 0.1, 10)  # Holm's correction is in it


def test_a_difference_that_the_data_carry() -> None:
    assert told(series(SLOW, FAST), "ttft") == [
        "AWS Bedrock’s first token came 140 ms sooner than OpenAI’s (95 %: 130 to 150 ms, 10 rounds)."
    ]
    assert "140 ms later than AWS Bedrock’s" in told(series(SLOW, FAST), "ttft", base=1)[0]
    assert told(series(SLOW, FAST), "ttfv") == []  # only where it is not the first token
    found = differences(lanes_of(SLOW, FAST), 0)[0]
    assert [found._replace(chance=chance).differs for chance in (0.05, 0.051)] == [True, False]


def test_the_ends_of_an_interval_are_told_apart() -> None:
    (said,) = told(series(SLOW, [2 + first / 10 for first in FAST]), "ttft")
    low, _, high = said.partition("95 %: ")[2].partition(" s,")[0].partition(" to ")
    assert 1 < float(low) < float(high) < 2


def test_a_difference_that_they_do_not_carry_says_how_many_rounds_would() -> None:
    (said,) = told(series(SLOW, ALIKE), "ttft")
    assert said.startswith("No difference in first token between AWS Bedrock and OpenAI can be shown with 10 rounds (")
    assert "sooner to" in said
    assert said.endswith(" would show one of 30 ms.")


def test_what_stands_out_only_before_the_correction_is_said_to_be_no_difference_yet() -> None:
    late = [value + shift for value, shift in zip(SLOW, [0.04, 0.0, 0.05, 0.02, 0.05, 0.02, 0.03, 0.0, 0.06, 0.01],
                                                 strict=True)]  # fmt: skip
    lanes = measured(series(SLOW, late))
    found = next(one for one in differences(lanes, 0) if one.metric.key == "ttft")
    weak = found._replace(interval=found.interval._replace(low=0.002, high=0.06), chance=0.2, of=8)
    assert "which may be chance: it is one of 8 differences" in sentence(weak, lanes, NAMES, 0)


def test_failures_are_a_figure() -> None:
    found = series(SLOW, [*[None] * 8, *FAST[8:]])
    assert told(found, "failures") == [
        "8 of 10 answers of AWS Bedrock failed (95 %: 49 to 94 %), 0 of 10 answers of OpenAI failed (95 %: 0 to 28 %)."
    ]
    assert told(found, "ttft") == []  # two first tokens are too few
    assert told(series(SLOW, FAST), "failures") == []
    found.rounds[9].lanes[1][0].state = "stopped"  # which is no failure
    assert failures(measured(found)[1], "B") == "8 of 9 answers of B failed (95 %: 57 to 98 %)"
    assert "no difference can be shown" in told(series(SLOW, [None, *FAST[1:]]), "failures")[0]


def test_simulated_and_live_lanes_are_not_held_against_each_other() -> None:
    live, simulated = series(SLOW, SLOW), series(FAST, FAST, who=asked(simulated=True))
    mixed = Series([Round("Hi", {0: one.lanes[0], 1: other.lanes[1]})
                    for one, other in zip(live.rounds, simulated.rounds, strict=True)])  # fmt: skip
    assert differences(measured(mixed), 0) == []
    assert best(measured(mixed)) == {}


def test_several_lanes_and_figures_are_corrected_together() -> None:
    lanes = measured(series(SLOW, FAST, ALIKE))
    found = differences(lanes, 0)
    assert {one.of for one in found} == {len(found)}
    assert all(one.chance >= one.interval.p for one in found)
    assert {one.lane for one in found if one.metric.key == "ttft" and one.differs} == {1}


def lanes_of(*rows: Sequence[float | None]) -> Lanes:
    return measured(series(*rows))


@pytest.mark.parametrize(
    ("lanes", "winner"),
    [
        (lanes_of(SLOW, FAST), 1),
        (lanes_of(SLOW, FAST, ALIKE), 1),
        (lanes_of(SLOW, ALIKE), None),  # the medians differ, and that is all
        (lanes_of(FAST, SLOW, FAST), None),  # two share the first place
        (lanes_of(SLOW[:4], FAST[:4]), None),
        (lanes_of(SLOW), None),
        ({}, None),
    ],
)
def test_the_best_is_better_than_all_others_or_there_is_none(lanes: Lanes, winner: int | None) -> None:
    assert best(lanes).get("ttft") == winner


@pytest.mark.parametrize("apart", [0.02, 0.3])
def test_the_best_is_told_as_better_than_each_base(apart: float) -> None:
    sooner = [value - apart for value in SLOW]
    lanes = lanes_of(SLOW, sooner, ALIKE, [None] * 10)
    for key, lane in best(lanes).items():
        for base in lanes.keys() - {lane}:
            told = [one for one in differences(lanes, base) if (one.metric.key, one.lane) == (key, lane)]
            assert all(one.better for one in told)
            assert told or not lanes[base].values[key]
    assert ("ttft" in best(lanes)) == (apart > 0.05)


def test_what_was_worked_out_is_not_worked_out_again() -> None:
    found, before = series(SLOW, FAST), dict[str, dict[str, float | None]]()
    first = measured(found, before)
    for reply in found.replies:
        reply.chunks.clear()
    assert measured(found, before) == first
    assert measured(found) != first


UNKNOWN = {"unknown": "no price is known"}


def rounds_of(rounds: int, *, apart: float = 0.0, usd: float | None = None, **more: Any) -> Series:
    """Two lanes whose first tokens are as far apart as `apart`; an answer costs `usd`."""

    def reply(first: float) -> Reply:
        price = UNKNOWN if usd is None else {"usd": usd}
        return answered([Chunk(first, "Yes.")], end=End("stop", 3, 5), total=first + 1, price=price, **more)

    return Series(
        [
            Round("Hi", {0: [reply(SLOW[round % 10])], 1: [reply(SLOW[(3 * round + 1) % 10] + apart)]})
            for round in range(rounds)
        ]
    )


def ending(size: float, apart: float) -> int:
    """After how many rounds it ends, where it is asked before each."""
    reason, asked = Goal("ttft", size).reached(0, {}), rounds_of(200, apart=apart).rounds
    return next(rounds for rounds in range(200) if reason(Series(asked[:rounds])))


def test_it_ends_by_how_wide_the_interval_is_and_not_by_what_it_shows() -> None:
    alike, apart = ([ending(size, seconds) for size in (1.0, 0.04, 0.02)] for seconds in (0.0, 5.0))
    assert alike == apart
    assert PILOT == alike[0] < alike[1] < alike[2]


def test_it_looks_again_only_when_as_many_rounds_are_there_as_were_needed() -> None:
    reason = Goal("ttft", 0.05).reached(0, {})
    assert reason(rounds_of(PILOT)) == ""
    steady = Series([Round("Hi", {lane: [answered([Chunk(0.5, "Yes.")], total=1.5)] for lane in (0, 1)})] * (PILOT + 1))
    assert reason(steady) == ""  # though its interval is as narrow as can be
    assert Goal("ttft", 0.05).reached(0, {})(steady)


def test_it_says_why_it_ends() -> None:
    said = Goal("ttft", 0.5).reached(0, {})(rounds_of(10))
    assert said == "The goal is reached: a difference in first token of the size that you named would show by now."
    assert Goal("speed", 0.5).reached(0, {})(rounds_of(10)) == ""  # which no answer has here
    assert Goal("ttft", 0.5).reached(0, {})(Series()) == ""


@pytest.mark.parametrize(
    ("rounds", "begun", "usd", "expected", "ends"),
    [
        (0, 0, None, {0: 0.3, 1: 0.3}, False),
        (0, 0, None, {0: 0.6, 1: 0.6}, True),  # not even the first
        (4, 0, 0.1, {0: 9.0, 1: 9.0}, False),  # 0.8 is spent, and one more round makes 1.0: what it cost counts
        (5, 0, 0.1, {}, True),
        (5, 4, 0.1, {}, False),  # what there was before was paid before
        (5, 0, None, {0: 0.1, 1: 0.1}, True),  # the cost is not known: what was expected counts
        (50, 0, None, {0: None, 1: 0.001}, False),
    ],
)
def test_a_limit_of_dollars(
    rounds: int, begun: int, usd: float | None, expected: dict[int, float | None], ends: bool
) -> None:
    said = Goal(most=1.0 + 1e-9).reached(begun, expected)(rounds_of(rounds, usd=usd))
    assert bool(said) == ends
    assert ("$1.00 that you allowed" in said) == ends


def test_simulated_answers_cost_nothing() -> None:
    assert Goal(most=0.0).reached(0, {0: 0.0})(rounds_of(9, who=asked(simulated=True))) == ""


def test_a_run_asks_no_more_once_it_is_enough(hire: Hire, clock: Clock) -> None:
    def make(_: str) -> dict[int, Reply]:
        return {0: reply_of(hire().says("Yes.", End("stop")), clock)}

    def enough(series: Series) -> str:
        return "Enough." if len(series.rounds) == 3 else ""

    def fails(series: Series) -> str:
        raise ZeroDivisionError

    run, failing = (
        Run(Series(), ["Why?"], 9, make, lambda _: None, clock=clock, enough=goal).start() for goal in (enough, fails)
    )
    assert run.wait(PATIENCE)
    assert (run.state, run.done, run.total, run.reached, run.error) == ("finished", 3, 9, "Enough.", None)
    assert failing.wait(PATIENCE)
    assert failing.state == "failed"
    assert "ZeroDivisionError" in str(failing.error)


@pytest.mark.parametrize("prompts", [["A"], ["A", "B"], ["A", "B", "C"]])
def test_each_lane_is_first_in_its_turn(
    hire: Hire, clock: Clock, monkeypatch: pytest.MonkeyPatch, prompts: list[str]
) -> None:
    def make(_: str) -> dict[int, Reply]:
        return {lane: reply_of(hire().says("Yes.", End("stop")), clock) for lane in (0, 1)}

    def noted(reply: Reply, **more: bool) -> Reply:
        order.append(reply.id)
        return start(reply, **more)

    order, start = list[str](), Reply.start
    monkeypatch.setattr(Reply, "start", noted)
    run = Run(Series(), prompts, 4, make, lambda _: None, clock=clock).start()
    assert run.wait(PATIENCE)
    first: dict[str, list[int]] = {prompt: [] for prompt in prompts}
    for round in run.series.rounds:
        first[round.prompt].append(min(round.lanes, key=lambda lane: order.index(round.lanes[lane][0].id)))
    assert all(sorted(lanes) == [0, 0, 1, 1] for lanes in first.values()), first
