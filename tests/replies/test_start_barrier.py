"""Start barrier: lanes connect, and ask together."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from providers import Call, End, Provider, ProviderError, Request, TextStream
from replies import start_barrier
from replies.start_barrier import StartBarrier
from tests.replies.vendor import PATIENCE, Clock, Hire, Vendor, answered, ended, finished, reply_of

STOP = End("stop", 3, 12, 0, "r-1")


# The connection before the question


class Warmed(Vendor):
    """Notes when its connection is opened and let go of, and whether the reply asks alone."""

    def __init__(self, clock: Clock, failure: ProviderError | None = None) -> None:
        super().__init__(clock)
        self.told: list[str] = []
        self.failure = failure

    @contextmanager
    def preconnect(self, call: Call, *, alone: bool = True) -> Iterator[None]:
        self.told.append(f"opened, {'alone' if alone else 'one of several'}")
        self._clock.now += 3
        if self.failure:
            raise self.failure
        yield
        self.told.append("let go of")

    def stream(self, request: Request, call: Call | None = None) -> TextStream:
        self.told.append("asked")
        return super().stream(request, call)


def test_a_connection_is_opened_before_the_clock_starts(clock: Clock) -> None:
    with Warmed(clock) as vendor:
        reply = answered(vendor, clock, 0.5, "One", STOP)
        assert vendor.told == ["opened, alone", "let go of", "asked"]
    assert (reply.connecting, reply.chunks) == (3, [(0.5, "One")])


def test_a_connection_is_held_until_the_barrier_opens(clock: Clock) -> None:
    with Warmed(clock) as vendor:

        class Watched(StartBarrier):
            def wait(self) -> None:
                vendor.told.append("at the barrier")
                super().wait()

        vendor.says("One", STOP)
        finished(reply_of(vendor, clock, barrier=Watched(1, PATIENCE)).start())
        assert vendor.told == ["opened, one of several", "at the barrier", "let go of", "asked"]


@pytest.mark.parametrize("way", ["no client", "no connection"])
def test_one_that_cannot_connect_fails_and_holds_nobody_up(clock: Clock, vendor: Vendor, way: str) -> None:
    barrier = StartBarrier(2, PATIENCE)
    failure = ProviderError("network", "There is no connection.", retryable=True)

    def connect() -> Provider:
        if way == "no client":
            raise failure
        return unreachable

    with Warmed(clock, failure) as unreachable:
        other = reply_of(vendor.says("One", STOP), barrier=barrier).start()
        failed = finished(reply_of(connect, clock, barrier=barrier).start())
        assert "asked" not in unreachable.told
    assert (failed.state, failed.error, failed.total) == ("failed", failure, None)
    assert finished(other).state == "done"


# The barrier that several replies leave together


class WatchedBarrier(StartBarrier):
    """A barrier at which one can wait until someone waits."""

    def __init__(self, lanes: int) -> None:
        super().__init__(lanes, PATIENCE)
        self._came = threading.Semaphore(0)

    def wait(self) -> None:
        self._came.release()
        super().wait()

    def someone_waits(self) -> None:
        assert self._came.acquire(timeout=PATIENCE)


def test_stop_at_the_barrier_asks_nothing_and_holds_nobody_up(hire: Hire) -> None:
    stopped, other = hire(), hire()
    barrier = WatchedBarrier(2)
    reply = reply_of(stopped, barrier=barrier).start()
    barrier.someone_waits()
    reply.stop()
    other.says("One", STOP)
    assert finished(reply_of(other, barrier=barrier).start()).state == "done"
    ended(reply)
    assert (reply.state, stopped.questions) == ("stopped", [])


def test_questions_leave_together(hire: Hire) -> None:
    barrier = WatchedBarrier(3)
    vendors = [hire(), hire(), hire()]
    connected = threading.Event()

    def connect_slowly() -> Provider:
        assert connected.wait(PATIENCE)
        return vendors[2]

    replies = [reply_of(vendors[0], barrier=barrier).start(), reply_of(vendors[1], barrier=barrier).start()]
    barrier.someone_waits()
    barrier.someone_waits()
    replies.append(reply_of(connect_slowly, barrier=barrier).start())
    assert not any(vendor.asked.is_set() for vendor in vendors)
    connected.set()
    for vendor in vendors:
        assert vendor.asked.wait(PATIENCE)
        vendor.says("One", STOP)
    assert [finished(reply).state for reply in replies] == ["done"] * 3


def test_one_that_connects_for_ever_holds_the_others_up_for_as_long_as_the_barrier_says(vendor: Vendor) -> None:
    barrier = StartBarrier(2, patience=0.01)
    connecting, connected = threading.Event(), threading.Event()

    def connect() -> Provider:
        connecting.set()
        assert connected.wait(PATIENCE)
        raise ProviderError("network", "No connection.")

    slow = reply_of(connect, barrier=barrier).start()
    assert connecting.wait(PATIENCE)
    assert finished(reply_of(vendor.says("One", STOP), barrier=barrier).start()).state == "done"
    assert not slow.over
    connected.set()  # after all; the barrier is open by now
    reply = finished(slow)
    assert (reply.state, reply.error and reply.error.kind) == ("failed", "network")


def test_behind_the_barrier_the_next_lane_asks_once_the_one_before_has_sent_its_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(start_barrier, "LONGEST_TURN", PATIENCE)
    barrier, call = StartBarrier(2, PATIENCE), Call()
    went: list[str] = []
    call.when_sent(barrier.turn())

    def second() -> None:
        done = barrier.turn()
        went.append("second")
        done()

    waiting = threading.Thread(target=second)
    waiting.start()
    waiting.join(0.05)
    went.append("first")
    call.sent()
    waiting.join(PATIENCE)
    call.sent()  # a later request on the same call passes no turn on
    assert went == ["first", "second"]
    assert barrier._turn._value == 1


def test_a_lane_that_never_sends_is_waited_for_no_longer_than_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_barrier, "LONGEST_TURN", 0.01)
    barrier = StartBarrier(3, PATIENCE)
    never, after = barrier.turn(), barrier.turn()
    after()
    assert barrier._turn._value == 0  # it had no turn that it could end
    never()
    assert barrier._turn._value == 1


def test_a_lane_that_is_stopped_in_its_turn_passes_it_on(vendor: Vendor) -> None:
    barrier = StartBarrier(1, PATIENCE)
    reply = reply_of(vendor, barrier=barrier)
    reply.stop()
    ended(reply.start())
    assert vendor.questions == []
    assert barrier._turn._value == 1


def test_a_question_that_no_page_shows_yet_waits_for_it(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("replies.reader.UNSEEN", PATIENCE)
    connected = threading.Event()

    def connect() -> Provider:
        connected.set()
        return vendor

    reply = reply_of(connect).start(unseen=True)
    assert connected.wait(PATIENCE)
    assert not vendor.asked.is_set()
    reply.mark_visible()
    vendor.says("One", STOP)
    assert finished(reply).state == "done"
    monkeypatch.setattr("replies.reader.UNSEEN", 0.01)  # a page that never shows it is not waited for long
    assert finished(reply_of(vendor.says("One", STOP)).start(unseen=True)).state == "done"


def test_one_that_is_stopped_before_it_is_seen_is_over_at_once(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("replies.reader.UNSEEN", 10 * PATIENCE)
    reply = reply_of(vendor).start(unseen=True)
    reply.stop()
    ended(reply)
    assert vendor.questions == []
