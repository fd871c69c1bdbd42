"""OpenAI's errors: {"error": {"message", "type", "param", "code"}}."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from simulator.answering import Ask
from simulator.faults import FAULTS
from simulator.quirks import QUIRKS
from simulator.request_context import Refusal, bad_gateway


def new_headers() -> dict[str, str]:
    """The headers that every answer has, with a request id of its own."""
    return {"x-request-id": f"req_{uuid4().hex}", "openai-version": "2020-10-01", "openai-processing-ms": "5"}


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


def refuse(fault: str, argument: str, ask: Ask) -> Refusal:
    """OpenAI's words for a name in faults.REFUSALS."""
    model = ask.model
    match fault:
        case "400-too-long":
            return refusal(
                400,
                "This model's maximum context length is 8192 tokens. However, your messages resulted in 9120 "
                "tokens. Please reduce the length of the messages.",
                code="context_length_exceeded",
                param="messages",
            )
        case "400-parameter" if ask.temperature:
            return refusal(
                400,
                "Unsupported value: 'temperature' is fixed for this model. Only the default (1) is supported.",
                code="unsupported_value",
                param="temperature",
            )
        case "400-parameter":
            return refusal(
                400,
                f"Unsupported parameter: '{ask.limit_name}' is not supported with this model. "
                "Use 'max_completion_tokens' instead.",
                code="unsupported_parameter",
                param=ask.limit_name,
            )
        case "401":
            return bad_key("simulated")
        case "403":
            return refusal(
                403,
                f"Project `proj_simulator` does not have access to model `{model}`",
                code="model_not_found",
            )
        case "404":
            return refusal(
                404,
                f"The model `{model}` does not exist or you do not have access to it.",
                code="model_not_found",
            )
        case "408":
            return refusal(408, "Request timed out.", "timeout")
        case "413":
            return refusal(413, "The request body is larger than the limit of this endpoint.", code="request_too_large")
        case "422":
            return refusal(422, "The request could not be processed.")
        case "429":
            return _too_many(model)
        case "429-after":
            return _too_many(model, argument)
        case "quota":
            return refusal(
                429,
                "You exceeded your current quota, please check your plan and billing details.",
                "insufficient_quota",
                "insufficient_quota",
            )
        case "500":
            return refusal(500, "The server had an error while it processed your request.", "server_error")
        case "502":
            return bad_gateway()
        case "503":
            return refusal(
                503,
                "The engine is currently overloaded, please try again later.",
                "service_unavailable_error",
            )
        case "529":
            return refusal(529, "Overloaded", "overloaded_error", "overloaded_error")
        case "filtered-first":
            return refusal(
                400,
                "The response was filtered: the prompt triggered the content management policy.",
                code="content_filter",
                param="prompt",
            )
        case "unknown-fault":
            return refusal(
                400,
                f"The simulator has no fault or quirk named '{argument}'. It has: {', '.join((*FAULTS, *QUIRKS))}",
                param="model",
            )
    return refusal(400, "The request was not valid.")


def _too_many(model: str, seconds: str = "") -> Refusal:
    wait = f" Please try again in {seconds}s." if seconds else ""
    after = {"retry_after": seconds} if seconds else {}
    return refusal(
        429,
        f"Rate limit reached for {model} on requests per min (RPM): Limit 3, Used 3, Requested 1.{wait}",
        "requests",
        "rate_limit_exceeded",
        **after,
    )


def bad_key(key: str) -> Refusal:
    shown = f"{key[:3]}****{key[-2:]}" if len(key) > 8 else "****"
    return refusal(
        401,
        f"Incorrect API key provided: {shown}. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
        code="invalid_api_key",
    )
