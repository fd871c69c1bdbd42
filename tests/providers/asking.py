"""Asking a provider, keeping all that came of it, and looking up in the simulator what was really sent."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import pytest

import providers
from providers import Call, End, Provider, ProviderError, Reasoning, Request, Retry, connect, load
from providers.watsonx.wml import is_installed
from simulator import Exchange, Simulator
from tests.providers.servers import Script

Api: TypeAlias = Literal["chat", "responses", "converse", "invoke", "watsonx", "generate", "older"]
FRAMES = "application/vnd.amazon.eventstream"
APIS: tuple[Api, ...] = ("chat", "converse", "invoke")  # one for each protocol that may come without TLS
AWS: tuple[Api, ...] = ("converse", "invoke")
IBM: tuple[Api, ...] = ("watsonx", "generate", "older")  # the last by IBM's older SDK, which refuses newer Pythons
IBM = IBM if is_installed() else IBM[:2]
EVERY: tuple[Api, ...] = ("chat", "responses", *AWS, *IBM)
SDKS = {"generate": "ibm-watsonx-ai", "older": "ibm-watson-machine-learning"}

streamed_or_not = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "awaited"])

KEY = "sk-very-secret-0123456789"
SECRET = "a/very+secret/counterpart"
KEYS = {
    "OPENAI_API_KEY": KEY,
    "AWS_ACCESS_KEY_ID": KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_REGION": "us-east-1",
    "WATSONX_APIKEY": KEY,
    "WATSONX_PROJECT_ID": "my-project",
}
PUZZLE = "Solve a puzzle: a bat and a ball cost 1.10 together, the bat costs 1.00 more. What is the ball?"

PATIENCE = 30.0  # seconds after which a test that waits for an event has failed

_numbers = itertools.count(1)


def settings_for(api: Api, url: str = "", env: Mapping[str, str] = KEYS, **more: Any) -> Any:
    """The settings of a person with keys, whose vendor happens to live at `url`, or where it really does."""
    vendor = "watsonx" if api in (*IBM, "older") else "bedrock" if api in AWS else "openai"
    place = {"openai": {"base_url": f"{url}/v1"}, "bedrock": {"endpoint_url": url}, "watsonx": {"url": url}}[vendor]
    sdk = {"sdk": SDKS[api]} if api in SDKS else {}
    name = {"watsonx": "chat", "older": "generate"}.get(api, api)
    return replace(load(env)[vendor], **{"api": name, **(place if url else {}), **sdk, **more})


def at_simulator(simulator: Simulator, api: Api, *, tls: bool = False, **more: Any) -> Any:
    """The settings that lead to the simulator, as if it were the vendor. IBM's SDKs take addresses with TLS alone."""
    url = simulator.tls_url if tls or api in IBM else simulator.url
    return settings_for(api, url, **{"ca_file": simulator.ca_file, **more})


@contextmanager
def connected(settings: providers.Settings, api: str | None = None) -> Iterator[Provider]:
    """A provider whose connections are closed at the end; elsewhere they live as long as the process."""
    try:
        provider = connect(settings, api)
    finally:
        providers._connected.cache_clear()
    try:
        yield provider
    finally:
        provider.close()  # type: ignore[attr-defined]


class Voices(dict[Api, Provider]):
    """Providers by their API, each connected when it is first asked for."""

    def __init__(self, stack: ExitStack, settings: Callable[[Api], Any]) -> None:
        super().__init__()
        self._stack, self._settings = stack, settings

    def __missing__(self, api: Api) -> Provider:
        self[api] = self._stack.enter_context(connected(self._settings(api)))
        return self[api]


@contextmanager
def voices_at(simulator: Simulator, *, tls: bool = False, **more: Any) -> Iterator[Voices]:
    """A provider for every API, by every SDK that speaks it, answered by the simulator."""
    with ExitStack() as stack:
        yield Voices(stack, lambda api: at_simulator(simulator, api, tls=tls, **more))


