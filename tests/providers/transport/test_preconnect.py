"""The connection that is opened before the question, by each adapter's own HTTP stack."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme

import providers
from providers import Call, Provider, ProviderError, SimulatorAddress, connect, load
from providers.transport import sockets
from providers.watsonx.wml import is_installed
from simulator import Simulator
from tests.providers.asking import KEY, PATIENCE, SECRET, collect, eventually, question, requests_for, settings_for
from tests.providers.servers import Mute, Proxy, Relay

OLDER, NEWER = "ibm-watson-machine-learning", "ibm-watsonx-ai"
ENV = {
    "OPENAI_API_KEY": KEY,
    "AWS_ACCESS_KEY_ID": KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "WATSONX_APIKEY": KEY,
    "WATSONX_PROJECT_ID": "p",
}
VOICES = [
    pytest.param(("openai", "chat", ""), id="chat"),
    pytest.param(("bedrock", "converse", ""), id="converse"),
    pytest.param(("bedrock", "invoke", ""), id="invoke"),
    pytest.param(("watsonx", "chat", ""), id="watsonx-chat"),
    pytest.param(("watsonx", "generate", NEWER), id="watsonx-newer"),
    pytest.param(
        ("watsonx", "generate", OLDER),
        id="watsonx-older",
        marks=pytest.mark.skipif(not is_installed(), reason=f"{OLDER} refuses this Python"),
    ),
]
everywhere = pytest.mark.parametrize("voice", VOICES)
Voice = tuple[str, str, str]


@contextmanager
def speaking(voice: Voice, url: str, ca_file: str = "", **more: Any) -> Iterator[Provider]:
    """The provider, connected to `url`; its connections are closed at the end."""
    name, api, sdk = voice
    settings: Any = load(ENV)[name].simulated_by(SimulatorAddress(url, url, ca_file))
    settings = replace(settings, ca_file=ca_file, **more, **({"sdk": sdk} if sdk else {}))
    provider = connect(settings, api)
    providers._connected.cache_clear()
    try:
        yield provider
    finally:
        provider.close()  # type: ignore[attr-defined]


class Listener(Relay):
    """Speaks TLS, and passes everything on but a HEAD: that one it keeps, and may answer it."""

    def __init__(self, upstream: str, folder: Path, answer: bytes = b"") -> None:
        super().__init__(upstream)
        authority = trustme.CA()
        self.ca_file = str(folder / "ca.pem")
        authority.cert_pem.write_to_path(self.ca_file)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(self._context)
        self._answer = answer
        self.url = f"https://127.0.0.1:{self.port}"
        self.heads: list[bytes] = []

    def serve(self, connection: Any) -> None:
        with self._context.wrap_socket(connection, server_side=True) as tunnel:
            self.holds(tunnel)
            self._pass_on(tunnel, b"")

    def keeps(self, connection: Any, data: bytes) -> bool:
        if not data.startswith(b"HEAD"):
            return False
        self.heads.append(data)
        if self._answer:
            connection.sendall(self._answer)
        elif not connection.recv(1):
            self.heads.append(b"gone")
        return True


# The question comes over it


@everywhere
def test_the_question_comes_over_the_connection_that_was_opened_for_it(simulator: Simulator, voice: Voice) -> None:
    request = question()
    with (
        Relay(simulator.tls_url) as relay,
        speaking(voice, relay.url.replace("http:", "https:"), simulator.ca_file) as provider,
    ):
        with provider.preconnect(Call()):
            assert relay.connections == 1
        assert collect(provider, request).end is not None
        assert relay.connections == 1
    assert len(requests_for(simulator, request)) == 1


@everywhere
def test_lanes_that_start_together_have_a_connection_each(simulator: Simulator, voice: Voice) -> None:
    with Relay(simulator.tls_url) as relay:
        with speaking(voice, relay.url.replace("http:", "https:"), simulator.ca_file) as provider:
            with ExitStack() as lanes:
                for _ in range(6):
                    lanes.enter_context(provider.preconnect(Call(), alone=False))
            assert relay.connections == 6
            answers = [provider.stream(question(speed="sim-60x200")) for _ in range(6)]
            assert all(next(answer) for answer in answers)
            assert all([*answer] for answer in answers)
        assert relay.connections == 6


@everywhere
def test_who_asks_alone_is_content_with_an_idle_connection(simulator: Simulator, voice: Voice, tmp_path: Path) -> None:
    found = b"HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\n\r\n"
    with Listener(simulator.url, tmp_path, found) as server, speaking(voice, server.url, server.ca_file) as provider:
        for _ in range(3):
            assert collect(provider, question()).end is not None
            before = server.connections
            with provider.preconnect(Call(), alone=True):
                pass
            assert server.connections == before
        assert server.heads == []


@everywhere
def test_a_connection_that_the_server_has_closed_meanwhile_is_not_enough(simulator: Simulator, voice: Voice) -> None:
    with (
        Relay(simulator.tls_url) as relay,
        speaking(voice, relay.url.replace("http:", "https:"), simulator.ca_file) as provider,
    ):
        assert collect(provider, question()).end is not None
        before = relay.connections
        relay.drop()
        eventually(lambda: opens(provider, relay, before))


# What is sent


@everywhere
def test_no_model_is_asked_and_no_key_is_sent(simulator: Simulator, voice: Voice, tmp_path: Path) -> None:
    with Listener(simulator.url, tmp_path) as server, speaking(voice, server.url, server.ca_file) as provider:
        call = Call()
        preconnecting = threading.Thread(target=open_connection, args=(provider, call))
        preconnecting.start()
        eventually(lambda: server.heads)
        call.cancel()
        preconnecting.join(PATIENCE)
    head = server.heads[0].lower()
    assert head.startswith(b"head / http/1.1\r\n")
    assert not any(word in head for word in (b"authorization", b"api-key", b"x-amz", b"cookie", KEY.encode()))


@pytest.mark.parametrize("path", ["/v1", "/v1?api-version=1&key=sesame", ""])
def test_neither_path_nor_query_nor_password_is_told(path: str) -> None:
    assert sockets.root_of(f"https://me:sesame@host:8443{path}") == "https://host:8443/"
    assert sockets.root_of(f"http://[::1]:11434{path}") == "http://[::1]:11434/"


@pytest.mark.parametrize("voice", VOICES[:3])
def test_it_goes_through_the_proxy_as_the_question_does(
    simulator: Simulator, voice: Voice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, api, _ = voice
    with Proxy(simulator.url, tmp_path) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        settings: Any = replace(load(ENV)[name], ca_file=proxy.ca_file)
        provider = connect(settings, api)
        providers._connected.cache_clear()
        with provider.preconnect(Call()):
            assert proxy.connections == 1
        assert collect(provider, question()).end is not None
        assert proxy.connections == 1
        provider.close()  # type: ignore[attr-defined]


# Where it fails


@everywhere
def test_a_server_that_does_not_answer_is_asked_the_question_all_the_same(
    simulator: Simulator, voice: Voice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.adapter.PATIENCE", 0.05)
    call = Call()
    with Listener(simulator.url, tmp_path) as server, speaking(voice, server.url, server.ca_file) as provider:
        open_connection(provider, call)
        assert len(server.heads) >= 1
        heard = collect(provider, question(), call)
    assert (heard.end is not None, heard.error, heard.retries) == (True, None, [])


@everywhere
@pytest.mark.parametrize("answer", [b"nonsense\r\n\r\n", b"HTTP/1.1 301 x\r\nlocation: http://a.invalid/\r\n\r\n"])
def test_whatever_it_answers_is_fine(simulator: Simulator, voice: Voice, tmp_path: Path, answer: bytes) -> None:
    with Listener(simulator.url, tmp_path, answer) as server, speaking(voice, server.url, server.ca_file) as provider:
        open_connection(provider, Call())
        assert len(server.heads) == 1
        assert collect(provider, question()).end is not None


@everywhere
def test_cancelling_ends_the_wait(
    simulator: Simulator, voice: Voice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.adapter.PATIENCE", 600.0)
    with Listener(simulator.url, tmp_path) as server, speaking(voice, server.url, server.ca_file) as provider:
        call = Call()
        preconnecting = threading.Thread(target=open_connection, args=(provider, call))
        preconnecting.start()
        eventually(lambda: server.heads)
        call.cancel()
        preconnecting.join(PATIENCE)
        assert not preconnecting.is_alive()
        eventually(lambda: len(server.heads) == 2)


@everywhere
def test_nothing_is_opened_for_a_call_that_was_cancelled_before(simulator: Simulator, voice: Voice) -> None:
    call = Call()
    call.cancel()
    with Relay(simulator.tls_url) as relay:
        url = relay.url.replace("http:", "https:")
        with speaking(voice, url, simulator.ca_file) as provider:
            before = relay.connections
            open_connection(provider, call)
            assert relay.connections == before


@everywhere
def test_a_late_cancel_does_not_cut_who_has_the_connection_now(simulator: Simulator, voice: Voice) -> None:
    first = Call()
    with speaking(voice, simulator.tls_url, simulator.ca_file) as provider:
        open_connection(provider, first)
        answer = provider.stream(question(speed="sim-60x200"))
        begun = next(answer)
        first.cancel()
        assert len([begun, *answer]) == 60


@pytest.mark.parametrize("api", ["chat", "converse", "invoke"])
def test_a_server_that_is_not_there_is_left_to_the_question(api: Any) -> None:
    provider = connect(settings_for(api, "http://127.0.0.1:9"))
    providers._connected.cache_clear()
    open_connection(provider, Call())
    heard = collect(provider, question())
    assert heard.error is not None
    assert (heard.error.kind, [retry.kind for retry in heard.retries]) == ("network", ["network"])


@pytest.mark.parametrize("api", ["chat", "converse", "invoke"])
def test_a_connect_timeout_is_waited_for_once(api: Any) -> None:
    with Mute() as server:
        url = server.url.replace("http:", "https:")
        provider = connect(settings_for(api, url, connect_timeout=0.05))
        providers._connected.cache_clear()
        with pytest.raises(ProviderError) as caught, provider.preconnect(Call()):
            pytest.fail("there is no connection")
        assert server.connections == 1
    assert caught.value.kind == "network"
    assert "no connection" in caught.value.message


@pytest.mark.parametrize("url", ["http://bad..host:80", "http://" + "a" * 300])
def test_an_address_that_cannot_be_one_is_left_to_the_question(url: str) -> None:
    provider = connect(settings_for("chat", url))
    providers._connected.cache_clear()
    open_connection(provider, Call())
    assert collect(provider, question()).error is not None


def opens(provider: Provider, relay: Relay, before: int) -> bool:
    """Whether one who asks alone gets a new connection; the news that the old one is closed may be on its way."""
    with provider.preconnect(Call(), alone=True):
        return relay.connections > before


def open_connection(provider: Provider, call: Call) -> None:
    with provider.preconnect(call, alone=False):
        pass
