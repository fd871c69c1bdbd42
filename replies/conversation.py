"""Conversations: prompts and their answers; comparisons: prompts that several lanes answer at once."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Self

from providers import Message
from replies.reply import Reply
from replies.verdict import Verdict


def unguessable() -> str:
    """An id that is an address. It never begins with a dash, which a terminal takes for an option."""
    return secrets.token_hex(12)


@dataclass
class Turn:
    """A prompt and its answers. Regenerating adds one; the conversation goes on from the newest."""

    prompt: str
    replies: list[Reply] = field(default_factory=list)
    id: str = field(default_factory=unguessable)

    @property
    def reply(self) -> Reply:
        return self.replies[-1]


class Question(NamedTuple):
    """A prompt that waits until the answer in progress is over. `ask` makes its reply from the messages to send."""

    prompt: str
    ask: Callable[[tuple[Message, ...]], Reply]


@dataclass
class Conversation:
    """`owner`: who may see it; "" where nobody signs in. `queue`: what is asked next; it is not kept."""

    kind: ClassVar[str] = "conversation"

    turns: list[Turn] = field(default_factory=list)
    id: str = field(default_factory=unguessable)
    owner: str = ""
    queue: list[Question] = field(default_factory=list, compare=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, compare=False, repr=False)

    def next_turn(self, question: Question | None = None) -> Turn | None:
        """Queue the question, and make the first one in the queue a turn, which the caller starts, unless an answer is
        in progress. Any thread may call it: a question becomes a turn once."""
        with self._lock:
            if question is not None:
                self.queue.append(question)
            if not self.queue or not self.over:
                return None
            prompt, ask = self.queue.pop(0)
            self.turns.append(turn := Turn(prompt, [ask(self.messages(prompt))]))
            return turn

    def fork(self, before: int) -> Conversation:
        """A conversation of its own that begins with the turns before number `before`."""
        turns = [Turn(turn.prompt, list(turn.replies)) for turn in self.turns[:before]]
        return Conversation(turns, owner=self.owner)

    @property
    def over(self) -> bool:
        return all(reply.over for turn in self.turns for reply in turn.replies)

    def messages(self, prompt: str, before: int | None = None) -> tuple[Message, ...]:
        """What a provider is told: the turns before number `before`, by default all, and `prompt`. A turn that got no
        words is left out with its prompt: a model would take that for its own task."""
        told: list[Message] = []
        for turn in self.turns[:before]:
            if text := turn.reply.text.strip() if turn.replies else "":
                told += [Message("user", turn.prompt), Message("assistant", text)]
        return (*told, Message("user", prompt))


@dataclass
class Round:
    """One prompt to lanes, by their numbers. Of several attempts of a lane the newest stands for it."""

    prompt: str
    lanes: dict[int, list[Reply]] = field(default_factory=dict)
    id: str = field(default_factory=unguessable)

    @property
    def replies(self) -> list[Reply]:
        """The newest attempt of each lane, from left to right."""
        return [attempts[-1] for _, attempts in sorted(self.lanes.items()) if attempts]

    @property
    def attempts(self) -> list[tuple[int, Reply]]:
        """Every answer with its lane, lane after lane, the newest attempt last."""
        return [(lane, reply) for lane, attempts in sorted(self.lanes.items()) for reply in attempts]

    @property
    def over(self) -> bool:
        return all(reply.over for _, reply in self.attempts)


@dataclass
class Comparison:
    """The same prompts to several lanes. Lanes keep their number from round to round; a follow-up may leave some out.
    `blind`: who answered is not to be shown before there is a verdict."""

    kind: ClassVar[str] = "comparison"

    rounds: list[Round] = field(default_factory=list)
    id: str = field(default_factory=unguessable)
    owner: str = ""
    blind: bool = False
    verdict: Verdict | None = None

    @classmethod
    def of(cls, prompt: str, replies: Iterable[Reply] = ()) -> Self:
        """One round, with an answer for each lane."""
        return cls([Round(prompt, {lane: [reply] for lane, reply in enumerate(replies)})])

    @property
    def prompt(self) -> str:
        """The first prompt."""
        return self.rounds[0].prompt if self.rounds else ""

    @property
    def replies(self) -> list[Reply]:
        """Every answer there is, those of earlier attempts too."""
        return [reply for round in self.rounds for _, reply in round.attempts]

    @property
    def lanes(self) -> list[int]:
        """The numbers of all lanes, from left to right."""
        return sorted({lane for round in self.rounds for lane in round.lanes})

    @property
    def over(self) -> bool:
        return all(reply.over for reply in self.replies)

    @property
    def hidden(self) -> bool:
        """Whether nothing on a page may tell who answered."""
        return self.blind and self.verdict is None

    def messages(self, prompt: str, lane: int, before: int | None = None) -> tuple[Message, ...]:
        """What a lane is told: the rounds before number `before`, all by default, that it answered; then `prompt`."""
        told: list[Message] = []
        for round in self.rounds[:before]:
            if attempts := round.lanes.get(lane):
                # As it was asked, with the prefix against caches where there was one.
                asked = attempts[-1].asked.request.messages[-1]
                if text := attempts[-1].text.strip():
                    told += [asked, Message("assistant", text)]
        return (*told, Message("user", prompt))


@dataclass
class Series(Comparison):
    """The same lanes asked many times. Each round stands alone: nothing is followed up. `goes_on`: there are rounds to
    come, so that it is in progress between two of them as well."""

    kind: ClassVar[str] = "series"

    goes_on: bool = field(default=False, compare=False)

    @property
    def over(self) -> bool:
        return not self.goes_on and super().over

    def messages(self, prompt: str, lane: int, before: int | None = None) -> tuple[Message, ...]:
        return (Message("user", prompt),)
