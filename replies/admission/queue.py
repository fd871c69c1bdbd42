"""Who is let in when: what is asked beyond the limits is refused, and what comes while others are answered waits.

    turnstile = Turnstile(*from_environment(os.environ))
    party = turnstile.party("somebody")
    question(settings, request, admission=party.admission(settings, request))

Both happen on the thread of the reply, which fails with a word about it, or waits and is not asked yet: its clock
begins with the request. What was never sent has no figures, and does not count. Counted is what this process has let
in: a start begins anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Literal, TypeAlias

from providers import AnySettings, ProviderError, Request
from replies.admission.limits import DAY, Answer, Limits, check, estimated
from replies.admission.ticket import InLine
from replies.pricing.costs import price, usd
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
        coming = party.answers("new")
        if not coming:
            party.stand("new", "let in")
            return
        now = self._clock()
        self._lately = [one for one in self._lately if one.at > now - DAY]
        check(self._each, _of(party.visitor, self._lately), coming, now, own=True)
        check(self._everybody, self._lately, coming, now, own=False)
        for one in coming:
            one.at = now
        self._lately += coming
        party.stand("new", "waiting")
        self._queue.append(party)
        self.let_in()

    def let_in(self) -> None:
        """Whoever can come in does, in the order of arrival. Who waits for an answer of their own holds up nobody else,
        and who needs several places is overtaken by nobody."""
        full = False
        held: set[str] = set()
        for party in list(self._queue):
            waiting = party.answers("waiting")
            if waiting and (full or party.visitor in held):
                continue
            if waiting and not self._fits_own(party):
                held.add(party.visitor)
            elif waiting and not _fit(self._everybody, self._inside, waiting):
                full = True
            else:
                self._queue.remove(party)
                self._inside += waiting
                party.stand("waiting", "let in")
        self.news.notify_all()

    def _fits_own(self, party: Party) -> bool:
        return _fit(self._each, _of(party.visitor, self._inside), party.answers("waiting"))

    def leave(self, lane: Admission, *, asked: bool) -> None:
        """`asked`: whether the provider was; otherwise it does not count."""
        if not asked and lane.answer in self._lately:
            self._lately.remove(lane.answer)
        if lane.answer in self._inside:
            self._inside.remove(lane.answer)
        lane.standing = "out"
        self.let_in()

    def in_line(self, party: Party) -> InLine | None:
        if party not in self._queue:
            return None
        before = self._queue[: self._queue.index(party)]
        mine = [other for other in before if other.visitor == party.visitor]
        own = not all(self._fits_own(other) for other in (*mine, party))
        return InLine(sum(len(other.answers("waiting")) for other in (mine if own else before)), own)


def _of(visitor: str, answers: list[Answer]) -> list[Answer]:
    return [one for one in answers if one.visitor == visitor]


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
        return self._lane(Answer(self.visitor, request.model, dollars))

    def companion(self) -> Admission | None:
        """For a lane that plays what was said before: it takes no place, but begins with the others."""
        return None if self.turnstile.open else self._lane(None)

    def _lane(self, answer: Answer | None) -> Admission:
        self.lanes.append(Admission(self, answer))
        return self.lanes[-1]

    def answers(self, standing: Standing) -> list[Answer]:
        """Of the lanes that stand so, those that take a place."""
        return [lane.answer for lane in self.lanes if lane.standing == standing and lane.answer is not None]

    def stand(self, before: Standing, now: Standing) -> None:
        for lane in self.lanes:
            if lane.standing == before:
                lane.standing = now

    def arrive(self) -> None:
        """Get in line; the first lane to enter does, unless somebody wants to know before. Raises ProviderError where
        too much is asked, for each lane one of its own."""
        with self.turnstile.news:
            if self._refused is None:
                try:
                    self.turnstile.arrive(self)
                except ProviderError as refused:
                    self._refused = refused
            if (no := self._refused) is not None:
                raise ProviderError(no.kind, no.message, retryable=no.retryable, retry_after=no.retry_after)


class Admission:
    """One lane's: what `replies.admission.ticket.Admission` says. `answer`: None where it takes no place."""

    def __init__(self, party: Party, answer: Answer | None) -> None:
        self.answer = answer
        self.standing: Standing = "new"
        self._party = party
        self._turnstile = party.turnstile

    @property
    def in_line(self) -> InLine | None:
        with self._turnstile.news:
            return self._turnstile.in_line(self._party) if self.standing == "waiting" else None

    def enter(self) -> bool:
        with self._turnstile.news:
            if self.standing == "new":
                self._arrive()
            while self.standing == "waiting":
                self._turnstile.news.wait()
            if self.standing == "let in":
                self.standing = "inside"
            return self.standing == "inside"

    def _arrive(self) -> None:
        try:
            self._party.arrive()
        except ProviderError:
            if self.answer is not None:
                raise
            self.standing = "let in"  # that others are refused need not keep it from playing

    def leave(self, reply: Reply) -> None:
        spent: float | None = None
        try:
            spent = self._spent(reply)
        finally:
            with self._turnstile.news:
                if self.standing == "inside":
                    if spent is not None and self.answer is not None:
                        self.answer.dollars = spent
                    self._turnstile.leave(self, asked=reply.total is not None)

    def _spent(self, reply: Reply) -> float | None:
        """None where that is not known: it may have been what was estimated."""
        if self.answer is None or not self._turnstile.has_budget:
            return None
        refused = reply.state == "failed" and not reply.arrivals
        return 0.0 if refused else usd(price(reply))

    def withdraw(self) -> None:
        with self._turnstile.news:
            if self.standing != "inside":
                self._turnstile.leave(self, asked=False)