def model(*parts: str) -> str:
    """A model id that nobody else asks for, of a Claude's look so that InvokeModel takes it as well."""
    return ".".join(("anthropic", *filter(None, parts), f"n{next(_numbers)}"))


def question(*parts: str, prompt: str = "Hello!", speed: str = "sim-instant", **more: Any) -> Request:
    return replace(Request.of(prompt, model(speed, *parts)), **more)


@dataclass
class Heard:
    """What came of a question, as far as it has got."""

    pieces: list[str] = field(default_factory=list)
    retries: list[Retry] = field(default_factory=list)
    end: End | None = None
    error: ProviderError | None = None

    @property
    def ending(self) -> End:
        """How it ended; the test fails where it did not, or by an error."""
        assert self.error is None
        assert self.end is not None
        return self.end

    @property
    def failure(self) -> ProviderError:
        """The error that it ended in; the test fails where there is none."""
        assert self.error is not None, self.end
        return self.error

    @property
    def text(self) -> str:
        return "".join(piece for piece in self.pieces if not isinstance(piece, Reasoning))

    @property
    def reasoning(self) -> str:
        return "".join(piece for piece in self.pieces if isinstance(piece, Reasoning))


def collect(provider: Provider, request: Request, call: Call | None = None, into: Heard | None = None) -> Heard:
    """Ask, and listen to the end, whatever the end is. Nobody waits before a second try unless `call` does."""
    heard = into or Heard()
    answer = provider.stream(request, call or Call(on_retry=heard.retries.append, sleep=lambda seconds: None))
    try:
        while True:
            heard.pieces.append(next(answer))
    except StopIteration as over:
        heard.end = over.value
    except ProviderError as error:
        heard.error = error
    return heard


def ask(settings: Any, request: Request | None = None) -> Heard:
    """What comes of a question, or of connecting for it."""
    try:
        with connected(settings) as provider:
            return collect(provider, request or question())
    except ProviderError as error:
        return Heard(error=error)


def error_of(settings: Any) -> ProviderError:
    heard = ask(settings)
    assert heard.error is not None
    return heard.error


@contextmanager
def listening(provider: Provider, request: Request, call: Call) -> Iterator[tuple[threading.Thread, Heard]]:
    """Ask on a thread of its own; it must be over when the block is."""
    heard = Heard()
    listener = threading.Thread(target=collect, args=(provider, request, call, heard))
    listener.start()
    try:
        yield listener, heard
    finally:
        call.cancel()
        listener.join(PATIENCE)
        assert not listener.is_alive()


def requests_for(simulator: Simulator, request: Request) -> list[Exchange]:
    """What the simulator was really asked, oldest first."""
    return [exchange for exchange in simulator.log if exchange.model == request.model]


def eventually(happened: Callable[[], object]) -> None:
    """Return once it has happened; fail where that takes too long."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


class Stage:
    """A server that says what it is told, and providers that ask it, by their API."""

    def __init__(self, server: Script, voices: Voices, first: Api) -> None:
        self.server = server
        self.voices = voices
        self._first = first

    def __call__(
        self,
        body: Any,
        request: Request | None = None,
        *,
        api: Api | None = None,
        call: Call | None = None,
        **played: Any,
    ) -> Heard:
        """What is heard of these bytes, or of JSON, by the first API or another."""
        api = api or self._first
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
            played.setdefault("content_type", "application/json")
        played.setdefault("content_type", FRAMES if api in AWS else "text/event-stream")
        self.server.plays(body, **played)
        return collect(self.voices[api], request or question(), call)


@contextmanager
def staged(first: Api = "chat", **more: Any) -> Iterator[Stage]:
    """A stage for one API and others, with more settings."""
    with Script() as server, ExitStack() as stack:
        yield Stage(server, Voices(stack, lambda api: settings_for(api, server.url, **more)), first)
