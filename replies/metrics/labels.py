"""Labels: how an answer ended, where it comes from, and figures with their units, in words."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from providers import End, FinishReason
from providers.parameters import PARAMETER, STANDARD
from replies.reply import Asked, FellBack, Reply

UNKNOWN = "–"
ENDINGS: dict[FinishReason, str] = {
    "stop": "complete",
    "length": "cut off at the token limit",
    "filtered": "ended by the content filter",
    "tool": "ended with a tool call, which is not executed here",
    "other": "ended for a reason of the provider's own",
}

FELL_BACK: dict[FellBack, str] = {
    "late": "no word in time",
    "failed": "the live answer failed",
    "stalled": "the live answer stalled",
    "by hand": "chosen by hand",
    "offline": "nothing was asked",
}


def is_whole(reply: Reply) -> bool:
    """Whether the answer is complete: not cut off, filtered, or ended for an unknown reason."""
    return reply.state == "done" and (reply.end is None or reply.end.finish_reason in ("stop", "tool"))


def marks(asked: Asked) -> list[str]:
    """Where an answer comes from: "live", "simulated", "recorded", or the last two; and why a recording stands in."""
    return [
        *(["recorded"] if asked.recorded else []),
        *(["simulated"] if asked.simulated else [] if asked.recorded else ["live"]),
        *([f"backup: {FELL_BACK[asked.fell_back]}"] if asked.fell_back else []),
    ]


def origin(asked: Asked) -> str:
    """The same as it stands in a table: "Live", "Recorded, simulated"."""
    return ", ".join(marks(asked)).capitalize()


def given_at(reply: Reply) -> datetime:
    """When the provider was asked: of a recording, not when it was replayed."""
    return reply.asked.recorded or reply.asked_at


def date(moment: datetime, zone: tzinfo | None = UTC) -> str:
    """The moment in a time zone, which is named by its offset: "1 March 2026, 09:30 UTC+05:30"."""
    moment = moment.astimezone(zone)
    distance = f"{moment:%z}"
    named = "" if distance == "+0000" else f"{distance[:3]}:{distance[3:5]}"
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC{named}"


def parameters(reply: Reply) -> list[str]:
    """What was asked for beside the provider's defaults."""
    request = reply.asked.request
    return [
        *([] if request.stream else ["awaited in one piece"]),
        *request.without(("system",)).words,  # which stands by itself
        *(["cache points"] if request.cache else []),
    ]


def notes(reply: Reply) -> list[str]:
    """Where it was asked or served otherwise than wanted: parameters that were left out, tier and latency."""
    said = []
    for name in reply.left_out or ():
        called = PARAMETER[name].label.lower() if name in PARAMETER else name
        instead = "put before the first question" if name == "system" else "left out"
        said.append(f"{called} {'were' if called.endswith('s') else 'was'} not accepted and {instead}")
    for name in ("tier", "latency"):
        wanted, served = getattr(reply.asked.request, name), getattr(reply.end, name, None)
        if wanted or served not in STANDARD:
            told = f"asked {wanted}, served {served or UNKNOWN}" if wanted else f"served {served}"
            said.append(f"{PARAMETER[name].label.lower()}: {told}")
    return said


def ending_of(end: End) -> str:
    """Why it ended, in words; the provider's own where nobody here knows it."""
    return ENDINGS[end.finish_reason] + (f": {end.word}" if end.word else "")


def ended(reply: Reply) -> str:
    """How it ended, in words."""
    if reply.end is not None:
        return ending_of(reply.end)
    return {"stopped": "stopped by the person asking", "interrupted": "broken off"}.get(reply.state, "failed")


def seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def count(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def encodable(text: str) -> str:
    """The text with surrogate pairs joined, and lone ones replaced by U+FFFD, so that it can be encoded."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
