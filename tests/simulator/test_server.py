"""Starting, stopping, the certificate, the command line."""

from __future__ import annotations

import signal
import socket
import ssl
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from simulator import Simulator
from tests.simulator.wire import Client


def reached(url: str) -> socket.socket:
    return socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=5)


def test_the_certificate_holds_for_both_names_of_this_machine_and_nobody_else_trusts_it() -> None:
    with Simulator() as sim:
        trust = ssl.create_default_context(cafile=sim.ca_file)
        for host in ("127.0.0.1", "localhost"):
            url = f"https://{host}:{urlsplit(sim.tls_url).port}/_simulator/health"
            with urllib.request.urlopen(url, timeout=5, context=trust) as answer:
                assert answer.status == 200
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            urllib.request.urlopen(f"{sim.tls_url}/_simulator/health", timeout=5)


def test_stop_closes_ports_threads_and_the_folder() -> None:
    before = threading.active_count()
    sim = Simulator().start()
    ca_file = Path(sim.ca_file)
    assert ca_file.exists()
    sim.stop()
    sim.stop()
    assert not ca_file.parent.exists()
    assert threading.active_count() == before
    with pytest.raises(OSError, match="refused"):
        reached(sim.url)
    with sim:  # and it can start again
        assert sim.start() is sim
        assert Client(sim).ask("openai", "sim-instant").status == 200


def test_stop_ends_answers_under_way_without_a_sound(capfd: pytest.CaptureFixture[str]) -> None:
    with Simulator() as sim:
        sockets = [reached(url) for url in (sim.url, sim.tls_url)]
        client = Client(sim)
        stalled = threading.Thread(target=client.ask, args=("openai", "sim-fault-stall-middle"))
        stalled.start()
        while not any(exchange.sends for exchange in sim.log):
            pass
    stalled.join(5)
    for sock in sockets:
        sock.close()
    assert not stalled.is_alive()
    assert capfd.readouterr() == ("", "")


def test_a_port_that_is_taken_is_an_error() -> None:
    with Simulator() as sim, pytest.raises(OSError, match="in use"):
        Simulator(tls_port=urlsplit(sim.url).port or 0).start()


def test_a_client_that_speaks_no_http_does_no_harm(client: Client, sim: Simulator) -> None:
    with reached(sim.tls_url) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        sock.recv(100)
    assert client.ask("openai", "sim-instant").status == 200


def test_environment_points_every_sdk_here(sim: Simulator) -> None:
    names = sim.environment()
    assert names["OPENAI_BASE_URL"] == f"{sim.url}/v1"
    assert names["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] == names["AWS_ENDPOINT_URL_BEDROCK"] == sim.url
    assert names["WATSONX_URL"] == sim.tls_url
    assert names["SSL_CERT_FILE"] == sim.ca_file
    assert all(names.values())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_told_to_stop(how: signal.Signals) -> None:
    command = [sys.executable, "-W", "error", "-m", "simulator", "--port", "0", "--tls-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = []
        while not (line := process.stdout.readline()).startswith("# Speeds"):
            lines.append(line)
        process.send_signal(how)
        out, errors = process.communicate(timeout=5)
    assert "no model is behind it" in lines[0]
    exported = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines if line.startswith("export "))
    assert exported["OPENAI_BASE_URL"].endswith("/v1")
    assert not Path(exported["SSL_CERT_FILE"]).exists()
    assert (process.returncode, out.strip(), errors) == (0, "", "")


def test_the_command_lists_what_it_can_do() -> None:
    command = [sys.executable, "-m", "simulator", "--list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    words = ("sim-typical", "sim-fault-429-after-N", "Cricket", "watsonx          first piece after 0.3 s, 32 a second")
    assert all(word in listed for word in words)
