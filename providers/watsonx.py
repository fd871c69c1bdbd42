"""IBM watsonx.ai: chat by ibm-watsonx-ai, text generation by that or by ibm-watson-machine-learning."""

from __future__ import annotations

import contextlib
import weakref
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any

from providers import watsonx_wml
from providers.base import End, FinishReason, Provider, ProviderError, Reasoning, Request, TextStream, text_of
from providers.failures import with_one_retry
from providers.line import Line
from providers.settings import WatsonxSettings
from providers.warming import by_httpx, held, httpx_is_open
from providers.watsonx_failures import WatsonxFailures
from providers.watsonx_http import Http
from providers.watsonx_prompts import template_for
from providers.watsonx_sdk import WatsonxSDK, is_cloud_pak
from providers.watsonx_wml import WML

FINISH: dict[str, FinishReason] = {
    "content_filter": "filtered",
    "eos_token": "stop",
    "length": "length",
    "max_tokens": "length",
    "moderation": "filtered",
    "stop": "stop",
    "stop_sequence": "stop",
    "time_limit": "length",
    "token_limit": "length",
    "tool_calls": "tool",
}
NO_FINISH = ("", "not_finished", "error", "cancelled")

DEFAULT_NEW_TOKENS = 1024  # text generation's own default is 20
FOR_FIGURES = 2.0  # seconds to wait for the counts, once the model has finished
DRAIN = 0.25  # seconds to wait for the end, once all is said: the connection can then serve the next answer


def connect_watsonx(settings: WatsonxSettings, api: str) -> Provider:
    """The provider for `api`, its token fetched. Raises ProviderError."""
    failures = WatsonxFailures.of(settings)
    missing = list(settings.missing)
    if is_cloud_pak(settings) and settings.api_key and not (settings.token or settings.username):
        missing.append("WATSONX_USERNAME")
    if missing:
        raise failures.missing(missing)
    settings = replace(
        settings,
        api_key=failures.checked_key(settings.api_key, "WATSONX_APIKEY"),
        token=failures.checked_key(settings.token, "WATSONX_TOKEN"),
    )
    sdk = WatsonxSDK if api == "chat" else _text_sdk(settings, failures)
    try:
        http = Http(settings)
    except ValueError as error:
        raise failures.error("network", f"{error}", retryable=False) from error
    if http.proxy:
        failures = replace(failures, proxy=http.proxy.variable)
    try:
        connected = sdk(settings, http)
    except Exception as error:
        http.client.close()
        raise failures.translated(error) from error
    return (Chat if api == "chat" else Generation)(connected, http, settings, failures)


def _text_sdk(settings: WatsonxSettings, failures: WatsonxFailures) -> type[WML | WatsonxSDK]:
    """The SDK that was asked for; unasked, the article's where it is installed and knows the address."""
    can = watsonx_wml.is_installed() and watsonx_wml.knows(settings)
    if settings.sdk not in ("", WML.name, WatsonxSDK.name):
        raise failures.no_such_sdk(settings.sdk, (WML.name, WatsonxSDK.name))
    if settings.sdk == WML.name and not can:
        raise failures.unfit_sdk(WML.name, installed=watsonx_wml.is_installed())
    return WML if can and settings.sdk != WatsonxSDK.name else WatsonxSDK


class Hearing:
    """What has been understood of an answer so far. `finish` is IBM's word, empty until it has finished."""

    finish = ""
    complete = False  # nothing more is to come
    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    name: str | None = None

    def chat(self, event: dict[str, Any]) -> Iterator[str]:
        """The pieces in an event of text/chat_stream, or in the whole answer of text/chat."""
        self.name = event.get("id") or self.name
        for choice in event.get("choices") or ():
            if choice.get("index"):
                continue
            said = choice.get("delta") or choice.get("message") or {}
            if thought := said.get("reasoning_content") or said.get("reasoning"):
                yield Reasoning(text_of(thought))
            for text in (said.get("content"), said.get("refusal")):
                if text:
                    yield text_of(text)
            self._finish(choice.get("finish_reason"), event)
        if usage := event.get("usage"):
            self.input_tokens = usage.get("prompt_tokens")
            self.output_tokens = usage.get("completion_tokens")
            self.reasoning_tokens = (usage.get("completion_tokens_details") or {}).get("reasoning_tokens")
            self.complete = bool(self.finish)

    def generation(self, event: dict[str, Any]) -> Iterator[str]:
        """The pieces in an event of text/generation_stream, or in the whole answer of text/generation."""
        for result in (event.get("results") or ())[:1]:
            if text := result.get("generated_text"):
                yield text_of(text)
            # The one adds up, the other is said once, with zeros after it.
            self.output_tokens = _larger(self.output_tokens, result.get("generated_token_count"))
            self.input_tokens = _larger(self.input_tokens, result.get("input_token_count"))
            self._finish(result.get("stop_reason"), event)
            self.complete = bool(self.finish)

    def _finish(self, reason: str | None, event: dict[str, Any]) -> None:
        reason = (reason or "").lower()
        if reason in NO_FINISH and _is_unsuitable(event):
            reason = "content_filter"
        if reason not in NO_FINISH:
            self.finish = reason


