"""Call: one request in progress, which another thread can cancel at once, also while the vendor is silent.

Closing an SDK's stream from another thread does not wake a reader that waits for the next byte, and before the first
byte there is no stream to close. Shutting the socket down does. So each vendor's HTTP stack tells the call which socket
it speaks on: see `providers.transport.sockets`.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from providers.errors import ErrorKind

SOONEST = 0.001  # seconds; a socket that may not wait at all fails in another way


class Retry(NamedTuple):
    """A second try that is about to be made: why, and how many seconds it waits first."""

    kind: ErrorKind
    after: float


class Call:
    """One request to a vendor. Made by whoever asks, handed to `Provider.stream`."""

    def __init__(
        self,
        *,
        on_retry: Callable[[Retry], object] = lambda retry: None,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.heard: float | None = None  # the clock's reading when bytes of the answer came in last
        self.handshake: float | None = None  # seconds for TCP and TLS, where connections were opened for it
        self.left_out: tuple[str, ...] = ()  # parameters that were set and not sent, since they are not accepted
        self._clock = clock
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._socket: socket.socket | None = None
        self._tell: Callable[[], object] = _nobody
        self._tell_sent: Callable[[], object] = _nobody
        self._on_retry = on_retry
        self._sleep = sleep or self._cancelled.wait
        self.read_timeout: float | None = None  # seconds to wait for bytes, where shorter than the client's own limit
        self._whole_by: float | None = None  # the clock's reading by which an awaited answer is to be whole
        self._until: float | None = None  # the clock's reading from which on no more bytes are waited for

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    @property
    def connected(self) -> bool:
        """Whether a request was sent for it on a connection, which it has not been released from."""
        return self._socket is not None

    def cancel(self) -> None:
        """Cut the connection, from any thread. The reader gets its SDK's connection error, or end of stream."""
        with self._lock:
            self._cancelled.set()
            _shut_down(self._socket)
            tell = self._tell
        tell()

    def raise_if_cancelled(self) -> None:
        if self.cancelled:
            raise ConnectionAbortedError("cancelled")

    def await_whole(self, seconds: float) -> None:
        """The answer comes in one piece, within so many seconds; until then silence says nothing."""
        self._whole_by = self._clock() + seconds

    @property
    def late(self) -> bool:
        return self._whole_by is not None and self._clock() >= self._whole_by

    def retrying(self, retry: Retry) -> None:
        """Tell whoever asked, then wait. Cancelling ends the wait."""
        self._on_retry(retry)
        self._sleep(retry.after)

    @contextlib.contextmanager
    def sending(self) -> Iterator[None]:
        """Sockets that this thread sends a request on inside the block belong to this call."""
        before = getattr(_speaking, "call", None)
        _speaking.call = self
        try:
            yield
        finally:
            _speaking.call = before

    @contextlib.contextmanager
    def opening(self) -> Iterator[None]:
        """The block opens a connection for it, or a part of one."""
        begun = self._clock()
        yield
        self.handshake = (self.handshake or 0.0) + self._clock() - begun

    def attach(self, connected: socket.socket) -> None:
        with self._lock:
            self._socket = connected
            if self.cancelled:
                _shut_down(connected)

    def when_cancelled(self, tell: Callable[[], object]) -> None:
        """For an answer that comes by no socket: `tell` is called when it is cancelled. It may be cancelled already."""
        with self._lock:
            self._tell = tell
        self.sent()

    def when_sent(self, tell: Callable[[], object]) -> None:
        """`tell` is called once: when the next request is on its way, or the call is released."""
        self._tell_sent = tell

    def sent(self) -> None:
        """The request is on its way, and what comes next is the vendor's. By the thread that sends it."""
        tell, self._tell_sent = self._tell_sent, _nobody
        tell()

    def wait_no_longer_than(self, seconds: float | None) -> None:
        """However often bytes come, the reader is `overdue` in so many seconds. None: it never is."""
        self._until = None if seconds is None else self._clock() + seconds

    @property
    def overdue(self) -> bool:
        return self._until is not None and self._clock() >= self._until

    def limit(self, usual: float | None) -> float | None:
        """Seconds to wait for the next bytes, where a client would wait for `usual`; None: for ever."""
        if self._whole_by is not None:
            usual = max(self._whole_by - self._clock(), SOONEST)
        left = None if self._until is None else max(self._until - self._clock(), SOONEST)
        return min((limit for limit in (usual, self.read_timeout, left) if limit is not None), default=None)

    def limit_socket(self) -> None:
        """For a client that takes no limit of time between two reads."""
        with self._lock:
            if self._until is not None and self._socket is not None:
                self._socket.settimeout(self.limit(self._socket.gettimeout()))

    def bytes_received(self) -> None:
        """Bytes came in. By the thread that reads them, before an SDK makes anything of them, which is not the vendor's
        doing."""
        self.heard = self._clock()

    def release(self) -> None:
        """The answer is over: its connection may serve another, which a late `cancel` must not cut."""
        with self._lock:
            self._socket = None
            self._tell = _nobody
        self._until = None
        self.sent()


def _nobody() -> None:
    pass


_speaking = threading.local()  # .call: the call that this thread sends a request for


def sending_call() -> Call | None:
    call: Call | None = getattr(_speaking, "call", None)
    return call


def _shut_down(connected: socket.socket | None) -> None:
    if connected is not None:
        with contextlib.suppress(OSError):  # already closed by the other side, or by the reader itself
            connected.shutdown(socket.SHUT_RDWR)
