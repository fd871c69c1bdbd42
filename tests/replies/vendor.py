"""A vendor and a clock that do what a test tells them: what is real here is the reply and its thread."""

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Self, TypeAlias, cast

from providers import Call, End, Provider, ProviderError, Request, Retry, TextStream
from replies.reader import ReplyReader
from replies.reply import Asked, Reply
from replies.start_barrier import StartBarrier
from tests.support.waiting import eventually

PATIENCE = 30.0  # seconds after which a test that waits for an event has failed

CUT = "The connection was cut."

Item: TypeAlias = str | float | Retry | End | BaseException | None
Hire: TypeAlias = Callable[[], "Vendor"]  # the fixture `hire`


class Clock:
    """Seconds that pass only where a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Vendor:
    """A provider that says what it is given, and is silent in between. Cancelling wakes it, by its socket.

    A str is a piece; a float passes on the clock; a `Retry` is told to the call; an `End` or None ends the
    answer; an exception is raised.
    """

    def __init__(self, clock: Clock | None = None, *, deaf: bool = False) -> None:
        self.questions: list[Request] = []
        self.asked = threading.Event()
        self.closed = threading.Event()
        self.cancelled = False
        self._clock = clock or Clock()
        self._deaf = deaf  # does not notice that it is cut
        self._items: deque[Item] = deque()
        self._near, self._far = socket.socketpair()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._near.close()
        self._far.close()

    def says(self, *items: Item) -> Self:
        for item in items:
            self._items.append(item)
            with contextlib.suppress(BrokenPipeError):  # it was cancelled
                self._far.send(b".")
        return self

    def stream(self, request: Request, call: Call | None = None) -> TextStream:
        assert call is not None
        self.questions.append(request)
        if not self._deaf:
            call.attach(self._near)
        self.asked.set()
        try:
            while self._near.recv(1):
                match self._items.popleft():
                    case float(seconds):
                        self._clock.now += seconds
                    case str(piece):
                        yield piece
                    case Retry() as retry:
                        call.retrying(retry)
                    case BaseException() as failure:
                        raise failure
                    case end:
                        return cast(End, end)
            self.cancelled = True
            raise ProviderError("interrupted", CUT)
        finally:
            call.release()
            self.closed.set()

    def preconnect(self, call: Call, *, alone: bool = True) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def models(self) -> list[str]:
        return []


def question(*, stream: bool = True, simulated: bool = False) -> Asked:
    request = Request(messages=Request.of("How are you?", "m").messages, model="m", stream=stream)
    return Asked(provider="fake", label="The Fake", api="chat", request=request, simulated=simulated)


def reply_of(
    vendor: Provider | Callable[[], Provider], clock: Clock | None = None, *, barrier: StartBarrier | None = None
) -> Reply:
    """A reply of this vendor, or of the one that connecting gives; not started."""
    connect = vendor if callable(vendor) else lambda: vendor
    return ReplyReader(question(), connect, barrier=barrier, clock=clock or Clock()).reply


def heard(reply: Reply, pieces: int) -> Reply:
    """The reply, once so many pieces have arrived."""
    so_far = 0
    for new in reply.new_chunks(PATIENCE):
        so_far += len(new)
        if so_far >= pieces:
            return reply
        assert new, f"{so_far} of {pieces} pieces arrived, and then nothing"
    raise AssertionError(f"over with {so_far} of {pieces} pieces: {reply.error}")


def tried_again(reply: Reply) -> Reply:
    """The reply, once a retry was told."""
    for _ in zip(range(int(PATIENCE / 0.01)), reply.new_chunks(0.01), strict=False):
        if reply.retries:
            return reply
    raise AssertionError(f"no retry, and {reply.state}")


def finished(reply: Reply) -> Reply:
    """The reply, once it is over."""
    assert reply.wait(PATIENCE), f"still {reply.state}"
    return reply


def ended(reply: Reply) -> Reply:
    """The reply, once its reader's thread has ended."""
    finished(reply)
    assert isinstance(reply.reader, ReplyReader)
    reply.reader.thread.join(PATIENCE)
    assert not reply.reader.thread.is_alive()
    return reply


def answered(vendor: Vendor, clock: Clock, *items: Item, stream: bool = True) -> Reply:
    """A reply that is over, after the vendor has said these items."""
    vendor.says(*items)
    return finished(ReplyReader(question(stream=stream), lambda: vendor, clock=clock).reply.start())


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

    def answer(self, round: int, *items: Item) -> None:
        for vendor in self.rounds[round]:
            vendor.says(*(items or ("Because.", End("stop", 3, 5))))
