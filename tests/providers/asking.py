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

import providers
from providers import Call, End, Provider, ProviderError, Reasoning, Request, Retry, connect, load
from providers.bedrock.settings import BedrockSettings
from providers.openai.settings import OpenAISettings
from simulator import Exchange, Simulator
from tests.providers.servers import Script

Api: TypeAlias = Literal["chat", "converse", "invoke"]
FRAMES = "application/vnd.amazon.eventstream"
APIS: tuple[Api, ...] = ("chat", "converse", "invoke")

KEY = "sk-very-secret-0123456789"
SECRET = "a/very+secret/counterpart"

PATIENCE = 30.0  # seconds after which a test that waits for an event has failed

_numbers = itertools.count(1)


def settings_for(api: Api, url: str, **more: Any) -> OpenAISettings | BedrockSettings:
    """The settings of a person with keys, whose vendor happens to live at `url`."""
    if api == "chat":
        openai = load({"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{url}/v1"})["openai"]
        assert isinstance(openai, OpenAISettings)
        return replace(openai, **more)
    keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1"}
    bedrock = load({**keys, "BEDROCK_API": api})["bedrock"]
    assert isinstance(bedrock, BedrockSettings)
    return replace(bedrock, endpoint_url=url, **more)


@contextmanager
def connected(settings: providers.Settings, api: str | None = None) -> Iterator[Provider]:
    """A provider whose connections are closed at the end; elsewhere they live as long as the process."""
    provider = connect(settings, api)
    providers._connected.cache_clear()
    try:
        yield provider
    finally:
        provider.close()  # type: ignore[attr-defined]


@contextmanager
def voices_at(url: str, *apis: Api, **more: Any) -> Iterator[dict[Api, Provider]]:
    """A provider for each of these APIs, whose vendor lives at `url`."""
    with ExitStack() as stack:
        yield {api: stack.enter_context(connected(settings_for(api, url, **more))) for api in apis}


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

    def __init__(self, server: Script, voices: Mapping[Api, Provider]) -> None:
        self.server = server
        self.voices = voices

    def __call__(
        self, body: Any, request: Request | None = None, *, api: Api = "chat", call: Call | None = None, **played: Any
    ) -> Heard:
        """What is heard of these bytes, or of JSON."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
            played.setdefault("content_type", "application/json")
        played.setdefault("content_type", "text/event-stream" if api == "chat" else FRAMES)
        self.server.plays(body, **played)
        return collect(self.voices[api], request or question(), call)


@contextmanager
def staged(*apis: Api, **more: Any) -> Iterator[Stage]:
    """A stage for these APIs, with more settings."""
    with Script() as server, voices_at(server.url, *apis, **more) as voices:
        yield Stage(server, voices)
