"""Reply: what is known of one answer, as it grows. A record with observers; a `Reader` fills it.

Any number of pages follow one reply. None of them can slow its clock, lose a word or leave a paid request running.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any, Literal, NamedTuple, Self, TypeAlias

from providers import End, ProviderError, Reasoning, Request, Retry

State: TypeAlias = Literal["waiting", "streaming", "done", "stopped", "interrupted", "failed"]
Part: TypeAlias = Literal["text", "reasoning"]
Source: TypeAlias = Literal["live", "simulated", "recorded"]
FellBack: TypeAlias = Literal["late", "failed", "stalled", "by hand", "offline"]

IN_PROGRESS: frozenset[State] = frozenset({"waiting", "streaming"})


class Chunk(NamedTuple):
    """A piece of text, or of `Reasoning`, and the seconds between the question and it."""

    seconds: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who was asked what. Never holds a key."""

    provider: str  # the provider's name in the settings, e.g. "openai"
    label: str  # as shown, e.g. "OpenAI"
    api: str
    request: Request
    simulated: bool
    recorded: datetime | None = None  # when the original of a replayed answer was given
    fell_back: FellBack | None = None  # why a recording stands in for a live answer, in a show

    @property
    def source(self) -> Source:
        """Where its words come from; a replayed answer of the simulator is `simulated` as well."""
        return "recorded" if self.recorded else "simulated" if self.simulated else "live"


class QueuePosition(NamedTuple):
    """`before`: how many waiting answers come first. `own`: whether answers of the same visitor have to end."""

    before: int
    own: bool


class Reader:
    """What fills a reply. This one fills nothing: it stands for an answer that was given before."""

    @property
    def elapsed(self) -> float:
        """Seconds since the question; 0 before it."""
        return 0.0

    @property
    def queue_position(self) -> QueuePosition | None:
        return None

    def start(self, *, unseen: bool) -> None:
        """Begin to read. `unseen`: see `Reply.start`."""

    def mark_visible(self) -> None:
        """A page has a place for the answer."""

    def stop(self) -> None:
        """End it, from any thread."""


@dataclass(eq=False, kw_only=True)
class Reply:
    """One answer. Any thread may read its attributes, which only grow; its reader changes them by `add` and `update`.

    `chunks` is the text, the measurements and the recording at once. Seconds: `connecting`, until the client was ready,
    before the question; `handshake`, the part of it for TCP and TLS, None where a connection was open already; `skew`,
    from the start of its comparison to its question; `total`, from the question to its end, None until then and where
    it was never asked. `versions`: of the app and the SDKs. `left_out`: parameters that were set and not sent, since
    they are not accepted; None where that is not known. `is_local`: whether this process asked for it.
    """

    asked: Asked = field(kw_only=False)
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    state: State = "waiting"
    chunks: list[Chunk] = field(default_factory=list)
    retries: list[Retry] = field(default_factory=list)
    end: End | None = None
    error: ProviderError | None = None
    asked_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    connecting: float | None = None
    handshake: float | None = None
    skew: float | None = None
    total: float | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    price: Mapping[str, Any] | None = None
    left_out: tuple[str, ...] | None = None
    is_local: bool = False
    reader: Reader = field(default_factory=Reader, repr=False)
    _news: threading.Condition = field(default_factory=threading.Condition, init=False, repr=False)
    _ended: threading.Event = field(default_factory=threading.Event, init=False, repr=False)

    def start(self, *, unseen: bool = False) -> Self:
        """Connect and ask. `unseen`: the question leaves only when a page calls `mark_visible`, which is soon. A page
        that is being drawn holds the GIL, and would be counted as the vendor's wait."""
        self.reader.start(unseen=unseen)
        return self

    def mark_visible(self) -> None:
        """It has its place on a page, where its words can appear."""
        self.reader.mark_visible()

    def stop(self) -> None:
        """End it and cancel the request, from any thread. What has arrived stays."""
        self.reader.stop()

    @property
    def over(self) -> bool:
        return self.state not in IN_PROGRESS

    @property
    def queue_position(self) -> QueuePosition | None:
        """What it waits for before it may be asked; None where it does not wait."""
        return self.reader.queue_position

    @property
    def text(self) -> str:
        """The answer so far, without its reasoning."""
        return joined(self.chunks, "text")

    @property
    def reasoning(self) -> str:
        return joined(self.chunks, "reasoning")

    @property
    def elapsed(self) -> float:
        """Seconds since the question; of an answer that is over, how long it took."""
        return self.reader.elapsed if self.total is None else self.total

    def new_chunks(self, quiet: float = 0.25) -> Iterator[list[Chunk]]:
        """All chunks from the first one on, as they come: each item is everything new, and [] after `quiet` seconds
        without news, so that the follower can look up."""
        told = 0
        while True:
            over = self.over  # before the chunks: those of a reply that is over are all there
            new = self.chunks[told:]
            if not new and not over:  # only who has to wait takes the lock, which the reader needs for each chunk
                with self._news:
                    if told == len(self.chunks) and not self.over:
                        self._news.wait(quiet)
                over = self.over
                new = self.chunks[told:]
            told += len(new)
            if new or not over:
                yield new
            if over:
                return

    def follow(self, part: Part = "text", quiet: float = 0.25) -> Iterator[str]:
        """The answer, or its reasoning, from the first word on: each item is all that is new, "" where nothing is.
        Reasoning ends where the answer begins; what is reasoned after that is in `reasoning` alone."""
        for new in self.new_chunks(quiet):
            thoughts = list(takewhile(lambda chunk: isinstance(chunk.text, Reasoning), new))
            yield joined(thoughts if part == "reasoning" else new, part)
            if part == "reasoning" and len(thoughts) < len(new):
                return

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the answer is over; False where it isn't after `timeout` seconds."""
        return self.over or self._ended.wait(timeout)

    # For its reader

    def add(self, chunk: Chunk) -> None:
        """One more chunk, unless it is over."""
        with self._news:
            if not self.over:
                self.chunks.append(chunk)
                self.state = "streaming"
                self._news.notify_all()

    @contextmanager
    def update(self) -> Iterator[None]:
        """Nobody else changes it within the block, and those who wait learn of news after it. The state is to be set
        last, so that whoever sees it sees what belongs to it."""
        with self._news:
            before = self.state, len(self.chunks), len(self.retries)
            yield
            if before != (self.state, len(self.chunks), len(self.retries)):
                self._news.notify_all()
            if self.over:
                self._ended.set()


def joined(chunks: Iterable[Chunk], part: Part) -> str:
    """The text of the chunks, or their reasoning."""
    return "".join(text for _, text in chunks if isinstance(text, Reasoning) == (part == "reasoning"))
