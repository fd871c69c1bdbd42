"""What a valid request of the Responses API is."""

from __future__ import annotations

import re
from typing import Any

from simulator.answering import Question, send_answer
from simulator.openai.errors import (
    EFFORTS,
    TIERS,
    VERBOSITIES,
    authorise,
    body_of,
    check_number,
    check_stream,
    check_word,
    invalid_type,
    refusal,
    refuse,
    unknown_value,
)
from simulator.openai.responses import ResponsesFormat
from simulator.request_context import RequestContext

KNOWN = re.compile(
    r"background|conversation|include|input|instructions|max_output_tokens|max_tool_calls|metadata|model"
    r"|parallel_tool_calls|previous_response_id|prompt|prompt_cache_key|prompt_cache_retention|reasoning"
    r"|safety_identifier|service_tier|store|stream|stream_options|temperature|text|tool_choice|tools|top_logprobs|top_p"
    r"|truncation|user"
)
MOVED = {
    "messages": "input",
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "response_format": "text.format",
    "reasoning_effort": "reasoning.effort",
    "verbosity": "text.verbosity",
}
PARTS = {  # of content, by role
    "assistant": ("output_text", "refusal"),
    "user": ("input_text", "input_image", "input_file"),
    "system": ("input_text", "input_image", "input_file"),
    "developer": ("input_text", "input_image", "input_file"),
}
REASONING = {
    "effort": EFFORTS,
    "summary": ("auto", "concise", "detailed"),
    "generate_summary": ("auto", "concise", "detailed"),
    "mode": ("standard", "pro"),
    "context": ("auto", "current_turn", "all_turns"),
}
LEAST_TOKENS = 16
UNREASONING = re.compile(r"gpt-[34]|chatgpt")  # models that take no reasoning parameters


def _check_names(body: dict[str, Any]) -> None:
    for name in body:
        if name in MOVED:
            raise refusal(
                400,
                f"Unsupported parameter: '{name}'. In the Responses API, this parameter has moved to '{MOVED[name]}'. "
                "Try again with the new parameter. See the API documentation for more information: "
                "https://platform.openai.com/docs/api-reference/responses/create.",
                code="unsupported_parameter",
                param=name,
            )
        if not KNOWN.fullmatch(name):
            raise refusal(400, f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)


def _check_reasoning(model: str, reasoning: Any) -> bool:
    """Whether a summary is asked for."""
    if reasoning is None:
        return False
    if not isinstance(reasoning, dict):
        raise invalid_type("reasoning", "an object")
    for name, value in reasoning.items():
        param = f"reasoning.{name}"
        if name not in REASONING:
            raise refusal(400, f"Unknown parameter: '{param}'.", code="unknown_parameter", param=param)
        check_word(value, REASONING[name], param)
        if value is not None and UNREASONING.search(model):
            raise refusal(
                400,
                f"Unsupported parameter: '{param}' is not supported with this model.",
                code="unsupported_parameter",
                param=param,
            )
    return bool(reasoning.get("summary") or reasoning.get("generate_summary"))


def _turns(given: Any) -> list[tuple[str, str]]:
    """Role and text of each message. Other items of a conversation say nothing here."""
    if isinstance(given, str):
        return [("user", given)]
    if not isinstance(given, list):
        raise invalid_type("input", "one of a string or array of objects")
    turns = []
    for index, item in enumerate(given):
        place = f"input[{index}]"
        if not isinstance(item, dict):
            raise invalid_type(place, "an object")
        if item.get("type", "message") != "message":
            continue
        if item.get("role") not in PARTS:
            raise unknown_value(item.get("role"), tuple(PARTS), f"{place}.role")
        turns.append((item["role"], _content(item.get("content"), item["role"], f"{place}.content")))
    return turns


def _content(content: Any, role: str, place: str) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise invalid_type(place, "one of a string or array of objects")
    texts = []
    for index, part in enumerate(content):
        if not isinstance(part, dict) or part.get("type") not in PARTS[role]:
            kind = part.get("type") if isinstance(part, dict) else part
            raise unknown_value(kind, PARTS[role], f"{place}[{index}]")
        texts.append(str(part.get("text", "")))
    return "".join(texts)


def _question(body: dict[str, Any]) -> Question:
    """Check the request as strictly as the service does."""
    _check_names(body)
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise refusal(400, "Missing required parameter: 'model'.", code="missing_required_parameter", param="model")
    if body.get("input") in (None, "", []):
        raise refusal(
            400,
            'One of "input" or "previous_response_id" or "prompt" or "conversation_id" must be provided.',
            code="missing_required_parameter",
            param="input",
        )
    turns = _turns(body["input"])
    if not isinstance(body.get("instructions") or "", str):
        raise invalid_type("instructions", "a string")
    for name in ("store", "background", "parallel_tool_calls"):
        if not isinstance(body.get(name), bool | None):
            raise invalid_type(name, "a boolean")
    if not isinstance(text := body.get("text") or {}, dict):
        raise invalid_type("text", "an object")
    for name in text:
        if name not in ("format", "verbosity"):
            raise refusal(400, f"Unknown parameter: 'text.{name}'.", code="unknown_parameter", param=f"text.{name}")
    check_word(text.get("verbosity"), VERBOSITIES, "text.verbosity")
    limit = check_number(body, "max_output_tokens", LEAST_TOKENS)
    temperature = check_number(body, "temperature", 0, 2)
    check_number(body, "top_p", 0, 1)
    if body.get("previous_response_id") or body.get("conversation"):
        raise refusal(404, "The simulator keeps no response.", code="previous_response_not_found")
    return Question(
        model,
        next((text for role, text in reversed(turns) if role == "user"), ""),
        (body.get("instructions") or "", *(text for _, text in turns)),
        check_stream(body),
        limit=None if limit is None else int(limit),
        temperature=temperature is not None,
        limit_name="max_output_tokens" if limit is not None else "",
        reasons=_check_reasoning(model, body.get("reasoning")),
        effort=(body.get("reasoning") or {}).get("effort") or "",
        tier=check_word(body.get("service_tier"), TIERS, "service_tier"),
        parameters={
            **{name: name for name in body},
            **{name: f"{group}.{name}" for group in ("reasoning", "text") for name in body.get(group) or ()},
        },
    )


async def responses(context: RequestContext) -> None:
    """POST /v1/responses"""
    authorise(context)
    body = body_of(context)
    question = _question(body)
    await send_answer(context, question, ResponsesFormat(question, body), refuse)
