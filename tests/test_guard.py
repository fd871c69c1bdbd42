"""The guard itself: a test that would leave this machine is stopped, and so is a process that it starts."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.support.guard import forget_the_developer, guarded_environment
from tests.support.guard.live_calls import LiveCallError, refused

ROOT = Path(__file__).parent.parent
ELSEWHERE = "192.0.2.1"  # reserved for documentation (RFC 5737): nobody is there, if the guard fails


@pytest.fixture(autouse=True)
def no_live_calls() -> None:
    """These tests try live calls on purpose, so the check of the same name stays out of them."""


@pytest.fixture
def here() -> Iterator[int]:
    """The port of a server on loopback that answers every GET with 204."""

    class Nothing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Nothing) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def connect() -> None:
    with socket.socket() as sock:
        sock.settimeout(1)
        sock.connect((ELSEWHERE, 443))


def connect_ex() -> None:
    with socket.socket() as sock:
        sock.settimeout(1)
        sock.connect_ex((ELSEWHERE, 443))


def connect_over_ipv6() -> None:
    with socket.socket(socket.AF_INET6) as sock:
        sock.connect(("2001:db8::1", 443))


def connect_to_a_mapped_address() -> None:
    with socket.socket(socket.AF_INET6) as sock:
        sock.connect((f"::ffff:{ELSEWHERE}", 443))


def send_a_datagram() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.sendto(b"", (ELSEWHERE, 53))


def look_up_a_name() -> None:
    socket.getaddrinfo("api.openai.com", 443)


def look_up_a_name_the_old_way() -> None:
    socket.gethostbyname("iam.cloud.ibm.com")


def connect_from_asyncio() -> None:
    async def open_one() -> None:
        await asyncio.open_connection(ELSEWHERE, 443)

    asyncio.run(open_one())


@pytest.mark.parametrize(
    ("attempt", "what"),
    [
        (connect, f"connect to {ELSEWHERE}:443"),
        (connect_ex, f"connect to {ELSEWHERE}:443"),
        (connect_over_ipv6, "connect to 2001:db8::1:443"),
        (connect_to_a_mapped_address, f"connect to ::ffff:{ELSEWHERE}:443"),
        (send_a_datagram, f"connect to {ELSEWHERE}:53"),
        (look_up_a_name, "look up api.openai.com"),
        (look_up_a_name_the_old_way, "look up iam.cloud.ibm.com"),
        (connect_from_asyncio, f"connect to {ELSEWHERE}:443"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_every_way_out_is_refused_and_names_address_and_test(
    attempt: Callable[[], None], what: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(LiveCallError, match=re.escape(what)) as refusal:
        attempt()
    assert request.node.name in str(refusal.value)
    assert refused()[-1].endswith(f"tried to {what}")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_itself_can_be_reached(here: int, host: str) -> None:
    before = refused()
    with urllib.request.urlopen(f"http://{host}:{here}/") as response:
        assert response.status == 204
    assert refused() == before


def test_a_name_that_can_not_exist_is_not_found_without_asking_anyone() -> None:
    before = refused()
    with pytest.raises(socket.gaierror):
        socket.create_connection(("nowhere.invalid", 443))
    assert refused() == before


def test_a_process_that_a_test_starts_is_guarded_too() -> None:
    program = f"import socket; socket.create_connection(('{ELSEWHERE}', 443), timeout=1)"
    child = subprocess.run(
        [sys.executable, "-c", program],
        env=guarded_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 1
    assert "LiveCallError" in child.stderr
    assert refused()[-1].endswith(f"tried to connect to {ELSEWHERE}:443")


def test_a_process_that_a_test_starts_still_reaches_this_machine(here: int) -> None:
    program = f"import urllib.request as u; print(u.urlopen('http://127.0.0.1:{here}').status)"
    child = subprocess.run(
        [sys.executable, "-c", program],
        env=guarded_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (child.stdout, child.stderr) == ("204\n", "")


def test_a_refusal_that_the_code_swallows_still_fails_its_test(tmp_path: Path) -> None:
    careless = tmp_path / "test_careless.py"
    careless.write_text(
        "import contextlib, socket\n"
        "def test_careless():\n"
        "    with contextlib.suppress(Exception):\n"
        f"        socket.create_connection(('{ELSEWHERE}', 443), timeout=1)\n"
    )
    child = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "tests.conftest",
            "--rootdir",
            tmp_path,
            "-c",
            os.devnull,
            careless,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 1, child.stdout + child.stderr
    assert f"test_careless: tried to connect to {ELSEWHERE}:443" in child.stdout


def test_the_developers_keys_and_settings_are_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    keys = [
        "OPENAI_API_KEY", "OPENAI_BASE_URL", "AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK", "BEDROCK_MODEL",
        "WATSONX_APIKEY", "API_KEY", "PROJECT_ID", "SPACE_ID", "IBM_CLOUD_URL", "ENDPOINT_GROQ_API_KEY",
        "STREAMSIDE_SILENCE_TIMEOUT", "DATABASE_URL", "HTTPS_PROXY", "https_proxy", "NO_PROXY",
        "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "WML_CLIENT_VERIFY_REQUESTS",
    ]  # fmt: skip
    monkeypatch.setattr(os, "environ", dict.fromkeys(keys, "secret") | {"PATH": "/bin", "HOME": "/home/someone"})
    forget_the_developer(tmp_path)
    assert "secret" not in os.environ.values()
    assert os.environ["PATH"] == "/bin"
    assert os.environ["HOME"] == str(tmp_path)


def test_no_credentials_of_the_developers_are_found_by_an_sdk() -> None:
    import boto3

    assert boto3.Session().get_credentials() is None
