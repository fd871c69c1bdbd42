"""What IBM sends: chat, text generation, lists of models, and events whose form a proxy may have changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from providers.parsing import sse
from providers.parsing.answer import Answer, Counts, count_of, text_of
from providers.parsing.chat_completion import Completion, complaint
from providers.parsing.error_body import Refused
from providers.parsing.finish_reason import Finish, finish_of

DRAIN = 0.25  # seconds to wait for the end, once all is said: the connection can then serve the next answer


class ChatAnswer(Completion):
    def read(self, event: Any) -> Iterator[str]:
        if self.request_id is None and isinstance(event, dict) and isinstance(event.get("id"), str):
            self.request_id = event["id"]
        yield from super().read(event)

    def _finish_of(self, said: Any, event: Mapping[str, Any]) -> Finish | None:
        return _finish_of(said, event)


class GenerationAnswer(Answer):
    def read(self, event: Any) -> Iterator[str]:
        for result in (event.get("results") or ())[:1]:
            if text := result.get("generated_text"):
                yield text_of(text)
            # The one adds up, the other is said once, with zeros after it.
            read, told = (count_of(result.get(name)) for name in ("input_token_count", "generated_token_count"))
            self.counts = Counts(_larger(self.counts.input, read), _larger(self.counts.output, told))
            self.finish = _finish_of(result.get("stop_reason"), event) or self.finish

    @property
    def tail(self) -> float | None:
        return DRAIN if self.finish else None


def _larger(one: int | None, other: int | None) -> int | None:
    return one if other is None else max(one or 0, other)


def _finish_of(said: Any, event: Mapping[str, Any]) -> Finish | None:
    """Why the answer ended. Where IBM's filter has ended it, IBM gives no reason, or an error."""
    finish = finish_of(said)
    if finish is None or finish.meaning == "interrupted":
        warnings = (event.get("system") or {}).get("warnings") or ()
        if any(str(warning.get("id", "")).startswith("UNSUITABLE_") for warning in warnings):
            return Finish("filtered", "moderation")
    return finish


def listed_models(body: bytes) -> list[str]:
    return [str(model["model_id"]) for model in json.loads(body)["resources"]]


def lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The events of a stream, a clean line each, or the one document that something in the way has made of them.

    Raises Refused where one is an error, or where none has anything of an answer.
    """
    value, told = None, False
    for value in sse.values(chunks):
        if not isinstance(value, dict):
            raise complaint(value) or TypeError(f"{type(value).__name__} instead of an object")
        if not value.keys().isdisjoint(("choices", "results", "system")):
            told = True
            yield f"data: {json.dumps(value)}"
        if (error := complaint(value)) or value.get("errors"):  # after the words beside it
            raise error or Refused(value)
    if not told and value is not None:
        raise Refused(value)