class Watsonx(ABC):
    """One account's connection. What is asked, and how the answer is read, differs between the two APIs."""

    function = ""  # what IBM's list of models calls the API

    def __init__(self, sdk: Any, http: Http, settings: WatsonxSettings, failures: WatsonxFailures) -> None:
        self._sdk = sdk
        self._http = http
        self._url = settings.url
        self._awaited = settings.awaited_timeout
        self._failures = failures
        weakref.finalize(self, http.client.close)

    def stream(self, request: Request, line: Line | None = None) -> TextStream:
        """Speak the answer; raises ProviderError."""
        line = line or Line()
        request = request.spoken()
        if not request.stream:
            line.await_whole(self._awaited)
        return with_one_retry(lambda: self._speak(request, line), line)

    def warm(self, line: Line, *, alone: bool = True) -> contextlib.AbstractContextManager[None]:
        """Have a connection open for the question. Raises ProviderError where the connect timeout passed."""
        http, url = self._http.client, self._url
        return held(by_httpx(http, url), line, enough=lambda: alone and httpx_is_open(http, url), in_vain=self._in_vain)

    def models(self) -> list[str]:
        """The models that this account can use by this API. Raises ProviderError."""
        try:
            return self._http.models(self._url, self.function, self._sdk.headers())
        except Exception as error:
            raise self._failures.translated(error) from error

    @abstractmethod
    def _events(self, request: Request) -> Generator[Any, None, None]:
        """The answer's events; one where it isn't streamed. Nothing is sent before the first is asked for."""

    @abstractmethod
    def _pieces(self, hearing: Hearing, event: Any) -> Iterator[str]:
        """What of the text, and of its reasoning, an event brings; `hearing` keeps the rest of it."""

    def _speak(self, request: Request, line: Line) -> TextStream:
        hearing = Hearing()
        heard = False
        request_id = None
        patience = line.patience
        with contextlib.closing(self._events(request)) as events:
            try:
                with line.dialling():
                    event = next(events, None)
                request_id = self._http.request_id
                while event is not None:
                    for piece in self._pieces(hearing, event):
                        heard = True
                        yield piece
                    if hearing.finish:
                        line.patience = DRAIN if hearing.complete else FOR_FIGURES
                    event = next(events, None)
            except Exception as error:
                if not hearing.finish:
                    raise self._failures.translated(error, heard=heard or line.hung_up) from error
                # The answer is complete; only its figures may not be.
            finally:
                line.patience = patience
        return self._end(hearing, request_id)

    def _in_vain(self, error: Exception) -> ProviderError | None:
        import httpx

        return self._failures.translated(error) if isinstance(error, httpx.ConnectTimeout) else None

    def _end(self, hearing: Hearing, request_id: str | None) -> End:
        if not hearing.finish:
            raise self._failures.error("interrupted")
        return End(
            FINISH.get(hearing.finish, "other"),
            hearing.input_tokens,
            hearing.output_tokens,
            hearing.reasoning_tokens,
            request_id or hearing.name,
        )


class Chat(Watsonx):
    """text/chat: messages go in as they are."""

    function = "text_chat"

    def _events(self, request: Request) -> Generator[Any, None, None]:
        messages = [{"role": role, "content": content} for role, content in request.messages]
        if request.system:
            messages.insert(0, {"role": "system", "content": request.system})
        params = _given(max_tokens=request.max_tokens, temperature=request.temperature, top_p=request.top_p)
        if request.stream:
            yield from self._sdk.chat_stream(request.model, messages, params)
        else:
            yield self._sdk.chat(request.model, messages, params)

    def _pieces(self, hearing: Hearing, event: Any) -> Iterator[str]:
        return hearing.chat(event)


class Generation(Watsonx):
    """text/generation: a prompt goes in, made from the messages by the template of the model's family."""

    function = "text_generation"

    def _events(self, request: Request) -> Generator[Any, None, None]:
        template = template_for(request.model, len(request.messages))
        prompt = template.prompt(request.messages, request.system)
        # Greedy decoding takes neither of the two, and sampling no temperature of 0.
        greedy = request.temperature == 0 or (request.temperature is None and request.top_p is None)
        params = _given(
            decoding_method="greedy" if greedy else "sample",
            max_new_tokens=DEFAULT_NEW_TOKENS if request.max_tokens is None else request.max_tokens,
            temperature=None if greedy else request.temperature,
            top_p=None if greedy else request.top_p,
            stop_sequences=list(template.stops) or None,
            include_stop_sequence=False if template.stops else None,
        )
        if request.stream:
            yield from self._sdk.generate_stream(request.model, prompt, params)
        else:
            yield self._sdk.generate(request.model, prompt, params)

    def _pieces(self, hearing: Hearing, event: Any) -> Iterator[str]:
        return hearing.generation(event)


def _given(**params: Any) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def _larger(one: int | None, other: int | None) -> int | None:
    return one if other is None else max(one or 0, other)


def _is_unsuitable(event: dict[str, Any]) -> bool:
    """Whether IBM's filter has ended the answer: then it gives no reason, and a warning beside it."""
    warnings = (event.get("system") or {}).get("warnings") or ()
    return any(str(warning.get("id", "")).startswith("UNSUITABLE_") for warning in warnings)
