"""Run N times: which round begins when, what becomes of failures, and what a cancel leaves."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from providers import End, ProviderError, Request, SimulatorAddress, load
from replies.conversation import Series
from replies.reader import question
from replies.reply import Reply
from replies.series import MOST_AT_ONCE, Run
from replies.start_barrier import StartBarrier
from replies.store import Store
from replies.store.autosave import Autosaver
from simulator import Simulator
from tests.replies.vendor import PATIENCE, Clock, Hire, Vendor, reply_of
from tests.support.known import known
from tests.support.waiting import eventually

WHOLE = ("Because.", End("stop", 3, 5))
KEY = "sk-made-up-for-this-test"


class Lanes:
    """Makes rounds of vendors that are silent until a test lets them speak; remembers all that was asked."""

    def __init__(self, hire: Hire, clock: Clock, lanes: int = 2) -> None:
        self.rounds: list[list[Vendor]] = []
        self.prompts: list[str] = []
        self._hire = hire
        self._clock = clock
        self._lanes = range(lanes)

    def make(self, prompt: str) -> dict[int, Reply]:
        vendors = [self._hire() for _ in self._lanes]
        self.prompts.append(prompt)
        self.rounds.append(vendors)
        barrier = StartBarrier(len(vendors), PATIENCE)
        return {lane: reply_of(vendor, self._clock, barrier=barrier) for lane, vendor in enumerate(vendors)}

    def asked(self, rounds: int) -> bool:
        """Whether exactly so many rounds were begun, and all their lanes asked."""
        asked = eventually(lambda: len(self.rounds) >= rounds)
        asked = asked and all(vendor.asked.wait(PATIENCE) for round in self.rounds for vendor in round)
        return asked and len(self.rounds) == rounds

    def answer(self, round: int, *items: str | float | End | BaseException) -> None:
        for vendor in self.rounds[round]:
            vendor.says(*(items or WHOLE))


@pytest.fixture
def lanes(hire: Hire, clock: Clock) -> Lanes:
    return Lanes(hire, clock)


@pytest.fixture
def begin(clock: Clock) -> Iterator[Callable[..., Run]]:
    """Starts runs, and cancels after the test what a failed one left in progress."""
    begun: list[Run] = []

    def start(prompts: list[str], times: int, lanes: Lanes, **more: object) -> Run:
        keep = more.pop("keep", lambda _: None)
        series = more.pop("series", None) or Series()
        run = Run(series, prompts, times, lanes.make, keep, clock=clock, **more)  # type: ignore[arg-type]
        begun.append(run)
        return run.start()

    yield start
    for run in begun:
        run.cancel()
        assert run.wait(PATIENCE)


def test_rounds_follow_each_other_once_all_lanes_are_over(lanes: Lanes, begin: Callable[..., Run]) -> None:
    run = begin(["Why?"], 3, lanes)
    for number in range(3):
        assert lanes.asked(number + 1)
        first, second = lanes.rounds[number]
        first.says(*WHOLE)
        assert run.series.rounds[number].replies[0].wait(PATIENCE)
        assert len(lanes.rounds) == number + 1  # the second lane still speaks
        assert (run.begun, run.done, run.over) == (number + 1, number, False)
        second.says(*WHOLE)
    assert run.wait(PATIENCE)
    assert (run.state, run.done, run.total, run.failed, run.left) == ("finished", 3, 3, 0, 0.0)
    assert [[reply.text for reply in round.replies] for round in run.series.rounds] == [["Because."] * 2] * 3


def test_all_prompts_are_asked_once_and_then_all_once_more(lanes: Lanes, begin: Callable[..., Run]) -> None:
    run = begin(["One?", "Two?"], 2, lanes)
    for number in range(4):
        assert lanes.asked(number + 1)
        lanes.answer(number)
    assert run.wait(PATIENCE)
    assert lanes.prompts == [round.prompt for round in run.series.rounds] == ["One?", "Two?", "One?", "Two?"]


def test_at_once_no_more_than_some_are_in_progress(lanes: Lanes, begin: Callable[..., Run]) -> None:
    run = begin(["Why?"], MOST_AT_ONCE + 2, lanes, at_once=True)
    assert lanes.asked(MOST_AT_ONCE)
    lanes.answer(1)
    assert lanes.asked(MOST_AT_ONCE + 1)
    assert run.begun - run.done == MOST_AT_ONCE
    for number in (0, 2, 3, 4):
        lanes.answer(number)
    assert lanes.asked(MOST_AT_ONCE + 2)
    lanes.answer(-1)
    assert run.wait(PATIENCE)
    assert run.done == MOST_AT_ONCE + 2


def test_cancel_stops_what_is_in_progress_keeps_its_words_and_asks_nothing_more(
    lanes: Lanes, begin: Callable[..., Run]
) -> None:
    run = begin(["Why?"], 20, lanes)
    assert lanes.asked(1)
    lanes.answer(0)
    assert lanes.asked(2)
    lanes.answer(1, "Be")
    assert eventually(lambda: all(reply.text for reply in run.series.rounds[1].replies))
    run.cancel()
    assert run.wait(PATIENCE)
    assert len(lanes.rounds) == 2
    assert all(vendor.closed.wait(PATIENCE) and vendor.cancelled for vendor in lanes.rounds[1])
    assert [(reply.state, reply.text) for reply in run.series.rounds[1].replies] == [("stopped", "Be")] * 2
    assert [reply.state for reply in run.series.rounds[0].replies] == ["done"] * 2
    assert (run.state, run.done, run.begun, run.failed) == ("cancelled", 1, 2, 0)


def test_cancel_at_once_stops_all_rounds(lanes: Lanes, begin: Callable[..., Run]) -> None:
    run = begin(["Why?"], 20, lanes, at_once=True)
    assert lanes.asked(MOST_AT_ONCE)
    run.cancel()
    assert run.wait(PATIENCE)
    assert {reply.state for reply in run.series.replies} == {"stopped"}
    assert (run.state, run.done, len(lanes.rounds)) == ("cancelled", 0, MOST_AT_ONCE)


def test_cancelled_while_a_round_is_being_kept_it_asks_nothing(lanes: Lanes, begin: Callable[..., Run]) -> None:
    kept, cancelled = threading.Event(), threading.Event()

    def keep(_: Series) -> None:
        kept.set()
        assert cancelled.wait(PATIENCE)

    run = begin(["Why?"], 2, lanes, keep=keep)
    assert kept.wait(PATIENCE)
    run.cancel()
    assert run.cancelling
    cancelled.set()
    assert run.wait(PATIENCE)
    assert not any(vendor.asked.is_set() for vendor in lanes.rounds[0])
    assert (run.state, [reply.state for reply in run.series.replies]) == ("cancelled", ["stopped"] * 2)


def test_between_two_rounds_the_series_is_in_progress(lanes: Lanes, begin: Callable[..., Run]) -> None:
    seen = threading.Event()
    run = begin(["Why?"], 2, lanes, enough=lambda series: "Enough." if series.rounds and seen.wait(PATIENCE) else "")
    assert lanes.asked(1)
    lanes.answer(0)
    assert eventually(lambda: run.done == 1)
    assert (all(reply.over for reply in run.series.replies), run.series.over) == (True, False)
    seen.set()
    assert run.wait(PATIENCE)
    assert (run.state, len(lanes.rounds), run.series.over) == ("finished", 1, True)


def test_cancel_after_the_last_word_changes_nothing(lanes: Lanes, begin: Callable[..., Run]) -> None:
    run = begin(["Why?"], 1, lanes)
    assert lanes.asked(1)
    lanes.answer(0)
    assert run.wait(PATIENCE)
    run.cancel()
    assert (run.state, [reply.state for reply in run.series.replies]) == ("finished", ["done"] * 2)


def test_one_lane_that_is_stopped_alone_holds_nothing_up(lanes: Lanes, begin: Callable[..., Run]) -> None:
    run = begin(["Why?"], 1, lanes)
    assert lanes.asked(1)
    run.series.rounds[0].replies[0].stop()
    lanes.rounds[0][1].says(*WHOLE)
    assert run.wait(PATIENCE)
    assert (run.state, run.done, run.failed) == ("finished", 1, 0)


def test_failures_are_counted_and_the_series_goes_on(lanes: Lanes, begin: Callable[..., Run]) -> None:
    run = begin(["Why?"], 2, lanes)
    assert lanes.asked(1)
    lanes.rounds[0][0].says(ProviderError("overloaded", "Try later.", retryable=True))
    lanes.rounds[0][1].says("Be", None)  # without a finish marker it broke off
    assert lanes.asked(2)
    assert (run.done, run.failed) == (1, 2)
    lanes.answer(1)
    assert run.wait(PATIENCE)
    assert (run.state, run.done, run.failed) == ("finished", 2, 2)


def test_time_left_is_the_median_of_the_rounds_that_are_over(
    lanes: Lanes, clock: Clock, begin: Callable[..., Run]
) -> None:
    run = begin(["Why?"], 5, lanes)
    assert lanes.asked(1)
    clock.now += 2.0
    at_first = run.left
    assert at_first is None
    for number, seconds in enumerate([8.0, 20.0, 12.0]):  # the first took 2.0 s before it spoke
        clock.now += seconds
        lanes.answer(number)
        assert lanes.asked(number + 2)
    assert run.left == 12.0 + 12.0  # the median of 10, 20 and 12: for the round that has just begun, and the last one
    clock.now += 5.0
    assert run.left == 7.0 + 12.0
    clock.now += 100.0
    assert run.left == 12.0  # the round in progress takes longer than any before: nothing is known of it


def test_time_left_of_rounds_at_once_is_shared(lanes: Lanes, clock: Clock, begin: Callable[..., Run]) -> None:
    run = begin(["Why?"], 8, lanes, at_once=True)
    assert lanes.asked(4)
    clock.now += 10.0
    for number in range(4):
        lanes.answer(number)
    assert lanes.asked(8)
    assert run.left == 10.0
    clock.now += 4.0
    assert run.left == 6.0


@pytest.mark.parametrize("at_once", [False, True])
def test_a_slip_ends_it_with_a_word_and_what_there_is_stays(
    lanes: Lanes, begin: Callable[..., Run], caplog: pytest.LogCaptureFixture, at_once: bool
) -> None:
    make = lanes.make

    def slips(prompt: str) -> dict[int, Reply]:
        if len(lanes.rounds) == 1:
            raise KeyError(KEY)
        return make(prompt)

    lanes.make = slips  # type: ignore[method-assign]
    with caplog.at_level(logging.ERROR):
        run = begin(["Why?"], 5, lanes, at_once=at_once)
        assert lanes.asked(1)
        lanes.answer(0)
        assert run.wait(PATIENCE)
    assert (run.state, run.done, len(run.series.rounds), run.series.over) == ("failed", 1, 1, True)
    told = known(run.error)
    assert "KeyError" in told
    assert "log" in told
    assert KEY not in told + caplog.text
    assert "in slips" in caplog.text


def test_what_a_provider_refuses_to_make_is_told_in_its_own_words(clock: Clock) -> None:
    def make(_: str) -> dict[int, Reply]:
        raise ProviderError("missing_credentials", "Set OPENAI_API_KEY.")

    run = Run(Series(), ["Why?"], 2, make, lambda _: None, clock=clock).start()
    assert run.wait(PATIENCE)
    assert (run.state, run.error, run.series.rounds) == ("failed", "Set OPENAI_API_KEY.", [])


def test_a_slip_while_keeping_leaves_nothing_waiting(lanes: Lanes, begin: Callable[..., Run]) -> None:
    def keep(_: Series) -> None:
        raise OSError

    run = begin(["Why?"], 2, lanes, keep=keep)
    assert run.wait(PATIENCE)
    assert (run.state, run.series.over) == ("failed", True)
    assert [reply.state for reply in run.series.replies] == ["stopped"] * 2
    assert not any(vendor.asked.is_set() for vendor in lanes.rounds[0])


@pytest.mark.parametrize(("prompts", "times"), [([], 2), (["Why?"], 0)])
def test_nothing_to_ask_is_refused(prompts: list[str], times: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        Run(Series(), prompts, times, lambda _: {}, lambda _: None)


def test_each_round_is_in_the_store_before_its_first_word_also_where_the_series_goes_on_later(
    lanes: Lanes, begin: Callable[..., Run], tmp_path: Path
) -> None:
    store, reader, after = (Store(f"sqlite:///{tmp_path}/streamside.db") for _ in range(3))
    series, asked = Series(), list[str]()
    with closing(Autosaver(store, every=0.02)) as autosaver, closing(reader), closing(after):
        for prompts, times in ((["One?", "Two?"], 2), (["More?"], 1)):
            run = begin(prompts, times, lanes, series=series, keep=lambda one: autosaver.watch(one, wait=PATIENCE))
            for prompt in prompts * times:
                asked.append(prompt)
                assert lanes.asked(len(asked))
                assert [round.prompt for round in known(reader.comparison(run.id)).rounds] == asked
                lanes.answer(-1)
            assert run.wait(PATIENCE)
            assert eventually(lambda: not autosaver._watched)  # it lets go of what is over
        again = after.comparison(series.id)
        assert isinstance(again, Series)
        assert again.over
        assert [[reply.text for reply in round.replies] for round in again.rounds] == [["Because."] * 2] * 5


def of_the_simulator(simulator: Simulator, *models: str) -> Callable[[str], dict[int, Reply]]:
    address = SimulatorAddress(simulator.url, simulator.tls_url, simulator.ca_file)
    settings = load({})["openai"].simulated_by(address)

    def make(prompt: str) -> dict[int, Reply]:
        barrier = StartBarrier(len(models), PATIENCE)
        return {
            lane: question(settings, Request.of(prompt, model), barrier=barrier) for lane, model in enumerate(models)
        }

    return make


def requests(simulator: Simulator, model: str) -> int:
    return sum(exchange.model == model for exchange in simulator.log)


@pytest.mark.parametrize("at_once", [False, True])
def test_with_the_simulator_faults_stay_in_their_lane(simulator: Simulator, at_once: bool) -> None:
    models = f"series-a-{at_once}.sim-instant", f"series-b-{at_once}.sim-fault-401", f"c-{at_once}.sim-fault-clean-end"
    make = of_the_simulator(simulator, *models)
    run = Run(Series(), ["Say hello."], 3, make, lambda _: None, at_once=at_once).start()
    assert run.wait(60)
    assert (run.state, run.done, run.failed) == ("finished", 3, 6)
    states = [[reply.state for reply in round.replies] for round in run.series.rounds]
    assert states == [["done", "failed", "interrupted"]] * 3
    assert requests(simulator, models[0]) == 3


def test_with_the_simulator_nothing_is_asked_after_a_cancel(simulator: Simulator) -> None:
    model = "series-cancelled.sim-2000x100"
    run = Run(Series(), ["Count."], 20, of_the_simulator(simulator, model, model), lambda _: None).start()
    assert eventually(lambda: bool(run.series.rounds) and all(reply.text for reply in run.series.rounds[0].replies))
    run.cancel()
    assert run.wait(PATIENCE)
    cancelled = [exchange for exchange in simulator.log if exchange.model == model]
    assert eventually(lambda: all(exchange.cancelled for exchange in cancelled))
    assert (len(cancelled), requests(simulator, model)) == (2, 2)
    assert all(reply.text and reply.state == "stopped" for reply in run.series.replies)
