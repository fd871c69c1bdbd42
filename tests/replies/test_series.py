"""Run N times: which round begins when, what becomes of failures, and what a cancel leaves."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

import pytest

from providers import End, ProviderError
from replies.conversation import Series
from replies.reply import Reply
from replies.series import MOST_AT_ONCE, Run
from replies.store import Store
from replies.store.autosave import Autosaver
from tests.replies.vendor import PATIENCE, Clock, Hire, Lanes
from tests.support.known import known
from tests.support.waiting import eventually

Begin: TypeAlias = Callable[..., Run]

WHOLE = ("Because.", End("stop", 3, 5))
KEY = "sk-made-up-for-this-test"


@pytest.fixture
def lanes(hire: Hire, clock: Clock) -> Lanes:
    return Lanes(hire, clock)


@pytest.fixture
def begin(clock: Clock) -> Iterator[Begin]:
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


def test_rounds_follow_each_other_once_all_lanes_are_over(lanes: Lanes, begin: Begin) -> None:
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
    run.cancel()  # after the last word it changes nothing
    assert (run.state, run.done, run.total, run.failed, run.left) == ("finished", 3, 3, 0, 0.0)
    assert [[reply.text for reply in round.replies] for round in run.series.rounds] == [["Because."] * 2] * 3


def test_at_once_only_some_are_in_progress_and_share_the_time(lanes: Lanes, clock: Clock, begin: Begin) -> None:
    run = begin(["Why?"], 2 * MOST_AT_ONCE, lanes, at_once=True)
    assert lanes.asked(MOST_AT_ONCE)
    clock.now += 10.0
    lanes.answer(1)
    assert lanes.asked(MOST_AT_ONCE + 1)
    assert run.begun - run.done == MOST_AT_ONCE
    for number in (0, 2, 3):
        lanes.answer(number)
    assert lanes.asked(2 * MOST_AT_ONCE)
    assert run.left == 10.0
    clock.now += 4.0
    assert run.left == 6.0
    run.cancel()
    assert run.wait(PATIENCE)
    assert [reply.state for reply in run.series.replies] == ["done"] * 2 * MOST_AT_ONCE + ["stopped"] * 2 * MOST_AT_ONCE
    assert (run.state, run.done, len(lanes.rounds)) == ("cancelled", MOST_AT_ONCE, 2 * MOST_AT_ONCE)


def test_cancel_stops_what_is_in_progress_and_asks_nothing_more(lanes: Lanes, begin: Begin) -> None:
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


def test_cancelled_while_a_round_is_being_kept_it_asks_nothing(lanes: Lanes, begin: Begin) -> None:
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


def test_between_two_rounds_the_series_is_in_progress(lanes: Lanes, begin: Begin) -> None:
    seen = threading.Event()
    run = begin(["Why?"], 2, lanes, enough=lambda series: "Enough." if series.rounds and seen.wait(PATIENCE) else "")
    assert lanes.asked(1)
    lanes.answer(0)
    assert eventually(lambda: run.done == 1)
    assert (all(reply.over for reply in run.series.replies), run.series.over) == (True, False)
    seen.set()
    assert run.wait(PATIENCE)
    assert (run.state, len(lanes.rounds), run.series.over) == ("finished", 1, True)


def test_failures_are_counted_and_the_series_goes_on(lanes: Lanes, begin: Begin) -> None:
    run = begin(["Why?"], 3, lanes)
    assert lanes.asked(1)
    lanes.rounds[0][0].says(ProviderError("overloaded", "Try later.", retryable=True))
    lanes.rounds[0][1].says("Be", None)  # without a finish marker it broke off
    assert lanes.asked(2)
    assert (run.done, run.failed) == (1, 2)
    run.series.rounds[1].replies[0].stop()  # one lane alone
    lanes.rounds[1][1].says(*WHOLE)
    assert lanes.asked(3)
    lanes.answer(2)
    assert run.wait(PATIENCE)
    assert (run.state, run.done, run.failed) == ("finished", 3, 2)


def test_time_left_is_the_median_of_finished_rounds(lanes: Lanes, clock: Clock, begin: Begin) -> None:
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


@pytest.mark.parametrize("at_once", [False, True])
def test_a_slip_ends_it_with_a_word_and_what_there_is_stays(
    lanes: Lanes, begin: Begin, caplog: pytest.LogCaptureFixture, at_once: bool
) -> None:
    make = lanes.make

    def slips(prompt: str) -> dict[int, Reply]:
        if len(lanes.rounds) == 1:
            raise KeyError(KEY)
        return make(prompt)

    lanes.make = slips  # type: ignore[method-assign]
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


def test_a_slip_while_keeping_leaves_nothing_waiting(lanes: Lanes, begin: Begin) -> None:
    def keep(_: Series) -> None:
        raise OSError

    run = begin(["Why?"], 2, lanes, keep=keep)
    assert run.wait(PATIENCE)
    assert (run.state, run.series.over) == ("failed", True)
    assert [reply.state for reply in run.series.replies] == ["stopped"] * 2
    assert not any(vendor.asked.is_set() for vendor in lanes.rounds[0])

    def refuse(prompt: str) -> dict[int, Reply]:
        raise ProviderError("missing_credentials", "Set OPENAI_API_KEY.")

    lanes.make = refuse  # type: ignore[method-assign]
    run = begin(["Why?"], 2, lanes)
    assert run.wait(PATIENCE)
    assert (run.state, run.error, run.series.rounds) == ("failed", "Set OPENAI_API_KEY.", [])  # in its own words


@pytest.mark.parametrize(("prompts", "times"), [([], 2), (["Why?"], 0)])
def test_nothing_to_ask_is_refused(prompts: list[str], times: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        Run(Series(), prompts, times, lambda _: {}, lambda _: None)


def test_each_round_is_in_the_store_before_its_first_word(lanes: Lanes, begin: Begin, tmp_path: Path) -> None:
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
