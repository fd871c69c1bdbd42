"""OpenAI's routes, and what a valid request is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from simulator.answering import Question, send_answer
from simulator.openai.chat import ChatFormat
from simulator.openai.errors import (
    EFFORTS,
    GATEWAY,
    TIERS,
    VERBOSITIES,
    authorise,
    body_of,
    check_number,
    check_stream,
    check_word,
    invalid_type,
    new_headers,
    refusal,
    refuse,
)
from simulator.openai.quirks import QuirkFormat, refuse_quirkily
from simulator.openai.responses_request import responses
from simulator.pacing import IDS
from simulator.quirks import quirk_of
from simulator.request_context import Refusal, RequestContext, dump
from simulator.routes import Route, Vendor

BASES = rf"(?:/v1|/openai/v1|{GATEWAY}v1)"  # the others: Azure's and Bedrock's; the gateway of watsonx
HIDES_REASONING = re.compile(r"gpt-\d|o\d|chatgpt")  # OpenAI's own models: only its Responses API shows it
PARAMETERS = (  # of chat completions: platform.openai.com/docs/api-reference/chat/create
    "messages", "model", "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs",
    "max_completion_tokens", "max_tokens", "metadata", "modalities", "moderation", "n", "parallel_tool_calls",
    "prediction", "presence_penalty", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention",
    "reasoning_effort", "response_format", "safety_identifier", "seed", "service_tier", "stop", "store", "stream",
    "stream_options", "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user", "verbosity",
    "web_search_options",
)  # fmt: skip
WORDS_OF = {"reasoning_effort": EFFORTS, "service_tier": TIERS, "verbosity": VERBOSITIES}
BOUNDS = {"temperature": (0, 2), "top_p": (0, 1), "presence_penalty": (-2, 2), "frequency_penalty": (-2, 2)}
ROLES = ("system", "developer", "user", "assistant", "tool", "function")


def _text(content: Any, param: str) -> str:
    """The text of a message's content: a string, or a list of parts."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise invalid_type(param, "one of a string or array of objects")
    parts = []
    for index, part in enumerate(content):
        if not isinstance(part, dict) or "type" not in part:
            raise invalid_type(f"{param}[{index}]", "an object with a type")
        if part["type"] == "text":
            if not isinstance(part.get("text"), str):
                raise invalid_type(f"{param}[{index}].text", "a string")
            parts.append(part["text"])
    return "".join(parts)


def check_parameters(body: dict[str, Any]) -> None:
    """Raise Refusal where one is unknown, or has a value that no model takes."""
    if unknown := [name for name in body if name not in PARAMETERS]:
        raise refusal(400, f"Unknown parameter: '{unknown[0]}'.", code="unknown_parameter", param=unknown[0])
    for name, words in WORDS_OF.items():
        check_word(body.get(name), words, name)
    for name, (least, most) in BOUNDS.items():
        check_number(body, name, least, most)
    if not isinstance(body.get("seed") or 0, int):
        raise invalid_type("seed", "an integer")
    stop = body.get("stop") or ""
    if not isinstance(stop, str | list) or not all(isinstance(sequence, str) for sequence in stop):
        raise invalid_type("stop", "one of a string or array of strings")
    if isinstance(stop, list) and len(stop) > 4:
        raise refusal(
            400,
            f"Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length "
            f"{len(stop)} instead.",
            code="array_above_max_length",
            param="stop",
        )


