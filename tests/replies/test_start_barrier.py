"""Start barrier: lanes connect, and ask together."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

import pytest

from providers import Call, End, Provider, ProviderError, Request, TextStream
from replies import start_barrier
from replies.start_barrier import StartBarrier
from tests.replies.vendor import PATIENCE, Clock, Hire, Vendor, answered, ended, finished, reply_of

STOP = End("stop", 3, 12, 0, "r-1")


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


def test_a_connection_is_opened_before_the_clock_starts_and_held_until_the_barrier_opens(clock: Clock) -> None:
    with Warmed(clock) as vendor:
        reply = answered(vendor, clock, 0.5, "One", STOP)
        assert vendor.told == ["opened, alone", "let go of", "asked"]
        assert (reply.connecting, reply.chunks) == (3, [(0.5, "One")])
    with Warmed(clock).says("One", STOP) as vendor:
        barrier = WatchedBarrier(2)
        reply = reply_of(vendor, clock, barrier=barrier).start()
        barrier.someone_waits()
        assert vendor.told == ["opened, one of several"]
        barrier.leave()
        finished(reply)
        assert vendor.told == ["opened, one of several", "let go of", "asked"]


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
    clock.now += 60
    assert (failed.state, failed.error, failed.total, failed.elapsed) == ("failed", failure, None, 0)
    assert finished(other).state == "done"


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

    replies = [reply_of(connect, barrier=barrier).start() for connect in (vendors[0], vendors[1], connect_slowly)]
    barrier.someone_waits()
    barrier.someone_waits()
    assert not any(vendor.asked.is_set() for vendor in vendors)
    connected.set()
    for vendor in vendors:
        assert vendor.asked.wait(PATIENCE)
        vendor.says("One", STOP)
    assert [finished(reply).state for reply in replies] == ["done"] * 3


def test_one_that_connects_for_ever_holds_the_others_up_for_as_long_as_the_barrier_says(vendor: Vendor) -> None:
    barrier = StartBarrier(2, patience=0.01)
    connected = threading.Event()

    def connect() -> Provider:
        assert connected.wait(PATIENCE)
        raise ProviderError("network", "No connection.")

    slow = reply_of(connect, barrier=barrier).start()
    assert finished(reply_of(vendor.says("One", STOP), barrier=barrier).start()).state == "done"
    assert not slow.over
    connected.set()  # after all; the barrier is open by now
    assert finished(slow).state == "failed"


def test_behind_the_barrier_a_lane_asks_once_the_one_before_has_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_barrier, "LONGEST_TURN", PATIENCE)
    barrier, call = StartBarrier(3, PATIENCE), Call()
    call.when_sent(barrier.turn())
    with ThreadPoolExecutor(1) as thread:
        second = thread.submit(barrier.turn)
        assert not wait([second], 0.05).done
        call.sent()
        passed_on = second.result(PATIENCE)
    call.sent()  # a later request on the same call passes no turn on
    assert barrier._turn._value == 0
    monkeypatch.setattr(start_barrier, "LONGEST_TURN", 0.01)
    barrier.turn()()  # a lane that never sends is waited for no longer; who came after it has no turn to end
    assert barrier._turn._value == 0
    passed_on()
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
    stopped = reply_of(vendor).start(unseen=True)
    stopped.stop()
    ended(stopped)
    assert len(vendor.questions) == 1
    monkeypatch.setattr("replies.reader.UNSEEN", 0.01)  # a page that never shows it is not waited for long
    assert finished(reply_of(vendor.says("One", STOP)).start(unseen=True)).state == "done"
