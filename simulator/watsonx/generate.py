"""watsonx.ai's text/generation and text/generation_stream: one prompt in, its continuation out.

Shapes: the API reference (cloud.ibm.com/apidocs/watsonx-ai#text-generation) and what the service sends. Token
counts in a stream add up: the last event has the sum. The input's count stands in the first event only.
"""

from __future__ import annotations

import re
from typing import Any

from simulator.answering import Question, send_answer
from simulator.answers import Answer, Piece, ToolCall
from simulator.request_context import RequestContext, dump
from simulator.watsonx.requests import (
    Events,
    known,
    missing,
    now,
    number,
    refusal,
    refuse,
    request,
    texts,
    transaction,
)

# A filtered answer has an empty stop reason; what the filter found stands beside it.
FINISH = {"stop": "eos_token", "sequence": "stop_sequence", "length": "max_tokens", "filtered": "", "tool": "eos_token"}
_USER = re.compile(r"<\|?user\|?>|\b(?:user|human|question)(?::|<\|end_of_role\|>|<\|end_header_id\|>)", re.IGNORECASE)
FIELDS = (  # of its parameters
    "decoding_method", "include_stop_sequence", "length_penalty", "max_new_tokens", "min_new_tokens",
    "prompt_variables", "random_seed", "repetition_penalty", "return_options", "stop_sequences", "temperature",
    "time_limit", "top_k", "top_p", "truncate_input_tokens", "typical_p",
)  # fmt: skip
DEFAULT_LIMIT = 20
"""New tokens when the request doesn't say; the service's default is as short as this."""


class GenerateFormat:
    """One answer of text/generation or text/generation_stream."""

    filter_refuses = False

    def __init__(self, question: Question) -> None:
        headers = transaction()
        self.headers = {**headers, "content-type": "text/event-stream", "cache-control": "no-cache, no-store"}
        self.whole_headers = {**headers, "content-type": "application/json"}
        self.hollow = {"model_id": question.model, "created_at": now(), "results": None}
        self._model = question.model
        self._counted = "sim-fault-no-usage" not in question.model
        self._events = Events()
        self._count = 0

    def opening(self, answer: Answer) -> bytes:
        return self._event("", "not_finished", answer.input_tokens, _warnings())

    def piece(self, piece: Piece) -> bytes:
        self._count += 1
        return self._event(piece.text, "not_finished")

    def tool(self, call: ToolCall) -> bytes:
        return b""

    def closing(self, answer: Answer, *, finish: bool, usage: bool) -> bytes:
        if not finish:
            return b""
        return self._event("", FINISH[answer.finish], 0, _moderated(answer))

    def whole(self, answer: Answer, *, finish: bool, usage: bool) -> bytes:
        self._count = answer.output_tokens
        reason = FINISH[answer.finish] if finish else "not_finished"
        moderated = _moderated(answer)
        return self._json(answer.text, reason, answer.input_tokens, moderated or _warnings())

    def corrupt(self, how: str, argument: str) -> bytes | None:
        if how == "wrong-shape":
            return self._events.event(dump({"model_id": self._model, "results": None, "generated_text": None}))
        return self._events.corrupt(how, argument, self._json(" broken", "not_finished"))

    def _event(self, text: str, reason: str, input_tokens: int = 0, more: dict[str, Any] | None = None) -> bytes:
        return self._events.event(self._json(text, reason, input_tokens, more))

    def _json(self, text: str, reason: str, input_tokens: int = 0, more: dict[str, Any] | None = None) -> bytes:
        result: dict[str, Any] = {"generated_text": text}
        if self._counted:
            result |= {"generated_token_count": self._count, "input_token_count": input_tokens}
        result["stop_reason"] = reason
        more = dict(more or {})
        if "moderations" in more:
            result["moderations"] = more.pop("moderations")
        return dump({"model_id": self._model, "created_at": now(), "results": [result], **more})


def _warnings() -> dict[str, Any]:
    message = "This API is legacy. Please consider using '/ml/v1/text/chat' instead."
    return {"system": {"warnings": [{"message": message, "id": "api_legacy"}]}}


def _moderated(answer: Answer) -> dict[str, Any]:
    if answer.finish != "filtered":
        return {}
    on_input = not answer.pieces
    kind = "INPUT" if on_input else "OUTPUT"
    found = {"score": 0.99, "input": on_input, "position": {"start": 0, "end": 10}, "entity": "has_HAP"}
    warning = {"message": f"Unsuitable {kind.lower()} detected.", "id": f"UNSUITABLE_{kind}"}
    return {"moderations": {"hap": [found]}, "system": {"warnings": [warning]}}


def last_words_of_user(prompt: str) -> str:
    """The last user message in a prompt made from a template; the whole prompt when there is none.

    Knows Llama 2's and Mistral's `[INST] <<SYS>> … <</SYS>> … [/INST]` and headers such as `<|user|>` or
    `User:`.
    """
    turns = re.findall(r"\[INST\](.*?)(?:\[/INST\]|$)", prompt, re.DOTALL)
    if turns:
        last: str = turns[-1]
        return last.rpartition("<</SYS>>")[2].strip()
    heads = list(_USER.finditer(prompt))
    return prompt[heads[-1].end() :].strip() if heads else prompt


def _question(context: RequestContext, body: dict[str, Any]) -> Question:
    prompt = body.get("input")
    if prompt is None:
        raise missing("input")
    if not isinstance(prompt, str):
        raise refusal(400, "json_type_error", "Json field type error: input must be a string")
    parameters = body.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise refusal(400, "json_type_error", "Json field type error: parameters must be an object")
    limit = number(parameters, "max_new_tokens", 0, 1_000_000)
    known(parameters, FIELDS)
    temperature = number(parameters, "temperature", 0, 2)
    number(parameters, "random_seed", 1, 2**32)
    return Question(
        context.exchange.model,
        last_words_of_user(prompt),
        (prompt,),
        context.exchange.streamed,
        limit=DEFAULT_LIMIT if limit is None else int(limit),
        temperature=temperature is not None,
        limit_name="max_new_tokens" if limit is not None else "",
        reasons=False,
        stop=texts(parameters, "stop_sequences"),
        parameters={name: name for name in parameters},
    )


async def generate(context: RequestContext) -> None:
    """POST /ml/v1/text/generation and /ml/v1/text/generation_stream"""
    question = _question(context, request(context))
    await send_answer(context, question, GenerateFormat(question), refuse)
