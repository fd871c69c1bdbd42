"""The HTTP below both of IBM's SDKs: one client, which verifies, waits as long as told, and never asks twice.

It is handed to the one and put under the other (see `watsonx_wml`). A refusal raises `Refused` before an SDK
can try again or lose the body, and each event of a stream reaches the SDK as one clean line.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from providers.parsing import sse
from providers.transport.call import watch_httpx
from providers.transport.proxies import proxy_for, trusted
from providers.watsonx.settings import WatsonxSettings

if TYPE_CHECKING:
    import httpx

KEEP_ALIVE = 60.0  # seconds; a person takes longer to ask again than an HTTP client's usual five
IBM_CLOUD = ".cloud.ibm.com"
IBM_HOSTS = ("iam.cloud.ibm.com", "api.dataplatform.cloud.ibm.com")  # asked besides the service's own
API_VERSION = "2025-09-01"
# Where the SDKs ask what there is, and take no for an answer.
PROBES = ("/ml/wml_services/", "/foundation_model_specs")


class Refused(Exception):
    """IBM said no: by its status, or by an error inside a stream, which has the status only in its words."""

    def __init__(self, status: int | None, body: str, path: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{path} {status}")
        self.status = status
        self.body = body
        self.path = path
        self.headers: Mapping[str, str] = headers or {}


class Http:
    """An `httpx.Client` for one account, and what the last answer on this thread had in its headers."""

    def __init__(self, settings: WatsonxSettings) -> None:
        import httpx

        self._heard = threading.local()
        self.verify, self.proxy = trusted(settings), proxy_for(settings.url)
        limits = httpx.Limits(max_connections=1000, max_keepalive_connections=100, keepalive_expiry=KEEP_ALIVE)
        # NO_PROXY may except the one and not the other.
        elsewhere = {host: proxy_for(f"https://{host}") for host in IBM_HOSTS if settings.url.endswith(IBM_CLOUD)}
        self.client = httpx.Client(
            verify=self.verify,
            trust_env=False,
            proxy=self.proxy and self.proxy.url,
            mounts={
                f"all://{host}": proxy and httpx.HTTPTransport(verify=self.verify, limits=limits, proxy=proxy.url)
                for host, proxy in elsewhere.items()
                if proxy != self.proxy
            },
            timeout=httpx.Timeout(settings.silence_timeout, connect=settings.connect_timeout),
            limits=limits,
            event_hooks={"response": [self._hear]},
        )
        watch_httpx(self.client)

    @property
    def request_id(self) -> str | None:
        """What IBM calls the request that this thread has sent last."""
        headers: Mapping[str, str] = getattr(self._heard, "headers", {})
        return headers.get("x-request-id") or headers.get("x-global-transaction-id")

    def models(self, url: str, function: str, headers: dict[str, str]) -> list[str]:
        """The ids of all models that have a function. Raises Refused, and what httpx does."""
        query = {
            "version": API_VERSION,
            "filters": f"function_{function},!lifecycle_withdrawn:and",
            "limit": "200",
        }
        response = self.client.get(f"{url}/ml/v1/foundation_model_specs", params=query, headers=headers)
        if not response.is_success:
            raise Refused(response.status_code, response.text, response.request.url.path, response.headers)
        return sorted(str(model["model_id"]) for model in response.json()["resources"])

    def _hear(self, response: httpx.Response) -> None:
        if response.request.method == "HEAD":
            return  # it opens a connection, whatever the answer
        self._heard.headers = response.headers
        path = response.request.url.path
        if not response.is_success and not any(probe in path for probe in PROBES):
            response.read()
            raise Refused(response.status_code, response.text, path, response.headers)
        if path.endswith("_stream"):
            kind = response.headers.get("content-type", "")
            if "json" in kind or "html" in kind:
                response.read()
                whole = _json(response.text)
                if not (isinstance(whole, dict) and (whole.get("choices") or whole.get("results"))):
                    raise Refused(None, response.text, path, response.headers)
                # Something in the way has made one document of the stream.
                response.iter_lines = lambda: iter([f"data: {json.dumps(whole)}"])  # type: ignore[method-assign]
                return
            # For this one response: httpx cuts lines at signs that may stand inside JSON, such as U+2028.
            response.iter_lines = lambda: events(response.iter_bytes())  # type: ignore[method-assign]


def events(chunks: Iterable[bytes]) -> Iterator[str]:
    """The data of server-sent events, a line each, up to [DONE]. Raises Refused where one of them is an error.

    A last event without its blank line counts if its JSON is whole.
    """
    for event in sse.events(sse.spaced(sse.lines(chunks))):
        data = event.data.replace("\n", " ")
        if data.strip() == sse.DONE:
            return
        if event.type == "error" or _is_error(data):
            raise Refused(None, data)
        if (event.whole and event.type in sse.UNNAMED) or _json(data) is not None:
            yield f"data: {data}"


def _is_error(data: str) -> bool:
    # Inside a text their quotes would have backslashes, so that most events are not parsed a second time.
    if '"errors"' not in data and '"error"' not in data:
        return False
    said = _json(data)
    if not isinstance(said, dict) or said.get("choices") or said.get("results"):
        return False
    return bool(said.get("errors") or said.get("error"))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
