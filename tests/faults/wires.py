"""What an answer looks like on each API's wire, to the byte: for what the simulator would not say."""

from __future__ import annotations

import base64
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from simulator.bedrock.eventstream import event

EVENT_STREAM = "application/vnd.amazon.eventstream"


class Wire(ABC):
    """An answer's parts as bytes. An event is the JSON of one; `framed` is how it travels."""

    content_type = "text/event-stream"

    @abstractmethod
    def said(self, text: Any) -> Any:
        """The event of a piece of text; of a wrong shape where `text` is none."""

    @abstractmethod
    def thought(self, text: str) -> Any | None:
        """The event of a piece of reasoning; None where the API has none."""

    @abstractmethod
    def finishing(self) -> list[Any]:
        """The events that end an answer properly, counts included."""

    @abstractmethod
    def framed(self, event: Any, *, escaped: bool = True) -> bytes:
        """`escaped`: whether JSON has escapes for what is not ASCII. What UTF-8 can't carry has them anyway."""

    def answer(self, texts: Iterable[str], *, escaped: bool = True) -> list[bytes]:
        """A whole answer, an event an item."""
        events = [*map(self.said, texts), *self.finishing()]
        return [self.framed(event, escaped=escaped) for event in events]


class Completions(Wire):
    """OpenAI's chat completions."""

    def said(self, text: Any) -> Any:
        return self._choice({"content": text})

    def thought(self, text: str) -> Any:
        return self._choice({"reasoning_content": text})

    def finishing(self) -> list[Any]:
        usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
        return [self._choice({}, "stop"), {"id": "c", "choices": [], "usage": usage}, "[DONE]"]

    def framed(self, event: Any, *, escaped: bool = True) -> bytes:
        return b"data: %b\n\n" % (b"[DONE]" if event == "[DONE]" else dumped(event, escaped))

    def _choice(self, delta: Any, finish: str | None = None) -> Any:
        return {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


class Responses(Wire):
    """OpenAI's Responses API."""

    def said(self, text: Any) -> Any:
        return self._delta("output_text", {"content_index": 0}, text)

    def thought(self, text: str) -> Any:
        return self._delta("reasoning_summary_text", {"summary_index": 0}, text)

    def finishing(self) -> list[Any]:
        usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
        response = {"id": "r", "object": "response", "status": "completed", "output": [], "usage": usage}
        return [{"type": "response.completed", "response": response}]

    def framed(self, event: Any, *, escaped: bool = True) -> bytes:
        kind = event["type"] if isinstance(event, dict) and isinstance(event.get("type"), str) else "response.x"
        name = kind if kind.isascii() and kind.isprintable() else "response.x"
        return b"event: %b\ndata: %b\n\n" % (name.encode(), dumped(event, escaped))

    def _delta(self, kind: str, place: dict[str, int], text: Any) -> Any:
        return {"type": f"response.{kind}.delta", "item_id": "i", "output_index": 0, **place, "delta": text}


class Converse(Wire):
    """Bedrock's ConverseStream: an event is its name and its payload."""

    content_type = EVENT_STREAM

    def said(self, text: Any) -> Any:
        return "contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": text}}

    def thought(self, text: str) -> Any:
        return "contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": text}}}

    def finishing(self) -> list[Any]:
        usage = {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}
        return [("messageStop", {"stopReason": "end_turn"}), ("metadata", {"usage": usage, "metrics": {}})]

    def framed(self, event_: Any, *, escaped: bool = True) -> bytes:
        kind, payload = event_ if isinstance(event_, tuple) else ("contentBlockDelta", event_)
        return event(kind, dumped(payload, escaped))


class Invoke(Wire):
    """Bedrock's InvokeModelWithResponseStream, with the events of Anthropic's messages."""

    content_type = EVENT_STREAM

    def said(self, text: Any) -> Any:
        return self._delta("text", text)

    def thought(self, text: str) -> Any:
        return self._delta("thinking", text)

    def finishing(self) -> list[Any]:
        usage = {"input_tokens": 3, "output_tokens": 2}
        return [
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage},
            {"type": "message_stop"},
        ]

    def framed(self, event_: Any, *, escaped: bool = True) -> bytes:
        inner = base64.b64encode(dumped(event_, escaped)).decode()
        return event("chunk", json.dumps({"bytes": inner}).encode())

    def _delta(self, kind: str, text: Any) -> Any:
        return {"type": "content_block_delta", "index": 0, "delta": {"type": f"{kind}_delta", kind: text}}


class Watsonx(Wire):
    """What watsonx.ai's two APIs share."""

    def framed(self, event: Any, *, escaped: bool = True) -> bytes:
        return b"id: 1\nevent: message\ndata: %b\n\n" % dumped(event, escaped)


class WatsonxChat(Watsonx):
    def said(self, text: Any) -> Any:
        return self._choice({"content": text})

    def thought(self, text: str) -> Any:
        return self._choice({"reasoning_content": text})

    def finishing(self) -> list[Any]:
        usage = {"prompt_tokens": 3, "completion_tokens": 2}
        return [self._choice({"content": ""}, "stop"), {"id": "c", "choices": [], "usage": usage}]

    def _choice(self, delta: Any, finish: str | None = None) -> Any:
        return {"id": "c", "choices": [{"index": 0, "finish_reason": finish, "delta": delta}]}


class WatsonxGeneration(Watsonx):
    def said(self, text: Any) -> Any:
        return self._result(text, "not_finished")

    def thought(self, text: str) -> None:
        return None

    def finishing(self) -> list[Any]:
        return [self._result("", "eos_token")]

    def _result(self, text: Any, reason: str) -> Any:
        counts = {"generated_token_count": 2, "input_token_count": 3}
        return {"model_id": "m", "results": [{"generated_text": text, **counts, "stop_reason": reason}]}


def dumped(value: Any, escaped: bool) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=escaped).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()
