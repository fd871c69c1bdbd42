"""IBM watsonx.ai: chat by ibm-watsonx-ai, text generation by that or by ibm-watson-machine-learning."""

from __future__ import annotations

import contextlib
import json
import weakref
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from providers.base import End, Provider, ProviderError, Request, TextStream, count_of, text_of
from providers.errors import with_one_retry
from providers.parsing.chat_completion import Complaint, Completion, ended
from providers.parsing.finish_reason import Finish, finish_of
from providers.parsing.think_tags import ThinkTags
from providers.parsing.usage import Counts
from providers.transport.call import Call
from providers.transport.preconnect import by_httpx, httpx_is_open, preconnected
from providers.watsonx import wml
from providers.watsonx.errors import WatsonxFailures
from providers.watsonx.http import Http, Refused
from providers.watsonx.sdk import WatsonxSDK
from providers.watsonx.settings import WatsonxSettings
from providers.watsonx.templates import template_for
from providers.watsonx.wml import WML

DEFAULT_NEW_TOKENS = 1024  # text generation's own default is 20
FOR_FIGURES = 2.0  # seconds to wait for the counts, once the model has finished
DRAIN = 0.25  # seconds to wait for the end, once all is said: the connection can then serve the next answer


def connect_watsonx(settings: WatsonxSettings, api: str) -> Provider:
    """The provider for `api`, its token fetched. Raises ProviderError."""
    failures = WatsonxFailures.of(settings)
    missing = list(settings.missing)
    if settings.is_cloud_pak and settings.api_key and not (settings.token or settings.username):
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
    can = wml.is_installed() and wml.knows(settings)
    if settings.sdk not in ("", WML.name, WatsonxSDK.name):
        raise failures.no_such_sdk(settings.sdk, (WML.name, WatsonxSDK.name))
    if settings.sdk == WML.name and not can:
        raise failures.unfit_sdk(WML.name, installed=wml.is_installed())
    return WML if can and settings.sdk != WatsonxSDK.name else WatsonxSDK


class ChatStream(Completion):
    """What has been understood of an answer of text/chat or text/chat_stream so far."""

    def _finish_of(self, said: Any, event: Mapping[str, Any]) -> Finish | None:
        return _finish_of(said, event)


class GenerationStream:
    """What has been understood of an answer of text/generation or text/generation_stream so far."""

    def __init__(self) -> None:
        self.id = None
        self.finish: Finish | None = None
        self.news = True
        self._tokens = Counts()

    @property
    def over(self) -> bool:
        return self.finish is not None

    def read(self, event: Any) -> Iterator[str]:
        for result in (event.get("results") or ())[:1]:
            if text := result.get("generated_text"):
                yield text_of(text)
            # The one adds up, the other is said once, with zeros after it.
            read, told = (count_of(result.get(name)) for name in ("input_token_count", "generated_token_count"))
            self._tokens = Counts(_larger(self._tokens.input, read), _larger(self._tokens.output, told))
            self.finish = _finish_of(result.get("stop_reason"), event) or self.finish

    def rest(self) -> Iterator[str]:
        yield from ()

    def end(self, request_id: str | None, failures: WatsonxFailures) -> End:
        return ended(self.finish, self._tokens, request_id, failures)


StreamState: TypeAlias = ChatStream | GenerationStream


class Watsonx(ABC):
    """One account's connection. What is asked, and how the answer is read, differs between the two APIs."""

    function = ""  # what IBM's list of models calls the API

    def __init__(self, sdk: Any, http: Http, settings: WatsonxSettings, failures: WatsonxFailures) -> None:
        self._sdk = sdk
        self._http = http
        self._url = settings.url
        self._awaited = settings.awaited_timeout
        self._failures = failures
        self._thoughts = ThinkTags()
        weakref.finalize(self, http.client.close)

    def stream(self, request: Request, call: Call | None = None) -> TextStream:
        """Speak the answer; raises ProviderError."""
        call = call or Call()
        request = request.spoken()
        whole = not request.stream
        if whole:
            call.await_whole(self._awaited)
        return with_one_retry(
            lambda: self._thoughts.apart(self._speak(request, call), request.model, whole=whole), call
        )

    def preconnect(self, call: Call, *, alone: bool = True) -> contextlib.AbstractContextManager[None]:
        """Have a connection open for the question. Raises ProviderError where the connect timeout passed."""
        http, url = self._http.client, self._url
        return preconnected(
            by_httpx(http, url), call, enough=lambda: alone and httpx_is_open(http, url), in_vain=self._in_vain
        )

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
    def _hearing(self) -> StreamState:
        """What reads the events of one answer."""

    def _speak(self, request: Request, call: Call) -> TextStream:
        state = self._hearing()
        heard = False
        last = None  # when bytes came in that say anything
        request_id = None
        with contextlib.closing(self._events(request)) as events:
            try:
                with call.sending():
                    event = next(events, None)
                request_id = self._http.request_id
                while event is not None:
                    for piece in state.read(event):
                        heard = True
                        yield piece
                    if state.news:
                        last = call.heard
                        if state.finish:
                            call.wait_no_longer_than(DRAIN if state.over else FOR_FIGURES)
                    event = next(events, None)
            except Exception as error:
                yield from state.rest()
                if state.finish is None or state.finish.meaning == "interrupted":
                    failure = Refused(error.status, json.dumps(error.body)) if isinstance(error, Complaint) else error
                    raise self._failures.translated(failure, heard=heard or call.cancelled) from error
                # The answer is complete; only its figures may not be.
            finally:
                call.wait_no_longer_than(None)
        call.heard = call.heard if last is None else last
        yield from state.rest()
        return state.end(request_id or state.id, self._failures)

    def _in_vain(self, error: Exception) -> ProviderError | None:
        import httpx

        return self._failures.translated(error) if isinstance(error, httpx.ConnectTimeout) else None


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

    def _hearing(self) -> StreamState:
        return ChatStream()


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

    def _hearing(self) -> StreamState:
        return GenerationStream()


def _given(**params: Any) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def _larger(one: int | None, other: int | None) -> int | None:
    return one if other is None else max(one or 0, other)


def _finish_of(said: Any, event: Mapping[str, Any]) -> Finish | None:
    """Why the answer ended. Where IBM's filter has ended it, IBM gives no reason, or an error."""
    finish = finish_of(said)
    if (finish is None or finish.meaning == "interrupted") and _is_unsuitable(event):
        return Finish("filtered", "moderation")
    return finish


def _is_unsuitable(event: Mapping[str, Any]) -> bool:
    """Whether there is a warning of IBM's filter in it."""
    warnings = (event.get("system") or {}).get("warnings") or ()
    return any(str(warning.get("id", "")).startswith("UNSUITABLE_") for warning in warnings)
