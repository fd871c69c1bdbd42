"""OpenAI's chat completions, and every server that speaks them."""

from __future__ import annotations

import contextlib
import json
import os
import ssl
import weakref
from collections.abc import Iterator
from itertools import islice
from typing import Any

from providers.base import (
    End,
    FinishReason,
    ProviderError,
    Reasoning,
    Request,
    TextStream,
    count_of,
    text_of,
)
from providers.discovery import chat_models
from providers.failures import CUT_OFF, Failures, retry_after_seconds, with_one_retry
from providers.line import Line, watch_httpx
from providers.refusals import Said, read
from providers.settings import OpenAISettings, on_this_machine
from providers.warming import by_httpx, held, httpx_is_open

FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "filtered",
    "tool_calls": "tool",
    "function_call": "tool",
}

OTHER_LIMIT = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}

KEEP_ALIVE = 60.0  # seconds; a person takes longer to ask again than an HTTP client's usual five
DRAIN = 0.05  # seconds to wait for the rest of a finished answer, so that its connection can serve the next
DRAIN_READS = 32  # how many reads the rest may take


class OpenAI:
    """A client of one server. Remembers, for each model, the parameters that the server refused."""

    def __init__(self, settings: OpenAISettings) -> None:
        self._settings = settings
        self._failures = Failures(
            label=settings.label,
            keys=settings.key_variable,
            address=f"{settings.url_variable}, which mostly ends in /v1",
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
            verify = _trusted(settings.ca_file)
        except OSError as error:
            raise self._failures.error("network", f"no certificates can be read from {settings.ca_file}") from error
        # A company's proxy leads to no server on this machine, and not to the simulator.
        proxied = not on_this_machine(settings.base_url)
        http = openai.DefaultHttpxClient(
            verify=verify,
            trust_env=proxied,
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
        self._stream: Any = openai.Stream[object]
        self._refused: dict[str, set[str]] = {}

    def stream(self, request: Request, line: Line | None = None) -> TextStream:
        """Speak the answer; raises ProviderError."""
        line = line or Line()
        request = request.spoken()
        return with_one_retry(lambda: self._speak(request, line), line)

    def warm(self, line: Line, *, alone: bool = True) -> contextlib.AbstractContextManager[None]:
        """Have a connection open for the question. Raises ProviderError where the connect timeout passed."""
        http, url = self._http, self._settings.base_url
        return held(by_httpx(http, url), line, enough=lambda: alone and httpx_is_open(http, url), in_vain=self._in_vain)

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

    def _speak(self, request: Request, line: Line) -> TextStream:
        body = self._body(request)
        heard = False
        finish: Any = None
        usage: Any = None
        request_id: str | None = None
        answering = False
        try:
            if not request.stream:
                with line.dialling():
                    whole = self._completions.create(**body)
                choice = whole.choices[0]
                for piece in _pieces(choice.message and choice.message.to_dict(warnings=False)):
                    yield piece
                usage = whole.usage and whole.usage.to_dict(warnings=False)
                return self._end(choice.finish_reason, usage, whole._request_id)
            with line.dialling():
                response = self._completions.with_raw_response.create(**body)
            request_id = response.headers.get("x-request-id")
            # As plain JSON. Made into the SDK's models, each chunk would take ten times as long, which is what a
            # process with a hundred answers under way spends most of its time on.
            answer = response.parse(to=self._stream)
            with contextlib.closing(answer):
                for chunk in answer:
                    answering = True
                    if isinstance(chunk, list) and (said := read(chunk)).message:  # Gemini's errors are lists
                        raise self._refusal(said, request.model, {} if heard else body)
                    usage = chunk.get("usage") or usage
                    choices = chunk.get("choices") or ()
                    if not choices:
                        self._check_event(chunk)
                    for choice in choices:
                        if choice.get("index"):
                            continue
                        for piece in _pieces(choice.get("delta")):
                            heard = True
                            yield piece
                        finish = choice.get("finish_reason") or finish
                    # Some servers count, and some even say "stop", in each chunk: only one without choices is the last.
                    if finish and usage and not choices:
                        _drain(answer, line)
                        break
            if not answering and "event-stream" not in answer.response.headers.get("content-type", ""):
                raise self._failures.error("protocol")  # a web page, most likely
        except Exception as error:
            failure = self._translated(error, request.model, heard=heard, sent=body)
            if finish is None or failure.kind not in CUT_OFF:
                raise failure from error
            # The answer is complete; only its figures are cut off.
        return self._end(finish, usage, request_id)

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

    def _check_event(self, chunk: Any) -> None:
        """Raise where an event without choices is an error: some servers name it in the event's type alone."""
        if chunk.get("usage") or chunk.get("id") is not None:
            return
        if (said := read(chunk)).message:
            raise self._failures.refusal(said, said.kind() or "overloaded")

    def _end(self, finish: Any, usage: Any, request_id: str | None) -> End:
        if finish is None:
            raise self._failures.error("interrupted")
        if finish == "error":  # OpenRouter's way of saying that the model behind it failed
            raise self._failures.error("interrupted", "the model failed")
        counts = usage if isinstance(usage, dict) else {}
        details = counts.get("completion_tokens_details")
        return End(
            FINISH.get(str(finish), "other"),
            count_of(counts.get("prompt_tokens")),
            count_of(counts.get("completion_tokens")),
            count_of(details.get("reasoning_tokens") if isinstance(details, dict) else None),
            request_id,
        )

    def _translated(
        self, error: Exception, model: str, *, heard: bool, sent: dict[str, Any] | None = None
    ) -> ProviderError:
        """Our error for an exception of the SDK or of the HTTP stack below it."""
        import httpx2
        import openai

        match error:
            case ProviderError():
                return error
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
        self, said: Said, model: str, sent: dict[str, Any], status: int | None = None, wait: float | None = None
    ) -> ProviderError:
        """The error for what the server said. Parameters that it does not know are remembered for this model."""
        kind = said.kind(status) or "overloaded"
        names = {*sent, "system"} if any(turn["role"] == "system" for turn in sent.get("messages", ())) else set(sent)
        if refused := said.refused(names) if kind in ("bad_request", "overloaded") else []:
            self._refused.setdefault(model, set()).update(refused)
        note = f"status {status}" if status else ""
        return self._failures.refusal(said, kind, note=note, retry_after=wait, left_out=refused)


def _pieces(message: Any) -> Iterator[str]:
    """Reasoning, text and refusal in a delta or a message: servers name the reasoning in three ways."""
    if message is None:
        return
    reasoning = message.get("reasoning_content") or message.get("reasoning")
    if isinstance(reasoning, str) and reasoning:
        yield Reasoning(reasoning)
    for content in (message.get("content"), message.get("refusal")):
        if isinstance(content, list):  # Mistral's models that reason answer in parts
            for part in content:
                yield from _texts(part)
        elif content:
            yield text_of(content)


def _texts(part: Any) -> Iterator[str]:
    if part.get("type") == "thinking":
        yield from (Reasoning(text_of(thought["text"])) for thought in part["thinking"] if thought.get("text"))
    elif part.get("text"):
        yield text_of(part["text"])


def _trusted(ca_file: str) -> ssl.SSLContext | bool:
    """Who may vouch for the server: the named file or folder, else the usual ones. Raises OSError."""
    if not ca_file:
        return True
    folder = os.path.isdir(ca_file)
    return ssl.create_default_context(capath=ca_file if folder else None, cafile=None if folder else ca_file)


def _drain(answer: Any, line: Line) -> None:
    """Read what follows the usage, so that the connection can serve the next answer instead of being closed.

    The SDK closes it at `[DONE]`. A server that holds the stream open, or goes on and on, is not waited for.
    """
    import httpx2

    line.patience = DRAIN
    try:
        for _ in islice(answer.response.stream, DRAIN_READS):
            pass
    except httpx2.HTTPError:
        pass  # it is closed then, as the SDK would have done
    finally:
        line.patience = None
