"""Bedrock's Converse and ConverseStream: one shape for every model.

Shapes: the Bedrock runtime's service model.
"""

from __future__ import annotations

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
    "filtered": "content_filtered",
    "tool": "tool_use",
}
MEMBERS = (
    "messages", "system", "inferenceConfig", "toolConfig", "guardrailConfig", "additionalModelRequestFields",
    "promptVariables", "additionalModelResponseFieldPaths", "requestMetadata", "performanceConfig", "serviceTier",
    "outputConfig",
)  # fmt: skip
INFERENCE = ("maxTokens", "temperature", "topP", "stopSequences")
OF_MODELS = (  # what models take besides, Anthropic's, Amazon's and OpenAI's
    "anthropic_beta", "thinking", "top_k", "tool_choice", "inferenceConfig", "reasoningConfig", "reasoning_config",
    "reasoning_effort", "seed", "presence_penalty", "frequency_penalty",
)  # fmt: skip
TTLS = ({"type": "default", "ttl": "5m"}, {"type": "default", "ttl": "1h"})
_PADDING = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class ConverseFormat:
    """One answer of Converse or ConverseStream."""

    filter_refuses = False

    def __init__(self, context: RequestContext, question: Question) -> None:
        request_id = str(uuid4())
        self.headers = {"content-type": EVENT_STREAM, "x-amzn-requestid": request_id}
        self.whole_headers = {"content-type": "application/json", "x-amzn-requestid": request_id}
        self._served: dict[str, Any] = {"serviceTier": {"type": served(question.tier)}} if question.tier else {}
        if question.latency:
            self._served["performanceConfig"] = {"latency": question.latency}
        self.hollow = {"output": None, "stopReason": None}
        self._context = context
        self._marked = bool(question.marks)
        self._block = 0
        self._reasoning: bool | None = None
        self._count = 0

    def opening(self, answer: Answer) -> bytes:
        return self._event("messageStart", {"role": "assistant"})

    def piece(self, piece: Piece) -> bytes:
        frames = b""
        if self._reasoning and not piece.reasoning:
            frames = self._stop_block()
        self._reasoning = piece.reasoning
        delta = {"reasoningContent": {"text": piece.text}} if piece.reasoning else {"text": piece.text}
        return frames + self._event("contentBlockDelta", {"contentBlockIndex": self._block, "delta": delta})

    def tool(self, call: ToolCall) -> bytes:
        frames = self._stop_block() if self._reasoning is not None else b""
        start = {"toolUse": {"toolUseId": f"tooluse_{uuid4().hex[:22]}", "name": call.name}}
        frames += self._event("contentBlockStart", {"contentBlockIndex": self._block, "start": start})
        self._reasoning = False
        for text in call.arguments:
            delta = {"toolUse": {"input": text}}
            frames += self._event("contentBlockDelta", {"contentBlockIndex": self._block, "delta": delta})
        return frames

    def closing(self, answer: Answer, *, finish: bool, usage: bool) -> bytes:
        frames = b""
        reason = FINISH[answer.finish]
        if answer.finish == "filtered" and not answer.pieces:
            frames += self.piece(Piece(BLOCKED))
            reason = "guardrail_intervened"
        if self._reasoning is not None:
            frames += self._stop_block()
        if finish:
            frames += self._event("messageStop", {"stopReason": reason})
        if usage:
            counts = {"usage": self._usage(answer), "metrics": {"latencyMs": int(self._context.elapsed * 1000)}}
            frames += self._event("metadata", counts | self._served)
        return frames

    def whole(self, answer: Answer, *, finish: bool, usage: bool) -> bytes:
        content: list[dict[str, Any]] = []
        reason = FINISH[answer.finish]
        if answer.reasoning:
            content.append({"reasoningContent": {"reasoningText": {"text": answer.reasoning}}})
        if answer.text:
            content.append({"text": answer.text})
        if answer.finish == "filtered" and not answer.pieces:
            content, reason = [{"text": BLOCKED}], "guardrail_intervened"
        if answer.tool:
            arguments = json.loads("".join(answer.tool.arguments))
            tool = {"toolUseId": f"tooluse_{uuid4().hex[:22]}", "name": answer.tool.name, "input": arguments}
            content.append({"toolUse": tool})
        body: dict[str, Any] = {
            "output": {"message": {"role": "assistant", "content": content}},
            "metrics": {"latencyMs": int(self._context.elapsed * 1000)},
            **self._served,
        }
        if finish:
            body["stopReason"] = reason
        if usage:
            body["usage"] = self._usage(answer)
        return dump(body)

    def corrupt(self, how: str, argument: str) -> bytes | None:
        good = self._event("contentBlockDelta", {"contentBlockIndex": self._block, "delta": {"text": " broken"}})
        match how:
            case "bad-json":
                return eventstream.event("contentBlockDelta", b"this is not JSON")
            case "wrong-shape":
                return self._event("contentBlockDelta", {"contentBlockIndex": None, "delta": None})
            case "wrong-shape-list":
                return eventstream.event("contentBlockDelta", b"[1,2,3]")
        return corrupt_frame(how, argument, good)

    def _usage(self, answer: Answer) -> dict[str, int]:
        """Input is what no cache had or took; of a cache it speaks where the request does."""
        total = answer.input_tokens + answer.output_tokens
        usage = {"inputTokens": answer.rest, "outputTokens": answer.output_tokens, "totalTokens": total}
        cache = {"cacheReadInputTokens": answer.cached, "cacheWriteInputTokens": answer.written}
        return usage | (cache if self._marked else {})

    def _stop_block(self) -> bytes:
        frame = self._event("contentBlockStop", {"contentBlockIndex": self._block})
        self._block += 1
        self._reasoning = None
        return frame

    def _event(self, kind: str, payload: dict[str, Any]) -> bytes:
        # The service pads every event, so that its length tells nothing about its text.
        self._count += 1
        payload["p"] = _PADDING[: 8 + self._count * 11 % (len(_PADDING) - 8)]
        return eventstream.event(kind, dump(payload))


