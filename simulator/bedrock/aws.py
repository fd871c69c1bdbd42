"""What Bedrock's APIs share: the signature, the errors, and what a spoiled answer looks like.

AWS puts an error's name in the `x-amzn-errortype` header and its words in {"message": …}.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from simulator.answering import Ask
from simulator.bedrock import eventstream
from simulator.faults import FAULTS
from simulator.request_context import Call, Refusal, bad_gateway, dump

EVENT_STREAM = "application/vnd.amazon.eventstream"
BLOCKED = "Sorry, the guardrail does not allow an answer to this."
"""What a guardrail says instead of an answer."""

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


def authorise(call: Call) -> None:
    """Check for a signature in the right shape (its truth needs the secret), or an API key as bearer."""
    header = call.headers.get("authorization", "")
    if header.startswith("Bearer ") and header.removeprefix("Bearer ").strip():
        key = header.removeprefix("Bearer ")
    elif not header:
        raise refusal(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    elif not (found := _SIGNATURE.fullmatch(header)):
        raise refusal(403, "IncompleteSignatureException", "Authorization header is not a complete AWS4 signature.")
    elif found["service"] != "bedrock":
        raise refusal(403, "InvalidSignatureException", "Credential should be scoped to correct service: 'bedrock'.")
    elif "x-amz-date" not in call.headers:
        raise refusal(403, "IncompleteSignatureException", "Authorization header requires an 'X-Amz-Date' header.")
    else:
        key = found["key"]
    if "wrong" in key:
        raise _bad_key()


def model_of(call: Call) -> None:
    """Note the model and whether the answer streams; both stand in the path."""
    call.exchange.model = call.parts["model"]
    call.exchange.streamed = call.parts["operation"].endswith("stream")


def json_object(call: Call) -> dict[str, Any]:
    """The request's body. Raises Refusal."""
    try:
        return call.json_object()
    except ValueError:
        raise refusal(400, "SerializationException", "The request body is not a JSON object.") from None


def _bad_key() -> Refusal:
    return refusal(403, "UnrecognizedClientException", "The security token included in the request is invalid.")


def refuse(fault: str, argument: str, ask: Ask) -> Refusal:
    """AWS's words for a name in faults.REFUSALS."""
    match fault:
        case "400-too-long":
            return validation("Input is too long for requested model.")
        case "400-parameter":
            name = "temperature" if ask.temperature else ask.limit_name
            return validation(f"The model returned the following errors: `{name}` is not supported by this model.")
        case "401":
            return _bad_key()
        case "403":
            return refusal(
                403,
                "AccessDeniedException",
                "You don't have access to the model with the specified model ID.",
            )
        case "404":
            return refusal(
                404,
                "ResourceNotFoundException",
                "Could not resolve the foundation model from the provided model identifier.",
            )
        case "408":
            return refusal(408, "ModelTimeoutException", "The model took too long to answer. Try your request again.")
        case "413":
            return refusal(413, "RequestEntityTooLargeException", "The request body is too large.")
        case "422":
            return refusal(424, "ModelErrorException", "The model failed to process the request. Try it again.")
        case "429" | "429-after":
            after = {"retry-after": argument} if argument else None
            return refusal(429, "ThrottlingException", "Too many requests, please wait before trying again.", after)
        case "quota":
            return refusal(
                400,
                "ServiceQuotaExceededException",
                "Your request exceeds the service quota for your account.",
            )
        case "500":
            return refusal(500, "InternalServerException", "The service had an unexpected error. Try again.")
        case "502":
            return bad_gateway()
        case "503" | "529":
            return refusal(503, "ServiceUnavailableException", "Bedrock is unable to process your request.")
        case "unknown-fault":
            return validation(f"The simulator has no fault named '{argument}'. It has: {', '.join(FAULTS)}")
    return validation("The request is not valid.")


def spoiled_frame(how: str, argument: str, good: bytes) -> bytes | None:
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


def spoiled_body(how: str, shape: dict[str, Any]) -> bytes:
    match how:
        case "malformed":
            return dump(shape)[:-6]
        case "wrong-shape":
            return dump(shape)
        case "wrong-shape-list":
            return b"[1,2,3]"
    return b"this is not JSON"
