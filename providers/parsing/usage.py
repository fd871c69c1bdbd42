"""Token counts, in the shapes in which servers send them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from providers.parsing.answer import Counts, count_of

Usage = dict[str, Any]

# Input that was read from a cache, and that was written to one: Anthropic, and gateways that took its names over;
# OpenAI, OpenRouter and most others, in their details or not; DeepSeek; Google; LiteLLM.
CACHED = ("cache_read_input_tokens", "cached_tokens", "prompt_cache_hit_tokens", "cachedContentTokenCount")
WRITTEN = ("cache_creation_input_tokens", "cache_write_tokens", "cache_creation_tokens")


def usage_in(event: Mapping[str, Any]) -> Usage:
    """What an event says of tokens: beside its choices, in one of them, or in a vendor's own field, as `x_groq`."""
    found: Usage = {}
    for one in _places(event):
        if isinstance(one, dict) and any(count_of(count) for count in one.values()):  # all zeros are no count
            found |= {name: count for name, count in one.items() if count is not None}
    return found


def counts(usage: Mapping[str, Any]) -> Counts:
    """What the counts mean. Some servers leave reasoning out of the output, or what the cache did out of the input, and
    it shows in the total alone."""
    read = _first(usage, "prompt_tokens", "input_tokens", "promptTokenCount")
    said = _first(usage, "completion_tokens", "output_tokens", "candidatesTokenCount")
    total = _first(usage, "total_tokens", "totalTokenCount")
    thought = _first(usage, "reasoning_tokens", "thoughtsTokenCount")
    for name in ("completion_tokens_details", "output_tokens_details"):
        thought = thought if thought is not None else _first(_object(usage, name), "reasoning_tokens")
    cached, written = _largest(usage, *CACHED), _largest(usage, *WRITTEN)
    apart = total - read - said if total is not None and read is not None and said is not None else 0
    if read is not None:
        beside = _beside(usage, read, apart, thought or 0, cached or 0, written or 0)
        read, apart = read + beside, max(apart - beside, 0)
    if said is None:
        rest = total - read if total is not None and read is not None else -1
        said = max(rest, thought or 0) if rest >= 0 else None
    elif thought is None and apart > 0:
        said, thought = said + apart, apart
    elif thought and (thought > said or apart >= thought):
        said += thought
    return Counts(read, said, thought, cached, written)


def _beside(usage: Mapping[str, Any], read: int, apart: int, thought: int, cached: int, written: int) -> int:
    """How many of the tokens that a cache had or took are not in the input that was counted.

    Most servers count them in. Of the others the total tells, or that they are more than all input, or Anthropic's
    names.
    """
    whole = cached + written
    for part in (whole, cached, written):
        if part and part + read >= whole and apart != thought and apart in (part, part + thought):
            return part
    named_so = "prompt_tokens" not in usage and (CACHED[0] in usage or WRITTEN[0] in usage)
    return whole if whole > read or (named_so and "total_tokens" not in usage) else 0


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


def _largest(usage: Mapping[str, Any], *names: str) -> int | None:
    """The largest of the counts by these names, of which a gateway may send several, some of them 0."""
    places = (usage, _object(usage, "prompt_tokens_details"), _object(usage, "input_tokens_details"))
    found = (count_of(place.get(name)) for place in places for name in names)
    return max((count for count in found if count is not None), default=None)


def _object(usage: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = usage.get(name)
    return found if isinstance(found, dict) else {}


def _first(usage: Mapping[str, Any], *names: str) -> int | None:
    return next((count for name in names if (count := count_of(usage.get(name))) is not None), None)
