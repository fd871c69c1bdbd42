"""Format of a recording: a reply that is over is written as lines of JSON, and read again; see docs/recordings.md."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from providers import ProviderError, Reasoning
from replies.conversation import Comparison, Conversation
from replies.metrics.figures import figures
from replies.recording.lines import LARGEST_FILE, RecordingError, rows
from replies.recording.loader import VERSION, Item, Loader
from replies.reply import Chunk, Reply

__all__ = ["LARGEST_FILE", "Item", "RecordingError", "dump", "load", "samples"]

SUFFIX = ".jsonl"
VOTE_FIRST = "This comparison is blind, and a file would tell who answered. Vote first, or reveal it."

SAMPLES = Path(__file__).parent / "samples"


# Writing


def dump(items: Iterable[Item | Reply]) -> Iterator[str]:
    """The lines of a file, each with its line feed, in plain ASCII. Raises ValueError where an answer is not over, and
    where a blind comparison has no verdict yet."""
    for item in items:
        match item:
            case Comparison(hidden=True):
                raise ValueError(VOTE_FIRST)
            case Conversation(turns=turns):
                for number, turn in enumerate(turns):
                    group = {"kind": item.kind, "id": item.id, "prompt": turn.prompt, "turn": number}
                    for reply in turn.replies:
                        yield from _lines(reply, group)
            case Comparison(rounds=rounds):
                judged = {"blind": item.blind, "verdict": item.verdict and item.verdict.as_json()}
                for number, round in enumerate(rounds):
                    group = {"kind": item.kind, "id": item.id, "prompt": round.prompt, "turn": number}
                    for lane, reply in round.attempts:
                        yield from _lines(reply, group | {"lane": lane, **judged})
            case Reply():
                yield from _lines(item, None)


def _lines(reply: Reply, group: dict[str, Any] | None) -> Iterator[str]:
    must_be_over(reply)
    yield _line(header(reply) | ({"group": group} if group else {}))
    for chunk in reply.chunks:
        yield _line(piece(chunk))
    yield _line({"t": reply.total, **ending(reply)})


def header(reply: Reply) -> dict[str, Any]:
    """Who was asked what, and when; the figures stand there for other readers and are not read back."""
    asked, request = reply.asked, reply.asked.request
    return {
        "streamside": "recording",
        "version": VERSION,
        "id": reply.id,
        "provider": asked.provider,
        "label": asked.label,
        "api": asked.api,
        "model": request.model,
        "source": asked.source,
        "simulated": asked.simulated,
        "asked_at": reply.asked_at.isoformat(),
        "recorded": asked.recorded.isoformat() if asked.recorded else None,
        "fell_back": asked.fell_back,
        "connecting": reply.connecting,
        "handshake": reply.handshake,
        "skew": reply.skew,
        "request": {
            "messages": [message._asdict() for message in request.messages],
            **request.values,
        },
        "retries": [retry._asdict() for retry in reply.retries],
        "left_out": None if reply.left_out is None else list(reply.left_out),
        "versions": dict(reply.versions),
        "figures": figures(reply).as_json(),
        "price": dict(reply.price) if reply.price is not None else None,
    }


def piece(chunk: Chunk) -> dict[str, Any]:
    return {"t": chunk.seconds, "reasoning" if isinstance(chunk.text, Reasoning) else "text": chunk.text}


def ending(reply: Reply) -> dict[str, Any]:
    """How it ended: exactly one of `end`, `error` and `stopped`."""
    if reply.end is not None:
        return {"end": reply.end._asdict()}
    return {"stopped": True} if reply.error is None else {"error": failure(reply.error)}


def failure(error: ProviderError) -> dict[str, Any]:
    return {name: getattr(error, name) for name in ("kind", "message", "retryable", "retry_after")}


def _line(values: dict[str, Any]) -> str:
    return json.dumps(values, allow_nan=False, separators=(",", ":")) + "\n"


def must_be_over(reply: Reply) -> None:
    """Raises ValueError where it is not."""
    if not reply.over:
        raise ValueError("An answer in progress is no recording yet; wait until it is over.")


# Reading


def load(file: bytes) -> list[Item]:
    """The conversations and comparisons of a file, each with new ids; their answers are marked as recorded. Raises
    RecordingError, and then nothing is imported."""
    loader = Loader()
    for number, line, whole in rows(file, "Export fewer recordings at a time."):
        loader.read(number, line, whole=whole)
    return loader.finished()


def samples() -> list[Item]:
    """The recordings that the app ships with, made by its simulator and marked as such; new ids each time."""
    return [item for path in sorted(SAMPLES.glob(f"*{SUFFIX}")) for item in load(path.read_bytes())]
