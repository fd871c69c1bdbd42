"""Admission queue: limits answers in progress. What exceeds a limit is refused; what finds no place waits for one.

Both happen on the reader's thread: the reply fails with the reason, or waits. Its clock begins with the request. What
was never sent does not count. The queue counts what this process has admitted: a restart begins anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Literal, TypeAlias

from providers import ProviderError, Request, Settings
from replies.admission.limits import DAY, Limits, PlannedAnswer, check, estimated
from replies.pricing.costs import price, usd
from replies.reply import QueuePosition, Reply

Status: TypeAlias = Literal["new", "waiting", "admitted", "inside", "out"]

NONE = Limits()


class AdmissionQueue:
    """Admits answers within the limits: `everybody`, for all visitors together, and `each`, for one visitor."""

    def __init__(
        self, everybody: Limits = NONE, each: Limits = NONE, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.open = everybody == each == NONE
        self.has_budget = everybody.dollars is not None or each.dollars is not None
        self._everybody = everybody
        self._each = each
        self._clock = clock
        self._lately: list[PlannedAnswer] = []  # asked for within a day, oldest first
        self._inside: list[PlannedAnswer] = []
        self._queue: list[Batch] = []
        self.news = threading.Condition()

    def batch(self, visitor: str) -> Batch:
        """For one question, to one lane or to several, which are admitted together."""
        return Batch(self, visitor)

    def inside(self) -> int:
        """How many answers are in progress, or about to be."""
        return len(self._inside)

    # The rest is for batches, which hold `news`.

    def arrive(self, batch: Batch) -> None:
        """Queue it. Raises ProviderError where it asks for too much."""
        coming = batch.answers("new")
        if not coming:
            batch.stand("new", "admitted")
            return
        now = self._clock()
        self._lately = [one for one in self._lately if one.at > now - DAY]
        own = [one for one in self._lately if one.visitor == batch.visitor]
        check(self._each, own, coming, now, own=True)
        check(self._everybody, self._lately, coming, now, own=False)
        for one in coming:
            one.at = now
        self._lately += coming
        batch.stand("new", "waiting")
        self._queue.append(batch)
        self.admit()

    def admit(self) -> None:
        """Admit every batch that fits, in the order of arrival. One that waits for an answer of its own visitor holds
        up nobody else; nobody overtakes one that needs several places."""
        full = False
        held: set[str] = set()
        for batch in list(self._queue):
            waiting = batch.answers("waiting")
            if waiting and (full or batch.visitor in held):
                continue
            if waiting and not self._fits_own(batch):
                held.add(batch.visitor)
            elif waiting and not _fit(self._everybody, len(self._inside), waiting):
                full = True
            else:
                self._queue.remove(batch)
                self._inside += waiting
                batch.stand("waiting", "admitted")
        self.news.notify_all()

    def _fits_own(self, batch: Batch) -> bool:
        inside = sum(one.visitor == batch.visitor for one in self._inside)
        return _fit(self._each, inside, batch.answers("waiting"))

    def leave(self, lane: Ticket, *, asked: bool) -> None:
        """Give the place up. `asked`: whether the provider was asked; otherwise the answer does not count."""
        if not asked and lane.answer in self._lately:
            self._lately.remove(lane.answer)
        if lane.answer in self._inside:
            self._inside.remove(lane.answer)
        lane.status = "out"
        self.admit()

    def queue_position(self, batch: Batch) -> QueuePosition | None:
        if batch not in self._queue:
            return None
        before = self._queue[: self._queue.index(batch)]
        mine = [other for other in before if other.visitor == batch.visitor]
        own = not all(self._fits_own(other) for other in (*mine, batch))
        return QueuePosition(sum(len(other.answers("waiting")) for other in (mine if own else before)), own)


def _fit(limits: Limits, inside: int, waiting: list[PlannedAnswer]) -> bool:
    return limits.at_once is None or inside + len(waiting) <= limits.at_once


class Batch:
    """The lanes of one question. They are admitted together, or refused together."""

    def __init__(self, admission_queue: AdmissionQueue, visitor: str) -> None:
        self.admission_queue = admission_queue
        self.visitor = visitor
        self.lanes: list[Ticket] = []
        self._refused: ProviderError | None = None

    def admission(self, settings: Settings, request: Request) -> Ticket | None:
        """A ticket for one lane; None where nothing is limited. All are to be made before the first one enters."""
        if self.admission_queue.open:
            return None
        dollars = estimated(settings, request) if self.admission_queue.has_budget else 0.0
        return self._lane(PlannedAnswer(self.visitor, request.model, dollars))

    def companion(self) -> Ticket | None:
        """A ticket for a lane that plays a recording: it takes no place, but begins with the others."""
        return None if self.admission_queue.open else self._lane(None)

    def _lane(self, answer: PlannedAnswer | None) -> Ticket:
        self.lanes.append(Ticket(self, answer))
        return self.lanes[-1]

    def answers(self, status: Status) -> list[PlannedAnswer]:
        """The answers with this status that take a place."""
        return [lane.answer for lane in self.lanes if lane.status == status and lane.answer is not None]

    def stand(self, before: Status, now: Status) -> None:
        for lane in self.lanes:
            if lane.status == before:
                lane.status = now

    def arrive(self) -> None:
        """Join the queue, once. Raises ProviderError where too much is asked: for each lane an error of its own."""
        with self.admission_queue.news:
            if self._refused is None:
                try:
                    self.admission_queue.arrive(self)
                except ProviderError as refused:
                    self._refused = refused
            if (no := self._refused) is not None:
                raise ProviderError(no.kind, no.message, retryable=no.retryable, retry_after=no.retry_after)


class Ticket:
    """The place of one lane among the answers in progress. `answer`: None where it takes no place."""

    def __init__(self, batch: Batch, answer: PlannedAnswer | None) -> None:
        self.answer = answer
        self.status: Status = "new"
        self._batch = batch
        self._admission_queue = batch.admission_queue

    @property
    def queue_position(self) -> QueuePosition | None:
        with self._admission_queue.news:
            return self._admission_queue.queue_position(self._batch) if self.status == "waiting" else None

    def enter(self) -> bool:
        """Wait for the place; False where it withdrew meanwhile. Raises ProviderError where none will be given."""
        with self._admission_queue.news:
            if self.status == "new":
                try:
                    self._batch.arrive()
                except ProviderError:
                    if self.answer is not None:
                        raise
                    self.status = "admitted"  # a recording plays though the others are refused
            while self.status == "waiting":
                self._admission_queue.news.wait()
            if self.status == "admitted":
                self.status = "inside"
            return self.status == "inside"

    def leave(self, reply: Reply) -> None:
        """Give the place up once the reply, which is its own, is over."""
        spent: float | None = None  # dollars; the estimate stays where that is unknown
        try:
            if self._admission_queue.has_budget:
                spent = 0.0 if reply.state == "failed" and not reply.chunks else usd(price(reply))
        finally:
            with self._admission_queue.news:
                if self.status == "inside":
                    if spent is not None and self.answer is not None:
                        self.answer.dollars = spent
                    self._admission_queue.leave(self, asked=reply.total is not None)

    def withdraw(self) -> None:
        """Give the place up, unless it was entered, from any thread."""
        with self._admission_queue.news:
            if self.status != "inside":
                self._admission_queue.leave(self, asked=False)
