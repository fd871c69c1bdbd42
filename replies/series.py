"""Run of a series: the same lanes asked again and again, on threads of its own, whatever becomes of the page."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

from providers import ProviderError
from replies.conversation import Round, Series
from replies.our_errors import failed_to
from replies.reply import Reply

FEWEST_TIMES, MOST_TIMES = 2, 100
MOST_REQUESTS = 600  # answers that one series may ask for: they are all kept in memory while it runs, and may cost

# Rounds in progress at the same time where all are asked at once. With six lanes that is 24 open requests; many more
# would meet the rate limits, and measure those instead of the models.
MOST_AT_ONCE = 4

State: TypeAlias = Literal["running", "finished", "cancelled", "failed"]
Make: TypeAlias = Callable[[str], Mapping[int, Reply]]


@dataclass
class _Asked:
    """A round and when it began; `took`: seconds, once it is over."""

    round: Round
    begun: float
    took: float | None = None


class Run:
    """Asks each prompt `times` times: all prompts once, then all once more, and so on. Any thread may read it and
    `cancel`.

    `make(prompt)` gives an answer for each lane, none of them started; they should share a `StartBarrier`. One round
    comes after the other; with `at_once`, up to `MOST_AT_ONCE` are in progress together. `keep` is called with each new
    round, before its first question. The lanes of a round ask within milliseconds: which is started first changes from
    round to round. `error` says why it ended before its time, for the person; `enough`, called before each round, why
    no more is asked, "" to go on.
    """

    def __init__(
        self,
        series: Series,
        prompts: Sequence[str],
        times: int,
        make: Make,
        keep: Callable[[Series], None],
        *,
        at_once: bool = False,
        enough: Callable[[Series], str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not prompts or times < 1:
            raise ValueError("A series needs at least one prompt, and one time.")
        self.series = series
        self.id = series.id
        self.prompts = tuple(prompts)
        self.times = times
        self.total = len(self.prompts) * times  # rounds, at most
        self.at_once = at_once
        self.open_ended = enough is not None  # it may end before its last round
        self.error: str | None = None
        self.reached = ""
        """Why it asked no more, where it ended before its last round."""
        self.width = min(MOST_AT_ONCE if at_once else 1, self.total)
        """How many rounds are in progress at the same time."""
        self._make = make
        self._keep = keep
        self._enough = enough
        self._clock = clock
        self._asked: list[_Asked] = []
        self._begin = threading.Lock()  # one round begins at a time
        self._cancelled = threading.Event()
        self._ended = threading.Event()
        self._working = self.width

    def start(self) -> Self:
        self.series.goes_on = True
        for number in range(self.width):
            threading.Thread(target=self._work, name=f"run-{number}", daemon=True).start()
        return self

    def cancel(self) -> None:
        """Ask nothing more, and stop what is in progress. What there is stays."""
        self._cancelled.set()
        for reply in self._replies():
            reply.stop()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is over; False where it isn't after `timeout` seconds."""
        return self._ended.wait(timeout)

    @property
    def over(self) -> bool:
        return self._working == 0

    @property
    def state(self) -> State:
        if not self.over:
            return "running"
        if self.error is not None:
            return "failed"
        return "cancelled" if self._cancelled.is_set() and self.done < self.total else "finished"

    @property
    def cancelling(self) -> bool:
        """Whether it was cancelled and is not over yet."""
        return self._cancelled.is_set() and not self.over

    @property
    def begun(self) -> int:
        """How many rounds were asked, those in progress and those that were cancelled too."""
        return len(self._asked)

    @property
    def done(self) -> int:
        """How many rounds are over in all their lanes; not those that were cut short."""
        return sum(asked.took is not None for asked in list(self._asked))

    @property
    def failed(self) -> int:
        """How many answers failed or broke off."""
        return sum(reply.state in ("failed", "interrupted") for reply in self._replies())

    @property
    def left(self) -> float | None:
        """About how many seconds are left, by the median of the rounds that are over; None until one is."""
        if self.over or self._cancelled.is_set():
            return 0.0
        asked = list(self._asked)
        took = [one.took for one in asked if one.took is not None]
        if not took:
            return None
        each = statistics.median(took)
        now = self._clock()
        in_progress = [max(0.0, each - (now - one.begun)) for one in asked if not one.round.over]
        to_come = (self.total - len(asked)) * each
        return max([*in_progress, (sum(in_progress) + to_come) / self.width])

    def _work(self) -> None:
        """One of the threads: it asks one round after the other."""
        try:
            while (asked := self._next()) is not None:
                for _, reply in asked.round.attempts:
                    reply.wait()
                states = {reply.state for _, reply in asked.round.attempts}
                if not (self._cancelled.is_set() and "stopped" in states):
                    asked.took = self._clock() - asked.begun
        finally:
            with self._begin:
                self._working -= 1
            if self.over:
                self.series.goes_on = False
                self._ended.set()

    def _next(self) -> _Asked | None:
        """Begin the next round; None where there is none."""
        with self._begin:
            if self._cancelled.is_set() or self.error or self.reached or len(self._asked) == self.total:
                return None
            try:
                if self._enough is not None and (reached := self._enough(self.series)):
                    self.reached = reached
                    return None
                return self._ask(self.prompts[len(self._asked) % len(self.prompts)])
            except ProviderError as refused:
                self.error = refused.message
                return None
            except BaseException as failure:  # noqa: BLE001
                # An error of ours must neither end the series without a word nor leave the page waiting.
                self.error = f"{failed_to('ask the next round', failure)} What was answered is kept."
                return None

    def _ask(self, prompt: str) -> _Asked:
        round = Round(prompt, {lane: [reply] for lane, reply in self._make(prompt).items()})
        asked = _Asked(round, self._clock())
        self._asked.append(asked)
        self.series.rounds.append(round)
        try:
            self._keep(self.series)
            lap, place = divmod(len(self._asked) - 1, len(self.prompts))
            first = (lap + place) % (len(round.attempts) or 1)  # so that each lane is first for each prompt
            for _, reply in [*round.attempts[first:], *round.attempts[:first]]:
                if self._cancelled.is_set():
                    reply.stop()
                else:  # whoever cancels from here on finds it and stops it; then it asks nothing
                    reply.start()
        except BaseException:
            for _, reply in round.attempts:
                reply.stop()
            raise
        return asked

    def _replies(self) -> list[Reply]:
        return [reply for asked in list(self._asked) for _, reply in asked.round.attempts]
