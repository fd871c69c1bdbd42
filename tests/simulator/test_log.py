"""The log: what was sent and when, and which clients disconnected."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import time
from urllib.parse import urlsplit

import pytest

from simulator import Exchange, Simulator
from simulator.log import Log
from tests.providers.asking import eventually
from tests.simulator.wire import CRICKET, Client


def open_request(client: Client, api: str, model: str) -> socket.socket:
    """Send a request and leave its answer unread."""
    address = urlsplit(client.sim.url)
    path, headers, body = client.request(api, model)
    head = f"POST {path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: {len(body)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    sock = socket.create_connection((address.hostname, address.port), timeout=5)
    sock.sendall(f"{head}\r\n".encode() + body)
    return sock


def last(sim: Simulator, model: str) -> Exchange | None:
    found = [exchange for exchange in sim.log if exchange.model == model]
    return found[-1] if found else None


def test_an_exchange_says_who_asked_for_what(client: Client, sim: Simulator) -> None:
    client.ask("converse", "us.sim-instant-v1:0", limit=3)
    exchange = sim.log[-1]
    assert (exchange.vendor, exchange.api, exchange.method, exchange.status) == ("bedrock", "converse", "POST", 200)
    assert exchange.path == "/model/us.sim-instant-v1%3A0/converse-stream"
    assert (exchange.model, exchange.streamed, exchange.cancelled) == ("us.sim-instant-v1:0", True, False)
    assert exchange.body["messages"][0]["content"] == [{"text": CRICKET}]
    assert exchange.received <= exchange.sends[0][0] <= exchange.sends[-1][0] <= (exchange.ended or 0)


def test_keys_are_nowhere_in_the_log(client: Client, sim: Simulator, api: str) -> None:
    client.ask(api, "sim-instant", key="sesame-sesame")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    client.send("POST", "/identity/token", form, b"apikey=sesame&grant_type=x")
    cluster = json.dumps({"username": "u", "password": "sesame"}).encode()
    client.send("POST", "/icp4d-api/v1/authorize", {"Content-Type": "application/json"}, cluster)
    assert not any("sesame" in json.dumps(exchange.as_json()) for exchange in sim.log[-3:])


@pytest.mark.parametrize("speed", ["sim-fault-stall-headers.sim-instant", "sim-5000x100"])
def test_a_disconnect_is_noticed_in_a_silence_and_in_mid_stream(
    client: Client, sim: Simulator, api: str, speed: str
) -> None:
    model = f"{speed}.{api}"
    with open_request(client, api, model) as sock:
        while (exchange := last(sim, model)) is None or not (exchange.sends or "stall" in speed):
            sock.settimeout(0.05)
            with contextlib.suppress(TimeoutError):
                sock.recv(4096)
        assert not exchange.cancelled
    eventually(lambda: exchange.ended is not None)
    assert len(exchange.sends) < 5000
    assert exchange.cancelled


def test_a_disconnect_before_the_whole_request_is_there_is_noticed(sim: Simulator) -> None:
    address = urlsplit(sim.url)
    with socket.create_connection((address.hostname, address.port), timeout=5) as sock:
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 9\r\n"
        sock.sendall(f"{head}\r\n{{".encode())
        eventually(lambda: sim.log[-1].path.startswith("/v1/chat"))
        time.sleep(0.1)
    eventually(lambda: sim.log[-1].cancelled)


def test_a_client_that_reads_slowly_is_waited_for(client: Client, sim: Simulator) -> None:
    model = "sim-100000xmax"
    with open_request(client, "openai", model):
        eventually(lambda: bool((exchange := last(sim, model)) and exchange.sends))
        time.sleep(0.1)
        exchange = last(sim, model)
        assert exchange is not None
        assert exchange.ended is None
        assert len(exchange.sends) < 100_000


def test_a_fault_that_closes_the_connection_is_not_logged_as_cancelled(client: Client, sim: Simulator) -> None:
    for fault in ("cut", "reset", "reset-first", "drip"):
        client.ask("openai", f"sim-fault-{fault}.sim-instant", limit=20)
        eventually(lambda: sim.log[-1].ended is not None)
        assert not sim.log[-1].cancelled


def test_the_newest_thousand_are_kept() -> None:
    log = Log()
    for _ in range(1005):
        log.open("openai", "chat", "POST", "/", 0.0)
    assert [exchange.number for exchange in log.exchanges()] == list(range(6, 1006))
    with Simulator(kept=2) as sim:  # or as many as was said
        for _ in range(3):
            Client(sim).ask("openai", "sim-instant", limit=5)
        assert [exchange.number for exchange in sim.log] == [2, 3]


def test_the_log_over_http() -> None:
    with Simulator() as sim:
        client = Client(sim)
        assert client.send("GET", "/_simulator/health").json == {"status": "ok"}
        client.ask("openai", "sim-instant.sim-fault-odd-characters")
        (exchange,) = client.send("GET", "/_simulator/log").json
        assert exchange["model"] == "sim-instant.sim-fault-odd-characters"
        assert exchange["sends"][0][1] == "Odd"
        assert client.send("DELETE", "/_simulator/log").json == []
        assert client.send("GET", "/_simulator/log").json == sim.log == []
        assert client.send("GET", "/_simulator/else").status == 404


@pytest.mark.parametrize("method", ["HEAD", "GET"])
@pytest.mark.parametrize("way", ["plain", "tls"])
def test_a_client_that_only_opens_a_connection_is_not_logged_and_may_use_it(
    sim: Simulator, method: str, way: str
) -> None:
    address = urlsplit(sim.tls_url if way == "tls" else sim.url)
    assert address.hostname
    context = ssl.create_default_context(cafile=sim.ca_file)
    connection = (
        http.client.HTTPSConnection(address.hostname, address.port, context=context, timeout=5)
        if way == "tls"
        else http.client.HTTPConnection(address.hostname, address.port, timeout=5)
    )
    before = sim.log
    with contextlib.closing(connection):
        for _ in range(2):
            connection.request(method, "/")
            answer = connection.getresponse()
            assert (answer.status, answer.will_close, bool(answer.read())) == (404, False, method == "GET")
    assert sim.log == before
