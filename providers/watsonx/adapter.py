"""IBM watsonx.ai: chat by ibm-watsonx-ai, text generation by that or by ibm-watson-machine-learning."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from providers.adapter import START, HttpxAdapter, Progress, httpx_names
from providers.base import Request
from providers.errors import ErrorKind, ProviderError, retry_after_seconds
from providers.parameters import placed
from providers.parsing.answer import Answer
from providers.parsing.error_body import ErrorBody, Refused
from providers.parsing.times import in_headers
from providers.transport.call import Call
from providers.transport.proxies import RouteError, proxy_for
from providers.watsonx import wml
from providers.watsonx.parsing import ChatAnswer, GenerationAnswer, lines, listed_models
from providers.watsonx.sdk import WatsonxSDK
from providers.watsonx.settings import WatsonxSettings
from providers.watsonx.templates import template_for
from providers.watsonx.wml import WML

if TYPE_CHECKING:
    import httpx

DEFAULT_NEW_TOKENS = 1024  # text generation's own default is 20
IBM_CLOUD = ".cloud.ibm.com"
IBM_HOSTS = ("iam.cloud.ibm.com", "api.dataplatform.cloud.ibm.com")  # asked besides the service's own
API_VERSION = "2025-09-01"
TOKEN_PATHS = ("/token", "/authorize")  # where a key is exchanged for a token
PROBES = ("/ml/wml_services/", "/foundation_model_specs")  # the SDKs ask what there is, and take no for an answer
SCOPE_PATHS = ("/v2/projects/", "/v2/spaces/")
FORBIDDEN = "{label} knows the key but does not allow this. Check {scope}, or ask for access to the model."


def connect_watsonx(settings: WatsonxSettings, api: str, *, connected: bool = True) -> Watsonx:
    return (Chat if api == "chat" else Generation)(settings, api, connected=connected)


class Watsonx(HttpxAdapter[WatsonxSettings]):
    """One account's connection. What is asked, and how the answer is read, differs between the two APIs."""

    answers: ClassVar[Mapping[str, type[Answer]]] = {"chat": ChatAnswer, "generate": GenerationAnswer}
    function = ""  # what IBM's list of models calls the API

    def _connect(self, opened: contextlib.ExitStack) -> None:
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

        self._heard = threading.local()  # .headers of the response to what this thread has sent last
        verify, proxy = self._route(settings.url)
        # NO_PROXY may except the one and not the other.
        elsewhere = {host: proxy_for(f"https://{host}") for host in IBM_HOSTS if settings.url.endswith(IBM_CLOUD)}
        self._http = self._httpx_client(
            httpx,
            opened,
            event_hooks={"request": [stay] if settings.is_cloud_pak else [], "response": [partial(_hear, self._heard)]},
            mounts={
                f"all://{host}": other
                and httpx.HTTPTransport(verify=verify, limits=self._limits(httpx), proxy=other.url)
                for host, other in elsewhere.items()
                if (other and other.url) != proxy
            },
        )
        self._sdk: Any = sdk(settings, self._http)

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
            raise _refused(response)
        return listed_models(response.content)

    def _events(self, request: Request, answer: Answer, call: Call) -> Iterator[Any]:
        asked = getattr(self._sdk, self._api)(request.model, **self._arguments(request), stream=request.stream)
        with contextlib.closing(asked) as events:
            with call.sending():
                event = next(events, None)
            headers: Mapping[str, str] = getattr(self._heard, "headers", {})
            answer.request_id = headers.get("x-request-id") or headers.get("x-global-transaction-id")
            answer.times = in_headers(headers, streamed=request.stream)
            while event is not None:
                yield event
                event = next(events, None)

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


def _hear(heard: threading.local, response: httpx.Response) -> None:
    """A hook for responses, before IBM's SDKs see them: a refusal raises before an SDK can try again or lose its body,
    and each event of a stream is one clean line."""
    if response.request.method == "HEAD":
        return  # it opens a connection, whatever the answer
    heard.headers = response.headers
    path = response.request.url.path
    if not response.is_success and not any(probe in path for probe in PROBES):
        response.read()
        raise _refused(response)
    if path.endswith("_stream"):
        # For this one response: httpx cuts lines at signs that may stand inside JSON, such as U+2028.
        response.iter_lines = lambda: lines(response.iter_bytes())  # type: ignore[method-assign]


def _refused(response: httpx.Response) -> Refused:
    wait = retry_after_seconds(response.headers.get("retry-after"))
    return Refused(response.text, response.status_code, path=response.request.url.path, retry_after=wait)


class Chat(Watsonx):
    """text/chat: messages go in as they are."""

    function = "text_chat"

    def _arguments(self, request: Request) -> dict[str, Any]:
        return {"messages": request.turns(), "params": placed(request, self._places)}


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
