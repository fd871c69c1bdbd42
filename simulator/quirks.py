"""Quirks on demand: a model id with `sim-quirk-NAME` in it is answered as some OpenAI-compatible servers do.

The answer is whole, or the refusal is plain; only its wire is not OpenAI's. By chat completions alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

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
    "usage-apart": "the token counts leave reasoning out of the output; it is in the total alone",
    "usage-in-choice": "the token counts in a chunk that still has a choice",
    "usage-x-groq": "the token counts in a field of the server's own",
}

_IN_MODEL = re.compile(r"(?<![A-Za-z0-9])sim-quirk-([A-Za-z0-9_]+(?:-(?!sim-)[A-Za-z0-9_]+)*)")


@dataclass(frozen=True)
class Quirk:
    """A quirk that was asked for: `name` as in QUIRKS without `-WORD`, which is the `argument`."""

    name: str
    argument: str = ""


def quirk_of(model: str) -> Quirk | None:
    """The quirk that a model id names, if it names one. Raises LookupError where there is no such quirk."""
    found = _IN_MODEL.search(model)
    if found is None:
        return None
    name = found[1]
    if name in QUIRKS:
        return Quirk(name)
    for known in QUIRKS:
        stem, _, kind = known.rpartition("-")
        if kind == "WORD" and name.startswith(f"{stem}-"):
            return Quirk(stem, name.removeprefix(f"{stem}-"))
    raise LookupError(name)


def listing() -> str:
    """All quirks with what they do, a line each."""
    return "\n".join(f"  sim-quirk-{name:<18} {about}" for name, about in QUIRKS.items())
