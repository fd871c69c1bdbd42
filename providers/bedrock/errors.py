"""Exceptions of botocore, and of urllib3 below it, and what they mean."""

from __future__ import annotations

from typing import Any

from providers.adapter import Progress
from providers.errors import ErrorFactory, ProviderError, retry_after_seconds
from providers.parsing.error_body import Refused

SIGN_IN = "The sign-in to {label} is over. Sign in again by: aws sso login"


def translated(failure: BaseException, errors: ErrorFactory, at: Progress) -> ProviderError | None:
    """The error for an exception; None where it is none of these two libraries'."""
    import urllib3.exceptions as http
    from botocore import exceptions as aws
    from botocore.eventstream import ParserError
    from botocore.parsers import ResponseParserError

    match failure:
        case aws.NoCredentialsError() | aws.PartialCredentialsError() | aws.CredentialRetrievalError():
            return errors.error("missing_credentials", f"{failure}")
        case aws.SSOError() | aws.UnauthorizedSSOTokenError() | aws.TokenRetrievalError():
            return errors.error("auth", note=f"{failure}", sentence=SIGN_IN)
        case aws.ReadTimeoutError() | http.ReadTimeoutError():
            # Before the question was sent it was TLS that nobody agreed on.
            return errors.error("timeout") if at.connected else errors.error("network", reason(failure))
        case aws.SSLError() | aws.ProxyConnectionError() | aws.ConnectTimeoutError() | aws.EndpointConnectionError():
            return errors.error("network", reason(failure))
        case aws.HTTPClientError() | http.HTTPError() | OSError():
            return errors.error("interrupted" if at.heard else "network", type(failure).__name__)
        case ParserError() | ResponseParserError():
            return errors.error("protocol")
        case aws.BotoCoreError():
            return errors.unsent(f"{failure}")
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
