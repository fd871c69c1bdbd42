"""IBM watsonx.ai: chat by ibm-watsonx-ai, text generation by that or by ibm-watson-machine-learning."""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any

from providers.adapter import START, HttpxAdapter, Progress, httpx_names
from providers.base import Provider, Request
from providers.errors import ErrorKind, ProviderError
from providers.parameters import placed
from providers.parsing.answer import Answer
from providers.parsing.error_body import ErrorBody, Refused
from providers.parsing.times import in_headers
from providers.transport.call import Call
from providers.transport.proxies import RouteError, proxy_for
from providers.watsonx import wml
from providers.watsonx.http import Hook, refused
from providers.watsonx.parsing import ChatAnswer, GenerationAnswer, listed_models
from providers.watsonx.sdk import WatsonxSDK
from providers.watsonx.settings import WatsonxSettings
from providers.watsonx.templates import template_for
from providers.watsonx.wml import WML

DEFAULT_NEW_TOKENS = 1024  # text generation's own default is 20
IBM_CLOUD = ".cloud.ibm.com"
IBM_HOSTS = ("iam.cloud.ibm.com", "api.dataplatform.cloud.ibm.com")  # asked besides the service's own
API_VERSION = "2025-09-01"
TOKEN_PATHS = ("/token", "/authorize")  # where a key is exchanged for a token
SCOPE_PATHS = ("/v2/projects/", "/v2/spaces/")
FORBIDDEN = "{label} knows the key but does not allow this. Check {scope}, or ask for access to the model."


def connect_watsonx(settings: WatsonxSettings, api: str) -> Provider:
    """The provider for `api`, its token fetched. Raises ProviderError."""
    return (Chat if api == "chat" else Generation)(settings, api)


class Watsonx(HttpxAdapter[WatsonxSettings]):
    """One account's connection. What is asked, and how the answer is read, differs between the two APIs."""

    function = ""  # what IBM's list of models calls the API

    def _connect(self) -> Callable[[], object]:
        settings = self._settings
        if missing := settings.missing:
            be, them = ("are", "them") if len(missing) > 1 else ("is", "it")
            raise ProviderError(
                "missing_credentials",
                f"{settings.label} can't be asked yet: {' and '.join(missing)} {be} missing. "
                f"Put {them} into .env, or type {them} in the sidebar.",
            )
        scope = "WATSONX_PROJECT_ID" if settings.project_id else "WATSONX_SPACE_ID"
        self._errors = replace(self._errors, sentences={"forbidden": FORBIDDEN.replace("{scope}", scope)})
        self._settings = settings = replace(
            settings,
            api_key=self._errors.checked_key(settings.api_key, "WATSONX_APIKEY"),
            token=self._errors.checked_key(settings.token, "WATSONX_TOKEN"),
        )
        sdk = self._chosen_sdk()
        import httpx

        def stay(request: httpx.Request) -> None:
            """The SDKs would take name and password to an address that they guess, first."""
            if request.url.host != httpx.URL(settings.url).host:
                raise httpx.ConnectError("not the address of this Cloud Pak", request=request)

        self._hook = Hook()
        verify, proxy = self._route(settings.url)
        # NO_PROXY may except the one and not the other.
        elsewhere = {host: proxy_for(f"https://{host}") for host in IBM_HOSTS if settings.url.endswith(IBM_CLOUD)}
        self._http = self._httpx_client(
            httpx,
            event_hooks={"request": [stay] if settings.is_cloud_pak else [], "response": [self._hook]},
            mounts={
                f"all://{host}": other
                and httpx.HTTPTransport(verify=verify, limits=self._limits(httpx), proxy=other.url)
                for host, other in elsewhere.items()
                if (other and other.url) != proxy
            },
        )
        close: Callable[[], object] = self._http.close
        try:
            self._sdk: Any = sdk(settings, self._http)
        except BaseException:
            close()
            raise
        return close

    def _chosen_sdk(self) -> type[WML | WatsonxSDK]:
        return WatsonxSDK

    def _listed(self) -> Collection[str]:
        query = {
            "version": API_VERSION,
            "filters": f"function_{self.function},!lifecycle_withdrawn:and",
            "limit": "200",
        }
        url = f"{self._settings.url}/ml/v1/foundation_model_specs"
        response = self._http.get(url, params=query, headers=self._sdk.headers())
        if not response.is_success:
            raise refused(response)
        return listed_models(response.content)

    def _events(self, request: Request, answer: Answer, call: Call) -> Iterator[Any]:
        with contextlib.closing(self._asked(request)) as events:  # type: ignore[type-var]
            with call.sending():
                event = next(events, None)
            answer.request_id = self._hook.request_id
            answer.times = in_headers(self._hook.headers, streamed=request.stream)
            while event is not None:
                yield event
                event = next(events, None)

    @abstractmethod
    def _asked(self, request: Request) -> Iterator[Any]:
        """The answer's events; one where it isn't streamed. Nothing is sent before the first is asked for."""

    def _kind(self, refused: Refused, said: ErrorBody) -> ErrorKind:
        """Where the place says more than words, code and status, it decides."""
        status = refused.status
        if status is None and said.message:  # inside a stream only the words have it
            status = said.status
        if refused.path.endswith(TOKEN_PATHS) and status in (400, 401, 403, 404):
            return "auth"
        if any(path in refused.path for path in SCOPE_PATHS) and status in (400, 403, 404):
            return "forbidden"
        if not said.message and not said.codes and (status is None or status < 400 or status == 404):
            return "protocol"  # a page, or another service's answer: the address is wrong
        return said.kind(status) or "overloaded"

    def _translated(self, failure: BaseException, at: Progress = START) -> ProviderError:
        known = isinstance(failure, ProviderError | Refused | RouteError | OSError) or httpx_names(failure)
        inner = failure.__cause__ or (failure.__context__ if isinstance(failure.__context__, Refused) else None)
        if inner is not None and not known:
            return self._translated(inner, at)  # an SDK has wrapped what it heard
        if any(base.__name__ == "WMLClientError" for base in type(failure).__mro__):
            if "parsing json" in str(failure):
                return self._errors.error("protocol")
            return self._errors.unsent(f"{failure}")  # the SDK objects to a setting
        return super()._translated(failure, at)


