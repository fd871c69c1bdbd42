"""Goal of a series: enough rounds for a difference of the wanted size, whatever they show; and a limit of dollars."""

from typing import Any

import pytest

from providers import End
from replies.conversation import Round, Series
from replies.metrics.goal import PILOT, Goal
from replies.reply import Chunk, Reply
from replies.series import Run
from tests.replies.vendor import PATIENCE, Clock, Hire, reply_of
from tests.store.said import answered, asked

SLOW = [0.50, 0.52, 0.55, 0.48, 0.61, 0.53, 0.51, 0.49, 0.56, 0.54]
UNKNOWN = {"unknown": "no price is known"}


def series(rounds: int, *, apart: float = 0.0, usd: float | None = None, **more: Any) -> Series:
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
    reason, asked = Goal("ttft", size).reached(0, {}), series(200, apart=apart).rounds
    return next(rounds for rounds in range(200) if reason(Series(asked[:rounds])))


def test_it_ends_by_how_wide_the_interval_is_and_not_by_what_it_shows() -> None:
    alike, apart = ([ending(size, seconds) for size in (1.0, 0.04, 0.02)] for seconds in (0.0, 5.0))
    assert alike == apart
    assert PILOT == alike[0] < alike[1] < alike[2]


def test_it_looks_again_only_when_as_many_rounds_are_there_as_were_needed() -> None:
    reason = Goal("ttft", 0.05).reached(0, {})
    assert reason(series(PILOT)) == ""
    steady = Series([Round("Hi", {lane: [answered([Chunk(0.5, "Yes.")], total=1.5)] for lane in (0, 1)})] * (PILOT + 1))
    assert reason(steady) == ""  # though its interval is as narrow as can be
    assert Goal("ttft", 0.05).reached(0, {})(steady)


def test_it_says_why_it_ends() -> None:
    said = Goal("ttft", 0.5).reached(0, {})(series(10))
    assert said == "The goal is reached: a difference in first token of the size that you named would show by now."
    assert Goal("speed", 0.5).reached(0, {})(series(10)) == ""  # which no answer has here
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
    said = Goal(most=1.0 + 1e-9).reached(begun, expected)(series(rounds, usd=usd))
    assert bool(said) == ends
    assert ("$1.00 that you allowed" in said) == ends


def test_simulated_answers_cost_nothing() -> None:
    assert Goal(most=0.0).reached(0, {0: 0.0})(series(9, who=asked(simulated=True))) == ""


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
