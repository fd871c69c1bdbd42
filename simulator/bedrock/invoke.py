"""Bedrock's InvokeModel and InvokeModelWithResponseStream, for bodies in the Anthropic messages format.

Shapes: the Bedrock runtime's service model, and Anthropic's messages API.
"""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import uuid4

from simulator.answering import Question, send_answer
from simulator.answers import Answer, Piece, ToolCall
from simulator.bedrock import eventstream
from simulator.bedrock.aws import (
    BLOCKED,
    EFFORTS,
    EVENT_STREAM,
    LATENCIES,
    OPTIONS,
    TIERS,
    authorise,
    bounded,
    check_marks,
    corrupt_frame,
    json_object,
    member,
    model_of,
    refuse,
    sequences,
    served,
    validation,
)
from simulator.request_context import RequestContext, dump

FINISH = {
    "stop": "end_turn",
    "sequence": "stop_sequence",
    "length": "max_tokens",
    "filtered": "refusal",
    "tool": "tool_use",
}
FIELDS = (  # of Anthropic's messages, as Bedrock takes them
    "anthropic_version", "anthropic_beta", "max_tokens", "messages", "system", "temperature", "top_p", "top_k",
    "stop_sequences", "thinking", "tools", "tool_choice", "output_config", "context_management",
)  # fmt: skip
VERSION = "bedrock-2023-05-31"
EPHEMERAL = ({"type": "ephemeral"}, {"type": "ephemeral", "ttl": "5m"}, {"type": "ephemeral", "ttl": "1h"})


