"""OpenAI's chat completions on the wire, as server-sent events or whole.

Shapes: the API reference (platform.openai.com/docs/api-reference/chat) and what the service sends.
"""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

from simulator.answering import Question
from simulator.answers import Answer, Piece, ToolCall
from simulator.openai.errors import error_body, error_kind, new_headers
from simulator.request_context import dump

FINISH = {"stop": "stop", "sequence": "stop", "length": "length", "filtered": "content_filter", "tool": "tool_calls"}
SERVED = {"": "default", "auto": "default", "scale": "default", "fast": "priority"}
"""By what tier it is served, where that is another one than was asked for."""
PADDING = "qR7xW2mLk0Zp9TnYb4"


class ChatFormat:
    """One chat completion. `usage_wanted`: the request's stream_options.include_usage."""

    filter_refuses = True

    def __init__(self, question: Question, *, usage_wanted: bool, padded: bool) -> None:
        headers = new_headers()
        self.headers = {**headers, "content-type": "text/event-stream; charset=utf-8"}
        self.whole_headers = {**headers, "content-type": "application/json"}
        self._padded = padded
        self._usage_wanted = usage_wanted
        self._count = 0
        self._base: dict[str, Any] = {
            "id": f"chatcmpl-{uuid4().hex[:29]}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": question.model,
            "service_tier": SERVED.get(question.tier, question.tier),
            "system_fingerprint": "fp_simulator",
        }
        self.hollow = {**self._base, "object": "chat.completion", "choices": None}

    def opening(self, answer: Answer) -> bytes:
        return self._chunk({"role": "assistant", "content": "", "refusal": None})

    def piece(self, piece: Piece) -> bytes:
        return self._chunk({"reasoning_content" if piece.reasoning else "content": piece.text})

    def tool(self, call: ToolCall) -> bytes:
        function = {"name": call.name, "arguments": ""}
        first = {"index": 0, "id": f"call_{uuid4().hex[:24]}", "type": "function", "function": function}
        events = [self._chunk({"tool_calls": [first]})]
        events += [
            self._chunk({"tool_calls": [{"index": 0, "function": {"arguments": text}}]}) for text in call.arguments
        ]
        return b"".join(events)

    def closing(self, answer: Answer, *, finish: bool, usage: bool) -> bytes:
        events = b""
        if finish:
            events += self._chunk({}, FINISH[answer.finish])
        if usage and self._usage_wanted:
            events += framed({**self._base, "choices": [], "usage": self.usage(answer)})
        return events + b"data: [DONE]\n\n"

    def whole(self, answer: Answer, *, finish: bool, usage: bool) -> bytes:
        return dump(self.whole_object(answer, finish=finish, usage=usage))

    def whole_object(self, answer: Answer, *, finish: bool, usage: bool) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": answer.text, "refusal": None}
        if answer.reasoning:
            message["reasoning_content"] = answer.reasoning
        if answer.tool:
            function = {"name": answer.tool.name, "arguments": "".join(answer.tool.arguments)}
            message["tool_calls"] = [{"id": f"call_{uuid4().hex[:24]}", "type": "function", "function": function}]
        choice = {
            "index": 0,
            "message": message,
            "logprobs": None,
            "finish_reason": FINISH[answer.finish] if finish else None,
        }
        body = {**self._base, "object": "chat.completion", "choices": [choice]}
        if usage:
            body["usage"] = self.usage(answer)
        return body

    def corrupt(self, how: str, argument: str) -> bytes | None:
        match how:
            case "malformed":
                return self._chunk({"content": " broken"})[:-24] + b"\n\n"
            case "bad-json":
                return b"data: this is not JSON\n\n"
            case "wrong-shape":
                return (
                    framed({**self._base, "choices": None})
                    + framed({**self._base, "choices": [{"index": 0, "delta": None}]})
                    + self._chunk({"content": None})
                )
            case "wrong-shape-list":
                return framed([1, 2, 3])
            case "error-event":
                return framed(
                    error_body("The server had an error while it processed your request.", *error_kind(argument))
                )
        return None

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        return framed(self.chunk_object(delta, finish))

    def chunk_object(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        chunk: dict[str, Any] = {**self._base, "choices": [choice]}
        if self._usage_wanted:
            chunk["usage"] = None
        if self._padded:
            self._count += 1
            chunk["obfuscation"] = PADDING[: self._count * 7 % len(PADDING)]
        return chunk

    def usage(self, answer: Answer) -> dict[str, Any]:
        return _usage(answer)


def framed(value: Any) -> bytes:
    """An event."""
    return b"data: " + dump(value) + b"\n\n"


def _usage(answer: Answer) -> dict[str, Any]:
    return {
        "prompt_tokens": answer.input_tokens,
        "completion_tokens": answer.output_tokens,
        "total_tokens": answer.input_tokens + answer.output_tokens,
        "prompt_tokens_details": {"cached_tokens": answer.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": answer.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
