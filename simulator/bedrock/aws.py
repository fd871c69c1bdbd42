"""Common parts of Bedrock's APIs: the signature, the errors, corrupt answers.

AWS puts an error's name in the `x-amzn-errortype` header and its words in {"message": …}.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any
from uuid import uuid4

from simulator.answering import refuser
from simulator.bedrock import eventstream
from simulator.request_context import Refusal, RequestContext, dump

EVENT_STREAM = "application/vnd.amazon.eventstream"
TIERS, LATENCIES = ("priority", "default", "flex", "reserved"), ("standard", "optimized")
EFFORTS = ("low", "medium", "high", "xhigh", "max")
OPTIONS = ("x-amzn-bedrock-service-tier", "x-amzn-bedrock-performanceconfig-latency")
"""Headers of InvokeModel, of the request and of the answer, that name the tier and the latency."""
BLOCKED = "Sorry, the guardrail does not allow an answer to this."
"""What a guardrail says instead of an answer."""

MOST_MARKS = 4
# Vendors whose models have no prompt cache on Bedrock.
_UNCACHED = re.compile(
    r"(^|\.)(ai21|cohere|deepseek|google|meta|minimax|mistral|moonshotai?|nvidia|openai|qwen|writer)\."
)
_SIGNATURE = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=(?P<key>[^/,]+)/\d{8}/[a-z0-9-]+/(?P<service>[^/,]+)/aws4_request"
    r", *SignedHeaders=[a-z0-9;-]+, *Signature=[0-9a-f]{64}"
)


def refusal(status: int, kind: str, message: str, headers: dict[str, str] | None = None) -> Refusal:
    """An error in AWS's shape; `kind` is the exception's name."""
    where = "http://internal.amazon.com/coral/com.amazon.bedrock/"
    own = {"x-amzn-requestid": str(uuid4()), "x-amzn-errortype": f"{kind}:{where}"}
    return Refusal(status, {"message": message}, {**own, **(headers or {})})


def validation(message: str) -> Refusal:
    """400: the request is not valid."""
    return refusal(400, "ValidationException", message)


def authorise(context: RequestContext) -> None:
    """Check for a signature of the right shape (verifying it would need the secret), or an API key as bearer."""
    header = context.headers.get("authorization", "")
    if header.startswith("Bearer ") and header.removeprefix("Bearer ").strip():
        key = header.removeprefix("Bearer ")
    elif not header:
        raise refusal(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    elif not (found := _SIGNATURE.fullmatch(header)):
        raise refusal(403, "IncompleteSignatureException", "Authorization header is not a complete AWS4 signature.")
    elif found["service"] != "bedrock":
        raise refusal(403, "InvalidSignatureException", "Credential should be scoped to correct service: 'bedrock'.")
    elif "x-amz-date" not in context.headers:
        raise refusal(403, "IncompleteSignatureException", "Authorization header requires an 'X-Amz-Date' header.")
    else:
        key = found["key"]
    if "wrong" in key:
        raise refusal(*WORDS["401"])


def model_of(context: RequestContext) -> None:
    """Log the model and whether the answer streams; both are in the path."""
    context.exchange.model = context.parts["model"]
    context.exchange.streamed = context.parts["operation"].endswith("stream")
    context.exchange.options = {name: value for name, value in context.headers.items() if name in OPTIONS}


def member(value: Any, place: str, words: Collection[str]) -> str:
    """One of these words, or nothing. Raises Refusal."""
    if value and value not in words:
        raise validation(
            f"1 validation error detected: Value '{value}' at '{place}' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(words)}]"
        )
    return value or ""


def served(tier: str) -> str:
    """The tier that it is served by: reserved capacity that nobody has reserved is the default."""
    return "default" if tier == "reserved" else tier


def bounded(body: dict[str, Any], name: str, place: str = "") -> bool:
    """Whether there is a number from 0 to 1 by this name. Raises Refusal where it is another one."""
    value = body.get(name)
    if value is not None and (not isinstance(value, int | float) or not 0 <= value <= 1):
        raise validation(f"Value '{value}' at '{place}{name}' must be between 0 and 1.")
    return value is not None


def sequences(value: Any, place: str) -> tuple[str, ...]:
    """Stop sequences. Raises Refusal where they are something else."""
    if value is not None and not (isinstance(value, list) and all(isinstance(each, str) and each for each in value)):
        raise validation(f"{place}: Input should be a valid list of strings")
    return tuple(value or ())


def json_object(context: RequestContext) -> dict[str, Any]:
    """The request's body. Raises Refusal."""
    try:
        return context.json_object()
    except ValueError:
        raise refusal(400, "SerializationException", "The request body is not a JSON object.") from None


def check_marks(model: str, count: int) -> None:
    """Whether a model takes so many marks for its cache. Raises Refusal."""
    if _UNCACHED.search(model):
        raise refusal(
            403,
            "AccessDeniedException",
            "You invoked an unsupported model or your request did not allow prompt caching. "
            "See the documentation for more information.",
        )
    if count > MOST_MARKS:
        raise validation(f"A maximum of {MOST_MARKS} cache points is allowed. Found {count}.")


WORDS = {
    "400": (400, "ValidationException", "The request is not valid."),
    "400-too-long": (400, "ValidationException", "Input is too long for requested model."),
    "400-parameter": (
        400,
        "ValidationException",
        "The model returned the following errors: `{parameter}` is not supported by this model.",
    ),
    "401": (403, "UnrecognizedClientException", "The security token included in the request is invalid."),
    "403": (403, "AccessDeniedException", "You don't have access to the model with the specified model ID."),
    "404": (
        404,
        "ResourceNotFoundException",
        "Could not resolve the foundation model from the provided model identifier.",
    ),
    "408": (408, "ModelTimeoutException", "The model took too long to answer. Try your request again."),
    "413": (413, "RequestEntityTooLargeException", "The request body is too large."),
    "422": (424, "ModelErrorException", "The model failed to process the request. Try it again."),
    "429": (429, "ThrottlingException", "Too many requests, please wait before trying again."),
    "quota": (400, "ServiceQuotaExceededException", "Your request exceeds the service quota for your account."),
    "500": (500, "InternalServerException", "The service had an unexpected error. Try again."),
    "503": (503, "ServiceUnavailableException", "Bedrock is unable to process your request."),
    "unknown-fault": (
        400,
        "ValidationException",
        "The simulator has no fault named '{argument}'. It has: {faults}",
    ),
}
WORDS |= {"429-after": WORDS["429"], "529": WORDS["503"]}


refuse = refuser(WORDS, refusal)


def corrupt_frame(how: str, argument: str, good: bytes) -> bytes | None:
    match how:
        case "malformed":
            return good[: len(good) // 2] + b"\x00\xff" * 40
        case "bad-crc":
            return eventstream.with_wrong_checksum(good)
        case "error-event" if argument[:1].isupper():
            return eventstream.error(argument, "The service failed while it answered.")
        case "error-event":
            message = {"message": "The model had an error while it answered. Try your request again."}
            return eventstream.exception(argument or "modelStreamErrorException", dump(message))
    return None
