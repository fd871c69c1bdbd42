"""Common parts of watsonx.ai's APIs: the bearer token, what every request needs, the errors.

An error is {"errors": [{"code", "message", "more_info"}], "trace", "status_code"}.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from simulator.answering import refuser
from simulator.request_context import Refusal, RequestContext, dump

MORE_INFO = "https://cloud.ibm.com/apidocs/watsonx-ai"
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def transaction() -> dict[str, str]:
    """The headers that name a request."""
    name = uuid4().hex
    return {"x-request-id": name, "x-global-transaction-id": name}


def now() -> str:
    """The moment, as in `created_at`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def errors(status: int, code: str, message: str) -> dict[str, Any]:
    """The body of an error."""
    error = {"code": code, "message": message, "more_info": MORE_INFO}
    return {"errors": [error], "trace": uuid4().hex, "status_code": status}


def refusal(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Refusal:
    """An error in watsonx's shape."""
    return Refusal(status, errors(status, code, message), {**transaction(), **(headers or {})})


def authorise(context: RequestContext) -> None:
    """A bearer token that looks like a JWT."""
    scheme, _, token = context.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise refusal(401, "authentication_token_missing", "Failed to authenticate the request: no bearer token.")
    if not _TOKEN.fullmatch(token.strip()) or "wrong" in token:
        raise refusal(*WORDS["401"])


def request(context: RequestContext) -> dict[str, Any]:
    """Check what all text requests have in common and return the body. Raises Refusal."""
    context.exchange.streamed = context.parts["operation"].endswith("_stream")
    authorise(context)
    if not _DATE.fullmatch(context.query.get("version", "")):
        raise refusal(400, "invalid_request_entity", "The query parameter 'version' must be a date: YYYY-MM-DD")
    try:
        body = context.json_object()
    except ValueError:
        raise refusal(400, "invalid_request_entity", "The request entity is not a JSON object") from None
    if context.parts.get("deployment"):
        return _deployed(context, body)
    context.exchange.model = str(body.get("model_id", ""))
    if not isinstance(body.get("model_id"), str) or not body["model_id"]:
        raise missing("model_id")
    if not body.get("project_id") and not body.get("space_id"):
        raise refusal(400, "invalid_request_entity", "Missing either space_id or project_id in request entity")
    return body


def _deployed(context: RequestContext, body: dict[str, Any]) -> dict[str, Any]:
    """A deployment has its own model, and its own space."""
    context.exchange.model = name = context.parts["deployment"]
    if not _UUID.fullmatch(name):
        raise refusal(404, "deployment_not_found", f"Deployment '{name}' was not found")
    for field in ("model_id", "project_id", "space_id"):
        if field in body:
            raise invalid(field, "should not be present for a deployment")
    return body


def missing(name: str) -> Refusal:
    """400: a field is not there."""
    return refusal(400, "invalid_request_entity", f"Missing json field {name} in request entity")


def invalid(name: str, wanted: str) -> Refusal:
    """400: a field is there and wrong."""
    return refusal(400, "json_validation_error", f"Json document validation error: {name} {wanted}")


def number(body: dict[str, Any], name: str, least: float, most: float) -> float | None:
    """An optional number in its bounds. Raises Refusal."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refusal(400, "json_type_error", f"Json field type error: {name} must be a number")
    if not least <= value <= most:
        raise invalid(name, f"should be between {least:g} and {most:g}")
    return value


def known(body: dict[str, Any], names: Collection[str]) -> None:
    """Raise Refusal where there is any other field."""
    if unknown := [name for name in body if name not in names]:
        raise refusal(400, "invalid_request_entity", f"Json document validation error: unknown field '{unknown[0]}'")


def texts(body: dict[str, Any], name: str) -> tuple[str, ...]:
    """Optional texts. Raises Refusal."""
    value = body.get(name) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise refusal(400, "json_type_error", f"Json field type error: {name} must be an array of strings")
    return tuple(value)


WORDS = {
    "400": (400, "invalid_request_entity", "The request entity is not valid"),
    "400-too-long": (
        400,
        "invalid_input_argument",
        "Invalid input argument for Model '{model}': the number of input tokens 9120 cannot exceed the total tokens "
        "limit 8192 for this model",
    ),
    "400-parameter": (
        400,
        "invalid_input_argument",
        "Invalid input argument for Model '{model}': unsupported '{parameter}'",
    ),
    "401": (
        401,
        "authentication_token_not_valid",
        "Failed to authenticate the request due to invalid token: Failed to parse and verify token",
    ),
    "403": (403, "authorization_rejected", "The user is not authorized to use this project or model"),
    "404": (404, "model_not_supported", "Model '{model}' is not supported for this environment."),
    "408": (408, "request_timeout", "The request took too long"),
    "413": (413, "request_entity_too_large", "The request entity is too large"),
    "422": (422, "unprocessable_entity", "The request entity could not be processed"),
    "429": (429, "rate_limit_reached_requests", "Request rate limit reached"),
    "quota": (429, "token_quota_reached", "Token quota has been reached"),
    "500": (500, "downstream_request_failed", "Downstream request failed: internal error"),
    "503": (503, "service_unavailable", "The service is temporarily unavailable"),
    "529": (529, "service_overloaded", "The service is overloaded"),
    "unknown-fault": (
        400,
        "invalid_input_argument",
        "The simulator has no fault named '{argument}'. It has: {faults}",
    ),
}
WORDS["429-after"] = WORDS["429"]


refuse = refuser(WORDS, refusal)


class Events:
    """Server-sent events as watsonx numbers them."""

    def __init__(self) -> None:
        self._number = 0

    def event(self, data: bytes, kind: str = "message") -> bytes:
        self._number += 1
        return b"id: %d\nevent: %b\ndata: %b\n\n" % (self._number, kind.encode(), data)

    def corrupt(self, how: str, argument: str, good: bytes) -> bytes | None:
        """A bad event; `good` is the JSON of a good one."""
        match how:
            case "malformed":
                return self.event(good[:-14])
            case "bad-json":
                return self.event(b"this is not JSON (generated_text)")
            case "wrong-shape-list":
                return self.event(b'[1,2,3,"generated_text"]')
            case "error-event":
                code = argument or "downstream_request_failed"
                return self.event(dump(errors(500, code, "Downstream request failed: Unavailable")), "error")
        return None