class Chat(Watsonx):
    """text/chat: messages go in as they are."""

    function = "text_chat"

    def _asked(self, request: Request) -> Iterator[Any]:
        asked: Iterator[Any] = self._sdk.chat(request.model, **self._arguments(request), stream=request.stream)
        return asked

    def _arguments(self, request: Request) -> dict[str, Any]:
        return {"messages": request.turns(), "params": placed(request, self._places)}

    def _answer(self) -> Answer:
        return ChatAnswer()


class Generation(Watsonx):
    """text/generation: a prompt goes in, made from the messages by the template of the model's family."""

    function = "text_generation"

    def _chosen_sdk(self) -> type[WML | WatsonxSDK]:
        """The SDK that was asked for; unasked, the article's where it is installed and knows the address."""
        wanted, names = self._settings.sdk, (WML.name, WatsonxSDK.name)
        if wanted not in ("", *names):
            problem = f"WATSONX_SDK is {wanted!r}; it can be {' or '.join(names)}, or empty."
            raise ProviderError("bad_request", problem)
        can = wml.is_installed() and wml.knows(self._settings)
        if wanted == WML.name and not can:
            installed = wml.is_installed()
            why = "does not know that address" if installed else "is not installed; it needs Python 3.12 or older"
            raise ProviderError("bad_request", f"WATSONX_SDK names {wanted}, which {why}. Leave it empty.")
        return WML if can and wanted != WatsonxSDK.name else WatsonxSDK

    def _asked(self, request: Request) -> Iterator[Any]:
        asked: Iterator[Any] = self._sdk.generate(request.model, **self._arguments(request), stream=request.stream)
        return asked

    def _arguments(self, request: Request) -> dict[str, Any]:
        template = template_for(request.model, len(request.messages))
        prompt = template.prompt(request.messages, request.system)
        # Greedy decoding takes neither of the two, and sampling no temperature of 0.
        greedy = request.temperature == 0 or (request.temperature is None and request.top_p is None)
        request = replace(request, stop=(*template.stops, *request.stop))
        params = {
            "decoding_method": "greedy" if greedy else "sample",
            "max_new_tokens": DEFAULT_NEW_TOKENS,
            **({"include_stop_sequence": False} if request.stop else {}),
            **placed(request.without(("temperature", "top_p") if greedy else ()), self._places),
        }
        return {"prompt": prompt, "params": params}

    def _optional(self, request: Request) -> Collection[str]:
        return {*super()._optional(request)} - {"max_tokens"}  # a limit is sent in any case

    def _answer(self) -> Answer:
        return GenerationAnswer()
