"""OpenAI's Responses API on the wire, as server-sent events or whole.

Shapes: the API reference (platform.openai.com/docs/api-reference/responses-streaming) and what the service sends.
"""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

from simulator.answering import Question
from simulator.answers import Answer, Piece, ToolCall
from simulator.openai.chat import PADDING, SERVED
from simulator.openai.errors import new_headers
from simulator.request_context import dump

STATUS = {"stop": "completed", "tool": "completed", "length": "incomplete", "filtered": "incomplete"}
REASON = {"length": "max_output_tokens", "filtered": "content_filter"}


class ResponsesFormat:
    """One response. `body`: the request's, whose parameters it repeats."""

    filter_refuses = True

    def __init__(self, question: Question, body: dict[str, Any]) -> None:
        headers = new_headers()
        self.headers = {**headers, "content-type": "text/event-stream; charset=utf-8"}
        self.whole_headers = {**headers, "content-type": "application/json"}
        self._padded = (body.get("stream_options") or {}).get("include_obfuscation") is not False
        self._count = 0  # of events
        self._output: list[dict[str, Any]] = []  # the items so far
        self._texts: list[str] = []  # of the item in progress
        reasoning = body.get("reasoning") or {}
        self._base: dict[str, Any] = {
            "id": f"resp_{uuid4().hex}",
            "object": "response",
            "created_at": int(time.time()),
            "background": False,
            "error": None,
            "instructions": body.get("instructions"),
            "max_output_tokens": body.get("max_output_tokens"),
            "metadata": body.get("metadata") or {},
            "model": question.model,
            "parallel_tool_calls": True,
            "previous_response_id": None,
            "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
            "service_tier": SERVED.get(question.tier, question.tier),
            "store": body.get("store", True),
            "temperature": body.get("temperature", 1.0),
            "text": {"format": {"type": "text"}, "verbosity": "medium"} | (body.get("text") or {}),
            "tool_choice": "auto",
            "tools": [],
            "top_p": body.get("top_p", 1.0),
            "truncation": "disabled",
            "user": None,
        }
        self.hollow = {**self._response("completed"), "output": None}

    def opening(self, answer: Answer) -> bytes:
        response = self._response("in_progress")
        return self._event("response.created", response=response) + self._event(
            "response.in_progress", response=response
        )

    def piece(self, piece: Piece) -> bytes:
        kind = "reasoning" if piece.reasoning else "message"
        events = b""
        if not self._texts or self._output[-1]["type"] != kind:
            events = self._item_done() + self._item_added(kind)
        self._texts.append(piece.text)
        return events + self._part("delta", delta=piece.text)

    def tool(self, call: ToolCall) -> bytes:
        events = self._item_done()
        item = _call(call)
        self._output.append(item)
        place = {"item_id": item["id"], "output_index": len(self._output) - 1}
        events += self._event(
            "response.output_item.added",
            item={**item, "status": "in_progress", "arguments": ""},
            output_index=place["output_index"],
        )
        for text in call.arguments:
            events += self._event("response.function_call_arguments.delta", delta=text, **place)
        events += self._event("response.function_call_arguments.done", arguments=item["arguments"], **place)
        return events + self._event("response.output_item.done", item=item, output_index=place["output_index"])

    def closing(self, answer: Answer, *, finish: bool, usage: bool) -> bytes:
        status = STATUS[answer.finish]
        events = self._item_done(status)
        if not finish:
            return events
        return events + self._event(f"response.{status}", response=self._over(answer, usage))

    def whole(self, answer: Answer, *, finish: bool, usage: bool) -> bytes:
        for kind, text in (("reasoning", answer.reasoning), ("message", answer.text)):
            if text:
                self._item_added(kind)
                self._texts.append(text)
                self._item_done(STATUS[answer.finish])
        if answer.tool:
            self._output.append(_call(answer.tool))
        return dump(self._over(answer, usage) if finish else self._response("in_progress"))

    def corrupt(self, how: str, argument: str) -> bytes | None:
        match how:
            case "malformed":
                return self._part("delta", delta=" broken")[:-24] + b"\n\n"
            case "bad-json":
                return b"event: response.output_text.delta\ndata: this is not JSON\n\n"
            case "wrong-shape":
                return (
                    self._event("response.in_progress", response=None)
                    + self._event("response.output_item.added", item=None, output_index=None)
                    + self._part("delta", delta=None)
                )
            case "wrong-shape-list":
                return b"event: response.output_text.delta\ndata: [1,2,3]\n\n"
            case "error-event":
                message = "The server had an error while it processed your request."
                return self._event("error", code=argument or "server_error", message=message, param=None)
        return None

    def _event(self, kind: str, **fields: Any) -> bytes:
        number = self._count
        self._count += 1
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), dump({"type": kind, **fields, "sequence_number": number}))

    def _response(self, status: str, **more: Any) -> dict[str, Any]:
        output = list(self._output)
        return {**self._base, "status": status, "incomplete_details": None, "output": output, "usage": None, **more}

    def _over(self, answer: Answer, usage: bool) -> dict[str, Any]:
        reason = REASON.get(answer.finish)
        return self._response(
            STATUS[answer.finish],
            completed_at=int(time.time()) if reason is None else None,
            incomplete_details=reason and {"reason": reason},
            usage=_usage(answer) if usage else None,
        )

    def _item_added(self, kind: str) -> bytes:
        """A reasoning item or a message begins, and its only part."""
        if kind == "reasoning":
            item: dict[str, Any] = {"id": f"rs_{uuid4().hex}", "type": kind, "summary": []}
        else:
            item = {"id": f"msg_{uuid4().hex}", "type": kind, "status": "in_progress", "content": [],
                    "role": "assistant"}  # fmt: skip
        self._output.append(item)
        index = len(self._output) - 1
        return self._event("response.output_item.added", item=item, output_index=index) + self._bounds("added", "")

    def _item_done(self, status: str = "completed") -> bytes:
        """The item in progress, if there is one, ends."""
        if not self._texts:
            return b""
        text = "".join(self._texts)
        self._texts.clear()
        item = self._output[-1]
        events = self._part("done", text=text) + self._bounds("done", text)
        if item["type"] == "reasoning":
            self._output[-1] = item = {**item, "summary": [_summary(text)]}
        else:
            self._output[-1] = item = {**item, "status": status, "content": [_text(text)]}
        return events + self._event("response.output_item.done", item=item, output_index=len(self._output) - 1)

    def _bounds(self, which: str, text: str) -> bytes:
        """The part is added, or done."""
        if self._output[-1]["type"] == "reasoning":
            return self._event(f"response.reasoning_summary_part.{which}", **self._place(), part=_summary(text))
        return self._event(f"response.content_part.{which}", **self._place(), part=_text(text))

    def _part(self, which: str, **fields: Any) -> bytes:
        """Text of the part: a piece of it, or all."""
        if which == "delta" and self._padded:
            fields["obfuscation"] = PADDING[: self._count * 7 % len(PADDING)]
        if self._output and self._output[-1]["type"] == "reasoning":
            return self._event(f"response.reasoning_summary_text.{which}", **self._place(), **fields)
        return self._event(f"response.output_text.{which}", **self._place(), logprobs=[], **fields)

    def _place(self) -> dict[str, Any]:
        item = self._output[-1]
        index = "summary_index" if item["type"] == "reasoning" else "content_index"
        return {"item_id": item["id"], "output_index": len(self._output) - 1, index: 0}


def _text(text: str) -> dict[str, Any]:
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def _summary(text: str) -> dict[str, Any]:
    return {"type": "summary_text", "text": text}


def _call(tool: ToolCall) -> dict[str, Any]:
    arguments = "".join(tool.arguments)
    ids = {"id": f"fc_{uuid4().hex}", "call_id": f"call_{uuid4().hex[:24]}"}
    return {**ids, "type": "function_call", "status": "completed", "name": tool.name, "arguments": arguments}


def _usage(answer: Answer) -> dict[str, Any]:
    return {
        "input_tokens": answer.input_tokens,
        "input_tokens_details": {"cached_tokens": answer.cached},
        "output_tokens": answer.output_tokens,
        "output_tokens_details": {"reasoning_tokens": answer.reasoning_tokens},
        "total_tokens": answer.input_tokens + answer.output_tokens,
    }
