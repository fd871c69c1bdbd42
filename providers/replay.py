"""A recording speaks again: each piece at its own moment, by a clock that can be turned, stopped and stepped."""

from __future__ import annotations

import math
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace

from providers.base import End, Request, TextStream
from providers.errors import ProviderError
from providers.transport.call import Call

HUNG_UP = "The replay was stopped."
STOPPED = "The answer was stopped here when it was recorded."
STEP = 0.25  # seconds


class Pace:
    """The clock of one replay, in seconds of the recording. Any thread may turn it, any number of lanes run by it.

    It begins with the first lane. `speed` is a factor; `math.inf` lets everything come at once. `clock` tells the time,
    and `wait` waits on a held condition until it is notified or so many seconds are over (None: only until notified).
    `start`: what came before this second comes at once.
    """

    def __init__(
        self,
        speed: float = 1.0,
        *,
        paused: bool = False,
        start: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Condition, float | None], object] = threading.Condition.wait,
    ) -> None:
        self._speed = _positive(speed)
        self._paused = paused
        self._clock = clock
        self._wait = wait
        self._changed = threading.Condition()
        self._begun = False
        self._moments: list[float] = []  # of every piece and every end, in all lanes, sorted
        # The last turn of the clock: what it showed, and when that was.
        self._recorded = start
        self._since = 0.0

    @property
    def time(self) -> float:
        """How far the replay is; infinite once everything has been let out."""
        with self._changed:
            if self._paused or not self._begun:
                return self._recorded
            if math.isinf(self._speed):
                return math.inf
            return self._recorded + (self._clock() - self._since) * self._speed

    @property
    def length(self) -> float:
        """When the last lane ends."""
        with self._changed:
            return self._moments[-1] if self._moments else 0.0

    @property
    def speed(self) -> float:
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        with self._turning():
            self._speed = _positive(speed)

    @property
    def paused(self) -> bool:
        return self._paused

    def pause(self) -> None:
        with self._turning():
            self._paused = True

    def resume(self) -> None:
        with self._turning():
            self._paused = False

    def step(self) -> None:
        """Pause, and let out what comes within the next STEP seconds of the recording, in all lanes; where
        nothing does, the next piece, or the next end. A single piece may be a blank, which shows nothing."""
        with self._turning():
            self._paused = True
            place = bisect_right(self._moments, self._recorded)
            if place < len(self._moments):
                last = bisect_right(self._moments, self._recorded + STEP) - 1
                self._recorded = self._moments[max(place, last)]

    def expect(self, moments: Sequence[float]) -> None:
        """Be told by a lane, before it speaks, when something of it is due."""
        with self._changed:
            self._moments += moments
            self._moments.sort()

    def begin(self) -> None:
        with self._changed:
            if not self._begun:
                self._begun = True
                self._since = self._clock()

    def wait_until(self, moment: float, given_up: Callable[[], bool]) -> bool:
        """Wait for a moment of the recording; False where it was given up, which `look` makes it ask again."""
        with self._changed:
            while not given_up():
                if moment <= self._recorded:
                    return True
                seconds = None
                if not self._paused:
                    seconds = self._since + (moment - self._recorded) / self._speed - self._clock()
                    if seconds <= 0:
                        return True
                self._wait(self._changed, seconds)
            return False

    def look(self) -> None:
        with self._changed:
            self._changed.notify_all()

    @contextmanager
    def _turning(self) -> Iterator[None]:
        """Hold the clock while it is turned, so that the time goes on from where it was."""
        with self._changed:
            self._recorded = self.time
            self._since = self._clock()
            yield
            self._changed.notify_all()


class Replay:
    """A provider that says what is on record, once, whatever it is asked.

    `pieces` are seconds since the question, and the text. `ended` is how it ended then, after `total` seconds; None
    where whoever asked had cancelled, and then `cancel` is called at that moment.
    """

    def __init__(
        self,
        pieces: Sequence[tuple[float, str]],
        ended: End | ProviderError | None,
        *,
        total: float,
        connecting: float = 0.0,
        pace: Pace | None = None,
        cancel: Callable[[], object] = lambda: None,
    ) -> None:
        self._pieces = pieces
        self._ended = ended
        self._total = total
        self._pace = pace or Pace()
        self._on_cancel = cancel
        self._reached = self._next = -connecting
        self._pace.expect([*(seconds for seconds, _ in pieces), total])

    def clock(self) -> float:
        """Seconds of the recording, as this lane has reached them: whoever stamps by it stamps as was stamped then.

        0 is the moment of the question. Before `ready` it is as much less as connecting took.
        """
        return min(max(self._reached, self._pace.time), self._next)

    def ready(self) -> Replay:
        """It is connected, and what comes next is the question."""
        self._reached = self._next = 0.0
        return self

    def stream(self, request: Request, call: Call | None = None) -> TextStream:
        call = call or Call()
        call.when_cancelled(self._pace.look)
        try:
            self._pace.begin()
            for seconds, text in self._pieces:
                self._wait(seconds, call)
                yield text
            self._wait(self._total, call)
        finally:
            call.release()
        if isinstance(self._ended, End):
            return self._ended
        if self._ended is None:
            self._on_cancel()
            raise ProviderError("interrupted", STOPPED)
        raise replace(self._ended)

    def preconnect(self, call: Call, *, alone: bool = True) -> AbstractContextManager[None]:
        return nullcontext()

    def models(self) -> list[str]:
        return []

    def _wait(self, moment: float, call: Call) -> None:
        self._next = moment
        if not self._pace.wait_until(moment, lambda: call.cancelled):
            raise ProviderError("interrupted", HUNG_UP)
        self._reached = moment


def _positive(speed: float) -> float:
    if not speed > 0:
        raise ValueError(f"A replay's speed is more than 0, and not {speed}.")
    return speed
