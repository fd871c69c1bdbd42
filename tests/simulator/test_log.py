"""The log: what was sent and when, and which clients disconnected."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from simulator import Exchange, Simulator
from simulator.log import Log
from tests.simulator.wire import CRICKET, Client


def wait_for(happened: Callable[[], bool]) -> None:
    """Give the server's thread the time it needs, up to 5 s."""
    for _ in range(500):
        if happened():
            return
        time.sleep(0.01)
    pytest.fail("it did not happen")


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


def test_a_refused_request_is_logged_with_its_status(client: Client, sim: Simulator) -> None:
    client.ask("chat", "sim-fault-429")
    assert (sim.log[-1].status, sim.log[-1].sends, sim.log[-1].model) == (429, [], "sim-fault-429")


@pytest.mark.parametrize("fault", ["stall-first", "stall-headers", "stall-middle"])
def test_a_disconnect_is_noticed_while_the_server_is_silent(
    client: Client, sim: Simulator, api: str, fault: str
) -> None:
    model = f"sim-fault-{fault}.sim-instant.{api}"
    with open_request(client, api, model):
        wait_for(lambda: last(sim, model) is not None)
        exchange = last(sim, model)
        assert exchange is not None
        if fault == "stall-middle":
            wait_for(lambda: len(exchange.sends) > 0)
        assert not exchange.cancelled
    wait_for(lambda: exchange.ended is not None)
    assert exchange.cancelled


def test_a_disconnect_in_mid_stream_stops_the_stream(client: Client, sim: Simulator, api: str) -> None:
    model = f"sim-5000x100.{api}"
    with open_request(client, api, model) as sock:
        while (exchange := last(sim, model)) is None or not exchange.sends:
            sock.recv(4096)
    wait_for(lambda: exchange.ended is not None)
    assert exchange.cancelled
    assert 0 < len(exchange.sends) < 5000


def test_a_disconnect_from_a_call_that_does_not_stream_is_noticed(client: Client, sim: Simulator) -> None:
    client.ask("openai", "sim-slow.waiting", stream=False, timeout=0.1)
    exchange = last(sim, "sim-slow.waiting")
    assert exchange is not None
    wait_for(lambda: exchange.ended is not None)
    assert exchange.cancelled


def test_a_client_that_reads_slowly_is_waited_for(client: Client, sim: Simulator) -> None:
    model = "sim-100000xmax"
    with open_request(client, "openai", model):
        wait_for(lambda: bool((exchange := last(sim, model)) and exchange.sends))
        time.sleep(0.1)
        exchange = last(sim, model)
        assert exchange is not None
        assert exchange.ended is None
        assert len(exchange.sends) < 100_000


def test_a_fault_that_closes_the_connection_is_not_logged_as_cancelled(client: Client, sim: Simulator) -> None:
    for fault in ("cut", "reset", "reset-first", "drip"):
        client.ask("openai", f"sim-fault-{fault}.sim-instant", limit=20)
        wait_for(lambda: sim.log[-1].ended is not None)
        assert not sim.log[-1].cancelled


def test_the_newest_thousand_are_kept() -> None:
    log = Log()
    for _ in range(1005):
        log.open("openai", "chat", "POST", "/", 0.0)
    assert [exchange.number for exchange in log.exchanges()] == list(range(6, 1006))


def test_how_many_are_kept_can_be_said() -> None:
    with Simulator(kept=2) as sim:
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
