"""OpenAI's SDK, for OpenAI and every server that speaks its chat completions or its Responses API."""

from __future__ import annotations

import contextlib
import json
import re
from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from operator import attrgetter
from typing import Any, ClassVar

from providers.adapter import DRAIN, START, HttpxAdapter, Progress
from providers.base import Request
from providers.errors import ErrorKind, ProviderError, retry_after_seconds
from providers.openai.iam import IamToken
from providers.openai.parsing import chat_models
from providers.openai.settings import OpenAISettings
from providers.parameters import extra_object, placed
from providers.parsing.answer import Answer
from providers.parsing.chat_completion import Completion
from providers.parsing.error_body import ErrorBody, Refused
from providers.parsing.response import Response
from providers.parsing.sse import values
from providers.parsing.times import in_headers
from providers.transport.call import Call

OTHER_LIMIT = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
OWN_TIME = "openai-processing-ms"
DRAIN_READS = 32  # how many reads the rest of a finished answer may take
NO_REASONING = re.compile(r"gpt-[34]|chatgpt|-chat\b")  # OpenAI's models that don't, and refuse to be asked for it
NO_RESPONSES = "{label} has no Responses API at its address. Take the API chat, or check {address}."


def connect_openai(settings: OpenAISettings, api: str, *, connected: bool = True) -> OpenAI:
    return (Responses if api == "responses" else Chat)(settings, api, connected=connected)


class OpenAI(HttpxAdapter[OpenAISettings]):
    """A client of one server. What is sent, and how the answer is read, differs between the two APIs."""

    answers: ClassVar[Mapping[str, type[Answer]]] = {"chat": Completion, "responses": Response}
    resource = ""  # the part of the SDK's client that asks

    def _connect(self, opened: contextlib.ExitStack) -> None:
        settings = self._settings
        if settings.missing:
            raise self._errors.error("missing_credentials")
        key = self._errors.checked_key(settings.api_key, settings.key_variable) or "none"
        # The SDK looks into httpx wherever that is in `sys.modules`, also while another provider's thread is still
        # importing it, and stumbles then. So it is there whole, from now on.
        import httpx  # noqa: F401
        import httpx2
        import openai

        self._http = self._httpx_client(httpx2, opened, follow_redirects=True)
        self._token = IamToken(settings.iam_url, key, self._http) if settings.iam_url else None
        self._client = openai.OpenAI(
            api_key=self._token or key,
            base_url=settings.base_url,
            organization=settings.organization or None,
            project=settings.project or None,
            default_query=dict(settings.query),
            default_headers={"api-key": key} | dict(settings.headers) if settings.is_azure else dict(settings.headers),
            max_retries=0,
            http_client=self._http,
        )
        # What their first use would import and build: a tenth of a second's work.
        self._client.default_headers  # noqa: B018
        self._create = attrgetter(self.resource)(self._client).with_raw_response.create

    @contextlib.contextmanager
    def preconnect(self, call: Call, *, alone: bool = True) -> Iterator[None]:
        if self._token:
            with contextlib.suppress(Exception):  # the question meets it again
                self._token()  # so that no answer's first word waits for it
        with super().preconnect(call, alone=alone):
            yield

    def _listed(self) -> Collection[str]:
        listed = self._client.models.with_raw_response.list()
        return chat_models(json.loads(listed.content), of_openai=self._settings.is_openai, api=self._api)

    def _events(self, request: Request, answer: Answer, call: Call) -> Iterator[Any]:
        with call.sending():
            response = self._create(**self._arguments(request)).http_response
        answer.request_id = response.headers.get("x-request-id")
        answer.times = in_headers(response.headers, OWN_TIME, streamed=request.stream)
        begun = False
        with contextlib.closing(response):
            # Read here and not by the SDK, whose own reader stumbles over what the standard allows. Made into the
            # SDK's models, each chunk would take ten times as long, too.
            chunks = response.iter_bytes()
            for event in values(chunks):
                begun = True
                yield event
            if not begun and "event-stream" not in response.headers.get("content-type", ""):
                raise self._errors.error("protocol")
            call.wait_no_longer_than(DRAIN)
            with contextlib.suppress(Exception):  # all is said, and whether it is complete does not depend on this
                for _ in islice(chunks, DRAIN_READS):  # so that the connection can serve the next answer
                    pass

    def _arguments(self, request: Request) -> dict[str, Any]:
        extra = {"extra_body": extra_object(request.extra)} if request.extra else {}
        return {**self._asked(request), "stream": request.stream, **self._body(request.without(("extra",))), **extra}

    @abstractmethod
    def _asked(self, request: Request) -> dict[str, Any]:
        """Who is asked what."""

    @abstractmethod
    def _body(self, request: Request) -> dict[str, Any]:
        """The parameters that are sent."""

    def _kind(self, refused: Refused, said: ErrorBody) -> ErrorKind:
        if refused.path and refused.status in (400, 401, 403, 404):
            return "auth"  # it was the key that no token is given for
        return super()._kind(refused, said)

    def _translated(self, failure: BaseException, at: Progress = START) -> ProviderError:
        import openai

        match failure:
            case openai.APIStatusError(response=response):
                if response.status_code == 401 and self._token:
                    self._token.forget()  # it may have been revoked
                wait = retry_after_seconds(response.headers.get("retry-after"))
                return self._refusal(Refused(response.content, response.status_code, retry_after=wait), at)
            case openai.APIConnectionError(__cause__=BaseException() as cause):
                return self._translated(cause, at)
        return super()._translated(failure, at)


class Chat(OpenAI):
    resource = "chat.completions"

    def _asked(self, request: Request) -> dict[str, Any]:
        return {"model": request.model, "messages": request.turns()}

    def _body(self, request: Request) -> dict[str, Any]:
        refused = self._refused.get(request.model, set())
        limit = "max_completion_tokens" if self._settings.is_openai else "max_tokens"
        if limit in refused:
            limit = OTHER_LIMIT[limit]
        counted = request.stream and "stream_options" not in refused
        options = {"stream_options": {"include_usage": True}} if counted else {}
        return options | placed(request, {**self._places, "max_tokens": limit})

    def _optional(self, request: Request) -> Collection[str]:
        own = {*self._body(request.without(("extra",)))} & {*OTHER_LIMIT, "stream_options"}
        return {*super()._optional(request)} - {"max_tokens"} | own

    def _is_refused(self, request: Request, name: str) -> bool:
        if name == "max_tokens":  # one that is refused goes by its other name
            return OTHER_LIMIT.keys() <= self._refused.get(request.model, set())
        return super()._is_refused(request, name)


class Responses(OpenAI):
    """The Responses API. The whole conversation is sent, and nothing is to be kept there."""

    resource = "responses"
    wrong_address = NO_RESPONSES

    def _asked(self, request: Request) -> dict[str, Any]:
        turns = [{"role": role, "content": content} for role, content in request.messages]
        system = {"instructions": request.system} if request.system else {}
        return {"model": request.model, "input": turns, **system}

    def _body(self, request: Request) -> dict[str, Any]:
        own, body = self._unasked(request), placed(request, self._places)
        if "reasoning.summary" in own:
            body["reasoning"] = {**body.get("reasoning", {}), "summary": "auto"}
        return ({"store": False} if "store" in own else {}) | body

    def _unasked(self, request: Request) -> set[str]:
        """What is sent though nobody has set it."""
        own = {"store"} if NO_REASONING.search(request.model) else {"store", "reasoning.summary"}
        return {name for name in own if name not in self._refused.get(request.model, set())}

    def _optional(self, request: Request) -> Collection[str]:
        return {*super()._optional(request), *self._unasked(request)}
