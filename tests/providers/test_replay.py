"""A recording that speaks again: when each piece comes, and what may be done to the clock meanwhile."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import Call, End, ProviderError, Reasoning, Request, TextStream
from providers.replay import Pace, Replay

REQUEST = Request.of("How are you?", "m")
PIECES = [(0.4, Reasoning("Hm. ")), (0.5, "Fine"), (0.9, ", "), (2.5, "thanks.")]
STOP = End("stop", 3, 12, 4, "r-1")
PATIENCE = 10.0


class Clock:
    """A clock that stands still but for those who wait by it, whose time passes at once."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, preconnected: threading.Condition, seconds: float | None) -> None:
        assert seconds is not None, "it would wait for ever"
        self.waits.append(seconds)
        self.now += seconds


def pace(clock: Clock, speed: float = 1.0) -> Pace:
    return Pace(speed, clock=clock, wait=clock.wait)


def tape(pace: Pace, ended: End | ProviderError | None = STOP, total: float = 2.6) -> Replay:
    return Replay(PIECES, ended, total=total, pace=pace).ready()


def told(stream: TextStream) -> tuple[list[str], End]:
    pieces = []
    while True:
        try:
            pieces.append(next(stream))
        except StopIteration as over:
            return pieces, over.value


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


# Its moments


@pytest.mark.parametrize("speed", [1, 2, 4])
def test_every_piece_comes_at_its_moment(speed: float) -> None:
    clock = Clock()
    moments = [clock.now - 1000 for _ in tape(pace(clock, speed)).stream(REQUEST)]
    assert moments == pytest.approx([seconds / speed for seconds, _ in PIECES], abs=1e-9)
    assert clock.now - 1000 == pytest.approx(2.6 / speed, abs=1e-9)


@given(
    st.lists(st.floats(0, 100, allow_nan=False), max_size=50).map(sorted),
    st.sampled_from([1.0, 2.0, 4.0, 0.3, math.inf]),
)
def test_stamps_are_exact_at_any_speed(moments: list[float], speed: float) -> None:
    clock = Clock()
    pieces = [(moment, "x") for moment in moments]
    played = Replay(pieces, STOP, total=101.0, pace=pace(clock, speed)).ready()
    assert [(played.clock(), text) for text in played.stream(REQUEST)] == pieces
    assert played.clock() == 101.0
    assert clock.now - 1000 == pytest.approx(101 / speed, abs=1e-6)


def test_a_late_piece_makes_none_after_it_late() -> None:
    clock = Clock()
    stream = tape(pace(clock)).stream(REQUEST)
    next(stream)
    clock.now += 0.3  # whoever reads is slow, and the second piece is due since 0.2 s
    assert next(stream) == "Fine"
    assert next(stream) == ", "
    assert clock.now - 1000 == pytest.approx(0.9)


def test_at_once_waits_for_nothing() -> None:
    clock = Clock()
    pieces, end = told(tape(pace(clock, math.inf)).stream(REQUEST))
    assert (pieces, end) == ([text for _, text in PIECES], STOP)
    assert [isinstance(piece, Reasoning) for piece in pieces] == [True, False, False, False]
    assert clock.waits == []


def test_before_it_is_ready_its_clock_says_how_long_connecting_took() -> None:
    played = Replay(PIECES, STOP, total=2.6, connecting=0.7, pace=pace(Clock()))
    assert played.clock() == -0.7
    assert played.ready().clock() == 0.0
    assert played.models() == []


# How it ends


def test_it_fails_as_it_did_and_with_an_error_of_its_own() -> None:
    error = ProviderError("rate_limit", "Wait a little.", retryable=True, retry_after=7.0)
    stream = tape(pace(Clock()), error).stream(REQUEST)
    with pytest.raises(ProviderError) as raised:
        told(stream)
    again = raised.value
    assert again is not error
    assert (again.kind, str(again), again.retryable, again.retry_after) == ("rate_limit", "Wait a little.", True, 7.0)


def test_where_it_was_cancelled_it_says_so_at_that_moment() -> None:
    clock, moments = Clock(), []
    stopped = Replay(PIECES, None, total=3.0, pace=pace(clock), cancel=lambda: moments.append(clock.now - 1000))
    with pytest.raises(ProviderError) as raised:
        told(stopped.stream(REQUEST))
    assert raised.value.kind == "interrupted"
    assert moments == pytest.approx([3.0])


# Turning the clock


