"""Figures of one answer: pure functions over its chunks and its End. Seconds; None where too little is known.

A role, a ping, an empty chunk or the usage is no first word, and a chunk is no token. Counts are the provider's own;
estimates have fields of their own, so that none gets into a speed or a cost.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any, Literal, NamedTuple, TypeAlias

from providers import End, Reasoning
from replies.metrics.help import (
    BURST,
    CHARACTERS_PER_TOKEN,
    FEWEST_FOR_MEDIAN,
    FEWEST_FOR_P95,
    FEWEST_GAPS,
    FEWEST_TOKENS,
    READING_PACE,
    SHORTEST_WINDOW,
)
from replies.metrics.text_stats import word_ends
from replies.reply import Chunk, Reply

TokenSource: TypeAlias = Literal["usage", "estimated", "none"]


class Gaps(NamedTuple):
    """Pauses between one piece and the next. Pieces are not tokens, so this is no inter-token latency."""

    median: float | None
    p95: float | None
    longest: float


class Figures(NamedTuple):
    """One answer in numbers (n = 1)."""

    ttft: float | None
    ttfv: float | None
    total: float | None
    speed: float | None  # output tokens per second while it streamed
    overall: float | None  # output tokens per second, the wait included
    gaps: Gaps | None
    input_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    pieces: int
    last: float | None = None  # the last piece of text
    token_source: TokenSource = "none"
    estimated_tokens: int | None = None  # only where the provider gave no count
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    provider_first: float | None = None  # what the provider says of its own time, until it began to answer
    provider_total: float | None = None  # and for all of the answer
    rest: float | None = None  # what of the first token's wait is not the provider's by its own word

    @property
    def tpot(self) -> float | None:
        """Seconds per output token while it streamed."""
        return 1 / self.speed if self.speed else None

    def as_json(self) -> dict[str, Any]:
        return self._asdict() | {"gaps": self.gaps._asdict() if self.gaps else None, "tpot": self.tpot}


def figures(reply: Reply) -> Figures:
    """The figures of a reply as it stands. A stopped or broken one has no speed: its token count is unknown."""
    chunks, end = list(reply.chunks), reply.end or End("other")
    counted = end.output_tokens is not None
    estimate = None if counted else estimated(chunks)
    ttft, own = first_token(chunks), end.provider_first_seconds
    # A blocking call may hand over several pieces, one right after the other: that is no stream.
    streamed = reply.asked.request.stream
    return Figures(
        ttft=ttft,
        ttfv=first_visible(chunks),
        total=reply.total,
        speed=output_speed(chunks, end) if streamed else None,
        overall=overall_speed(reply.total, end),
        gaps=gaps(chunks) if streamed else None,
        input_tokens=end.input_tokens,
        output_tokens=end.output_tokens,
        reasoning_tokens=end.reasoning_tokens,
        pieces=len(chunks),
        last=last_piece(chunks),
        token_source="usage" if counted else "none" if estimate is None else "estimated",
        estimated_tokens=estimate,
        cached_tokens=end.cached_tokens,
        cache_write_tokens=end.cache_write_tokens,
        provider_first=own,
        provider_total=end.provider_seconds,
        # Unknown where the two are not of the same try, or of clocks that do not agree.
        rest=None if ttft is None or own is None or ttft < own or reply.retries else ttft - own,
    )


def first_token(chunks: Sequence[Chunk]) -> float | None:
    """TTFT: the first non-empty text or reasoning."""
    return next((seconds for seconds, text in chunks if text), None)


def first_visible(chunks: Sequence[Chunk]) -> float | None:
    """The first non-empty piece of the answer itself."""
    return next((seconds for seconds, text in chunks if text and not isinstance(text, Reasoning)), None)


def last_piece(chunks: Sequence[Chunk]) -> float | None:
    """The last non-empty text or reasoning; the usage and the end of the stream come after it."""
    return next((seconds for seconds, text in reversed(chunks) if text), None)


def gaps(chunks: Sequence[Chunk]) -> Gaps | None:
    pauses = [later - earlier for earlier, later in pairwise(seconds for seconds, text in chunks if text)]
    if len(pauses) < FEWEST_GAPS:
        return None
    return Gaps(
        statistics.median(pauses) if len(pauses) >= FEWEST_FOR_MEDIAN else None,
        percentile(pauses, 0.95) if len(pauses) >= FEWEST_FOR_P95 else None,
        max(pauses),
    )


def streamed_tokens(chunks: Sequence[Chunk], end: End | None) -> int | None:
    """How many of the tokens that the provider counted were streamed; None where that can't be told. Reasoning that was
    not shown is taken out of the count, since its time is not in the window either."""
    if end is None or end.output_tokens is None:
        return None
    tokens = end.output_tokens
    if end.reasoning_tokens and not any(isinstance(text, Reasoning) and text for _, text in chunks):
        tokens -= end.reasoning_tokens
    # A token is a byte at least. More tokens than bytes hold something that was not shown and that the provider does
    # not tell apart, most often reasoning: put on the visible window, it would make hundreds of tokens per second.
    shown = sum(len(text.encode("utf-8", "surrogatepass")) for _, text in chunks)
    return tokens if 0 < tokens <= shown else None


def output_speed(chunks: Sequence[Chunk], end: End | None) -> float | None:
    """Output tokens per second while the answer streamed, from the provider's own count."""
    return _rate(chunks, streamed_tokens(chunks, end) or 0)


