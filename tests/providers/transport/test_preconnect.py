"""The connection that is opened before the question, by each adapter's own HTTP stack."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import trustme

from providers import Call, Provider, ProviderError
from providers.transport import sockets
from simulator import Simulator
from tests.providers.asking import (
    APIS,
    EVERY,
    KEY,
    PATIENCE,
    Api,
    collect,
    connected,
    eventually,
    question,
    requests_for,
    settings_for,
)
from tests.providers.servers import Mute, Relay

everywhere = pytest.mark.parametrize("api", EVERY)


class Listener(Relay):
    """Speaks TLS, and passes everything on but a HEAD: that one it keeps, and may answer it."""

    def __init__(self, upstream: str, folder: Path, answer: bytes) -> None:
        super().__init__(upstream)
        authority = trustme.CA()
        self.ca_file = str(folder / "ca.pem")
        authority.cert_pem.write_to_path(self.ca_file)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(self._context)
        self._answer = answer
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


@contextmanager
def listening(simulator: Simulator, api: Api, folder: Path, answer: bytes = b"") -> Iterator[tuple[Listener, Provider]]:
    """A listener before the simulator, and a provider that asks there."""
    with (
        Listener(simulator.url, folder, answer) as server,
        connected(settings_for(api, server.https, ca_file=server.ca_file)) as provider,
    ):
        yield server, provider


@contextmanager
def counted(simulator: Simulator, api: Api) -> Iterator[tuple[Relay, Provider, int]]:
    """A relay that counts connections to the simulator, a provider that asks there, and the connections until then."""
    with (
        Relay(simulator.tls_url) as relay,
        connected(settings_for(api, relay.https, ca_file=simulator.ca_file)) as provider,
    ):
        relay.drop()  # IBM's SDKs have fetched a token
        yield relay, provider, relay.connections


def opened(provider: Provider, call: Call, *, alone: bool = False) -> Call:
    with provider.preconnect(call, alone=alone):
        return call


@everywhere
def test_the_question_comes_over_the_connection_that_was_opened_for_it(simulator: Simulator, api: Api) -> None:
    with counted(simulator, api) as (relay, provider, before):
        request, call = question(), Call()
        with provider.preconnect(call):
            assert relay.connections == before + 1
        assert call.handshake is not None
        assert call.handshake > 0
        assert collect(provider, request).end is not None
        assert relay.connections == before + 1
        assert opened(provider, Call(), alone=True).handshake is None  # there is a connection already
    assert len(requests_for(simulator, request)) == 1


@everywhere
def test_lanes_that_start_together_have_a_connection_each(simulator: Simulator, api: Api) -> None:
    with counted(simulator, api) as (relay, provider, before):
        with ExitStack() as lanes:
            for _ in range(6):
                lanes.enter_context(provider.preconnect(Call(), alone=False))
        assert relay.connections == before + 6
        answers = [provider.stream(question(speed="sim-60x200")) for _ in range(6)]
        assert all(next(answer) for answer in answers)
        assert all([*answer] for answer in answers)
        assert relay.connections == before + 6


@everywhere
def test_who_asks_alone_is_content_with_an_idle_connection(simulator: Simulator, api: Api, tmp_path: Path) -> None:
    found = b"HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\n\r\n"
    with listening(simulator, api, tmp_path, found) as (server, provider):
        for _ in range(3):
            assert collect(provider, question()).end is not None
            before = server.connections
            opened(provider, Call(), alone=True)
            assert server.connections == before
        assert server.heads == []


@everywhere
def test_one_that_the_server_has_closed_meanwhile_is_not_enough(simulator: Simulator, api: Api) -> None:
    with counted(simulator, api) as (relay, provider, _):
        assert collect(provider, question()).end is not None
        before = relay.connections
        relay.drop()

        def opens() -> bool:
            """The news that the old one is closed may be on its way."""
            with provider.preconnect(Call(), alone=True):
                return relay.connections > before

        eventually(opens)


@everywhere
def test_no_key_is_sent_and_cancelling_ends_the_wait(
    simulator: Simulator, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.adapter.PATIENCE", 600.0)
    with listening(simulator, api, tmp_path) as (server, provider):
        call = Call()
        preconnecting = Thread(target=opened, args=(provider, call))
        preconnecting.start()
        eventually(lambda: server.heads)
        call.cancel()
        preconnecting.join(PATIENCE)
        assert not preconnecting.is_alive()
        eventually(lambda: len(server.heads) == 2)
        before = server.connections
        opened(provider, call)  # nothing is opened for a call that was cancelled before
        assert server.connections == before
    head = server.heads[0].lower()
    assert head.startswith(b"head / http/1.1\r\n")
    assert not any(word in head for word in (b"authorization", b"api-key", b"x-amz", b"cookie", KEY.encode()))


@pytest.mark.parametrize("path", ["/v1", "/v1?api-version=1&key=sesame", ""])
def test_neither_path_nor_query_nor_password_is_told(path: str) -> None:
    assert sockets.root_of(f"https://me:sesame@host:8443{path}") == "https://host:8443/"
    assert sockets.root_of(f"http://[::1]:11434{path}") == "http://[::1]:11434/"


@everywhere
@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 301 x\r\nlocation: http://a.invalid/\r\n\r\n"])
def test_whatever_it_answers_is_fine(
    simulator: Simulator, api: Api, tmp_path: Path, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.adapter.PATIENCE", 600.0 if answer else 0.05)
    with listening(simulator, api, tmp_path, answer) as (server, provider):
        call = opened(provider, Call())
        assert len(server.heads) >= 1
        heard = collect(provider, question(), call)
    assert (heard.end is not None, heard.error, heard.retries) == (True, None, [])


@everywhere
def test_a_late_cancel_does_not_cut_who_has_the_connection_now(simulator: Simulator, api: Api) -> None:
    with counted(simulator, api) as (_, provider, _):
        first = opened(provider, Call())
        answer = provider.stream(question(speed="sim-60x200"))
        begun = next(answer)
        first.cancel()
        assert len([begun, *answer]) == 60


@pytest.mark.parametrize("api", APIS)
def test_a_connect_timeout_is_waited_for_once(api: Api) -> None:
    with Mute() as server, connected(settings_for(api, server.https, connect_timeout=0.05)) as provider:
        with pytest.raises(ProviderError) as caught, provider.preconnect(Call()):
            pytest.fail("there is no connection")
        assert server.connections == 1
    assert caught.value.kind == "network"
    assert "no connection" in caught.value.message