class InvokeFormat:
    """One answer of InvokeModel or InvokeModelWithResponseStream, in the Anthropic messages format."""

    filter_refuses = False

    def __init__(self, context: RequestContext, question: Question) -> None:
        request_id = str(uuid4())
        self.headers = {
            "content-type": EVENT_STREAM,
            "x-amzn-requestid": request_id,
            "x-amzn-bedrock-content-type": "application/json",
        }
        self.whole_headers = {"content-type": "application/json", "x-amzn-requestid": request_id}
        told = zip(OPTIONS, (served(question.tier), question.latency), strict=True)
        options = {name: value for name, value in told if value}
        self.headers |= options
        self.whole_headers |= options
        self.hollow = {"type": "message", "content": None, "stop_reason": None}
        self._context = context
        self._model = question.model
        self._id = f"msg_bdrk_{uuid4().hex[:24]}"
        self._block = 0
        self._open = ""
        self._first: float | None = None

    def opening(self, answer: Answer) -> bytes:
        message: dict[str, Any] = {
            "id": self._id,
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {**_input(answer), "output_tokens": 1},
        }
        return self._chunk({"type": "message_start", "message": message})

    def piece(self, piece: Piece) -> bytes:
        if self._first is None:
            self._first = self._context.elapsed
        kind = "thinking" if piece.reasoning else "text"
        return self._start_block(kind, {kind: ""}) + self._delta({"type": f"{kind}_delta", kind: piece.text})

    def tool(self, call: ToolCall) -> bytes:
        block = {"id": f"toolu_bdrk_{uuid4().hex[:22]}", "name": call.name, "input": {}}
        frames = self._start_block("tool_use", block)
        for text in call.arguments:
            frames += self._delta({"type": "input_json_delta", "partial_json": text})
        return frames

    def closing(self, answer: Answer, *, finish: bool, usage: bool) -> bytes:
        frames, reason = b"", FINISH[answer.finish]
        blocked = answer.finish == "filtered" and not answer.pieces
        if blocked:
            frames += self.piece(Piece(BLOCKED))
            reason = "guardrail_intervened"
        frames += self._stop_block()
        if finish:
            delta: dict[str, Any] = {"stop_reason": reason, "stop_sequence": None}
            event: dict[str, Any] = {"type": "message_delta", "delta": delta}
            if usage:
                event["usage"] = {"output_tokens": answer.output_tokens}
            frames += self._chunk(event)
            last: dict[str, Any] = {"type": "message_stop"}
            if usage:
                last["amazon-bedrock-invocationMetrics"] = self._metrics(answer)
            if blocked:
                last["amazon-bedrock-guardrailAction"] = "INTERVENED"
            frames += self._chunk(last)
        return frames

    def whole(self, answer: Answer, *, finish: bool, usage: bool) -> bytes:
        content: list[dict[str, Any]] = []
        reason = FINISH[answer.finish]
        if answer.reasoning:
            content.append({"type": "thinking", "thinking": answer.reasoning, "signature": "c2ltdWxhdG9y"})
        if answer.text:
            content.append({"type": "text", "text": answer.text})
        if answer.finish == "filtered" and not answer.pieces:
            content, reason = [{"type": "text", "text": BLOCKED}], "guardrail_intervened"
        if answer.tool:
            arguments = json.loads("".join(answer.tool.arguments))
            block = {"id": f"toolu_bdrk_{uuid4().hex[:22]}", "name": answer.tool.name, "input": arguments}
            content.append({"type": "tool_use", **block})
        body: dict[str, Any] = {
            "id": self._id,
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": content,
            "stop_reason": reason if finish else None,
            "stop_sequence": None,
        }
        if usage:
            body["usage"] = {**_input(answer), "output_tokens": answer.output_tokens}
            self.whole_headers["x-amzn-bedrock-input-token-count"] = str(answer.rest)
            self.whole_headers["x-amzn-bedrock-output-token-count"] = str(answer.output_tokens)
            self.whole_headers["x-amzn-bedrock-invocation-latency"] = str(int(self._context.elapsed * 1000))
        return dump(body)

    def corrupt(self, how: str, argument: str) -> bytes | None:
        match how:
            case "bad-json":
                return _chunk(b"this is not JSON")
            case "wrong-shape":
                return _chunk(dump({"type": "content_block_delta", "index": None, "delta": None}))
            case "wrong-shape-list":
                return _chunk(b"[1,2,3]")
            case "error-event" if "_" in argument:
                # Anthropic's own error event, as its API would put it.
                return _chunk(dump({"type": "error", "error": {"type": argument, "message": "Simulated error"}}))
        return corrupt_frame(how, argument, self._delta({"type": "text_delta", "text": " broken"}))

    def _start_block(self, kind: str, block: dict[str, Any]) -> bytes:
        if self._open == kind:
            return b""
        frames = self._stop_block()
        self._open = kind
        start = {
            "type": "content_block_start",
            "index": self._block,
            "content_block": {"type": kind, **block},
        }
        return frames + self._chunk(start)

    def _stop_block(self) -> bytes:
        if not self._open:
            return b""
        frames = b""
        if self._open == "thinking":
            frames = self._delta({"type": "signature_delta", "signature": "c2ltdWxhdG9y"})
        frames += self._chunk({"type": "content_block_stop", "index": self._block})
        self._block += 1
        self._open = ""
        return frames

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return self._chunk({"type": "content_block_delta", "index": self._block, "delta": delta})

    def _chunk(self, value: dict[str, Any]) -> bytes:
        return _chunk(dump(value))

    def _metrics(self, answer: Answer) -> dict[str, int]:
        elapsed = self._context.elapsed
        return {
            "inputTokenCount": answer.rest,
            "outputTokenCount": answer.output_tokens,
            "cacheReadInputTokenCount": answer.cached,
            "cacheWriteInputTokenCount": answer.written,
            "invocationLatency": int(elapsed * 1000),
            "firstByteLatency": int((self._first if self._first is not None else elapsed) * 1000),
        }


def _input(answer: Answer) -> dict[str, Any]:
    """Input is what no cache had or took."""
    return {
        "input_tokens": answer.rest,
        "cache_creation_input_tokens": answer.written,
        "cache_read_input_tokens": answer.cached,
        "cache_creation": {"ephemeral_5m_input_tokens": answer.written, "ephemeral_1h_input_tokens": 0},
    }