def _question(body: dict[str, Any]) -> Question:
    """Check the request as strictly as the service does."""
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise refusal(400, "you must provide a model parameter")
    if "messages" not in body:
        raise refusal(
            400,
            "Missing required parameter: 'messages'.",
            code="missing_required_parameter",
            param="messages",
        )
    messages = body["messages"]
    if not isinstance(messages, list):
        raise invalid_type("messages", "an array of objects")
    if not messages:
        raise refusal(
            400,
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            code="empty_array",
            param="messages",
        )
    texts, prompt = [], ""
    for index, message in enumerate(messages):
        param = f"messages[{index}]"
        if not isinstance(message, dict):
            raise invalid_type(param, "an object")
        if message.get("role") not in ROLES:
            raise refusal(
                400,
                f"Invalid value: '{message.get('role')}'. Supported values are: {', '.join(map(repr, ROLES))}.",
                code="invalid_value",
                param=f"{param}.role",
            )
        if message.get("content") is None and message["role"] != "assistant":
            raise invalid_type(f"{param}.content", "one of a string or array of objects, but got null instead")
        texts.append(_text(message.get("content"), f"{param}.content"))
        if message["role"] == "user":
            prompt = texts[-1]
    limit = check_number(body, "max_completion_tokens", 1)
    if limit is None:
        limit = check_number(body, "max_tokens", 1)
    elif body.get("max_tokens") is not None:
        raise refusal(400, "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
    check_parameters(body)
    if body.get("n") not in (None, 1):
        raise refusal(400, "The simulator answers with one choice only.", code="unsupported_value", param="n")
    return Question(
        model,
        prompt,
        tuple(texts),
        check_stream(body),
        limit=None if limit is None else int(limit),
        temperature=body.get("temperature") is not None,
        limit_name="max_tokens" if body.get("max_tokens") is not None else "",
        reasons=not HIDES_REASONING.match(model),
        effort=body.get("reasoning_effort") or "",
        stop=(stop,) if isinstance(stop := body.get("stop") or (), str) else tuple(stop),
        tier=body.get("service_tier") or "",
        parameters={name: name for name in body},
    )


async def chat(context: RequestContext) -> None:
    """POST /v1/chat/completions"""
    authorise(context)
    body = body_of(context)
    question = _question(body)
    options = body.get("stream_options") or {}
    wanted = {
        "usage_wanted": bool(options.get("include_usage")),
        "padded": options.get("include_obfuscation") is not False,
    }
    try:
        quirk = quirk_of(question.model)
    except LookupError as unknown:
        raise refuse("unknown-fault", str(unknown.args[0]), question) from None
    if quirk is None:
        return await send_answer(context, question, ChatFormat(question, **wanted), refuse)
    refuse_quirkily(quirk)
    wire = QuirkFormat(question, quirk, **wanted)
    context.tail = wire.tail
    return await send_answer(
        context, replace(question, streamed=question.streamed != (quirk.name == "wrong-way")), wire, refuse
    )


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1735689600, "owned_by": "simulator"}


async def models(context: RequestContext) -> None:
    """GET /v1/models"""
    authorise(context)
    body = dump({"object": "list", "data": [_model(name) for name in IDS]})
    await context.respond(200, body, {**new_headers(), "content-type": "application/json"})


async def model(context: RequestContext) -> None:
    """GET /v1/models/{id}: every id is known."""
    authorise(context)
    body = dump(_model(context.parts["model"]))
    await context.respond(200, body, {**new_headers(), "content-type": "application/json"})


def _no_such_path(context: RequestContext) -> Refusal:
    return refusal(404, f"Invalid URL ({context.method} {context.path})")


def _no_such_method(context: RequestContext) -> Refusal:
    return refusal(
        405,
        f"Not allowed to {context.method} on {context.path}. (HINT: Perhaps you meant to use a different HTTP method?)",
        code="method_not_supported",
    )


OPENAI = Vendor(
    "openai",
    ("/v1/", "/openai/v1/", GATEWAY),
    (
        Route("POST", rf"{BASES}/chat/completions", "chat", chat),
        Route("POST", r"(?:/openai)?/v1/responses", "responses", responses),
        Route("GET", rf"{BASES}/models", "models", models),
        Route("GET", rf"{BASES}/models/(?P<model>.+)", "models", model),
    ),
    _no_such_path,
    _no_such_method,
)