def _text(blocks: Any, place: str) -> str:
    """The text of a list of content blocks. Raises Refusal."""
    if not isinstance(blocks, list) or not blocks:
        raise validation(f"The content field in the Message object at {place} is empty. Add a ContentBlock object.")
    texts: list[str] = []
    for index, block in enumerate(blocks):
        if not isinstance(block, dict):
            raise validation(f"Unexpected type at {place}.content.{index}: expected a ContentBlock object.")
        if "cachePoint" in block:
            _check_cache_point(block, f"{place}.content.{index}", first=not texts)
            continue
        text = block.get("text")
        if "text" in block and (not isinstance(text, str) or not text.strip()):
            raise validation(
                f"The text field in the ContentBlock object at {place}.content.{index} is blank. "
                "Add text to the text field, and try again."
            )
        if isinstance(text, str):
            texts.append(text)
    return "".join(texts)


def _check_cache_point(block: dict[str, Any], place: str, *, first: bool) -> None:
    if set(block) != {"cachePoint"} or block["cachePoint"] not in ({"type": "default"}, *TTLS):
        raise validation(f"The cachePoint at {place} is not valid: expected a block of its own with the type default.")
    if first:
        raise validation(f"The cachePoint at {place} has nothing before it. Add text before it.")


def _is_marked(blocks: Any) -> bool:
    return any("cachePoint" in block for block in blocks)


def _question(context: RequestContext, body: dict[str, Any]) -> Question:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise validation("A conversation must have at least one message. Try again with one.")
    system = body.get("system") or []
    if not isinstance(system, list):
        raise validation("Unexpected type for system: expected a list.")
    texts, prompt, marks = [], "", []
    if system:
        texts.append(_text(system, "system"))
        marks += [1] if _is_marked(system) else []
    for index, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in ("user", "assistant"):
            raise validation(f"The role at messages.{index} must be one of: user, assistant.")
        if index == 0 and message["role"] != "user":
            raise validation("A conversation must start with a user message. Try again with one that does.")
        texts.append(_text(message.get("content"), f"messages.{index}"))
        if message["role"] == "user":
            prompt = texts[-1]
        marks += [len(texts)] if _is_marked(message["content"]) else []
    if marks:
        check_marks(context.exchange.model, len(marks))
    config = body.get("inferenceConfig") or {}
    if not isinstance(config, dict):
        raise validation("Unexpected type for inferenceConfig: expected an object.")
    limit = config.get("maxTokens")
    if limit is not None and (not isinstance(limit, int) or limit < 1):
        raise validation(f"Value '{limit}' at 'inferenceConfig.maxTokens' must be an integer of at least 1.")
    for fields, known in ((config, INFERENCE), (body, MEMBERS)):
        if unknown := [name for name in fields if name not in known]:
            raise validation(f"Malformed input request: #: extraneous key [{unknown[0]}] is not permitted.")
    bounded(config, "topP", "inferenceConfig.")
    temperature = bounded(config, "temperature", "inferenceConfig.")
    more = body.get("additionalModelRequestFields") or {}
    if unknown := [name for name in more if name not in OF_MODELS]:
        raise validation(
            "The model returned the following errors: Malformed input request: #: extraneous key "
            f"[{unknown[0]}] is not permitted, please reformat your input and try again."
        )
    latency = (body.get("performanceConfig") or {}).get("latency")
    return Question(
        context.exchange.model,
        prompt,
        tuple(texts),
        context.exchange.streamed,
        limit=limit,
        temperature=temperature,
        limit_name="maxTokens" if limit is not None else "",
        marks=tuple(marks),
        effort=member((body.get("outputConfig") or {}).get("effort"), "outputConfig.effort", EFFORTS),
        stop=sequences(config.get("stopSequences"), "inferenceConfig.stopSequences"),
        tier=member((body.get("serviceTier") or {}).get("type"), "serviceTier.type", TIERS),
        latency=member(latency, "performanceConfig.latency", LATENCIES),
        parameters={name: name for name in (*body, *config, *more, *(body.get("outputConfig") or {}))},
    )


async def converse(context: RequestContext) -> None:
    """POST /model/{id}/converse and /model/{id}/converse-stream"""
    model_of(context)
    authorise(context)
    question = _question(context, json_object(context))
    await send_answer(context, question, ConverseFormat(context, question), refuse)
