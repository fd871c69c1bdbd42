"""Exceptions of botocore, and of urllib3 below it, and what they mean."""

from __future__ import annotations

from typing import Any, Literal

from providers.errors import ErrorKind, retry_after_seconds
from providers.parsing.error_body import Refused

SIGN_IN = "The sign-in to {label} is over. Sign in again by: aws sso login"


def meaning(failure: BaseException) -> ErrorKind | Literal["unsent", "broken"] | None:
    """What an exception means; None where it is none of these two libraries'.

    "unsent": the SDK objects to a setting; "broken": the connection broke off, or there was none.
    """
    import urllib3.exceptions as http
    from botocore import exceptions as aws
    from botocore.eventstream import ParserError
    from botocore.parsers import ResponseParserError

    match failure:
        case aws.NoCredentialsError() | aws.PartialCredentialsError() | aws.CredentialRetrievalError():
            return "missing_credentials"
        case aws.SSOError() | aws.UnauthorizedSSOTokenError() | aws.TokenRetrievalError():
            return "auth"
        case aws.ReadTimeoutError() | http.ReadTimeoutError():
            return "timeout"
        case aws.SSLError() | aws.ProxyConnectionError() | aws.ConnectTimeoutError() | aws.EndpointConnectionError():
            return "network"
        case aws.HTTPClientError() | http.HTTPError() | OSError():
            return "broken"
        case ParserError() | ResponseParserError():
            return "protocol"
        case aws.BotoCoreError():
            return "unsent"
    return None


def reason(failure: Any) -> str:
    """What the network said: the innermost of the errors that botocore and urllib3 put around one another."""
    inner = getattr(failure, "kwargs", {}).get("error") or getattr(failure, "original_error", None) or failure.__cause__
    return f"{failure}" if inner is None else reason(inner)


def refused(failure: Any) -> Refused:
    """What a ClientError or an EventStreamError says."""
    error = failure.response.get("Error", {})
    metadata = failure.response.get("ResponseMetadata", {})
    status = metadata.get("HTTPStatusCode")
    code = error.get("Code")
    return Refused(
        {"code": code, "message": error.get("Message")},
        status if isinstance(status, int) and status >= 400 else None,
        note=str(code or ""),
        retry_after=retry_after_seconds(metadata.get("HTTPHeaders", {}).get("retry-after")),
    )
