"""Replies that are over, with everything that a recording can hold, and their files."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from providers import End, Message, ProviderError, Retry
from replies.conversation import Comparison, Conversation, Turn
from replies.recording.format import Item, dump, load
from replies.reply import Chunk, Reply
from tests.sent import EVERY
from tests.store.said import answered, asked, facts

WHEN = datetime(2026, 11, 22, 13, 45, 7, 250_000, tzinfo=UTC)
STOP = End("other", 10, 284, 0, "r-1", "because", 8, 2, 0.25, 1.125)
WORDS = [Chunk(0.4, "Cricket"), Chunk(0.5, " grew"), Chunk(0.5, " up."), Chunk(1.25, "\n")]
ENDS: dict[str, dict[str, Any]] = {
    "done": {"state": "done", "end": STOP},
    "stopped": {"state": "stopped", "end": None},
    "failed": {
        "state": "failed",
        "end": None,
        "error": ProviderError("rate_limit", "Too many; wait 7 s.", retryable=True, retry_after=7.0),
    },
    "interrupted": {
        "state": "interrupted",
        "end": None,
        "error": ProviderError("interrupted", "It broke off.", retryable=True),
    },
}


def given_reply(
    *chunks: tuple[float, str],
    simulated: bool = False,
    recorded: datetime | None = None,
    state: str = "done",
    **more: Any,
) -> Reply:
    messages = (Message("user", "Hi"), Message("assistant", "Hello."), Message("user", "How are you?"))
    sent = EVERY.values | {"messages": messages, "extra": '{"a": [1]}'}
    who = asked(label="OpenAI", model="gpt-5.4-mini", simulated=simulated, recorded=recorded, **sent)
    known = {"retries": [Retry("overloaded", 0.5)], "left_out": ("seed",), "versions": {"streamside": "0.2.0"}}
    took = {"connecting": 0.125, "handshake": 0.0625, "total": 1.5}
    given = answered((Chunk(*chunk) for chunk in chunks or WORDS), who=who, **known | took | ENDS[state] | more)
    given.id, given.asked_at = "original", WHEN
    return given


def never_asked() -> Reply:
    error = ProviderError("auth", "The key was refused.")
    return Reply(given_reply().asked, state="failed", asked_at=WHEN, error=error)


def of(reply: Reply) -> Conversation:
    return Conversation([Turn("How are you?", [reply])])


def written(*items: Item | Reply) -> bytes:
    return "".join(dump(items)).encode("ascii")


def lines_of(*items: Item | Reply) -> list[dict[str, Any]]:
    return [json.loads(line) for line in dump(items)]


def file_of(lines: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def everything(reply: Reply) -> dict[str, Any]:
    """What a recording must bring back."""
    return {**facts(reply), "id": "", "asked_at": WHEN, "asked": replace(reply.asked, recorded=None)}


def only(file: bytes) -> Reply:
    """The one reply of a file."""
    [item] = load(file)
    assert isinstance(item, Conversation)
    [[reply]] = [turn.replies for turn in item.turns]
    return reply


def comparison(file: bytes) -> Comparison:
    """The one comparison of a file."""
    [item] = load(file)
    assert isinstance(item, Comparison)
    return item
