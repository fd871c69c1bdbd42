"""Reply reader: how an answer begins, is stamped, stopped, and ends."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import get_args

import pytest

from providers import Call, End, ErrorKind, Provider, ProviderError, Reasoning, Request, Retry, TextStream
from replies.recording.replay import replay
from replies.reply import Chunk, State
from replies.start_barrier import StartBarrier
from tests.replies.vendor import PATIENCE, Clock, Item, Vendor, answered, ended, finished, heard, reply_of, tried_again
from tests.support.known import known

STOP = End("stop", 3, 12, 0, "r-1")
KEY = "sk-" + "not" + "-for-" + "the-log"  # in parts: a traceback quotes the line that raises


def test_it_waits_then_streams_then_is_done_and_its_seconds_stand_still(vendor: Vendor, clock: Clock) -> None:
    reply = reply_of(vendor, clock)
    assert reply.elapsed == 0
    reply.start()
    assert vendor.asked.wait(PATIENCE)
    assert (reply.state, reply.over, reply.wait(0)) == ("waiting", False, False)
    clock.now += 2
    assert (reply.elapsed, reply.total) == (2, None)
    vendor.says("One ")
    heard(reply, 1)
    assert (reply.state, reply.over) == ("streaming", False)
    vendor.says("two", 1.0, STOP)
    finished(reply)
    clock.now += 60
    assert (reply.state, reply.over, reply.elapsed, reply.total) == ("done", True, 3, 3)
    assert (reply.text, reply.end, reply.error) == ("One two", STOP, None)


def test_an_answer_without_words_is_done_all_the_same(vendor: Vendor, clock: Clock) -> None:
    reply = answered(vendor, clock, "", Reasoning(""), End("length", 3, 100, 100))
    assert (reply.state, reply.text, reply.chunks) == ("done", "", [])


def test_arrivals_are_stamped_with_the_seconds_since_the_question(vendor: Vendor, clock: Clock) -> None:
    reply = answered(vendor, clock, 0.5, Reasoning("Hm"), 0.25, "One", "two", 1.5, "three", 0.25, STOP)
    assert reply.chunks == [Chunk(0.5, "Hm"), Chunk(0.75, "One"), Chunk(0.75, "two"), Chunk(2.25, "three")]
    assert [type(chunk.text) for chunk in reply.chunks] == [Reasoning, str, str, str]
    assert reply.total == 2.5
    assert reply.asked_at.tzinfo is UTC


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


def test_the_network_s_part_of_connecting_is_known_where_a_connection_was_opened(clock: Clock) -> None:
    class Far(Vendor):
        @contextmanager
        def preconnect(self, call: Call, *, alone: bool = True) -> Iterator[None]:
            for seconds in (0.5, 1.5):  # TCP, TLS
                with call.opening():
                    clock.now += seconds
            clock.now += 3  # what the server makes of it
            yield

    with Far(clock).says("One", STOP) as far, Vendor(clock).says("One", STOP) as near:
        opened, open_already = (finished(reply_of(vendor, clock).start()) for vendor in (far, near))
    assert (opened.connecting, opened.handshake) == (5, 2)
    assert (open_already.connecting, open_already.handshake) == (0, None)
    assert finished(replay(opened)).handshake == 2


@pytest.mark.parametrize("kind", get_args(ErrorKind))
def test_a_failure_keeps_the_words(
    vendor: Vendor, clock: Clock, caplog: pytest.LogCaptureFixture, kind: ErrorKind
) -> None:
    error = ProviderError(kind, "What to do.", retryable=True, retry_after=7)
    with caplog.at_level(logging.DEBUG):
        reply = answered(vendor, clock, 0.5, "One ", "two", 0.5, error)
    assert reply.state == ("interrupted" if kind == "interrupted" else "failed")
    assert (reply.error, reply.end, reply.text, reply.total) == (error, None, "One two", 1.0)
    assert caplog.records == []  # the provider's own words may hold anything


def test_only_an_end_says_done(vendor: Vendor, clock: Clock) -> None:
    """A stream that merely ends was cut off."""
    reply = answered(vendor, clock, "One ", None)
    assert (reply.state, reply.end, reply.text) == ("interrupted", None, "One ")
    assert known(reply.error).kind == "interrupted"
    assert "The Fake" in known(reply.error).message


def test_a_retry_is_seen_and_the_clock_runs_on(vendor: Vendor, clock: Clock) -> None:
    retry = Retry("overloaded", 0.0)
    reply = reply_of(vendor, clock).start()
    vendor.says(2.0, "", retry)
    assert (tried_again(reply).retries, reply.state) == ([retry], "waiting")  # nor does an empty piece begin the stream
    vendor.says(0.5, "One", STOP)
    finished(reply)
    assert (reply.state, reply.chunks, reply.retries) == ("done", [(2.5, "One")], [retry])


class RustPanic(BaseException):
    """Not an Exception: what the Rust parts of some SDKs raise."""


@pytest.mark.parametrize("kind", [KeyError, RuntimeError, UnicodeError, RustPanic, SystemExit])
def test_an_exception_that_no_provider_should_raise_is_an_error_of_ours(
    kind: type[BaseException], vendor: Vendor, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    failure = kind(f"no {KEY}")
    failure.__cause__ = ValueError(KEY)
    failure.add_note(KEY)

    def connect() -> Provider:
        raise failure

    in_the_stream = answered(vendor, clock, "One", failure)
    while_connecting = finished(reply_of(connect).start())
    assert (in_the_stream.text, while_connecting.text) == ("One", "")
    for reply, place, logged in zip(
        (in_the_stream, while_connecting), ("vendor.py", "test_reader.py"), caplog.messages, strict=True
    ):
        assert reply.state == "failed"
        error = known(reply.error)
        assert (error.kind, error.__cause__, error.__context__) == ("protocol", None, None)
        assert "The Fake" in error.message
        assert place in logged
        for told in (error.message, logged):
            assert kind.__name__ in told
            assert KEY not in told


def test_stop_keeps_the_words_hangs_up_and_is_not_overruled_by_its_own_error(vendor: Vendor, clock: Clock) -> None:
    reply = reply_of(vendor, clock).start()
    vendor.says(0.5, "One ", "two")
    heard(reply, 2)
    clock.now += 0.5
    reply.stop()
    assert (reply.state, reply.text, reply.total) == ("stopped", "One two", 1.0)
    assert vendor.closed.wait(PATIENCE)
    ended(reply)
    assert vendor.cancelled  # and so it raised
    assert (reply.state, reply.error, reply.end) == ("stopped", None, None)


def test_stop_while_connecting_or_before_asks_nothing(vendor: Vendor, clock: Clock) -> None:
    connecting, connected = threading.Event(), threading.Event()

    def connect() -> Provider:
        connecting.set()
        assert connected.wait(PATIENCE)
        return vendor

    reply, unstarted = reply_of(connect, clock).start(), reply_of(vendor)
    assert connecting.wait(PATIENCE)
    for one in (reply, unstarted):
        one.stop()
        assert one.state == "stopped"
    connected.set()
    ended(reply)
    ended(unstarted.start())
    clock.now += 60
    assert vendor.questions == []
    assert (reply.total, reply.elapsed, unstarted.total) == (None, 0, None)


@pytest.mark.parametrize("said", [None, Retry("overloaded", 3600.0)], ids=["not a word", "a retry to come"])
def test_stop_wakes_a_vendor_that_is_silent(vendor: Vendor, clock: Clock, said: Retry | None) -> None:
    reply = reply_of(vendor, clock).start()
    assert vendor.asked.wait(PATIENCE)
    if said:
        vendor.says(said)
        tried_again(reply)
    clock.now += 3
    reply.stop()
    assert (reply.state, reply.chunks, reply.total) == ("stopped", [], 3)
    assert vendor.closed.wait(PATIENCE)
    assert vendor.cancelled


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
    ("last", "state"),
    [
        (STOP, "done"),
        (None, "interrupted"),
        (ProviderError("auth", ""), "failed"),
        (ZeroDivisionError(), "failed"),
        (RustPanic(), "failed"),
    ],
    ids=["end", "no end", "error", "our error", "panic"],
)
def test_a_stream_is_closed_and_a_late_stop_overrules_nothing(
    vendor: Vendor, clock: Clock, last: Item, state: State
) -> None:
    reply = ended(answered(vendor, clock, 0.5, "One", last))
    assert vendor.closed.is_set()
    before = (reply.end, reply.error, reply.total, reply.text)
    clock.now += 60
    reply.stop()
    assert reply.state == state
    assert (reply.end, reply.error, reply.total, reply.text) == before


def test_stop_from_many_threads_is_one_and_wakes_whoever_follows_or_waits(vendor: Vendor, clock: Clock) -> None:
    reply = heard(reply_of(vendor.says(1.0, "One"), clock).start(), 1)
    followed: list[str] = []
    others = [
        threading.Thread(target=lambda: followed.extend(reply.follow(quiet=PATIENCE))),
        threading.Thread(target=reply.wait),
        *(threading.Thread(target=reply.stop) for _ in range(8)),
    ]
    for thread in others:
        thread.start()
    for thread in others:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    clock.now += 60
    reply.stop()
    assert (reply.state, reply.text, reply.total, "".join(followed)) == ("stopped", "One", 1.0, "One")


@pytest.mark.parametrize("failure", [None, RuntimeError(KEY)], ids=["well", "with an error"])
def test_one_that_speaks_on_after_stop_is_closed_soon(
    failure: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    go_on, spoken = threading.Event(), list[str]()

    class Talker(Vendor):
        def stream(self, request: Request, call: Call | None = None) -> TextStream:
            try:
                for piece in ("One", "two", "three"):
                    spoken.append(piece)
                    yield piece
                    assert go_on.wait(PATIENCE)
                return STOP
            finally:
                self.closed.set()
                if failure:
                    raise failure

    with Talker() as talker:
        reply = heard(reply_of(talker).start(), 1)
        reply.stop()
        go_on.set()
        ended(reply)
        assert talker.closed.is_set()
    assert len(spoken) <= 2
    assert (reply.state, reply.text, reply.error) == ("stopped", "One", None)
    assert ("RuntimeError" in caplog.text) == bool(failure)
    assert KEY not in caplog.text


def test_a_reply_shows_no_key_however_it_is_printed(vendor: Vendor, clock: Clock) -> None:
    error = ProviderError("auth", "The key was refused.")
    error.__cause__ = ValueError(KEY)
    reply = answered(vendor, clock, "One", error)
    assert KEY not in f"{reply!r} {reply.asked!r} {reply.error!r} {reply.error} {reply.chunks!r}"
