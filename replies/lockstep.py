"""Lockstep of a blind comparison: lanes in random order, all of them shown at one pace."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random, SystemRandom
from typing import TypeVar

from replies.reply import QueuePosition, Reply, joined

PACE = 12.0  # words a second: livelier than reading, slower than nearly every model writes
QUIET = 0.25  # seconds after which a follower may look up though nothing is new
SHORTEST_NAP = 0.005  # seconds

# A word ends before the space behind it. What is written without spaces is given in pieces, or a paragraph of Chinese
# would be one word.
_WORD = re.compile(r"\s*\S{1,12}")

Item = TypeVar("Item")


def shuffled(choices: Sequence[Item], random: Random | None = None) -> list[Item]:
    """The same in random order; by default nobody can predict it."""
    return (random or SystemRandom()).sample(choices, len(choices))


class _Words:
    """The words of one reply that have arrived. Reasoning is left out: that there is some tells the model."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self._seen = 0  # chunks that were read
        self.text = ""
        self.ends: list[int] = []  # how much of the text each of its words, with all before it, takes
        self.over = False

    def look(self) -> None:
        if self.over:
            return
        over = self.reply.over  # before the chunks: those of a reply that is over are all there
        new = self.reply.chunks[self._seen :]
        self._seen += len(new)
        self.text += joined(new, "text")
        self.over = over
        begin = self.ends[-1] if self.ends else 0
        for word in _WORD.finditer(self.text, begin):
            if word.end() == len(self.text) and not over:
                return  # its next letter may still come
            self.ends.append(word.end())

    def upto(self, position: float) -> str:
        """The text at this position; its last spaces come with its last word."""
        count = int(min(position, len(self.ends)))
        if self.over and count == len(self.ends):
            return self.text
        return self.text[: self.ends[count - 1]] if count else ""


class Lockstep:
    """The answers of a round as a blind reader may see them: word by word, every lane at the same word.

    There is one position, in words, for all lanes and all who follow them. It moves by the clock, `pace` words a
    second, and never past what has arrived of every lane in progress: one that is slow, stalls, or has not begun delays
    all the others. One that is over looks like one that waits, until all are over. The position is worked out when
    somebody looks: it needs no thread, and goes on while nobody reads. Any thread may call any method.
    """

    def __init__(
        self,
        replies: Mapping[int, Reply],
        pace: float = PACE,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._words = {lane: _Words(reply) for lane, reply in replies.items()}
        self._pace = pace
        self._clock = clock
        self._sleep = sleep
        self._looking = threading.Lock()
        self._position = 0.0
        self._looked = clock()
        self.skip()

    @property
    def lanes(self) -> list[int]:
        return list(self._words)

    @property
    def queue_position(self) -> QueuePosition | None:
        """What its lanes wait for together before they are asked; None where they don't wait."""
        return next(filter(None, (words.reply.queue_position for words in self._words.values())), None)

    @property
    def over(self) -> bool:
        """Whether every word of every lane shows, and no more will come."""
        with self._looking:
            return self._look()

    def text(self, lane: int) -> str:
        """What of the lane shows by now. Raises KeyError for a lane that the round does not have."""
        with self._looking:
            self._look()
            return self._words[lane].upto(self._position)

    def lane(self, lane: int) -> Iterator[str]:
        """The lane's text as it comes: each item is all that is new, "" after `QUIET` seconds without. It ends with all
        lanes."""
        told = 0
        since = self._clock()
        while True:
            with self._looking:
                over = self._look()
                new = self._words[lane].upto(self._position)[told:]
                due = (int(self._position) + 1 - self._position) / self._pace
            told += len(new)
            if new or over or self._clock() - since >= QUIET:
                yield new
                since = self._clock()
            else:
                self._sleep(min(max(due, SHORTEST_NAP), QUIET))
            if over:
                return

    def skip(self) -> None:
        """Go to the end at once. Does nothing while an answer is in progress: it would show which one is ahead."""
        with self._looking:
            self._look()
            if all(words.over for words in self._words.values()):
                self._position = max([self._position, *(float(len(words.ends)) for words in self._words.values())])

    def _look(self) -> bool:
        """Move on to where the clock and what has arrived allow; returns whether that is the end."""
        for words in self._words.values():
            words.look()
        now = self._clock()
        wanted = self._position + (now - self._looked) * self._pace
        self._looked = now
        held = [float(len(words.ends)) for words in self._words.values() if not words.over]
        longest = max((float(len(words.ends)) for words in self._words.values()), default=0.0)
        self._position = max(self._position, min([wanted, longest, *held]))
        return not held and self._position >= longest
