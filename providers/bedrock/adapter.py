"""AWS Bedrock: ConverseStream for every model, InvokeModelWithResponseStream for Anthropic's messages body."""

from __future__ import annotations

import contextlib
import json
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from providers.base import End, ProviderError, Reasoning, Request, TextStream, count_of, text_of
from providers.bedrock.settings import BedrockSettings, takes_anthropic_body
from providers.errors import CUT_OFF, ErrorFactory, retry_after_seconds, with_one_retry
from providers.parsing.chat_completion import TAIL, ended
from providers.parsing.error_body import read
from providers.parsing.finish_reason import finish_of
from providers.parsing.think_tags import ThinkTags
from providers.transport.call import Call, watched_pool
from providers.transport.preconnect import botocore_is_open, by_botocore, preconnected
from providers.transport.proxies import proxy_for, trusted

Given = TypeVar("Given")
Found = TypeVar("Found")

DEFAULT_MAX_TOKENS = 4096  # Anthropic's body must name a limit; the oldest of its models on offer allow this much
INVOKE_VERSION = "bedrock-2023-05-31"
DEFAULT_REGION = "us-east-1"
SIGN_IN = "The sign-in to {label} is over. Sign in again by: aws sso login"
OPTIONAL = ("temperature", "top_p", "system")  # what a question can do without