def _rate(chunks: Sequence[Chunk], tokens: int) -> float | None:
    shown = [chunk for chunk in chunks if chunk.text]
    if len(shown) <= FEWEST_GAPS or tokens < FEWEST_TOKENS:
        return None
    first, last = shown[0].seconds, shown[-1].seconds
    # The 1 that is taken off stands for the first piece, whose making is not in the window. Where a parser or a proxy
    # held most of the answer back and let it go at once, that is far too little, and how much it ought to be nobody
    # knows. A steady stream has no more than a tenth of its text so near to its first piece.
    burst = sum(len(text) for seconds, text in shown if seconds - first < BURST)
    if last - first < SHORTEST_WINDOW or 2 * burst > sum(len(text) for _, text in shown):
        return None
    return (tokens - 1) / (last - first)


def overall_speed(total: float | None, end: End | None) -> float | None:
    """Output tokens per second with the wait included: the only speed of a blocking call. None without a token."""
    return end.output_tokens / total if end and end.output_tokens and total else None


def estimated(chunks: Sequence[Chunk]) -> int | None:
    """Tokens of text and reasoning, estimated from their characters; None where there are none."""
    characters = sum(len(text) for _, text in chunks)
    return max(1, round(characters / CHARACTERS_PER_TOKEN)) if characters else None


class Progress(NamedTuple):
    """An answer in progress. Its speed is an estimate: the provider counts at the end."""

    ttft: float | None
    elapsed: float
    estimated_speed: float | None


def progress(reply: Reply, now: float | None = None) -> Progress:
    """The figures `now` seconds after the question; by default, at this moment."""
    chunks = list(reply.chunks)  # before the clock is read, which all of them came before
    elapsed = reply.elapsed if now is None else now
    chunks = [chunk for chunk in chunks if chunk.seconds <= elapsed]
    speed = _rate(chunks, estimated(chunks) or 0) if reply.asked.request.stream else None
    return Progress(first_token(chunks), elapsed, speed)


class Track(NamedTuple):
    """`points`: seconds on the comparison's clock, and the output tokens by then; `source`: the provider's own count
    ("usage") or an estimate; "none": no text yet."""

    points: list[tuple[float, float]]
    source: TokenSource


def track(reply: Reply) -> Track:
    """A reply's line in a race: from the question, with a point for every piece. The provider's count is spread over
    the text by its characters, streamed reasoning included."""
    chunks, end = [chunk for chunk in reply.chunks if chunk.text], reply.end
    start = reply.skew or 0.0
    begun = [(start, 0.0)]
    if not chunks:
        return Track(begun, "none")
    so_far = list(accumulate(len(text) for _, text in chunks))
    tokens = streamed_tokens(chunks, end)
    share = 1 / CHARACTERS_PER_TOKEN if tokens is None else tokens / so_far[-1]
    points = [(start + seconds, share * count) for (seconds, _), count in zip(chunks, so_far, strict=True)]
    return Track(begun + points, "estimated" if tokens is None else "usage")


def words_read(chunks: Sequence[Chunk], at: float) -> int:
    """How many words a reader had read `at` seconds after the question, who begins with the first visible word, reads
    at one pace, and waits for words whose last character has not arrived."""
    visible = [chunk for chunk in chunks if chunk.text and not isinstance(chunk.text, Reasoning)]
    there = list(accumulate(len(text) for _, text in visible))  # characters, by piece
    pace = 60 / READING_PACE
    begun, read_since = 0.0, 0  # since the reader last had to wait
    read = piece = 0
    for end in word_ends("".join(text for _, text in visible)):
        while there[piece] < end:
            piece += 1
        if not read or visible[piece].seconds > begun + read_since * pace:
            begun, read_since = visible[piece].seconds, 0
        if begun + (read_since + 1) * pace > at + 1e-9:  # a sum of floats
            break
        read, read_since = read + 1, read_since + 1
    return read


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of all lie, interpolated between neighbours. `values` must not be empty."""
    ranked = sorted(values)
    below, rest = divmod((len(ranked) - 1) * share, 1)
    lower, upper = ranked[int(below)], ranked[min(int(below) + 1, len(ranked) - 1)]
    return lower + (upper - lower) * rest
