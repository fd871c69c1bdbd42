"""Serialization: a reply as rows, and rows as a reply again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from providers import End, Message, ProviderError, Reasoning, Request, Retry
from replies.metrics.figures import figures
from replies.recording.format import failure
from replies.reply import IN_PROGRESS, Asked, Chunk, Reply

# What has a column of its name, and is the same there.
WHO = ("provider", "label", "api", "simulated", "fell_back")
MEASURED = ("connecting", "handshake", "skew", "total")


def at(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC)


def asked_row(reply: Reply, process: str) -> dict[str, Any]:
    """What never changes of a reply."""
    asked, request = reply.asked, reply.asked.request
    return {
        "id": reply.id,
        "process": process,
        **{name: getattr(asked, name) for name in WHO},
        "recorded": None if asked.recorded is None else asked.recorded.timestamp(),
        "request": {
            "messages": [list(message) for message in request.messages],
            "model": request.model,
            **{name: getattr(request, name) for name in request.given},
            **({"cache": True} if request.cache else {}),
            "stream": request.stream,
        },
        "versions": dict(reply.versions),
        "stop": False,
    }


def progress_row(reply: Reply) -> dict[str, Any]:
    """What changes. The state is read first: what comes with an end is there before the state says so."""
    state = reply.state
    return {
        "state": state,
        "figures": None if state in IN_PROGRESS else figures(reply).as_json(),
        "asked_at": reply.asked_at.timestamp(),
        "retries": [[retry.kind, retry.after] for retry in reply.retries],
        "outcome": None if reply.end is None else reply.end._asdict(),
        "error": None if reply.error is None else failure(reply.error),
        **{name: getattr(reply, name) for name in MEASURED},
        "price": None if reply.price is None else dict(reply.price),
        "left_out": None if reply.left_out is None else list(reply.left_out),
    }


def pieces(chunks_of: Iterable[Chunk]) -> list[list[Any]]:
    return [[seconds, str(text), 1] if isinstance(text, Reasoning) else [seconds, text] for seconds, text in chunks_of]


def chunks_of(stored: Iterable[tuple[int, list[list[Any]]]]) -> list[Chunk]:
    """From stored rows in their order. Where two overlap, what is there twice is taken once."""
    joined: list[Chunk] = []
    for first, pieces in stored:
        for seconds, text, *reasoning in pieces[max(len(joined) - first, 0) :]:
            joined.append(Chunk(seconds, Reasoning(text) if reasoning else text))
    return joined


def asked(row: Row[Any]) -> Asked:
    request = dict(row.request)
    request["stop"] = tuple(request.get("stop", ()))
    request["messages"] = tuple(Message(role, content) for role, content in request["messages"])
    return Asked(
        **{name: getattr(row, name) for name in WHO},
        request=Request(**request),
        recorded=None if row.recorded is None else at(row.recorded),
    )


def progress(row: Row[Any]) -> dict[str, Any]:
    """What `Reply` takes, besides who was asked and what arrived; the state is the last, see `Reply.update`."""
    return {
        "asked_at": at(row.asked_at),
        "retries": [Retry(kind, after) for kind, after in row.retries],
        "end": None if row.outcome is None else End(**row.outcome),
        "error": None if row.error is None else ProviderError(**row.error),
        **{name: getattr(row, name) for name in MEASURED},
        "price": row.price,
        "left_out": None if row.left_out is None else tuple(row.left_out),
        "state": row.state,
    }