class Bedrock:
    """A client of one account, region and API."""

    def __init__(self, settings: BedrockSettings, api: str) -> None:
        import botocore.config

        self._settings = settings
        self._api = api
        self._thoughts = ThinkTags()
        self._failures = _failures(settings)
        self._refused: dict[str, set[str]] = {}  # by model, the parameters that it does without
        if settings.missing:
            raise self._failures.error("missing_credentials", f"{settings.missing[0]} is not set")
        self._checked(trusted, settings)
        with _translating(self._failures):
            session = _session(settings, self._failures)
            if not settings.bearer_token and session.get_credentials() is None:
                raise self._failures.error("missing_credentials")
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
            self._session = session
            self._client = session.client("bedrock-runtime", **self._options)
            address = self._client.meta.endpoint_url
            if proxy := self._checked(proxy_for, address):
                proxied = botocore.config.Config(proxies={urlsplit(address).scheme: proxy.url})
                self._options["config"] = self._options["config"].merge(proxied)
                self._client.close()
                self._client = session.client("bedrock-runtime", **self._options)
                self._failures = replace(self._failures, proxy=proxy.variable)
        _watch(self._client)
        weakref.finalize(self, self._client.close)

    def _checked(self, find: Callable[[Given], Found], of: Given) -> Found:
        """What `find` finds in the environment. Raises ProviderError where a variable can't be meant."""
        try:
            return find(of)
        except ValueError as error:
            raise self._failures.error("network", f"{error}", retryable=False) from error

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
        http, url = self._client._endpoint.http_session, self._client.meta.endpoint_url
        return preconnected(
            by_botocore(http, url),
            call,
            enough=lambda: alone and botocore_is_open(http, url),
            in_vain=lambda error: self._in_vain(error, call),
        )

    def models(self) -> list[str]:
        """Inference profiles and models of the region that stream text. Raises ProviderError."""
        with _translating(self._failures):
            catalogue = self._session.client("bedrock", **self._options)
            offered = catalogue.list_foundation_models(byOutputModality="TEXT")["modelSummaries"]
            profiles: list[dict[str, Any]] = []
            for page in catalogue.get_paginator("list_inference_profiles").paginate():
                profiles += page["inferenceProfileSummaries"]
        names = [profile["inferenceProfileId"] for profile in profiles]
        names += [
            model["modelId"]
            for model in offered
            if model.get("responseStreamingSupported")
            and model.get("modelLifecycle", {}).get("status") == "ACTIVE"
            and "ON_DEMAND" in model.get("inferenceTypesSupported", ["ON_DEMAND"])
        ]
        return sorted(name for name in set(names) if self._api == "converse" or "anthropic." in name)

    def _speak(self, request: Request, call: Call) -> TextStream:
        speak = self._converse if self._api == "converse" else self._invoke
        refused = self._refused.setdefault(request.model, set())
        if "system" in refused:
            request = request.without_system()
        request = replace(
            request,
            temperature=None if "temperature" in refused else request.temperature,
            top_p=None if "top_p" in refused else request.top_p,
        )
        sent = [name for name in OPTIONAL if getattr(request, name) not in (None, "")]
        # A foreign shape may show wherever something reads it.
        with _translating(self._failures, call=call, sent=sent, refused=refused):
            return (yield from speak(request, call))

    def _in_vain(self, error: Exception, call: Call) -> ProviderError | None:
        from botocore import exceptions as aws
        from urllib3.exceptions import ConnectTimeoutError

        # To urllib3 a server that is silent while TLS is agreed on is like one that does not answer a request.
        match error:
            case aws.ProxyConnectionError():
                wasted = isinstance(getattr(error.kwargs["error"], "original_error", None), ConnectTimeoutError)
            case aws.ReadTimeoutError():
                wasted = not call.connected
            case _:
                wasted = isinstance(error, aws.ConnectTimeoutError)
        return self._failures.error("network", _reason(error)) if wasted else None

    def _converse(self, request: Request, call: Call) -> TextStream:
        limits = {"maxTokens": request.max_tokens, "temperature": request.temperature, "topP": request.top_p}
        arguments: dict[str, Any] = {
            "modelId": request.model,
            "messages": [{"role": role, "content": [{"text": content}]} for role, content in request.messages],
        }
        if request.system:
            arguments["system"] = [{"text": request.system}]
        if given := {name: value for name, value in limits.items() if value is not None}:
            arguments["inferenceConfig"] = given
        if not request.stream:
            with call.sending():
                answer = self._client.converse(**arguments)
            for block in (answer.get("output", {}).get("message") or {}).get("content", ()):
                if thought := block.get("reasoningContent", {}).get("reasoningText", {}).get("text"):
                    yield Reasoning(text_of(thought))
                if text := block.get("text"):
                    yield text_of(text)
            return self._end(answer.get("stopReason"), answer.get("usage"), answer)
        with call.sending():
            answer = self._client.converse_stream(**arguments)
        finish: list[str] = []
        usage: dict[str, int] | None = None
        for event in self._events(answer["stream"], finish, call):
            if "contentBlockDelta" in event:
                delta = event["contentBlockDelta"]["delta"]  # missing where the event was no JSON: botocore hides that
                if thought := delta.get("reasoningContent", {}).get("text"):
                    yield Reasoning(text_of(thought))
                if text := delta.get("text"):
                    yield text_of(text)
            elif "messageStop" in event:
                finish.append(event["messageStop"]["stopReason"])
            elif "metadata" in event:
                usage = event["metadata"].get("usage")
        return self._end(finish[-1] if finish else None, usage, answer)

    def _invoke(self, request: Request, call: Call) -> TextStream:
        if not takes_anthropic_body(request.model):
            raise self._failures.unsent(
                f"InvokeModel is spoken here with Anthropic's body only; {request.model} needs converse"
            )
        body: dict[str, Any] = {
            "anthropic_version": INVOKE_VERSION,
            "max_tokens": request.max_tokens or DEFAULT_MAX_TOKENS,
            "messages": [{"role": role, "content": content} for role, content in request.messages],
        }
        optional = {
            "system": request.system or None,
            "temperature": request.temperature,
            "top_p": request.top_p,
        }
        body |= {name: value for name, value in optional.items() if value is not None}
        arguments = {"modelId": request.model, "body": json.dumps(body), "contentType": "application/json"}
        if not request.stream:
            with call.sending():
                answer = self._client.invoke_model(**arguments)
                message = json.loads(answer["body"].read())
            for block in message.get("content", ()):
                if thought := block.get("thinking"):
                    yield Reasoning(text_of(thought))
                if text := block.get("text"):
                    yield text_of(text)
            return self._end(message.get("stop_reason"), _anthropic_usage(message.get("usage") or {}), answer)
        with call.sending():
            answer = self._client.invoke_model_with_response_stream(**arguments)
        reason: str | None = None
        finish: list[str | None] = []
        counts: dict[str, Any] = {}
        for event in self._events(answer["body"], finish, call):
            if "chunk" not in event:
                continue
            said = json.loads(event["chunk"]["bytes"])
            match said.get("type"):
                case "message_start":
                    # The output tokens that stand here are those of an empty beginning.
                    usage = (said.get("message") or {}).get("usage") or {}
                    counts |= {"input_tokens": usage["input_tokens"]} if "input_tokens" in usage else {}
                case "content_block_start":
                    if text := (said.get("content_block") or {}).get("text"):
                        yield text_of(text)
                case "content_block_delta":
                    delta = said.get("delta") or {}
                    if thought := delta.get("thinking"):
                        yield Reasoning(text_of(thought))
                    if text := delta.get("text"):
                        yield text_of(text)
                case "message_delta":
                    reason = (said.get("delta") or {}).get("stop_reason") or reason
                    counts |= {name: count for name, count in (said.get("usage") or {}).items() if count is not None}
                case "message_stop":
                    finish.append(reason)
                    metrics = said.get("amazon-bedrock-invocationMetrics") or {}
                    counts.setdefault("input_tokens", metrics.get("inputTokenCount"))
                    counts.setdefault("output_tokens", metrics.get("outputTokenCount"))
                case "error":
                    failed = read(said)
                    note = str((said.get("error") or {}).get("type") or "")
                    kind = failed.kind() or "overloaded"
                    # AWS's SDK makes the path, and AWS has begun to answer: what is not found is the model.
                    kind = "unknown_model" if kind == "protocol" else kind
                    raise self._failures.refusal(failed, kind, note=note)
        return self._end(finish[-1] if finish else None, _anthropic_usage(counts), answer)

    def _events(self, events: Any, finish: list[Any], call: Call) -> Iterator[dict[str, Any]]:
        """The events of an answer, closed at the end.

        Who reads them puts the finish marker into `finish`: cut off after it, they lack figures, but no words. Figures
        are not waited for longer than TAIL.
        """
        heard = hasty = False
        with contextlib.closing(events):
            iterator = iter(events)
            while True:
                if finish and not hasty:
                    hasty = True
                    call.wait_no_longer_than(TAIL)
                try:
                    with _translating(self._failures, heard=heard):
                        event = next(iterator, None)
                except ProviderError as error:
                    if finish and error.kind in CUT_OFF:
                        return
                    raise
                if event is None:
                    return
                heard = True
                yield event

    def _end(self, said: str | None, usage: dict[str, int] | None, answer: Any) -> End:
        counts = usage or {}
        tokens = (count_of(counts.get("inputTokens")), count_of(counts.get("outputTokens")), None)
        return ended(finish_of(said), tokens, answer.get("ResponseMetadata", {}).get("RequestId"), self._failures)


