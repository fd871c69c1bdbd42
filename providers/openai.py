"""OpenAI's chat completions, and every server that speaks them."""

from __future__ import annotations

import contextlib
import json
import re
import weakref
from dataclasses import replace
from itertools import islice
from typing import Any

from providers.base import ErrorKind, ProviderError, Request, TextStream
from providers.completion import DRAIN, Complaint, Completion
from providers.failures import CUT_OFF, Failures, kind_of_status, retry_after_seconds, with_one_retry
from providers.line import Line, watch_httpx
from providers.network import proxy_for, trusted
from providers.settings import OpenAISettings
from providers.sse import values
from providers.thoughts import Thoughts
from providers.warming import by_httpx, held, httpx_is_open

KIND_OF_CODE: dict[str, ErrorKind] = {
    "DeploymentNotFound": "unknown_model",
    "account_deactivated": "auth",
    "billing_hard_limit_reached": "quota",
    "billing_not_active": "quota",
    "content_filter": "filtered",
    "content_policy_violation": "filtered",
    "context_length_exceeded": "too_long",
    "insufficient_quota": "quota",
    "invalid_api_key": "auth",
    "model_not_found": "unknown_model",
    "overloaded_error": "overloaded",
    "rate_limit_exceeded": "rate_limit",
    "server_error": "overloaded",
    "string_above_max_length": "too_long",
    "unsupported_country_region_territory": "forbidden",
}

OPTIONAL = ("max_tokens", "max_completion_tokens", "temperature", "top_p", "stream_options")
UNSUPPORTED = re.compile(
    r"unsupported|not supported|does not support|unrecogni[sz]ed|unknown|unexpected|not permitted", re.IGNORECASE
)
OTHER_LIMIT = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}

TOO_LONG = re.compile(r"context (length|window)|too many tokens|prompt is too long|maximum context", re.IGNORECASE)

KEEP_ALIVE = 60.0  # seconds; a person takes longer to ask again than an HTTP client's usual five
DRAIN_READS = 32  # how many reads the rest may take


