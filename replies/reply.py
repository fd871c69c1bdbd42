"""One answer under way: read on its own thread, followed from its first word by any number of pages.

    reply = Reply(asked, lambda: connect(settings)).start()
    for text in reply.follow("text"):
        print(text, end="")

Neither a slow page, nor a rerun, nor a reload can slow the clock, lose a word or leave a paid request running.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any, Literal, NamedTuple, Self, TypeAlias

from providers import AnySettings, Call, End, Provider, ProviderError, Reasoning, Request, Retry, connect
from replies.admission.ticket import Permit, QueuePosition
from replies.start_barrier import StartBarrier
from replies.versions import versions

logger = logging.getLogger(__name__)

State: TypeAlias = Literal["waiting", "streaming", "done", "stopped", "interrupted", "failed"]
Part: TypeAlias = Literal["text", "reasoning"]
Source: TypeAlias = Literal["live", "simulated", "recorded"]

IN_PROGRESS: frozenset[State] = frozenset({"waiting", "streaming"})

UNSEEN = 1.0  # seconds that a question waits at most for the page that is to show its answer

BROKE_OFF = "{} broke off before the end. What had arrived is kept; ask again for the whole answer."


class Chunk(NamedTuple):
    """A piece of text, or of `Reasoning`, and the seconds between the question and it."""

    seconds: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who was asked what. Never holds a key."""

    provider: str  # the provider's name in the settings, e.g. "openai"
    label: str  # as shown, e.g. "OpenAI"
    api: str
    request: Request
    simulated: bool
    recorded: datetime | None = None  # when the original of a replayed answer was given

    @property
    def source(self) -> Source:
        """Where its words come from; a replayed answer of the simulator is `simulated` as well."""
        return "recorded" if self.recorded else "simulated" if self.simulated else "live"


