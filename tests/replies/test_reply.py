"""One answer: how it begins, is stamped, stopped, and ends."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC
from typing import get_args

import pytest

from providers import Call, End, ErrorKind, Provider, ProviderError, Reasoning, Request, Retry, TextStream
from replies import start_barrier
from replies.reply import IN_PROGRESS, Chunk, Reply, State
from replies.start_barrier import StartBarrier
from tests.replies.vendor import (
    PATIENCE,
    Clock,
    Hire,
    Item,
    Vendor,
    answered,
    ended,
    finished,
    heard,
    reply_of,
    tried_again,
)

STOP = End("stop", 3, 12, 0, "r-1")
BROKEN = ProviderError("interrupted", "The answer broke off; ask again.")
KEY = "sk-" + "not" + "-for-" + "the-log"  # in parts: a traceback quotes the line that raises


# How it goes


def test_it_waits_then_streams_then_is_done(vendor: Vendor) -> None:
    reply = reply_of(vendor).start()
    assert vendor.asked.wait(PATIENCE)
    assert (reply.state, reply.over) == ("waiting", False)
    vendor.says("One ")
    heard(reply, 1)
    assert (reply.state, reply.over) == ("streaming", False)
    vendor.says("two", STOP)
    finished(reply)
    assert (reply.state, reply.over) == ("done", True)
    assert (reply.text, reply.end, reply.error) == ("One two", STOP, None)


def test_the_vendor_is_asked_what_was_to_be_asked_and_once(vendor: Vendor, clock: Clock) -> None:
    reply = answered(vendor, clock, "Fine.", STOP)
    assert vendor.questions == [reply.asked.request]


def test_every_reply_has_an_id_of_its_own(vendor: Vendor) -> None:
    ids = {reply_of(vendor).id for _ in range(100)}
    assert len(ids) == 100
    assert all(len(id) >= 16 for id in ids)


def test_every_state_is_either_in_progress_or_over() -> None:
    over = set(get_args(State)) - IN_PROGRESS
    assert over == {"done", "stopped", "interrupted", "failed"}


def test_reasoning_is_no_part_of_the_text(vendor: Vendor, clock: Clock) -> None:
    reply = answered(vendor, clock, Reasoning("Hm. "), "Fine", Reasoning("Or not?"), ".", STOP)
    assert (reply.text, reply.reasoning) == ("Fine.", "Hm. Or not?")


def test_an_answer_without_words_is_done_all_the_same(vendor: Vendor, clock: Clock) -> None:
    reply = answered(vendor, clock, End("length", 3, 100, 100))
    assert (reply.state, reply.text, reply.chunks) == ("done", "", [])


def test_a_blocking_answer_arrives_in_one_piece(vendor: Vendor, clock: Clock) -> None:
    reply = answered(vendor, clock, 8.0, "Fine, thank you.", STOP, stream=False)
    assert not vendor.questions[0].stream
    assert (reply.state, reply.chunks) == ("done", [(8.0, "Fine, thank you.")])


# What the clock says


def test_arrivals_are_stamped_with_the_seconds_since_the_question(vendor: Vendor, clock: Clock) -> None:
    reply = answered(vendor, clock, 0.5, Reasoning("Hm"), 0.25, "One", "two", 1.5, "three", 0.25, STOP)
    assert reply.chunks == [
        Chunk(0.5, "Hm"),
        Chunk(0.75, "One"),
        Chunk(0.75, "two"),
        Chunk(2.25, "three"),
    ]
    assert [type(chunk.text) for chunk in reply.chunks] == [Reasoning, str, str, str]
    assert reply.total == 2.5


def test_what_it_takes_to_make_words_of_the_bytes_is_no_part_of_any_time(clock: Clock) -> None:
    class Slow(Vendor):
        def stream(self, request: Request, call: Call | None = None) -> TextStream:
            assert call is not None
            clock.now += 1
            call.bytes_received()
            clock.now += 5  # other lanes have the processor
            yield "Hi."
            clock.now += 1
            call.bytes_received()
            clock.now += 5
            return End("stop")

    with Slow(clock) as vendor:
        reply = reply_of(vendor, clock).start()
        assert reply.wait(PATIENCE)
    assert reply.chunks == [Chunk(1.0, "Hi.")]
    assert reply.total == 7.0


def test_an_empty_piece_is_no_arrival(vendor: Vendor, clock: Clock) -> None:
    reply = answered(vendor, clock, 0.25, "", Reasoning(""), 0.25, "One", 0.25, "", STOP)
    assert reply.chunks == [(0.5, "One")]


def test_an_empty_piece_does_not_begin_the_stream(vendor: Vendor) -> None:
    reply = reply_of(vendor).start()
    vendor.says("", Retry("overloaded", 0.0))  # once the retry is told, the empty piece has been read
    assert tried_again(reply).state == "waiting"
    vendor.says(STOP)
    finished(reply)


def test_connecting_and_the_wait_for_the_others_are_no_part_of_any_time(vendor: Vendor, clock: Clock) -> None:
    def connect() -> Provider:
        clock.now += 4
        return vendor

    class SlowGate(StartBarrier):
        def wait(self) -> None:
            clock.now += 16

    vendor.says(0.5, "One", 0.5, STOP)
    reply = finished(reply_of(connect, clock, barrier=SlowGate(1, PATIENCE)).start())
    assert (reply.connecting, reply.chunks, reply.total) == (4, [(0.5, "One")], 1.0)


def test_the_seconds_stand_still_when_it_is_over(vendor: Vendor, clock: Clock) -> None:
    reply = reply_of(vendor, clock)
    assert reply.elapsed == 0
    reply.start()
    assert vendor.asked.wait(PATIENCE)
    assert (reply.elapsed, reply.total) == (0, None)
    clock.now += 2
    assert (reply.elapsed, reply.total) == (2, None)
    vendor.says(1.0, STOP)
    finished(reply)
    clock.now += 60
    assert (reply.elapsed, reply.total) == (3, 3)


def test_the_moment_of_the_question_has_a_time_zone(vendor: Vendor, clock: Clock) -> None:
    assert answered(vendor, clock, STOP).asked_at.tzinfo is UTC


# How it breaks


def test_a_stream_that_breaks_off_is_interrupted_and_keeps_its_words(vendor: Vendor, clock: Clock) -> None:
    reply = answered(vendor, clock, 0.5, "One ", "two", 0.5, BROKEN)
    assert (reply.state, reply.error, reply.end) == ("interrupted", BROKEN, None)
    assert (reply.text, reply.total) == ("One two", 1.0)


@pytest.mark.parametrize("kind", [kind for kind in get_args(ErrorKind) if kind != "interrupted"])
def test_any_other_failure_keeps_the_words(vendor: Vendor, clock: Clock, kind: ErrorKind) -> None:
    error = ProviderError(kind, "What to do.", retryable=True, retry_after=7)
    reply = answered(vendor, clock, "One ", "two", error)
    assert (reply.state, reply.error, reply.end, reply.text) == ("failed", error, None, "One two")


def test_only_an_end_says_done(vendor: Vendor, clock: Clock) -> None:
    """A stream that merely ends was cut off."""
    reply = answered(vendor, clock, "One ", None)
    assert (reply.state, reply.end, reply.text) == ("interrupted", None, "One ")
    assert reply.error is not None
    assert reply.error.kind == "interrupted"
    assert "The Fake" in reply.error.message


def test_a_client_that_cannot_be_made_fails_before_the_question(clock: Clock) -> None:
    error = ProviderError("missing_credentials", "Set FAKE_KEY.")

    def connect() -> Provider:
        raise error

    reply = finished(reply_of(connect, clock).start())
    clock.now += 60
    assert (reply.state, reply.error) == ("failed", error)
    assert (reply.connecting, reply.total, reply.elapsed) == (None, None, 0)


def test_a_retry_is_seen_and_the_clock_runs_on(vendor: Vendor, clock: Clock) -> None:
    retry = Retry("overloaded", 0.0)
    reply = reply_of(vendor, clock).start()
    vendor.says(2.0, retry)
    assert (tried_again(reply).retries, reply.state) == ([retry], "waiting")
    vendor.says(0.5, "One", STOP)
    finished(reply)
    assert (reply.state, reply.chunks, reply.retries) == ("done", [(2.5, "One")], [retry])


class RustPanic(BaseException):
    """Not an Exception: what the Rust parts of some SDKs raise."""


@pytest.mark.parametrize("kind", [KeyError, RuntimeError, UnicodeError, RustPanic, SystemExit])
class TestAnExceptionThatNoProviderShouldRaise:
    def check(self, reply: Reply, kind: type[BaseException], log: str, place: str) -> None:
        assert reply.state == "failed"
        assert reply.error is not None
        assert (reply.error.kind, reply.error.__cause__, reply.error.__context__) == ("protocol", None, None)
        assert "The Fake" in reply.error.message
        for told in (reply.error.message, log):
            assert kind.__name__ in told
            assert KEY not in told
        assert place in log

    def test_in_the_stream(
        self, kind: type[BaseException], vendor: Vendor, clock: Clock, caplog: pytest.LogCaptureFixture
    ) -> None:
        reply = answered(vendor, clock, "One", kind(f"no {KEY}"))
        self.check(reply, kind, caplog.text, "vendor.py")
        assert reply.text == "One"

    def test_while_connecting(self, kind: type[BaseException], caplog: pytest.LogCaptureFixture) -> None:
        def connect() -> Provider:
            raise kind(f"no {KEY}")

        self.check(finished(reply_of(connect).start()), kind, caplog.text, "test_reply.py")

    def test_because_of_another(
        self, kind: type[BaseException], vendor: Vendor, clock: Clock, caplog: pytest.LogCaptureFixture
    ) -> None:
        failure = kind("no")
        failure.__cause__ = ValueError(KEY)
        failure.add_note(KEY)
        self.check(answered(vendor, clock, failure), kind, caplog.text, "vendor.py")


def test_what_a_vendor_says_of_itself_is_not_logged(
    vendor: Vendor, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answered(vendor, clock, "One", ProviderError("auth", "The key was refused."))
    assert caplog.records == []


# How it is stopped


def test_stop_keeps_the_words_already_spoken_and_hangs_up(vendor: Vendor, clock: Clock) -> None:
    reply = reply_of(vendor, clock).start()
    vendor.says(0.5, "One ", "two")
    heard(reply, 2)
    clock.now += 0.5
    reply.stop()
    assert (reply.state, reply.text, reply.total) == ("stopped", "One two", 1.0)
    assert vendor.closed.wait(PATIENCE)
    assert vendor.cancelled


def test_stop_wakes_a_vendor_that_has_not_said_a_word(vendor: Vendor, clock: Clock) -> None:
    reply = reply_of(vendor, clock).start()
    assert vendor.asked.wait(PATIENCE)
    clock.now += 3
    reply.stop()
    assert (reply.state, reply.chunks, reply.total) == ("stopped", [], 3)
    assert vendor.closed.wait(PATIENCE)
    assert vendor.cancelled


def test_stop_while_connecting_asks_nothing(vendor: Vendor, clock: Clock) -> None:
    connecting, connected = threading.Event(), threading.Event()

    def connect() -> Provider:
        connecting.set()
        assert connected.wait(PATIENCE)
        return vendor

    reply = reply_of(connect, clock).start()
    assert connecting.wait(PATIENCE)
    reply.stop()
    assert reply.state == "stopped"
    connected.set()
    ended(reply)
    clock.now += 60
    assert vendor.questions == []
    assert (reply.total, reply.elapsed) == (None, 0)


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


def test_stop_before_the_start_asks_nothing(vendor: Vendor) -> None:
    reply = reply_of(vendor)
    reply.stop()
    ended(reply.start())
    assert (reply.state, reply.total, vendor.questions) == ("stopped", None, [])


def test_stop_ends_the_wait_before_a_retry(vendor: Vendor) -> None:
    reply = reply_of(vendor).start()
    vendor.says(Retry("overloaded", 3600.0))
    tried_again(reply).stop()
    assert vendor.closed.wait(PATIENCE)


def test_stop_is_not_overruled_by_the_error_that_it_causes(vendor: Vendor) -> None:
    reply = reply_of(vendor).start()
    vendor.says("One")
    heard(reply, 1).stop()
    ended(reply)
    assert vendor.cancelled  # and so it raised
    assert (reply.state, reply.error, reply.end) == ("stopped", None, None)


@pytest.mark.parametrize(
    "late",
    ["two", Reasoning("two"), STOP, None, Retry("overloaded", 0.0), ProviderError("network", ""), OSError()],
    ids=["a piece", "reasoning", "the end", "no end", "a retry", "an error", "an error of ours"],
)
def test_nothing_that_comes_after_stop_changes_what_is_there(late: Item, clock: Clock) -> None:
    with Vendor(clock, deaf=True).says("One") as vendor:
        reply = heard(reply_of(vendor, clock).start(), 1)
        reply.stop()
        vendor.says(5.0, late, STOP)
        ended(reply)
        assert vendor.closed.is_set()
    assert (reply.state, reply.text, reply.error, reply.end, reply.total) == ("stopped", "One", None, None, 0)


@pytest.mark.parametrize(
    ("item", "state"),
    [(STOP, "done"), (BROKEN, "interrupted"), (ProviderError("auth", ""), "failed")],
)
def test_a_late_stop_overrules_nothing(vendor: Vendor, clock: Clock, item: Item, state: State) -> None:
    reply = answered(vendor, clock, 0.5, "One", item)
    before = (reply.end, reply.error, reply.total, reply.text)
    clock.now += 60
    reply.stop()
    assert reply.state == state
    assert (reply.end, reply.error, reply.total, reply.text) == before


def test_stop_twice_and_from_many_threads_is_one_stop(vendor: Vendor, clock: Clock) -> None:
    reply = heard(reply_of(vendor.says(1.0, "One"), clock).start(), 1)
    stops = [threading.Thread(target=reply.stop) for _ in range(8)]
    for stop in stops:
        stop.start()
    for stop in stops:
        stop.join()
    clock.now += 60
    reply.stop()
    assert (reply.state, reply.text, reply.total) == ("stopped", "One", 1.0)


def test_stop_wakes_whoever_follows_or_waits(vendor: Vendor) -> None:
    reply = heard(reply_of(vendor.says("One")).start(), 1)
    followed: list[str] = []
    follower = threading.Thread(target=lambda: followed.extend(reply.follow(quiet=PATIENCE)))
    waiter = threading.Thread(target=reply.wait)
    follower.start()
    waiter.start()
    reply.stop()
    for thread in (follower, waiter):
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert "".join(followed) == "One"


# What it leaves behind


@pytest.mark.parametrize(
    "last",
    [STOP, None, ProviderError("network", ""), ZeroDivisionError(), RustPanic()],
    ids=["end", "no end", "error", "our error", "panic"],
)
def test_the_stream_is_closed_however_it_ends(vendor: Vendor, clock: Clock, last: Item) -> None:
    reply = answered(vendor, clock, "One", last)
    ended(reply)
    assert vendor.closed.is_set()


def test_a_stream_that_speaks_on_after_stop_is_closed_at_its_next_piece() -> None:
    spoken: list[str] = []
    go_on, closed = threading.Event(), threading.Event()

    class Talker:
        def stream(self, request: Request, call: Call | None = None) -> TextStream:
            try:
                for piece in ("One", "two", "three"):
                    spoken.append(piece)
                    yield piece
                    assert go_on.wait(PATIENCE)
                return STOP
            finally:
                closed.set()

        def preconnect(self, call: Call, *, alone: bool = True) -> AbstractContextManager[None]:
            return nullcontext()

        def models(self) -> list[str]:
            return []

    reply = heard(reply_of(Talker()).start(), 1)
    reply.stop()
    go_on.set()
    ended(reply)
    assert closed.is_set()
    assert len(spoken) <= 2
    assert reply.text == "One"


def test_a_stream_that_fails_while_it_is_closed_does_not_overrule_the_stop(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stopped = threading.Event()

    class Clumsy:
        def stream(self, request: Request, call: Call | None = None) -> TextStream:
            try:
                yield "One"
                assert stopped.wait(PATIENCE)
                yield "two"
                return STOP
            finally:
                raise RuntimeError(KEY)

        def preconnect(self, call: Call, *, alone: bool = True) -> AbstractContextManager[None]:
            return nullcontext()

        def models(self) -> list[str]:
            return []

    reply = heard(reply_of(Clumsy()).start(), 1)
    reply.stop()
    stopped.set()
    ended(reply)
    assert (reply.state, reply.error) == ("stopped", None)
    assert "RuntimeError" in caplog.text
    assert KEY not in caplog.text


def test_wait_says_whether_it_is_over(vendor: Vendor) -> None:
    reply = reply_of(vendor).start()
    assert not reply.wait(0)
    vendor.says(STOP)
    assert reply.wait(PATIENCE)


def test_a_reply_shows_no_key_however_it_is_printed(vendor: Vendor, clock: Clock) -> None:
    error = ProviderError("auth", "The key was refused.")
    error.__cause__ = ValueError(KEY)
    reply = answered(vendor, clock, "One", error)
    assert KEY not in f"{reply!r} {reply.asked!r} {reply.error!r} {reply.error} {reply.chunks!r}"


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


def test_one_that_gets_no_connection_fails_and_holds_nobody_up(clock: Clock, vendor: Vendor) -> None:
    barrier = StartBarrier(2, PATIENCE)
    failure = ProviderError("network", "There is no connection.", retryable=True)
    with Warmed(clock, failure) as unreachable:
        failed = finished(reply_of(unreachable, clock, barrier=barrier).start())
        assert "asked" not in unreachable.told
    assert (failed.state, failed.error, failed.total) == ("failed", failure, None)
    assert finished(reply_of(vendor.says("One", STOP), barrier=barrier).start()).state == "done"


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


def test_one_that_cannot_connect_holds_nobody_up(vendor: Vendor) -> None:
    barrier = StartBarrier(2, PATIENCE)

    def connect() -> Provider:
        raise ProviderError("auth", "The key was refused.")

    other = reply_of(vendor.says("One", STOP), barrier=barrier).start()
    failing = reply_of(connect, barrier=barrier).start()
    assert (finished(other).state, finished(failing).state) == ("done", "failed")


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


def test_a_reply_starts_its_thread_only_when_it_is_started(vendor: Vendor) -> None:
    before = threading.active_count()
    reply = reply_of(vendor)
    assert threading.active_count() == before
    assert reply.state == "waiting"


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


def test_a_page_that_never_shows_it_is_not_waited_for_long(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("replies.reader.UNSEEN", 0.01)
    assert finished(reply_of(vendor.says("One", STOP)).start(unseen=True)).state == "done"


def test_one_that_is_stopped_before_it_is_seen_is_over_at_once(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("replies.reader.UNSEEN", 10 * PATIENCE)
    reply = reply_of(vendor).start(unseen=True)
    reply.stop()
    ended(reply)
    assert vendor.questions == []
