"""Reply reader: the thread that reads a provider into a `Reply`.

It waits for a place, connects, waits for the other lanes, asks, and stamps each chunk with the seconds since then.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from providers import Call, End, Provider, ProviderError, Request, Retry, Settings, connect
from replies.admission.queue import Ticket
from replies.our_errors import failed_to
from replies.reply import Asked, Chunk, QueuePosition, Reader, Reply, State
from replies.start_barrier import StartBarrier
from replies.versions import versions

UNSEEN = 1.0  # seconds that a question waits at most for the page that is to show its answer

BROKE_OFF = "{} broke off before the end. What had arrived is kept; ask again for the whole answer."


class ReplyReader(Reader):
    """Reads one answer into its `reply`, once that is started. `connect` runs on the reader's thread."""

    def __init__(
        self,
        asked: Asked,
        connect: Callable[[], Provider],
        *,
        barrier: StartBarrier | None = None,
        admission: Ticket | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.reply = Reply(asked, versions=versions(), left_out=(), is_local=True, reader=self)
        self.thread = threading.Thread(target=self._read, name=f"reply-{asked.provider}", daemon=True)
        self._connect = connect
        self._barrier = barrier
        self._admission = admission
        self._clock = clock
        self._asked: float | None = None  # the clock's reading at the question
        self._call = Call(on_retry=self._retried, clock=clock)
        self._seen = threading.Event()

    @property
    def elapsed(self) -> float:
        return 0.0 if self._asked is None else self._clock() - self._asked

    @property
    def queue_position(self) -> QueuePosition | None:
        return None if self._admission is None else self._admission.queue_position

    def start(self, *, unseen: bool) -> None:
        if not unseen:
            self.mark_visible()
        self.thread.start()

    def mark_visible(self) -> None:
        self._seen.set()

    def stop(self) -> None:
        self._finish("stopped")
        self.mark_visible()
        self._call.cancel()
        if self._admission is not None:
            self._admission.withdraw()

    def _read(self) -> None:
        label = self.reply.asked.label
        try:
            provider = self._connected()
            if provider is None or not self._start_clock():
                return
            answer = provider.stream(self.reply.asked.request, self._call)
            try:
                while not self.reply.over:
                    if text := next(answer):
                        self.reply.add(Chunk(self._received_at, text))
            except StopIteration as over:
                if not isinstance(over.value, End):
                    raise ProviderError("interrupted", BROKE_OFF.format(label), retryable=True) from None
                self._finish("done", end=over.value)
            finally:
                answer.close()
        except ProviderError as error:
            self._finish("interrupted" if error.kind == "interrupted" else "failed", error=error)
        except BaseException as failure:  # noqa: BLE001
            # An error of ours; or a panic of the Rust below an SDK, which is no Exception and would leave the reply
            # in progress for ever.
            problem = failed_to(f"read the answer of {label}", failure)
            self._finish("failed", error=ProviderError("protocol", problem))
        finally:
            if self._admission is not None:
                self._admission.leave(self.reply)

    def _connected(self) -> Provider | None:
        """The provider, once there is a place and the page and the other lanes are ready; None where it was stopped
        before."""
        ready = False
        try:
            if self._admission is not None and not self._admission.enter():
                return None
            begun = self._clock()
            provider = self._connect()
            with provider.preconnect(self._call, alone=self._barrier is None):
                self.reply.connecting = self._clock() - begun
                if self._call.handshake is not None:  # a replay has the original's
                    self.reply.handshake = self._call.handshake
                self._seen.wait(UNSEEN)
                ready = True
                if self._barrier is not None:
                    self._barrier.wait()
            return provider
        finally:
            if not ready and self._barrier is not None:
                self._barrier.leave()

    def _start_clock(self) -> bool:
        """False where it was stopped before."""
        if self._barrier is not None:
            self._call.when_sent(self._barrier.turn())
        with self.reply.update():
            if self.reply.over:
                self._call.release()
                return False
            self.reply.asked_at = datetime.now(UTC)
            self.reply.skew = None if self._barrier is None else self._barrier.since
            self._asked = self._clock()
            return True

    @property
    def _received_at(self) -> float:
        """Seconds from the question until what is read now came in, where the call knows that."""
        heard, asked = self._call.heard, self._asked
        return self.elapsed if heard is None or asked is None or heard < asked else heard - asked

    def _retried(self, retry: Retry) -> None:
        with self.reply.update():
            self.reply.retries.append(retry)

    def _finish(self, state: State, *, end: End | None = None, error: ProviderError | None = None) -> None:
        """The first to finish it decides how it ended: a stop is not overruled by the error that it causes."""
        reply = self.reply
        with reply.update():
            if reply.over:
                return
            if self._asked is not None:
                reply.total = self._received_at if state == "done" else self.elapsed
            reply.left_out = self._call.left_out or reply.left_out
            reply.end = end
            reply.error = error
            reply.state = state


def question(
    settings: Settings,
    request: Request,
    *,
    api: str = "",
    barrier: StartBarrier | None = None,
    admission: Ticket | None = None,
) -> Reply:
    """A reply that is asked for once it is started, so that it can be kept before its first word comes."""
    api = api or settings.api
    asked = Asked(provider=settings.name, label=settings.label, api=api, request=request, simulated=settings.simulated)
    return ReplyReader(asked, lambda: connect(settings, api), barrier=barrier, admission=admission).reply


def ask(settings: Settings, request: Request, *, api: str = "", barrier: StartBarrier | None = None) -> Reply:
    """Put a question to a provider; returns at once, with the answer in progress."""
    return question(settings, request, api=api, barrier=barrier).start()
