"""watsonx.ai's text/chat and text/chat_stream.

Shapes: the API reference (cloud.ibm.com/apidocs/watsonx-ai#text-chat) and what the service sends.
"""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

from simulator.answering import Question, send_answer
from simulator.answers import Answer, Piece, ToolCall
from simulator.request_context import RequestContext, dump
from simulator.watsonx.requests import (
    Events,
    invalid,
    known,
    missing,
    now,
    number,
    refuse,
    request,
    texts,
    transaction,
)

FINISH = {"stop": "stop", "sequence": "stop", "length": "length", "filtered": "content_filter", "tool": "tool_calls"}
FIELDS = (  # of text/chat
    "messages", "model_id", "project_id", "space_id", "chat_template_kwargs", "context", "frequency_penalty",
    "guided_choice", "guided_grammar", "guided_json", "guided_regex", "include_reasoning", "length_penalty",
    "logit_bias", "logprobs", "max_completion_tokens", "max_tokens", "n", "presence_penalty", "reasoning_effort",
    "repetition_penalty", "response_format", "seed", "stop", "temperature", "time_limit", "tool_choice",
    "tool_choice_option", "tools", "top_logprobs", "top_p",
)  # fmt: skip
ROLES = ("system", "developer", "user", "assistant", "tool")


class ChatFormat:
    """One answer of text/chat or text/chat_stream."""

    filter_refuses = False

    def __init__(self, question: Question) -> None:
        headers = transaction()
        self.headers = {**headers, "content-type": "text/event-stream", "cache-control": "no-cache, no-store"}
        self.whole_headers = {**headers, "content-type": "application/json"}
        self._events = Events()
        self._base: dict[str, Any] = {
            "id": f"chatcmpl-{uuid4().hex}",
            "object": "chat.completion.chunk",
            "model_id": question.model,
            "model": question.model,
        }
        self.hollow = {**self._base, "object": "chat.completion", "choices": None}
        self._created = int(time.time())

    def opening(self, answer: Answer) -> bytes:
        return self._event({"role": "assistant", "content": ""})

    def piece(self, piece: Piece) -> bytes:
        return self._event({"reasoning_content" if piece.reasoning else "content": piece.text})

    def tool(self, call: ToolCall) -> bytes:
        function = {"name": call.name, "arguments": ""}
        first = {"index": 0, "id": f"chatcmpl-tool-{uuid4().hex}", "type": "function", "function": function}
        events = self._event({"tool_calls": [first]})
        for text in call.arguments:
            events += self._event({"tool_calls": [{"index": 0, "function": {"name": "", "arguments": text}}]})
        return events

    def closing(self, answer: Answer, *, finish: bool, usage: bool) -> bytes:
        events = b""
        if finish:
            more = _moderated(answer) if answer.finish == "filtered" else {}
            events += self._event({"content": ""}, FINISH[answer.finish], more)
        if usage:
            events += self._events.event(self._json([], {"usage": _usage(answer)}))
        return events

    def whole(self, answer: Answer, *, finish: bool, usage: bool) -> bytes:
        message: dict[str, Any] = {"role": "assistant", "content": answer.text}
        if answer.reasoning:
            message["reasoning_content"] = answer.reasoning
        if answer.tool:
            function = {"name": answer.tool.name, "arguments": "".join(answer.tool.arguments)}
            message["tool_calls"] = [{"id": f"chatcmpl-tool-{uuid4().hex}", "type": "function", "function": function}]
        choice = {"index": 0, "message": message, "finish_reason": FINISH[answer.finish] if finish else None}
        more: dict[str, Any] = {"object": "chat.completion"}
        if usage:
            more["usage"] = _usage(answer)
        if answer.finish == "filtered":
            more |= _moderated(answer)
        return self._json([choice], more)

    def corrupt(self, how: str, argument: str) -> bytes | None:
        if how == "wrong-shape":
            return self._events.event(dump({**self._base, "choices": None})) + self._events.event(
                dump({**self._base, "choices": [{"index": 0, "delta": None}]})
            )
        choice = {"index": 0, "finish_reason": None, "delta": {"content": " broken"}}
        return self._events.corrupt(how, argument, self._json([choice], {}))

    def _event(self, delta: dict[str, Any], finish: str | None = None, more: dict[str, Any] | None = None) -> bytes:
        return self._events.event(self._json([{"index": 0, "finish_reason": finish, "delta": delta}], more or {}))

    def _json(self, choices: list[dict[str, Any]], more: dict[str, Any]) -> bytes:
        return dump({**self._base, "choices": choices, "created": self._created, "created_at": now(), **more})


def _usage(answer: Answer) -> dict[str, int]:
    return {
        "completion_tokens": answer.output_tokens,
        "prompt_tokens": answer.input_tokens,
        "total_tokens": answer.input_tokens + answer.output_tokens,
    }


def _moderated(answer: Answer) -> dict[str, Any]:
    kind = "OUTPUT" if answer.pieces else "INPUT"
    warning = {"message": f"Unsuitable {kind.lower()} detected.", "id": f"UNSUITABLE_{kind}"}
    return {"system": {"warnings": [warning]}}


def _text(content: Any, place: str) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise invalid(f"{place}.content", "must be a string or an array")
    texts = []
    for part in content:
        if not isinstance(part, dict) or "type" not in part:
            raise invalid(f"{place}.content", "must have a type in every part")
        if part["type"] == "text":
            texts.append(str(part.get("text", "")))
    return "".join(texts)


def _question(context: RequestContext, body: dict[str, Any]) -> Question:
    if "messages" not in body:
        raise missing("messages")
    messages = body["messages"]
    if not isinstance(messages, list) or not messages:
        raise invalid("messages", "must be an array with at least one message")
    said, prompt = [], ""
    for index, message in enumerate(messages):
        place = f"messages[{index}]"
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            raise invalid(f"{place}.role", f"must be one of {', '.join(ROLES)}")
        if message.get("content") is None:
            if message["role"] != "assistant":
                raise missing(f"{place}.content")
            continue
        said.append(_text(message["content"], place))
        if message["role"] == "user":
            prompt = said[-1]
    limit = number(body, "max_tokens", 0, 1_000_000)
    limit = number(body, "max_completion_tokens", 0, 1_000_000) if limit is None else limit
    known(body, FIELDS)
    temperature = number(body, "temperature", 0, 2)
    number(body, "top_p", 0, 1)
    number(body, "presence_penalty", -2, 2)
    number(body, "frequency_penalty", -2, 2)
    number(body, "seed", -(2**63), 2**63)
    if (effort := body.get("reasoning_effort") or "") not in ("", "low", "medium", "high"):
        raise invalid("reasoning_effort", "must be one of low, medium, high")
    return Question(
        context.exchange.model,
        prompt,
        tuple(said),
        context.exchange.streamed,
        # 0 means: as many as the model can.
        limit=int(limit) if limit else None,
        temperature=temperature is not None,
        limit_name="max_tokens" if body.get("max_tokens") is not None else "",
        effort=effort,
        stop=texts(body, "stop"),
        parameters={name: name for name in body},
    )


async def chat(context: RequestContext) -> None:
    """POST /ml/v1/text/chat and /ml/v1/text/chat_stream"""
    question = _question(context, request(context))
    await send_answer(context, question, ChatFormat(question), refuse)
