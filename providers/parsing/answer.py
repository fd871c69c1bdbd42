"""An answer as it is read, event by event: what it says, why it ended, and what it counted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, NamedTuple

from providers.base import End
from providers.errors import ErrorFactory
from providers.parsing.finish_reason import Finish
from providers.parsing.times import Times

LONGEST_WORD = 64  # characters
# What is more is a server's mistake. It would be in no recording that can be read.
LONGEST_ID = 300  # characters
LONGEST_TIME = 86_400.0  # seconds
MOST_TOKENS = 10**12
TAIL = 1.8  # seconds that counts may take, once the model has finished; with the rest of it, less than two


class Counts(NamedTuple):
    """Tokens of one answer; None where the server did not say. `input` is all of it, with what was read from a cache
    and what was written to one; `output` is what is billed, reasoning included."""

    input: int | None = None
    output: int | None = None
    reasoning: int | None = None
    cached: int | None = None
    written: int | None = None

    @classmethod
    def beside(cls, rest: int | None, output: int | None, cached: int | None, written: int | None) -> Counts:
        """The counts of a server that counts the rest of the input alone, and what the cache did beside it."""
        return cls(None if rest is None else rest + (cached or 0) + (written or 0), output, None, cached, written)


class Answer(ABC):
    """What has been understood of one answer so far."""

    def __init__(self) -> None:
        self.request_id: str | None = None  # the server's name for it
        self.finish: Finish | None = None  # why it ended; None where it has not
        self.counts = Counts()
        self.times = Times()
        self.tier: str | None = None  # that it was served by, as the server says
        self.latency: str | None = None
        self.over = False  # nothing more is to come

    @abstractmethod
    def read(self, event: Any) -> Iterator[str]:
        """The pieces in an event, or in a whole answer. Raises Refused where it is an error, and TypeError,
        AttributeError, LookupError or ValueError where its shape is foreign."""

    def rest(self) -> Iterator[str]:
        """What was held back, at the end."""
        yield from ()

    @property
    def tail(self) -> float | None:
        """Seconds that the rest of it may take; None: as long as any word."""
        return TAIL if self.finish else None

    def end(self, errors: ErrorFactory) -> End:
        """How it ended. Raises ProviderError where it was broken off, which some servers have a word for."""
        if self.finish is None:
            raise errors.error("interrupted")
        if self.finish.meaning == "interrupted":
            raise errors.error("interrupted", f"the model failed: {self.finish.word}")
        first, whole = (None if seconds is None or seconds > LONGEST_TIME else seconds for seconds in self.times)
        return End(
            self.finish.meaning,
            *self.counts[:3],
            word_of(self.request_id, LONGEST_ID),
            (self.finish.word or None) if self.finish.meaning == "other" else None,
            *self.counts[3:],
            first,
            whole,
            self.tier,
            self.latency,
        )


def text_of(value: object) -> str:
    """A text as a server sent it. Raises TypeError where it is none."""
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} instead of text")
    return value


def count_of(value: object) -> int | None:
    """A number of tokens as a server sent it; None where that is no such number."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS else None


def word_of(value: object, longest: int = LONGEST_WORD) -> str | None:
    """A vendor's word as a server sent it; None where that is none."""
    return value if isinstance(value, str) and value.strip() and len(value) <= longest else None
