"""OpenAI's errors, {"error": {"message", "type", "param", "code"}}, and what both APIs refuse."""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from uuid import uuid4

from simulator.answering import Question, fill
from simulator.request_context import Refusal, RequestContext, bad_gateway

GATEWAY = "/ml/gateway/"  # IBM's, which takes no API key but a token
JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")


def new_headers() -> dict[str, str]:
    """The headers that every answer has, with a request id of its own."""
    return {"x-request-id": f"req_{uuid4().hex}", "openai-version": "2020-10-01"}


def error_body(message: str, kind: str, code: str | None = None, param: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def error_kind(code: str) -> tuple[str, str | None]:
    return (code, code) if code else ("server_error", None)


def refusal(
    status: int,
    message: str,
    kind: str = "invalid_request_error",
    code: str | None = None,
    param: str | None = None,
    **headers: str,
) -> Refusal:
    """An error in OpenAI's shape."""
    extra = {name.replace("_", "-"): value for name, value in headers.items()}
    return Refusal(status, error_body(message, kind, code, param), {**new_headers(), **extra})


class Words(NamedTuple):
    """One of OpenAI's refusals."""

    status: int
    message: str
    kind: str = "invalid_request_error"
    code: str | None = None
    param: str | None = None


LIMIT = "Rate limit reached for {model} on requests per min (RPM): Limit 3, Used 3, Requested 1."
WORDS = {
    "400": Words(400, "The request was not valid."),
    "400-too-long": Words(
        400,
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9120 tokens. "
        "Please reduce the length of the messages.",
        code="context_length_exceeded",
        param="messages",
    ),
    "temperature": Words(
        400,
        "Unsupported value: 'temperature' is fixed for this model. Only the default (1) is supported.",
        code="unsupported_value",
        param="temperature",
    ),
    "400-parameter": Words(
        400,
        "Unsupported parameter: '{parameter}' is not supported with this model. Use 'max_completion_tokens' instead.",
        code="unsupported_parameter",
        param="{parameter}",
    ),
    "parameter": Words(
        400,
        "Unsupported parameter: '{parameter}' is not supported with this model.",
        code="unsupported_parameter",
        param="{parameter}",
    ),
    "403": Words(403, "Project `proj_simulator` does not have access to model `{model}`", code="model_not_found"),
    "404": Words(404, "The model `{model}` does not exist or you do not have access to it.", code="model_not_found"),
    "408": Words(408, "Request timed out.", "timeout"),
    "413": Words(413, "The request body is larger than the limit of this endpoint.", code="request_too_large"),
    "422": Words(422, "The request could not be processed."),
    "429": Words(429, LIMIT, "requests", "rate_limit_exceeded"),
    "429-after": Words(429, LIMIT + " Please try again in {argument}s.", "requests", "rate_limit_exceeded"),
    "quota": Words(
        429,
        "You exceeded your current quota, please check your plan and billing details.",
        "insufficient_quota",
        "insufficient_quota",
    ),
    "500": Words(500, "The server had an error while it processed your request.", "server_error"),
    "503": Words(503, "The engine is currently overloaded, please try again later.", "service_unavailable_error"),
    "529": Words(529, "Overloaded", "overloaded_error", "overloaded_error"),
    "filtered-first": Words(
        400,
        "The response was filtered: the prompt triggered the content management policy.",
        code="content_filter",
        param="prompt",
    ),
    "unknown-fault": Words(
        400,
        "The simulator has no fault or quirk named '{argument}'. It has: {faults}, {quirks}",
        param="model",
    ),
}


def refuse(fault: str, argument: str, question: Question) -> Refusal:
    """OpenAI's words for a name in faults.REFUSALS."""
    if fault == "401":
        return bad_key("simulated")
    if fault == "502":
        return bad_gateway()
    if fault == "400-parameter" and (argument or question.temperature):
        fault = "parameter" if argument else "temperature"
    status, message, kind, code, param = WORDS[fault]
    after = {"retry_after": argument} if fault == "429-after" else {}
    param = param and fill(param, argument, question)
    return refusal(status, fill(message, argument, question), kind, code, param, **after)


def bad_key(key: str) -> Refusal:
    shown = f"{key[:3]}****{key[-2:]}" if len(key) > 8 else "****"
    return refusal(
        401,
        f"Incorrect API key provided: {shown}. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
        code="invalid_api_key",
    )


EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
TIERS = ("auto", "default", "flex", "scale", "priority", "fast")
VERBOSITIES = ("low", "medium", "high")


def check_word(value: Any, words: tuple[str, ...], param: str) -> str:
    """One of these words, or nothing. Raises Refusal."""
    if value is not None and value not in words:
        raise unknown_value(value, words, param)
    return value or ""


def unknown_value(value: Any, words: tuple[str, ...], param: str) -> Refusal:
    problem = f"Invalid value: '{value}'. Supported values are: {', '.join(map(repr, words))}."
    return refusal(400, problem, code="invalid_value", param=param)


def invalid_type(param: str, wanted: str) -> Refusal:
    return refusal(400, f"Invalid type for '{param}': expected {wanted}.", code="invalid_type", param=param)


def authorise(context: RequestContext) -> None:
    """A bearer key; at IBM's gateway a token."""
    scheme, _, key = context.headers.get("authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        raise refusal(
            401,
            "You didn't provide an API key. You need to provide it in an Authorization header using Bearer "
            "auth (i.e. Authorization: Bearer YOUR_KEY).",
        )
    if "wrong" in key or (context.path.startswith(GATEWAY) and not JWT.fullmatch(key)):
        raise bad_key(key)


def body_of(context: RequestContext) -> dict[str, Any]:
    """The request's body, noted in the log."""
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
    return body


def check_number(body: dict[str, Any], name: str, least: float, most: float | None = None) -> float | None:
    """An optional number in its bounds; without an upper one, an integer."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int if most is None else int | float):
        raise invalid_type(name, "an integer" if most is None else "a decimal")
    if most is None and value < least:
        raise refusal(
            400,
            f"Invalid '{name}': integer below minimum value. Expected a value >= {least:g}, but got {value} instead.",
            code="integer_below_min_value",
            param=name,
        )
    if most is not None and not least <= value <= most:
        raise refusal(
            400,
            f"Invalid '{name}': decimal out of range. "
            f"Expected a value between {least:g} and {most:g}, but got {value} instead.",
            code="decimal_out_of_range",
            param=name,
        )
    return value


def check_stream(body: dict[str, Any]) -> bool:
    """Whether the answer is streamed."""
    streamed = body.get("stream") or False
    if not isinstance(streamed, bool):
        raise invalid_type("stream", "a boolean")
    if body.get("stream_options") is not None and not streamed:
        raise refusal(
            400,
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            param="stream_options",
        )
    return streamed
