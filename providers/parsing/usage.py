"""Token counts, in the shapes in which servers send them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from providers.parsing.answer import Counts, count_of

Usage = dict[str, Any]


def usage_in(event: Mapping[str, Any]) -> Usage:
    """What an event says of tokens: beside its choices, in one of them, or in a vendor's own field, as `x_groq`."""
    found: Usage = {}
    for one in _places(event):
        if isinstance(one, dict) and any(count_of(count) for count in one.values()):  # all zeros are no count
            found |= {name: count for name, count in one.items() if count is not None}
    return found


def counts(usage: Mapping[str, Any]) -> Counts:
    """What the counts mean. Some servers leave reasoning out of the output, and it shows in the total alone."""
    read = _first(usage, "prompt_tokens", "input_tokens", "promptTokenCount")
    said = _first(usage, "completion_tokens", "output_tokens", "candidatesTokenCount")
    total = _first(usage, "total_tokens", "totalTokenCount")
    details = ("completion_tokens_details", "output_tokens_details")
    thought = _first(usage, "reasoning_tokens", "thoughtsTokenCount")
    for name in details:
        thought = thought if thought is not None else _first(_object(usage, name), "reasoning_tokens")
    apart = total - read - said if total is not None and read is not None and said is not None else 0
    if said is None:
        return Counts(read, total - read if total is not None and read is not None else None, thought)
    if thought is None and apart > 0 and apart not in _cached(usage):
        return Counts(read, said + apart, apart)
    if thought and (thought > said or apart >= thought):
        return Counts(read, said + thought, thought)
    return Counts(read, said, thought)


def _places(event: Mapping[str, Any]) -> Iterator[Any]:
    choices = event.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict):
            yield choice.get("usage")
    for name, field in event.items():
        if name.startswith(("x_", "x-")) and isinstance(field, dict):
            yield field.get("usage")
    yield event.get("usageMetadata") or event.get("usage_metadata")
    yield event.get("usage")


def _cached(usage: Mapping[str, Any]) -> set[int]:
    """Input that some servers count in the total alone: what was read from a cache, and what was written to it."""
    read = _first(usage, "cache_read_input_tokens", "cached_tokens")
    read = read if read is not None else _first(_object(usage, "prompt_tokens_details"), "cached_tokens")
    written = _first(usage, "cache_creation_input_tokens", "cache_write_tokens")
    return {read or 0, written or 0, (read or 0) + (written or 0)}


def _object(usage: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = usage.get(name)
    return found if isinstance(found, dict) else {}


def _first(usage: Mapping[str, Any], *names: str) -> int | None:
    return next((count for name in names if (count := count_of(usage.get(name))) is not None), None)
