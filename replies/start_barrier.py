"""Start barrier of a comparison: its questions leave together, once every lane is connected."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

PATIENCE = 5.0  # seconds that lanes wait for each other
LONGEST_TURN = 0.05  # seconds that a lane waits at most for the one before it to send its question


class StartBarrier:
    """Opens, for good, when all `lanes` have come to it or left it, or `patience` seconds after the first came. After
    it they ask in turn: an SDK holds the GIL for a few milliseconds to make and send a request, so that all at once
    each would take as long as all together, and count that as the vendor's wait."""

    def __init__(self, lanes: int, patience: float = PATIENCE, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._missing = lanes
        self._patience = patience
        self._clock = clock
        self._opened_at: float | None = None
        self._opened = threading.Event()
        self._lock = threading.Lock()
        self._turn = threading.Semaphore()

    def wait(self) -> None:
        self.leave()
        self._opened.wait(self._patience)
        self._open()

    def turn(self) -> Callable[[], object]:
        """Wait until the lane before has sent its question. Call what is returned once this lane has sent its own."""
        took = self._turn.acquire(timeout=LONGEST_TURN)
        return self._turn.release if took else lambda: None

    @property
    def since(self) -> float:
        """Seconds since it opened; 0 before."""
        return 0.0 if self._opened_at is None else self._clock() - self._opened_at

    def leave(self) -> None:
        """Count as ready without waiting: for a lane that has nothing to ask."""
        with self._lock:
            self._missing -= 1
        if self._missing <= 0:
            self._open()

    def _open(self) -> None:
        with self._lock:
            if self._opened_at is None:
                self._opened_at = self._clock()
        self._opened.set()