class Reply:
    """One answer. Its attributes may be read from any thread, and only grow.

    `chunks` is the text, the measurements and the recording at once. `asked_at` is the moment of the question on the
    wall clock. `connecting` is how many seconds the client took to be ready, before the question; None until then.
    `skew` is how many seconds after the start of its comparison it was asked; None where it was asked alone.
    `total` is how many seconds after the question it was over; None until then, and where it was never asked.
    `versions` are those of the app and the SDKs that it was given by. `price` is what it cost and the price used, as
    plain JSON, once somebody has worked it out.
    """

    def __init__(
        self,
        asked: Asked,
        connect: Callable[[], Provider],
        *,
        barrier: StartBarrier | None = None,
        admission: Permit | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.id = secrets.token_urlsafe(12)
        self.asked = asked
        self.is_local = True  # by this process, not restored or followed
        self.chunks: list[Chunk] = []
        self.retries: list[Retry] = []
        self.state: State = "waiting"
        self.end: End | None = None
        self.error: ProviderError | None = None
        self.asked_at = datetime.now(UTC)
        self.connecting: float | None = None
        self.skew: float | None = None
        self.total: float | None = None
        self.versions: Mapping[str, str] = versions()
        self.price: Mapping[str, Any] | None = None
        self._connect = connect
        self._barrier = barrier
        self._admission = admission
        self._clock = clock
        self._asked: float | None = None  # the clock's reading at the question
        self._call = Call(on_retry=self._retried, clock=clock)
        self._news = threading.Condition()
        self._ended = threading.Event()
        self._seen = threading.Event()
        self._thread = threading.Thread(target=self._read, name=f"reply-{asked.provider}", daemon=True)

    @classmethod
    def restored(
        cls,
        asked: Asked,
        *,
        id: str,
        state: State,
        chunks: Iterable[Chunk],
        asked_at: datetime,
        retries: Iterable[Retry] = (),
        end: End | None = None,
        error: ProviderError | None = None,
        connecting: float | None = None,
        skew: float | None = None,
        total: float | None = None,
        versions: Mapping[str, str] | None = None,
        price: Mapping[str, Any] | None = None,
    ) -> Self:
        """A reply that was given before, as it was: nobody reads it any more."""
        reply = cls(asked, _nobody)
        reply.is_local = False
        reply.id, reply.state, reply.asked_at = id, state, asked_at
        reply.chunks, reply.retries = list(chunks), list(retries)
        reply.end, reply.error = end, error
        reply.connecting, reply.skew, reply.total = connecting, skew, total
        reply.versions, reply.price = versions or {}, price
        return reply

    def start(self, *, unseen: bool = False) -> Reply:
        """Connect and ask. `unseen`: the question leaves only when a page calls `mark_visible`, which is soon. A page
        that is being drawn holds the GIL, and would be counted as the vendor's wait."""
        if not unseen:
            self.mark_visible()
        self._thread.start()
        return self

    def mark_visible(self) -> None:
        """It has its place on a page, where its words can appear."""
        self._seen.set()

    @property
    def over(self) -> bool:
        return self.state not in IN_PROGRESS

    @property
    def queue_position(self) -> QueuePosition | None:
        """What it waits for before it may be asked for; None where it does not wait."""
        return None if self._admission is None else self._admission.queue_position

    @property
    def text(self) -> str:
        """The answer so far, without its reasoning."""
        return joined(self.chunks, "text")

    @property
    def reasoning(self) -> str:
        return joined(self.chunks, "reasoning")

    @property
    def elapsed(self) -> float:
        """Seconds since the question; of an answer that is over, how long it took."""
        if self.total is not None:
            return self.total
        return 0.0 if self._asked is None else self._clock() - self._asked

    def new_chunks(self, quiet: float = 0.25) -> Iterator[list[Chunk]]:
        """All arrivals from the first one on, as they come: each item is everything new, and [] after `quiet` seconds
        without news, so that the follower can look up."""
        told = 0
        while True:
            over = self.over  # looked at first: what comes before the end is there before it says so
            new = self.chunks[told:]
            if not new and not over:  # only who has to wait takes the lock, which the reader needs for each piece
                with self._news:
                    if told == len(self.chunks) and not self.over:
                        self._news.wait(quiet)
                over = self.over
                new = self.chunks[told:]
            told += len(new)
            if new or not over:
                yield new
            if over:
                return

    def follow(self, part: Part = "text", quiet: float = 0.25) -> Iterator[str]:
        """The answer, or its reasoning, from the first word on: each item is all that is new, "" where nothing is.

        Reasoning ends where the answer begins; what is reasoned after that is in `reasoning` alone.
        """
        for new in self.new_chunks(quiet):
            thoughts = list(takewhile(lambda chunk: isinstance(chunk.text, Reasoning), new))
            yield joined(thoughts if part == "reasoning" else new, part)
            if part == "reasoning" and len(thoughts) < len(new):
                return

    def stop(self) -> None:
        """End it here and hang up on the vendor, from any thread. What has arrived stays."""
        self._finish("stopped")
        self.mark_visible()
        self._call.cancel()
        if self._admission is not None:
            self._admission.withdraw()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the answer is over; False where it isn't after `timeout` seconds."""
        return self.over or self._ended.wait(timeout)

    def _read(self) -> None:
        """The reader's thread: come in, connect, wait for the others, ask, and stamp what comes."""
        try:
            if not self._let_in():
                return
            provider = self._connected()
            if not self._begun():
                return
            answer = provider.stream(self.asked.request, self._call)
            try:
                while not self.over:
                    self._received(next(answer))
            except StopIteration as over:
                if not isinstance(over.value, End):
                    broke_off = BROKE_OFF.format(self.asked.label)
                    raise ProviderError("interrupted", broke_off, retryable=True) from None
                self._finish("done", end=over.value)
            finally:
                answer.close()
        except ProviderError as error:
            self._finish("interrupted" if error.kind == "interrupted" else "failed", error=error)
        except BaseException as failure:  # noqa: BLE001
            # A slip of ours; or a panic of the Rust below an SDK, which is no Exception and would leave the reply
            # under way for ever. The exception's own text may hold a key, so only the place is logged.
            place = "".join(traceback.format_tb(failure.__traceback__))
            logger.error("%s while reading %s:\n%s", type(failure).__name__, self.asked.label, place)
            problem = (
                f"Streamside failed to read the answer of {self.asked.label} ({type(failure).__name__}); see its log."
            )
            self._finish("failed", error=ProviderError("protocol", problem))
        finally:
            if self._admission is not None:
                self._admission.leave(self)

    def _let_in(self) -> bool:
        """Wait for a place among those who are answered; False where it was stopped meanwhile."""
        let_in = False
        try:
            let_in = self._admission is None or self._admission.enter()
        finally:
            if not let_in and self._barrier is not None:
                self._barrier.leave()
        return let_in

    def _connected(self) -> Provider:
        begun = self._clock()
        with contextlib.ExitStack() as warmed:
            try:
                provider = self._connect()
                warmed.enter_context(provider.preconnect(self._call, alone=self._barrier is None))
            except BaseException:
                if self._barrier is not None:
                    self._barrier.leave()
                raise
            self.connecting = self._clock() - begun
            self._seen.wait(UNSEEN)
            if self._barrier is not None:
                self._barrier.wait()
        return provider

    def _begun(self) -> bool:
        """Start the clock, unless it was stopped before."""
        if self._barrier is not None:
            self._call.when_sent(self._barrier.turn())
        with self._news:
            if self.over:
                self._call.release()
                return False
            self.asked_at = datetime.now(UTC)
            self.skew = None if self._barrier is None else self._barrier.since
            self._asked = self._clock()
            return True

    @property
    def _heard(self) -> float:
        """Seconds from the question until what is read now came in, where the provider's line tells that."""
        heard, asked = self._call.heard, self._asked
        return self.elapsed if heard is None or asked is None or heard < asked else heard - asked

    def _received(self, text: str) -> None:
        seconds = self._heard
        with self._news:
            if self.over or not text:
                return
            self.chunks.append(Chunk(seconds, text))
            self.state = "streaming"
            self._news.notify_all()

    def _retried(self, retry: Retry) -> None:
        with self._news:
            self.retries.append(retry)
            self._news.notify_all()

    def _finish(self, state: State, *, end: End | None = None, error: ProviderError | None = None) -> None:
        """The first to finish it decides how it ended: a stop is not overruled by the error that it causes."""
        with self._news:
            if self.over:
                return
            if self._asked is not None:
                self.total = self._heard if state == "done" else self.elapsed
            self.end = end
            self.error = error
            self.state = state
            self._ended.set()
            self._news.notify_all()


def ask(settings: AnySettings, request: Request, *, api: str = "", barrier: StartBarrier | None = None) -> Reply:
    """Put a question to a provider; returns at once, with the answer under way."""
    return question(settings, request, api=api, barrier=barrier).start()


def question(
    settings: AnySettings,
    request: Request,
    *,
    api: str = "",
    barrier: StartBarrier | None = None,
    admission: Permit | None = None,
) -> Reply:
    """A reply that is asked for once it is started, so that it can be kept before its first word comes."""
    api = api or settings.api
    asked = Asked(provider=settings.name, label=settings.label, api=api, request=request, simulated=settings.simulated)
    return Reply(asked, lambda: connect(settings, api), barrier=barrier, admission=admission)


def _nobody() -> Provider:
    raise ProviderError("protocol", "This answer was given before. Ask again for a new one.")


def joined(chunks: Iterable[Chunk], part: Part) -> str:
    """The text of the arrivals, or their reasoning."""
    return "".join(text for _, text in chunks if isinstance(text, Reasoning) == (part == "reasoning"))
