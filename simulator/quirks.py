"""Quirks on demand: a model id with `sim-quirk-NAME` in it is answered as some OpenAI-compatible servers do.

The answer or the refusal is the usual one; only its format is not OpenAI's. For chat completions only.
"""

from __future__ import annotations

from typing import NamedTuple

from simulator import faults

QUIRKS: dict[str, str] = {
    "sse-fields": "ids, comments, retry, event names and blank data among the events",
    "cr": "lines end in CR",
    "crlf": "lines end in CR and LF",
    "no-done": "no [DONE] at the end",
    "no-last-blank": "no blank line after the last event, and no [DONE]",
    "pings": "keep-alives for ever after the finish marker, and no token counts",
    "silent-end": "silence for ever after the finish marker, and no token counts",
    "error-200": "a rate limit's error with status 200",
    "web-page": "a web page with status 200",
    "wrong-way": "a streamed question is answered whole, an awaited one as a stream",
    "ndjson": "JSON by lines instead of events",
    "message": "`message` in the place of `delta`",
    "other-choice": "reasoning in one choice, the text and the finish marker in another",
    "finish-WORD": "this word as the finish reason, e.g. insufficient_system_resource or eos",
    "think": "reasoning in <think> tags in the text",
    "think-unopened": "the same without the opening tag, which the model's template has said",
    "tier-WORD": "served by this service tier, whatever was asked for",
    "usage-apart": "the token counts leave reasoning out of the output; it is in the total alone",
    "usage-in-choice": "the token counts in a chunk that still has a choice",
    "usage-x-groq": "the token counts in a field of the server's own",
}


class Quirk(NamedTuple):
    """A quirk that was asked for: `name` as in QUIRKS without `-WORD`, which is the `argument`."""

    name: str
    argument: str = ""


def quirk_of(model: str) -> Quirk | None:
    """The quirk that a model id names, if it names one. Raises UnknownFault."""
    found = faults.named("quirk", QUIRKS, model)
    return found and Quirk(*found)


def listing() -> str:
    """All quirks with what they do, a line each."""
    return faults.listing("quirk", QUIRKS)
