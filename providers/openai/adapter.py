"""OpenAI's SDK, for OpenAI and every server that speaks its chat completions."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from itertools import islice
from typing import Any

from providers.adapter import DRAIN, START, HttpxAdapter, Progress
from providers.base import Request
from providers.errors import ProviderError, retry_after_seconds
from providers.openai.parsing import listed_models
from providers.openai.settings import OpenAISettings
from providers.parsing.answer import Answer
from providers.parsing.chat_completion import Completion
from providers.parsing.error_body import Refused
from providers.parsing.sse import values
from providers.transport.call import Call

OTHER_LIMIT = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
DRAIN_READS = 32  # how many reads the rest of a finished answer may take


class OpenAI(HttpxAdapter[OpenAISettings]):
    """A client of one server."""

    def _connect(self) -> Callable[[], object]:
        settings = self._settings
        if settings.missing:
            raise self._errors.error("missing_credentials")
        key = self._errors.checked_key(settings.api_key, settings.key_variable) or "none"
        import httpx2
        import openai

        # The SDK looks into httpx wherever that is in `sys.modules`, also while another provider's thread is still
        # importing it, and stumbles then. So it is there whole, from now on.
        with contextlib.suppress(ImportError):
            import httpx  # noqa: F401
        self._http = self._httpx_client(httpx2, follow_redirects=True)
        self._client = openai.OpenAI(
            api_key=key,
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
        self._completions = self._client.chat.completions.with_raw_response
        close: Callable[[], object] = self._http.close
        return close

    def _listed(self) -> Collection[str]:
        listed = self._client.models.with_raw_response.list()
        return listed_models(listed.content, of_openai=self._settings.is_openai)

    def _answer(self) -> Answer:
        return Completion()

    def _events(self, request: Request, answer: Answer, call: Call) -> Iterator[Any]:
        with call.sending():
            response = self._completions.create(**self._body(request)).http_response
        answer.request_id = response.headers.get("x-request-id")
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
            for _ in islice(chunks, DRAIN_READS):  # so that the connection can serve the next answer
                pass

    def _body(self, request: Request) -> dict[str, Any]:
        refused = self._refused.get(request.model, set())
        limit = "max_completion_tokens" if self._settings.is_openai else "max_tokens"
        if limit in refused:
            limit = OTHER_LIMIT[limit]
        wanted = {
            limit: request.max_tokens,
            "temperature": request.temperature,
            "top_p": request.top_p,
            "stream_options": {"include_usage": True} if request.stream else None,
        }
        given = {name: value for name, value in wanted.items() if value is not None and name not in refused}
        return {"model": request.model, "messages": request.turns(), "stream": request.stream, **given}

    def _optional(self, request: Request) -> Collection[str]:
        return {*super()._optional(request), *self._body(request)}

    def _translated(self, failure: BaseException, at: Progress = START) -> ProviderError:
        import openai

        match failure:
            case openai.APIStatusError(response=response):
                wait = retry_after_seconds(response.headers.get("retry-after"))
                return self._refusal(Refused(response.content, response.status_code, retry_after=wait), at)
            case openai.APIConnectionError(__cause__=BaseException() as cause):
                return self._translated(cause, at)
        return super()._translated(failure, at)