def test_a_new_speed_holds_from_where_the_replay_is() -> None:
    clock = Clock()
    turned = pace(clock)
    stream = tape(turned).stream(REQUEST)
    next(stream), next(stream)  # at 0.5
    turned.speed = 2
    next(stream)
    assert clock.now - 1000 == pytest.approx(0.5 + 0.4 / 2)
    turned.speed = 4
    next(stream)
    assert clock.now - 1000 == pytest.approx(0.5 + 0.4 / 2 + 1.6 / 4)


def test_a_pause_takes_no_time_of_the_recording() -> None:
    clock = Clock()
    turned = pace(clock)
    stream = tape(turned).stream(REQUEST)
    next(stream)
    clock.now += 0.05
    turned.pause()
    clock.now += 60
    assert turned.paused
    assert turned.time == pytest.approx(0.45)
    turned.resume()
    next(stream)
    assert clock.now - 1060 == pytest.approx(0.5)


@pytest.mark.parametrize("speed", [0, -1, math.nan])
def test_a_speed_is_more_than_nothing(speed: float) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        Pace(speed)
    turned = Pace()
    with pytest.raises(ValueError, match="more than 0"):
        turned.speed = speed
    assert turned.speed == 1


def test_after_at_once_nothing_is_left_to_wait_for() -> None:
    turned = pace(Clock())
    turned.speed = math.inf
    stream = tape(turned).stream(REQUEST)
    next(stream)
    turned.speed = 1
    turned.pause()
    assert len(told(stream)[0]) == 3


def test_each_step_lets_out_a_piece_at_least(pool: ThreadPoolExecutor) -> None:
    turned = Pace(paused=True)
    stream = tape(turned).stream(REQUEST)
    for _, text in PIECES:
        waiting = pool.submit(next, stream)
        assert not waiting.done()
        turned.step()
        assert waiting.result(PATIENCE) == text
    ending = pool.submit(told, stream)
    turned.step()
    assert ending.result(PATIENCE) == ([], STOP)
    turned.step()  # nothing is left
    assert turned.time == turned.length == 2.6


def test_steps_that_come_faster_than_the_lanes_skip_nothing(pool: ThreadPoolExecutor) -> None:
    turned = Pace(paused=True)
    first, second = tape(turned), Replay([(0.45, "b")], STOP, total=0.6, pace=turned)
    for _ in range(2):  # to 0.4 of the first lane, then over 0.45 of the second and 0.5 of the first to its end
        turned.step()
    assert turned.time == 0.6
    left, right = first.stream(REQUEST), second.stream(REQUEST)
    assert [next(left), next(left), next(right)] == ["Hm. ", "Fine", "b"]


def test_lanes_with_one_pace_run_on_one_clock() -> None:
    clock = Clock()
    shared = pace(clock)
    early, late = tape(shared).stream(REQUEST), Replay([(0.6, "b")], STOP, total=0.7, pace=shared).stream(REQUEST)
    next(early), next(early)  # at 0.5 of both, though the other lane was not even begun
    next(late)
    assert clock.now - 1000 == pytest.approx(0.6)


# Hanging up


@pytest.mark.parametrize("paused", [False, True])
def test_cancelling_wakes_it_at_once(pool: ThreadPoolExecutor, paused: bool) -> None:
    call = Call()
    stream = Replay([(3600.0, "x")], STOP, total=3601.0, pace=Pace(paused=paused)).stream(REQUEST, call)
    waiting = pool.submit(next, stream)
    call.cancel()
    with pytest.raises(ProviderError) as raised:
        waiting.result(PATIENCE)
    assert raised.value.kind == "interrupted"


def test_one_lane_that_is_cancelled_leaves_the_others_alone() -> None:
    shared = pace(Clock())
    call = Call()
    cut, other = tape(shared).stream(REQUEST, call), tape(shared).stream(REQUEST, Call())
    next(cut), next(other)
    call.cancel()
    for stream in (cut, tape(shared).stream(REQUEST, call)):  # and one that begins on it gets nothing
        with pytest.raises(ProviderError):
            next(stream)
    assert told(other)[1] == STOP


def test_a_replay_that_is_over_no_longer_hears_its_line() -> None:
    calls = []
    call = Call()
    told(tape(pace(Clock())).stream(REQUEST, call))
    call.when_cancelled(lambda: calls.append(1))
    call.release()
    call.cancel()
    assert calls == []
