"""Answers as they may be kept, made without a vendor."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from providers import End, Request
from replies.conversation import Comparison, Conversation, Turn, unguessable
from replies.reply import Asked, Chunk, Reply

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


def asked(
    prompt: str = "Why?",
    *,
    provider: str = "openai",
    label: str = "",
    api: str = "chat",
    model: str = "m",
    simulated: bool = False,
    recorded: datetime | bool | None = None,
    **parameters: Any,
) -> Asked:
    """`recorded`: True for a day. `parameters`: of the request."""
    return Asked(
        provider=provider,
        label=label or provider.title(),
        api=api,
        request=replace(Request.of(prompt, model), **parameters),
        simulated=simulated,
        recorded=DAY if recorded is True else recorded or None,
    )


def answered(
    text: str | Iterable[Chunk] = "Because.", *, minutes: float = 0, who: Asked | None = None, **more: Any
) -> Reply:
    chunks = [Chunk(0.5, text)] if isinstance(text, str) else list(text)
    given: dict[str, Any] = {"state": "done", "end": End("stop", 3, 5), "total": 1.5, "connecting": 0.1} | more
    when = DAY + timedelta(minutes=minutes)
    return Reply(who or asked(), id=unguessable(), chunks=chunks, asked_at=when, **given)


def streamed(first: float, pieces: int = 11, **more: Any) -> Reply:
    """Pieces of two tokens, a tenth of a second apart, and half a second after ten of them until it is over."""
    chunks = [Chunk(first + step / 10, "two words ") for step in range(pieces)]
    given: dict[str, Any] = {"end": End("stop", 3, 22), "total": first + 1.5} | more
    return answered(chunks, **given)


def talk(*turns: tuple[str, str], minutes: float = 0, who: Asked | None = None) -> Conversation:
    """A conversation of prompts and their answers."""
    return Conversation([Turn(prompt, [answered(text, minutes=minutes, who=who)]) for prompt, text in turns])


def lanes(prompt: str, *texts: str, minutes: float = 0) -> Comparison:
    return Comparison.of(prompt, [answered(text, minutes=minutes) for text in texts])


def facts(reply: Reply) -> dict[str, Any]:
    error = reply.error
    return {
        "id": reply.id,
        "asked": reply.asked,
        "asked_at": reply.asked_at,
        "state": reply.state,
        "arrivals": [(seconds, type(text), str(text)) for seconds, text in reply.chunks],
        "retries": reply.retries,
        "end": reply.end,
        "error": error and (error.kind, error.message, error.retryable, error.retry_after),
        "connecting": reply.connecting,
        "handshake": reply.handshake,
        "skew": reply.skew,
        "total": reply.total,
        "versions": dict(reply.versions),
        "price": reply.price,
        "left_out": reply.left_out,
    }
