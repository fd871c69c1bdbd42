"""OpenAI's routes, and what a valid request is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from simulator.answering import Question, send_answer
from simulator.openai.chat import ChatFormat
from simulator.openai.errors import bad_key, new_headers, refusal, refuse
from simulator.openai.quirks import QuirkFormat, refuse_quirkily
from simulator.pacing import IDS
from simulator.quirks import quirk_of
from simulator.request_context import Refusal, RequestContext, dump
from simulator.routes import Route, Vendor

ROLES = ("system", "developer", "user", "assistant", "tool", "function")


def _authorise(context: RequestContext) -> None:
    scheme, _, key = context.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise refusal(
            401,
            "You didn't provide an API key. You need to provide it in an Authorization header using Bearer "
            "auth (i.e. Authorization: Bearer YOUR_KEY).",
        )
    if "wrong" in key:
        raise bad_key(key.strip())


def _invalid(param: str, wanted: str) -> Refusal:
    return refusal(400, f"Invalid type for '{param}': expected {wanted}.", code="invalid_type", param=param)


def _text(content: Any, param: str) -> str:
    """The text of a message's content: a string, or a list of parts."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise _invalid(param, "one of a string or array of objects")
    parts = []
    for index, part in enumerate(content):
        if not isinstance(part, dict) or "type" not in part:
            raise _invalid(f"{param}[{index}]", "an object with a type")
        if part["type"] == "text":
            if not isinstance(part.get("text"), str):
                raise _invalid(f"{param}[{index}].text", "a string")
            parts.append(part["text"])
    return "".join(parts)


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
        raise _invalid("messages", "an array of objects")
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
            raise _invalid(param, "an object")
        if message.get("role") not in ROLES:
            raise refusal(
                400,
                f"Invalid value: '{message.get('role')}'. Supported values are: {', '.join(map(repr, ROLES))}.",
                code="invalid_value",
                param=f"{param}.role",
            )
        if message.get("content") is None and message["role"] != "assistant":
            raise _invalid(f"{param}.content", "one of a string or array of objects, but got null instead")
        texts.append(_text(message.get("content"), f"{param}.content"))
        if message["role"] == "user":
            prompt = texts[-1]
    for name in ("max_tokens", "max_completion_tokens"):
        value = body.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise _invalid(name, "an integer")
        if value is not None and value < 1:
            raise refusal(
                400,
                f"Invalid '{name}': integer below minimum value. Expected a value >= 1, but got {value} instead.",
                code="integer_below_min_value",
                param=name,
            )
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        raise refusal(400, "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
    temperature = body.get("temperature")
    if temperature is not None and not isinstance(temperature, int | float):
        raise _invalid("temperature", "a decimal")
    if temperature is not None and not 0 <= temperature <= 2:
        raise refusal(
            400,
            f"Invalid 'temperature': decimal out of range. "
            f"Expected a value between 0 and 2, but got {temperature} instead.",
            code="decimal_out_of_range",
            param="temperature",
        )
    if body.get("n") not in (None, 1):
        raise refusal(400, "The simulator answers with one choice only.", code="unsupported_value", param="n")
    streamed = body.get("stream") or False
    if not isinstance(streamed, bool):
        raise _invalid("stream", "a boolean")
    if body.get("stream_options") is not None and not streamed:
        raise refusal(
            400,
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            param="stream_options",
        )
    return Question(
        model,
        prompt,
        tuple(texts),
        streamed,
        limit=body.get("max_completion_tokens") or body.get("max_tokens"),
        temperature=temperature is not None,
        limit_name="max_tokens" if body.get("max_tokens") is not None else "",
    )


async def chat(context: RequestContext) -> None:
    """POST /v1/chat/completions"""
    _authorise(context)
    try:
        body = context.json_object()
    except ValueError:
        raise refusal(
            400,
            "We could not parse the JSON body of your request. (HINT: This likely means you aren't using "
            "your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid "
            "JSON.)",
        ) from None
    context.exchange.model = str(body.get("model", ""))
    context.exchange.streamed = body.get("stream") is True
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
    _authorise(context)
    body = dump({"object": "list", "data": [_model(name) for name in IDS]})
    await context.respond(200, body, {**new_headers(), "content-type": "application/json"})


async def model(context: RequestContext) -> None:
    """GET /v1/models/{id}: every id is known."""
    _authorise(context)
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
    ("/v1/",),
    (
        Route("POST", r"/v1/chat/completions", "chat", chat),
        Route("GET", r"/v1/models", "models", models),
        Route("GET", r"/v1/models/(?P<model>.+)", "models", model),
    ),
    _no_such_path,
    _no_such_method,
)