def chain_has_credentials(settings: BedrockSettings) -> bool:
    """Whether AWS's own chain finds credentials; may ask the machine's metadata service, which takes a second.

    Raises ProviderError where the chain breaks: a profile is named that isn't there, a sign-in has expired.
    """
    failures = _failures(settings)
    with _translating(failures):
        return _session(settings, failures).get_credentials() is not None


def _failures(settings: BedrockSettings) -> ErrorFactory:
    return ErrorFactory(
        label=settings.label, keys=settings.key_names, address=settings.address_name, secrets=settings.secrets
    )


@contextlib.contextmanager
def _translating(
    failures: ErrorFactory,
    *,
    heard: bool = False,
    call: Call | None = None,
    sent: Sequence[str] = (),
    refused: set[str] | None = None,
) -> Iterator[None]:
    """Turn what botocore and urllib3 raise into ProviderError.

    `heard`: whether the vendor has begun to speak; `call`: what it is asked on; `sent`: the optional parameters that
    are sent; `refused`: gets those of them that the model does not know.
    """
    import urllib3.exceptions as http
    from botocore import eventstream
    from botocore import exceptions as aws
    from botocore.parsers import ResponseParserError

    error = failures.error
    try:
        yield
    except (ProviderError, GeneratorExit):
        raise
    except (aws.ClientError, aws.EventStreamError) as failure:
        raise _client_error(failures, failure, sent, set() if refused is None else refused) from failure
    except (aws.NoCredentialsError, aws.PartialCredentialsError, aws.CredentialRetrievalError) as failure:
        raise error("missing_credentials", f"{failure}") from failure
    except (aws.SSOError, aws.UnauthorizedSSOTokenError, aws.TokenRetrievalError) as failure:
        raise error("auth", note=f"{failure}", sentence=SIGN_IN) from failure
    except (
        aws.ProfileNotFound,
        aws.InvalidRegionError,
        aws.NoRegionError,
        aws.InvalidEndpointConfigurationError,
        aws.ParamValidationError,
    ) as failure:
        raise failures.unsent(f"{failure}") from failure
    except (aws.ReadTimeoutError, http.ReadTimeoutError) as failure:
        if call is not None and not call.connected:  # it was TLS that nobody agreed on
            raise error("network", _reason(failure)) from failure
        raise error("timeout") from failure
    except (
        aws.SSLError,
        aws.ProxyConnectionError,
        aws.ConnectTimeoutError,
        aws.EndpointConnectionError,
    ) as failure:
        raise error("network", _reason(failure)) from failure
    except (aws.HTTPClientError, http.HTTPError, OSError) as failure:
        raise error("interrupted" if heard else "network", type(failure).__name__) from failure
    except (
        eventstream.ParserError,
        ResponseParserError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
    ) as failure:
        raise error("protocol") from failure
    except aws.BotoCoreError as failure:  # the SDK objects to a setting
        raise failures.unsent(f"{failure}") from failure


