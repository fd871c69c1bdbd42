"""OpenAI's chat completions, and every server that speaks them."""

from __future__ import annotations

import contextlib
import json
import weakref
from dataclasses import replace
from itertools import islice
from typing import Any

from providers.base import ProviderError, Request, TextStream
from providers.errors import CUT_OFF, ErrorFactory, retry_after_seconds, with_one_retry
from providers.openai.models import chat_models
from providers.openai.settings import OpenAISettings
from providers.parsing.chat_completion import DRAIN, Complaint, Completion
from providers.parsing.error_body import ErrorBody, read
from providers.parsing.sse import values
from providers.parsing.think_tags import ThinkTags
from providers.transport.call import Call, watch_httpx
from providers.transport.preconnect import by_httpx, httpx_is_open, preconnected
from providers.transport.proxies import proxy_for, trusted

OTHER_LIMIT = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}

KEEP_ALIVE = 60.0  # seconds; a person takes longer to ask again than an HTTP client's usual five
DRAIN_READS = 32  # how many reads the rest may take


class OpenAI:
    """A client of one server. Remembers, for each model, the parameters that the server refused."""

    def __init__(self, settings: OpenAISettings) -> None:
        self._settings = settings
        self._failures = ErrorFactory(
            label=settings.label,
            keys=settings.key_names,
            address=settings.address_name,
            secrets=settings.secrets,
        )
        if settings.missing:
            raise self._failures.error("missing_credentials")
        key = self._failures.checked_key(settings.api_key, settings.key_variable) or "none"
        import httpx2
        import openai

        # The SDK looks into httpx wherever that is in `sys.modules`, also while another provider's thread is still
        # importing it, and stumbles then. So it is there whole, from now on.
        with contextlib.suppress(ImportError):
            import httpx  # noqa: F401
        try:
            verify, proxy = trusted(settings), proxy_for(settings.base_url)
        except ValueError as error:
            raise self._failures.error("network", f"{error}", retryable=False) from error
        if proxy:
            self._failures = replace(self._failures, proxy=proxy.variable)
        http = openai.DefaultHttpxClient(
            verify=verify,
            trust_env=False,
            proxy=proxy and proxy.url,
            timeout=openai.Timeout(settings.silence_timeout, connect=settings.connect_timeout),
            limits=httpx2.Limits(max_connections=1000, max_keepalive_connections=100, keepalive_expiry=KEEP_ALIVE),
        )
        watch_httpx(http)
        weakref.finalize(self, http.close)
        self._http = http
        self._client = openai.OpenAI(
            api_key=key,
            base_url=settings.base_url,
            organization=settings.organization or None,
            project=settings.project or None,
            default_query=dict(settings.query),
            default_headers={"api-key": key} | dict(settings.headers) if settings.is_azure else dict(settings.headers),
            max_retries=0,
            http_client=http,
        )
        self._completions = self._rehearsed()
        self._thoughts = ThinkTags()
        self._refused: dict[str, set[str]] = {}

    def stream(self, request: Request, call: Call | None = None) -> TextStream:
        """Speak the answer; raises ProviderError."""
        call = call or Call()
        request = request.spoken()
        whole = not request.stream
        if whole:
            call.await_whole(self._settings.awaited_timeout)
        return with_one_retry(
            lambda: self._thoughts.apart(self._speak(request, call), request.model, whole=whole), call
        )

    def preconnect(self, call: Call, *, alone: bool = True) -> contextlib.AbstractContextManager[None]:
        """Have a connection open for the question. Raises ProviderError where the connect timeout passed."""
        http, url = self._http, self._settings.base_url
        return preconnected(
            by_httpx(http, url), call, enough=lambda: alone and httpx_is_open(http, url), in_vain=self._in_vain
        )

    def models(self) -> list[str]:
        """The ids that the server lists, of those that chat. Raises ProviderError."""
        try:
            listed = self._client.models.with_raw_response.list()
            return sorted(chat_models(json.loads(listed.content), of_openai=self._settings.is_openai))
        except Exception as error:
            raise self._translated(error, "", heard=False) from error

    def _rehearsed(self) -> Any:
        """The SDK's chat completions, with what their first use would import and build: a tenth of a second's work."""
        self._client.default_headers  # noqa: B018
        completions = self._client.chat.completions
        completions.with_raw_response  # noqa: B018
        return completions

    def _speak(self, request: Request, call: Call) -> TextStream:
        body = self._body(request)
        completion = Completion()
        heard = False
        awaited: list[str] = []
        last = None  # when bytes came in that say anything
        request_id = None
        try:
            with call.sending():
                response = self._completions.with_raw_response.create(**body).http_response
            request_id = response.headers.get("x-request-id")
            with contextlib.closing(response):
                # Read here and not by the SDK, whose own reader stumbles over what the standard allows. Made into the
                # SDK's models, each chunk would take ten times as long, too.
                chunks = response.iter_bytes()
                for event in values(chunks):
                    if request.stream:
                        for piece in completion.read(event):
                            heard = True
                            yield piece
                    else:  # of an awaited answer all is told, or nothing, though a server may send it in pieces
                        awaited += completion.read(event)
                    if completion.news:
                        call.wait_no_longer_than(completion.tail)
                        last = call.heard
                    if completion.over:
                        break
                if not completion.begun and "event-stream" not in response.headers.get("content-type", ""):
                    raise self._failures.error("protocol")
                call.wait_no_longer_than(DRAIN)
                for _ in islice(chunks, DRAIN_READS):  # so that the connection can serve the next answer
                    pass
        except Exception as error:
            if request.stream:
                yield from completion.rest()
            failure = self._translated(error, request.model, heard=heard, sent=body)
            if completion.finish is None or failure.kind not in CUT_OFF:
                raise failure from error
            # The answer is complete; only its figures are cut off.
        finally:
            call.wait_no_longer_than(None)
        call.heard = call.heard if last is None else last
        yield from awaited
        yield from completion.rest()
        return completion.end(request_id, self._failures)

    def _body(self, request: Request) -> dict[str, Any]:
        refused = self._refused.get(request.model, set())
        if "system" in refused:
            request = request.without_system()
        messages = [{"role": role, "content": content} for role, content in request.messages]
        if request.system:
            messages.insert(0, {"role": "system", "content": request.system})
        body: dict[str, Any] = {"model": request.model, "messages": messages, "stream": request.stream}
        limit = "max_completion_tokens" if self._settings.is_openai else "max_tokens"
        if limit in refused:
            limit = OTHER_LIMIT[limit]
        wanted = {
            limit: request.max_tokens,
            "temperature": request.temperature,
            "top_p": request.top_p,
            "stream_options": {"include_usage": True} if request.stream else None,
        }
        body |= {name: value for name, value in wanted.items() if value is not None and name not in refused}
        return body

    def _translated(
        self, error: Exception, model: str, *, heard: bool, sent: dict[str, Any] | None = None
    ) -> ProviderError:
        """Our error for an exception of the SDK or of the HTTP stack below it."""
        import httpx2
        import openai

        match error:
            case ProviderError():
                return error
            case Complaint():
                return self._refusal(read(error.body), model, {} if heard else sent or {}, error.status)
            case openai.APIStatusError():
                wait = retry_after_seconds(error.response.headers.get("retry-after"))
                return self._refusal(read(error.response.content), model, sent or {}, error.status_code, wait)
            case openai.APIConnectionError() | httpx2.HTTPError():
                cause = (error.__cause__ if isinstance(error, openai.APIConnectionError) else error) or error
                if isinstance(
                    cause,
                    httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError | httpx2.UnsupportedProtocol,
                ):
                    return self._failures.error("network", f"{cause}" or "the connection timed out")
                if isinstance(cause, httpx2.TimeoutException):
                    return self._failures.error("timeout")
                return self._failures.error("interrupted" if heard else "network", f"{cause}")
            case openai.APIError():  # an error event in mid-stream: no status, but perhaps a code
                return self._refusal(read(error.body or error.message), model, {} if heard else sent or {})
            case (
                json.JSONDecodeError()
                | UnicodeDecodeError()
                | openai.OpenAIError()
                | TypeError()
                | AttributeError()
                | LookupError()
                | ValueError()
            ):
                # Models are parsed leniently, so a foreign shape first shows where something reads it.
                return self._failures.error("protocol")
            case _:
                return self._failures.error("protocol", note=type(error).__name__)

    def _in_vain(self, error: Exception) -> ProviderError | None:
        import httpx2

        return self._translated(error, "", heard=False) if isinstance(error, httpx2.ConnectTimeout) else None

    def _refusal(
        self, said: ErrorBody, model: str, sent: dict[str, Any], status: int | None = None, wait: float | None = None
    ) -> ProviderError:
        """The error for what the server said. Parameters that it does not know are remembered for this model."""
        kind = said.kind(status) or "overloaded"
        names = {*sent, "system"} if any(turn["role"] == "system" for turn in sent.get("messages", ())) else set(sent)
        if refused := said.refused(names) if kind in ("bad_request", "overloaded") else []:
            self._refused.setdefault(model, set()).update(refused)
        note = f"status {status}" if status else ""
        return self._failures.refusal(said, kind, note=note, retry_after=wait, left_out=refused)
