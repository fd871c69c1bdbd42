"""boto3's client of Bedrock: Converse, or InvokeModel with Anthropic's messages body."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any, ClassVar
from urllib.parse import urlsplit

from providers.adapter import START, Adapter, Progress
from providers.base import Request
from providers.bedrock.parsing import ConverseAnswer, MessagesAnswer, listed_models
from providers.bedrock.settings import BedrockSettings, takes_anthropic_body
from providers.errors import ErrorKind, ProviderError, retry_after_seconds
from providers.parameters import placed
from providers.parsing.answer import Answer, word_of
from providers.parsing.error_body import ErrorBody, Refused
from providers.parsing.times import in_headers
from providers.transport.call import Call
from providers.transport.sockets import botocore_is_open, by_botocore, watch_botocore

DEFAULT_MAX_TOKENS = 4096  # Anthropic's body must name a limit; the oldest of its models on offer allow this much
INVOKE_VERSION = "bedrock-2023-05-31"
DEFAULT_REGION = "us-east-1"
OWN_TIME = "x-amzn-bedrock-invocation-latency"  # of an awaited answer of InvokeModel
OPERATIONS = {  # by API and whether it is streamed: the SDK's function, and the end of the path
    ("converse", True): ("converse_stream", "converse-stream"),
    ("converse", False): ("converse", "converse"),
    ("invoke", True): ("invoke_model_with_response_stream", "invoke-with-response-stream"),
    ("invoke", False): ("invoke_model", "invoke"),
}
SIGN_IN = "The sign-in to {label} is over. Sign in again by: aws sso login"
CACHE_POINTS = "cache points"  # as the person is told of them where a model takes none


class Bedrock(Adapter[BedrockSettings]):
    """A client of one account, region and API."""

    answers: ClassVar[Mapping[str, type[Answer]]] = {"converse": ConverseAnswer, "invoke": MessagesAnswer}

    def _connect(self, opened: contextlib.ExitStack) -> None:
        import botocore.config

        settings = self._settings
        if settings.missing:
            raise self._errors.error("missing_credentials", f"{settings.missing[0]} is not set")
        self._session = session = self._signed_in()
        if not settings.bearer_token and session.get_credentials() is None:
            raise self._errors.error("missing_credentials")
        self._options: dict[str, Any] = {
            "region_name": settings.region or session.region_name or DEFAULT_REGION,
            "endpoint_url": settings.endpoint_url or None,
            "verify": settings.ca_file or None,
            "config": botocore.config.Config(
                # A bearer token of the environment wins over keys that were given, unless the signature is named.
                signature_version="bearer" if settings.bearer_token else "v4",
                connect_timeout=settings.connect_timeout,
                read_timeout=settings.silence_timeout,
                retries={"total_max_attempts": 1, "mode": "standard"},
                tcp_keepalive=True,
                max_pool_connections=50,
                proxies={},  # which one leads there shows once the address is known
            ),
        }
        self._client = session.client("bedrock-runtime", **self._options)
        address = self._client.meta.endpoint_url
        _, proxy = self._route(address)
        if proxy:
            proxied = botocore.config.Config(proxies={urlsplit(address).scheme: proxy})
            self._options["config"] = self._options["config"].merge(proxied)
            self._client.close()
            self._client = session.client("bedrock-runtime", **self._options)
        watch_botocore(self._client)
        opened.callback(self._client.close)

    def finds_credentials(self) -> bool:
        """Whether AWS's own chain does; may ask the machine's metadata service, which takes a second.

        Raises ProviderError where the chain breaks: a profile is named that isn't there, a sign-in has expired.
        """
        with self._translating():
            return self._signed_in().get_credentials() is not None

    def _signed_in(self) -> Any:
        """A session with the credentials that were given, or else with what AWS's own chain finds."""
        import boto3
        import botocore.session
        from botocore.exceptions import ProfileNotFound
        from botocore.tokens import FrozenAuthToken

        settings, checked_key = self._settings, self._errors.checked_key
        access_key = checked_key(settings.access_key, "AWS_ACCESS_KEY_ID")
        secret_key = checked_key(settings.secret_key, "AWS_SECRET_ACCESS_KEY")
        token = checked_key(settings.session_token, "AWS_SESSION_TOKEN")
        core = botocore.session.Session()
        if bearer := checked_key(settings.bearer_token, "AWS_BEARER_TOKEN_BEDROCK"):
            token_provider = SimpleNamespace(load_token=lambda **signing: FrozenAuthToken(bearer))
            core.register_component("token_provider", token_provider)  # otherwise it looks at the environment alone
        # None, not "": boto3 signs with an empty key as if it were one.
        explicit = access_key and {
            "aws_access_key_id": access_key,
            "aws_secret_access_key": secret_key,
            "aws_session_token": token or None,
        }
        try:
            return boto3.session.Session(
                botocore_session=core,
                region_name=settings.region or None,
                profile_name=None if explicit else settings.profile or None,
                **(explicit or {}),
            )
        except ProfileNotFound as error:
            note = f"there is no profile {settings.profile!r} in ~/.aws"
            raise self._errors.error("missing_credentials", note) from error

    def _listed(self) -> Collection[str]:
        catalogue = self._session.client("bedrock", **self._options)
        offered = catalogue.list_foundation_models(byOutputModality="TEXT")["modelSummaries"]
        pages = catalogue.get_paginator("list_inference_profiles").paginate()
        names = listed_models(offered, [profile for page in pages for profile in page["inferenceProfileSummaries"]])
        return [name for name in names if self._api == "converse" or "anthropic." in name]

    def _opening(self) -> AbstractContextManager[object]:
        return by_botocore(self._client)

    def _is_open(self) -> bool:
        return botocore_is_open(self._client)

    def _is_fatal(self, failure: Exception, connected: bool) -> bool:
        from botocore import exceptions as aws
        from urllib3.exceptions import ConnectTimeoutError

        # To urllib3 a server that is silent while TLS is agreed on is like one that does not answer a request.
        match failure:
            case aws.ProxyConnectionError():
                return isinstance(getattr(failure.kwargs["error"], "original_error", None), ConnectTimeoutError)
            case aws.ReadTimeoutError():
                return not connected
        return isinstance(failure, aws.ConnectTimeoutError)

    def _events(self, request: Request, answer: Answer, call: Call) -> Iterator[Any]:
        whole = not request.stream
        function, _ = OPERATIONS[self._api, request.stream]
        ask = getattr(self._client, function)
        arguments = self._arguments(request)
        with call.sending():
            response = ask(**arguments)
            if whole and "body" in response:
                response["chunk"] = {"bytes": response["body"].read()}
        metadata = response.get("ResponseMetadata", {})
        answer.request_id = metadata.get("RequestId")
        answer.times = in_headers(metadata.get("HTTPHeaders", {}), OWN_TIME, streamed=not whole)
        if isinstance(answer, ConverseAnswer):
            answer.counts_all = request.stream and "openai." in request.model
        if self._api == "invoke":  # in its headers
            answer.tier = word_of(response.get("serviceTier"))
            answer.latency = word_of(response.get("performanceConfigLatency"))
        if whole:
            yield response
            return
        with contextlib.closing(response["stream" if self._api == "converse" else "body"]) as events:
            yield from events

    def _arguments(self, request: Request) -> dict[str, Any]:
        return self._converse(request) if self._api == "converse" else self._invoke(request)

    def _converse(self, request: Request) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "modelId": request.model,
            "messages": [{"role": role, "content": [{"text": content}]} for role, content in request.messages],
            **({"system": [{"text": request.system}]} if request.system else {}),
            **placed(request, self._places),
        }
        if self._caches(request):
            for blocks in (arguments["messages"][-1]["content"], *filter(None, [arguments.get("system")])):
                blocks.append({"cachePoint": {"type": "default"}})
        return arguments

    def _invoke(self, request: Request) -> dict[str, Any]:
        if not takes_anthropic_body(request.model):
            raise self._errors.unsent(
                f"InvokeModel is spoken here with Anthropic's body only; {request.model} needs converse"
            )
        arguments = placed(request, self._places)
        body: dict[str, Any] = {
            "anthropic_version": INVOKE_VERSION,
            "max_tokens": DEFAULT_MAX_TOKENS,
            "messages": [{"role": role, "content": content} for role, content in request.messages],
            **({"system": request.system} if request.system else {}),
            **arguments.pop("body", {}),
        }
        if self._caches(request):
            last = body["messages"][-1]
            last["content"] = _cached(last["content"])
            body |= {"system": _cached(request.system)} if request.system else {}
        return {"modelId": request.model, "contentType": "application/json", **arguments, "body": json.dumps(body)}

    def _caches(self, request: Request) -> bool:
        """Whether to mark the system prompt and the last turn for the cache."""
        return request.cache and CACHE_POINTS not in self._refused.get(request.model, ())

    def _optional(self, request: Request) -> Collection[str]:
        needed = {"max_tokens"} if self._api == "invoke" else set()
        return {*super()._optional(request), *([CACHE_POINTS] if self._caches(request) else [])} - needed

    def _left_out(self, request: Request) -> list[str]:
        uncached = request.cache and not self._caches(request)
        return [*super()._left_out(request), *([CACHE_POINTS] if uncached else [])]

    def _kind(self, refused: Refused, said: ErrorBody) -> ErrorKind:
        if "prompt caching" in said.message:
            return "bad_request"  # with the status and the code of a model that the account may not use
        kind = super()._kind(refused, said)
        # AWS's SDK makes the path, and AWS has begun to answer: what is not found is the model.
        return "unknown_model" if kind == "protocol" and "error" in refused.body else kind

    def _translated(self, failure: BaseException, at: Progress = START) -> ProviderError:
        import urllib3.exceptions as http
        from botocore import exceptions as aws
        from botocore.eventstream import ParserError
        from botocore.parsers import ResponseParserError

        errors = self._errors
        match failure:
            case aws.ClientError():
                return self._refusal(_refused(failure), at)
            case aws.NoCredentialsError() | aws.PartialCredentialsError() | aws.CredentialRetrievalError():
                return errors.error("missing_credentials", f"{failure}")
            case aws.SSOError() | aws.UnauthorizedSSOTokenError() | aws.TokenRetrievalError():
                return errors.error("auth", note=f"{failure}", sentence=SIGN_IN)
            case aws.ReadTimeoutError() | http.ReadTimeoutError():
                # Before the question was sent it was TLS that nobody agreed on.
                return errors.error("timeout") if at.connected else errors.error("network", _reason(failure))
            case (
                aws.SSLError() | aws.ProxyConnectionError() | aws.ConnectTimeoutError() | aws.EndpointConnectionError()
            ):
                return errors.error("network", _reason(failure))
            case aws.HTTPClientError() | http.HTTPError() | OSError():
                return errors.error("interrupted" if at.heard else "network", type(failure).__name__)
            case ParserError() | ResponseParserError():
                return errors.error("protocol")
            case aws.BotoCoreError():
                return errors.unsent(f"{failure}")
        return super()._translated(failure, at)


def _reason(failure: Any) -> str:
    """What the network said: the innermost of the errors that botocore and urllib3 put around one another."""
    inner = getattr(failure, "kwargs", {}).get("error") or getattr(failure, "original_error", None) or failure.__cause__
    return f"{failure}" if inner is None else _reason(inner)


def _refused(failure: Any) -> Refused:
    """What a ClientError or an EventStreamError says."""
    error, metadata = failure.response.get("Error", {}), failure.response.get("ResponseMetadata", {})
    status, code = metadata.get("HTTPStatusCode"), error.get("Code")
    return Refused(
        {"code": code, "message": error.get("Message")},
        status if isinstance(status, int) and status >= 400 else None,
        note=str(code or ""),
        retry_after=retry_after_seconds(metadata.get("HTTPHeaders", {}).get("retry-after")),
    )


def _cached(text: str) -> list[dict[str, Any]]:
    """A text in Anthropic's body, marked for the cache."""
    return [{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}]
