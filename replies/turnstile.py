"""Who is let in when: what is asked beyond the limits is refused, and what comes while others are answered waits.

    turnstile = Turnstile(*from_environment(os.environ))
    party = turnstile.party("somebody")
    question(settings, request, admission=party.admission(settings, request))

Both happen on the thread of the reply, which fails with a word about it, as if the provider had refused, or waits as if
the provider were slow. Counted is what this process has let in: a start begins anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Literal, TypeAlias

from providers import AnySettings, ProviderError, Request
from replies.limits import DAY, Answer, Limits, check, estimated
from replies.pricing import price, usd
from replies.reply import Reply

Standing: TypeAlias = Literal["new", "waiting", "let in", "inside", "out"]

NONE = Limits()


class Turnstile:
    """`everybody`: the limits for all visitors together; `each`: those for one of them."""

    def __init__(
        self, everybody: Limits = NONE, each: Limits = NONE, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.open = everybody == each == NONE
        self.has_budget = everybody.dollars is not None or each.dollars is not None
        self._everybody = everybody
        self._each = each
        self._clock = clock
        self._lately: list[Answer] = []  # asked for within a day, oldest first
        self._inside: list[Answer] = []
        self._queue: list[Party] = []
        self.news = threading.Condition()

    def party(self, visitor: str) -> Party:
        """For one question, to one lane or to several: they come in together."""
        return Party(self, visitor)

    def inside(self) -> int:
        """How many answers are under way, or about to be."""
        with self.news:
            return len(self._inside)

    # The rest is for parties, which hold `news`.

    def arrive(self, party: Party) -> None:
        """Have it wait its turn. Raises ProviderError where it asks for too much."""
        now = self._clock()
        self._lately = [one for one in self._lately if one.at > now - DAY]
        coming = [lane.answer for lane in party.lanes if lane.standing == "new"]
        own = [one for one in self._lately if one.visitor == party.visitor]
        check(self._each, own, coming, now, own=True)
        check(self._everybody, self._lately, coming, now, own=False)
        for one in coming:
            one.at = now
        self._lately += coming
        party.stand("new", "waiting")
        self._queue.append(party)
        self.let_in()

    def let_in(self) -> None:
        """Whoever can come in does, in the order of arrival. Who waits for an answer of their own holds up nobody."""
        for party in list(self._queue):
            waiting = [lane.answer for lane in party.lanes if lane.standing == "waiting"]
            own = [one for one in self._inside if one.visitor == party.visitor]
            if not _fit(self._everybody, self._inside, waiting):
                break
            if _fit(self._each, own, waiting):
                self._queue.remove(party)
                self._inside += waiting
                party.stand("waiting", "let in")
        self.news.notify_all()

    def leave(self, lane: Admission, *, asked: bool) -> None:
        """`asked`: whether the provider was; otherwise it does not count."""
        if not asked and lane.answer in self._lately:
            self._lately.remove(lane.answer)
        if lane.answer in self._inside:
            self._inside.remove(lane.answer)
        lane.standing = "out"
        self.let_in()

    def ahead(self, party: Party) -> int:
        if party not in self._queue:
            return 0
        before = self._queue[: self._queue.index(party)]
        waiting = sum(lane.standing == "waiting" for other in before for lane in other.lanes)
        return len(self._inside) + waiting


def _fit(limits: Limits, inside: list[Answer], waiting: list[Answer]) -> bool:
    return limits.at_once is None or len(inside) + len(waiting) <= limits.at_once


class Party:
    """The lanes of one question. They come in together, or are refused together."""

    def __init__(self, turnstile: Turnstile, visitor: str) -> None:
        self.turnstile = turnstile
        self.visitor = visitor
        self.lanes: list[Admission] = []
        self._refused: ProviderError | None = None

    def admission(self, settings: AnySettings, request: Request) -> Admission | None:
        """For one lane; None where nothing is limited. All of them are to be made before the first one enters."""
        if self.turnstile.open:
            return None
        dollars = estimated(settings, request) if self.turnstile.has_budget else 0.0
        self.lanes.append(Admission(self, Answer(self.visitor, request.model, dollars)))
        return self.lanes[-1]

    def stand(self, before: Standing, now: Standing) -> None:
        for lane in self.lanes:
            if lane.standing == before:
                lane.standing = now

    def arrive(self) -> None:
        """Raises ProviderError, for each lane one of its own."""
        if self._refused is None:
            try:
                self.turnstile.arrive(self)
            except ProviderError as refused:
                self._refused = refused
        if (no := self._refused) is not None:
            raise ProviderError(no.kind, no.message, retryable=no.retryable, retry_after=no.retry_after)


class Admission:
    """One lane's: what `replies.reply.Admission` says."""

    def __init__(self, party: Party, answer: Answer) -> None:
        self.answer = answer
        self.standing: Standing = "new"
        self._party = party
        self._turnstile = party.turnstile

    @property
    def ahead(self) -> int:
        with self._turnstile.news:
            return self._turnstile.ahead(self._party) if self.standing == "waiting" else 0

    def enter(self) -> bool:
        with self._turnstile.news:
            if self.standing == "new":
                self._party.arrive()
            while self.standing == "waiting":
                self._turnstile.news.wait()
            if self.standing == "let in":
                self.standing = "inside"
            return self.standing == "inside"

    def leave(self, reply: Reply) -> None:
        unbilled = reply.state == "failed" and not reply.arrivals
        spent = 0.0 if unbilled else usd(price(reply))  # where that is not known, it may have been what was estimated
        with self._turnstile.news:
            if self.standing == "inside":
                if spent is not None:
                    self.answer.dollars = spent
                self._turnstile.leave(self, asked=reply.total is not None)

    def withdraw(self) -> None:
        with self._turnstile.news:
            if self.standing != "inside":
                self._turnstile.leave(self, asked=False)
