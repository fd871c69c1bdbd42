"""Times of a server, as it states them: in its headers, beside its counts, or in a field of its own. Seconds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

GATEWAY = "x-envoy-upstream-service-time"  # milliseconds; a header of gateways, as Mistral's


class Times(NamedTuple):
    """What a server says of its own time: `first` until it began to answer, `whole` for all of it; None: nothing."""

    first: float | None = None
    whole: float | None = None

    def then(self, later: Times) -> Times:
        """The same, with what was stated later."""
        return Times(*(old if new is None else new for old, new in zip(self, later, strict=True)))


def in_headers(headers: Mapping[str, str], *names: str, streamed: bool) -> Times:
    """The time until the headers left, by the first of `names` that is there, in milliseconds. Those of an awaited
    answer leave when all of it is there."""
    told = next((ms for name in (*names, GATEWAY) if (ms := milliseconds(headers.get(name))) is not None), None)
    return Times(told) if streamed else Times(None, told)


def in_event(event: Mapping[str, Any], usage: Mapping[str, Any]) -> Times:
    """What an event of chat completions says: Azure, llama.cpp, Cerebras, or, beside its counts, Groq."""
    if isinstance(azure := event.get("latency_checkpoint"), dict):
        return Times(milliseconds(azure.get("service_ttft_ms")), milliseconds(azure.get("service_ttlt_ms")))
    if isinstance(llama := event.get("timings"), dict):
        return _parts(milliseconds(llama.get("prompt_ms")), milliseconds(llama.get("predicted_ms")))
    own = event.get("time_info")
    own = own if isinstance(own, dict) else usage
    if not own:
        return Times()
    prompt, completion, queue, total = (
        _number(own.get(name)) for name in ("prompt_time", "completion_time", "queue_time", "total_time")
    )
    return _parts(prompt, completion, queue or 0.0, total or 0.0)  # Groq's total is without its queue


def milliseconds(value: object) -> float | None:
    """So many milliseconds, in seconds."""
    number = _number(value)
    return None if number is None else number / 1000


def _parts(prompt: float | None, completion: float | None, queue: float = 0.0, total: float = 0.0) -> Times:
    if prompt is None or completion is None:
        return Times()
    return Times(queue + prompt, max(total, queue + prompt + completion))


def _number(value: object) -> float | None:
    try:
        number = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number < math.inf else None