def _chunk(payload: bytes) -> bytes:
    return eventstream.event("chunk", dump({"bytes": base64.b64encode(payload).decode()}))


def _text(content: Any, place: str) -> str:
    """The text of a message's content: a string, or a list of blocks. Raises Refusal."""
    if isinstance(content, str) and content:
        return content
    if not isinstance(content, list) or not content:
        raise validation(f"{place}: all messages must have non-empty content")
    texts = []
    for index, block in enumerate(content):
        if not isinstance(block, dict) or "type" not in block:
            raise validation(f"{place}.content.{index}.type: Field required")
        if block["type"] == "text":
            if not isinstance(block.get("text"), str) or not block["text"].strip():
                raise validation(f"{place}: text content blocks must be non-empty")
            texts.append(block["text"])
        if block.get("cache_control") not in (None, *EPHEMERAL):
            raise validation(f"{place}.content.{index}.cache_control: Input should be 'ephemeral'")
    return "".join(texts)


def _is_marked(content: Any) -> bool:
    return isinstance(content, list) and any(block.get("cache_control") for block in content)


def _question(context: RequestContext, body: dict[str, Any]) -> Question:
    for name in ("anthropic_version", "max_tokens", "messages"):
        if name not in body:
            raise validation(f"{name}: Field required")
    if body["anthropic_version"] != VERSION:
        raise validation(f"anthropic_version: Input should be '{VERSION}'")
    for name in body:
        if name not in FIELDS:
            raise validation(f"{name}: Extra inputs are not permitted")
    for name in body.get("output_config") or {}:
        if name not in ("effort", "format"):
            raise validation(f"output_config.{name}: Extra inputs are not permitted")
    limit, messages = body["max_tokens"], body["messages"]
    if not isinstance(limit, int) or isinstance(limit, bool):
        raise validation("max_tokens: Input should be a valid integer")
    if limit < 1:
        raise validation("max_tokens: must be greater than or equal to 1")
    if not isinstance(messages, list):
        raise validation("messages: Input should be a valid list")
    if not messages:
        raise validation("messages: at least one message is required")
    texts, prompt, marks = [], "", []
    if body.get("system"):
        texts.append(_text(body["system"], "system"))
        marks += [1] if _is_marked(body["system"]) else []
    for index, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in ("user", "assistant"):
            raise validation(f"messages.{index}.role: Input should be 'user' or 'assistant'")
        if index == 0 and message["role"] != "user":
            raise validation('messages: first message must use the "user" role')
        texts.append(_text(message.get("content"), f"messages.{index}"))
        if message["role"] == "user":
            prompt = texts[-1]
        marks += [len(texts)] if _is_marked(message["content"]) else []
    if marks:
        check_marks(context.exchange.model, len(marks))
    bounded(body, "top_p")
    temperature = bounded(body, "temperature")
    tier, latency = (context.exchange.options.get(name) for name in OPTIONS)
    return Question(
        context.exchange.model,
        prompt,
        tuple(texts),
        context.exchange.streamed,
        limit=limit,
        temperature=temperature,
        marks=tuple(marks),
        effort=member((body.get("output_config") or {}).get("effort"), "output_config.effort", EFFORTS),
        stop=sequences(body.get("stop_sequences"), "stop_sequences"),
        tier=member(tier, "serviceTier", TIERS),
        latency=member(latency, "performanceConfigLatency", LATENCIES),
        parameters={name: name for name in (*body, *(body.get("output_config") or {}))},
    )


async def invoke(context: RequestContext) -> None:
    """POST /model/{id}/invoke and /model/{id}/invoke-with-response-stream"""
    model_of(context)
    authorise(context)
    question = _question(context, json_object(context))
    await send_answer(context, question, InvokeFormat(context, question), refuse)