class OpenAI:
    """A client of one server. Remembers, for each model, the parameters that the server refused."""

    def __init__(self, settings: OpenAISettings) -> None:
        self._settings = settings
        self._failures = Failures(label=settings.label, keys=settings.key_variable, secrets=settings.secrets)
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
            default_headers={"api-key": key} if settings.is_azure else None,
            max_retries=0,
            http_client=http,
        )
        self._completions = self._rehearsed()
        self._thoughts = Thoughts()
        self._refused: dict[str, set[str]] = {}

    def stream(self, request: Request, line: Line | None = None) -> TextStream:
        """Speak the answer; raises ProviderError."""
        line = line or Line()
        request = request.spoken()
        whole = not request.stream
        if whole:
            line.await_whole(self._settings.awaited_timeout)
        return with_one_retry(
            lambda: self._thoughts.apart(self._speak(request, line), request.model, whole=whole), line
        )

    def warm(self, line: Line, *, alone: bool = True) -> contextlib.AbstractContextManager[None]:
        """Have a connection open for the question. Raises ProviderError where the connect timeout passed."""
        http, url = self._http, self._settings.base_url
        return held(by_httpx(http, url), line, enough=lambda: alone and httpx_is_open(http, url), in_vain=self._in_vain)

    def models(self) -> list[str]:
        """The ids that the server lists; of OpenAI's own, those that chat. Raises ProviderError."""
        other = re.compile(r"embed|whisper|tts|dall-e|image|audio|realtime|moderation|transcribe|sora|babbage|davinci")
        try:
            names = sorted(model.id for model in self._client.models.list())
        except Exception as error:
            raise self._translated(error, "", heard=False) from error
        return [name for name in names if not (self._settings.is_openai and other.search(name))]

    def _rehearsed(self) -> Any:
        """The SDK's chat completions, with what their first use would import and build: a tenth of a second's work."""
        self._client.default_headers  # noqa: B018
        completions = self._client.chat.completions
        completions.with_raw_response  # noqa: B018
        return completions

    def _speak(self, request: Request, line: Line) -> TextStream:
        body = self._body(request)
        completion = Completion()
        heard = False
        last = None  # when bytes came in that say anything
        request_id = None
        try:
            with line.dialling():
                response = self._completions.with_raw_response.create(**body).http_response
            request_id = response.headers.get("x-request-id")
            with contextlib.closing(response):
                # Read here and not by the SDK, whose own reader stumbles over what the standard allows. Made into the
                # SDK's models, each chunk would take ten times as long, too.
                chunks = response.iter_bytes()
                for event in values(chunks):
                    for piece in completion.read(event):
                        heard = True
                        yield piece
                    if completion.news:
                        line.wait_no_longer_than(completion.tail)
                        last = line.heard
                    if completion.over:
                        break
                if not completion.begun and "event-stream" not in response.headers.get("content-type", ""):
                    raise self._failures.error("protocol")
                line.wait_no_longer_than(DRAIN)
                for _ in islice(chunks, DRAIN_READS):  # so that the connection can serve the next answer
                    pass
        except Exception as error:
            yield from completion.rest()
            failure = self._translated(error, request.model, heard=heard, sent=body)
            if completion.finish is None or failure.kind not in CUT_OFF:
                raise failure from error
            # The answer is complete; only its figures are cut off.
        finally:
            line.wait_no_longer_than(None)
        line.heard = line.heard if last is None else last
        yield from completion.rest()
        return completion.end(request_id, self._failures)

    def _body(self, request: Request) -> dict[str, Any]:
        messages = [{"role": role, "content": content} for role, content in request.messages]
        if request.system:
            messages.insert(0, {"role": "system", "content": request.system})
        body: dict[str, Any] = {"model": request.model, "messages": messages, "stream": request.stream}
        limit = "max_completion_tokens" if self._settings.is_openai else "max_tokens"
        refused = self._refused.get(request.model, set())
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
                return self._translated(self._as_the_sdk_has_it(error), model, heard=heard, sent=sent)
            case openai.APIStatusError():
                refused = self._refusal(error, model, sent or {})
                return refused or self._status_error(error)
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
                said = error.body if isinstance(error.body, str) else error.message
                kind = self._kind(str(error.code or ""), str(error.type or ""), said)
                return self._failures.error(kind or "overloaded", said)
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
                return self._failures.error("protocol", type(error).__name__)

    def _as_the_sdk_has_it(self, complaint: Complaint) -> Exception:
        """What the SDK would have raised for an error that came with status 200."""
        import httpx2
        import openai

        request = httpx2.Request("POST", self._settings.base_url)
        if complaint.status is None:
            return openai.APIError(_said(complaint.body), request, body=complaint.body)
        response = httpx2.Response(complaint.status, request=request)
        return openai.APIStatusError("", response=response, body=complaint.body)

    def _in_vain(self, error: Exception) -> ProviderError | None:
        import httpx2

        return self._translated(error, "", heard=False) if isinstance(error, httpx2.ConnectTimeout) else None

    def _status_error(self, error: Any) -> ProviderError:
        body = error.body if isinstance(error.body, dict) else {}
        said = _said(error.body)
        kind = self._kind(str(body.get("code") or ""), str(body.get("type") or ""), said)
        if kind == "unknown_model" and error.status_code == 403:
            kind = "forbidden"  # there is such a model, but not for this project
        if kind is None and error.status_code in (404, 405) and "model" not in said.lower():
            kind = "protocol"  # there is no such path: a base URL without its /v1, say
        kind = kind or kind_of_status(error.status_code)
        # What OpenAI says of a wrong key holds a part of it.
        detail = "" if kind == "auth" else said or f"status {error.status_code}"
        wait = retry_after_seconds(error.response.headers.get("retry-after"))
        return self._failures.error(kind, detail, retry_after=wait)

    def _kind(self, code: str, type_: str, said: str) -> ErrorKind | None:
        for word in (code, type_):
            if word in KIND_OF_CODE:
                return KIND_OF_CODE[word]
            if word.isdecimal():  # OpenRouter puts the status there
                return kind_of_status(int(word))
        if TOO_LONG.search(said):
            return "too_long"
        return None

    def _refusal(self, error: Any, model: str, sent: dict[str, Any]) -> ProviderError | None:
        """Where the server refuses a parameter as such: remember it for this model, and say that asking again helps."""
        body = error.body if isinstance(error.body, dict) else {}
        said = _said(error.body)
        if error.status_code not in (400, 422) or not (
            body.get("code") in ("unsupported_parameter", "unsupported_value") or UNSUPPORTED.search(said)
        ):
            return None
        named = [
            name for name in OPTIONAL if name in sent and (name == body.get("param") or re.search(rf"\b{name}\b", said))
        ]
        if not named:
            return None
        # "Use max_completion_tokens instead" names two; the one that was sent is the refused one.
        self._refused.setdefault(model, set()).add(named[0])
        return self._failures.error(
            "bad_request", f"{said} (it is left out from now on; ask again)", retryable=True, retry_after=0.0
        )


def _said(body: Any) -> str:
    """The server's own words in the body of an error; servers that are compatible in the rest differ here."""
    if isinstance(body, dict):
        body = body.get("message") or body.get("detail") or body.get("error")
    if isinstance(body, list):  # FastAPI's, and so vLLM's: [{"loc": ["body", "top_p"], "msg": "…"}]
        body = json.dumps(body)
    return body if isinstance(body, str) and not body.lstrip().startswith("<") else ""  # a gateway's page says nothing