def _client_error(failures: ErrorFactory, failure: Any, sent: Sequence[str], refused: set[str]) -> ProviderError:
    error = failure.response.get("Error", {})
    metadata = failure.response.get("ResponseMetadata", {})
    status = metadata.get("HTTPStatusCode")
    status = status if isinstance(status, int) and status >= 400 else None
    said = read({"code": error.get("Code"), "message": error.get("Message")})
    kind = said.kind(status) or "overloaded"
    left_out = said.refused(sent) if kind == "bad_request" else []
    refused.update(left_out)
    wait = retry_after_seconds(metadata.get("HTTPHeaders", {}).get("retry-after"))
    note = f"status {status}" if status else str(error.get("Code") or "")
    return failures.refusal(said, kind, note=note, retry_after=wait, left_out=left_out)


def _session(settings: BedrockSettings, failures: ErrorFactory) -> Any:
    import boto3
    import botocore.session
    from botocore.exceptions import ProfileNotFound

    access_key = failures.checked_key(settings.access_key, "AWS_ACCESS_KEY_ID")
    secret_key = failures.checked_key(settings.secret_key, "AWS_SECRET_ACCESS_KEY")
    token = failures.checked_key(settings.session_token, "AWS_SESSION_TOKEN")
    core = botocore.session.Session()
    if bearer := failures.checked_key(settings.bearer_token, "AWS_BEARER_TOKEN_BEDROCK"):
        core.register_component("token_provider", _BearerToken(bearer))
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
        raise failures.error("missing_credentials", f"there is no profile {settings.profile!r} in ~/.aws") from error


def _reason(failure: Any) -> str:
    """What the network said: the innermost of the errors that botocore and urllib3 put around one another."""
    inner = getattr(failure, "kwargs", {}).get("error") or getattr(failure, "original_error", None) or failure.__cause__
    return f"{failure}" if inner is None else _reason(inner)


class _BearerToken:
    """Hands boto3 a token, which it otherwise takes from the process's environment alone."""

    def __init__(self, token: str) -> None:
        self._token = token

    def load_token(self, **signing: Any) -> Any:
        from botocore.tokens import FrozenAuthToken

        return FrozenAuthToken(self._token)


def _watch(client: Any) -> None:
    """Make a client tell the dialling line its socket; botocore offers no argument for its connection pools."""
    http = client._endpoint.http_session
    pools = {scheme: watched_pool(pool) for scheme, pool in http._pool_classes_by_scheme.items()}
    http._pool_classes_by_scheme = pools  # for proxies, whose managers are made later
    http._manager.pool_classes_by_scheme = pools


def _anthropic_usage(counts: dict[str, Any]) -> dict[str, Any]:
    return {"inputTokens": counts.get("input_tokens"), "outputTokens": counts.get("output_tokens")}
