"""Responses to IBM's SDKs, before these see them.

A refusal raises before an SDK can try again or lose its body, and each event of a stream is one clean line.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from providers.errors import retry_after_seconds
from providers.parsing.error_body import Refused
from providers.watsonx.parsing import document, events

if TYPE_CHECKING:
    import httpx

# Where the SDKs ask what there is, and take no for an answer.
PROBES = ("/ml/wml_services/", "/foundation_model_specs")


class Hook:
    """A hook for the responses of an `httpx.Client`. Keeps what the last one on this thread had in its headers."""

    def __init__(self) -> None:
        self._heard = threading.local()

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the response to what this thread has sent last."""
        headers: Mapping[str, str] = getattr(self._heard, "headers", {})
        return headers

    @property
    def request_id(self) -> str | None:
        """What IBM calls that request."""
        return self.headers.get("x-request-id") or self.headers.get("x-global-transaction-id")

    def __call__(self, response: httpx.Response) -> None:
        if response.request.method == "HEAD":
            return  # it opens a connection, whatever the answer
        self._heard.headers = response.headers
        path = response.request.url.path
        if not response.is_success and not any(probe in path for probe in PROBES):
            response.read()
            raise refused(response)
        if path.endswith("_stream"):
            kind = response.headers.get("content-type", "")
            if "json" in kind or "html" in kind:
                response.read()
                lines = document(response.text, path)
            else:
                lines = events(response.iter_bytes())
            # For this one response: httpx cuts lines at signs that may stand inside JSON, such as U+2028.
            response.iter_lines = lambda: lines  # type: ignore[method-assign]


def refused(response: httpx.Response) -> Refused:
    """A response that is none of success, read whole."""
    wait = retry_after_seconds(response.headers.get("retry-after"))
    return Refused(response.text, response.status_code, path=response.request.url.path, retry_after=wait)
