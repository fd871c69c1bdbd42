"""The guard itself: a test that would leave this machine is stopped, and so is a process that it starts."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.providers.servers import Script
from tests.support.guard import forget_the_developer, guarded_environment
from tests.support.guard.live_calls import LiveCallError, refused

ROOT = Path(__file__).parent.parent
ELSEWHERE = "192.0.2.1"  # reserved for documentation (RFC 5737): nobody is there, if the guard fails


@pytest.fixture(autouse=True)
def no_live_calls() -> None:
    """These tests try live calls on purpose, so the check of the same name stays out of them."""


@pytest.fixture
def here() -> Iterator[int]:
    """The port of a server on loopback."""
    with Script() as server:
        yield server.port


def over(family: socket.AddressFamily, address: str, how: str = "connect", port: int = 443) -> None:
    datagram = how == "sendto"
    with socket.socket(family, socket.SOCK_DGRAM if datagram else socket.SOCK_STREAM) as sock:
        sock.settimeout(1)
        getattr(sock, how)(*((b"",) if datagram else ()), (address, port))


V4, V6 = socket.AF_INET, socket.AF_INET6


@pytest.mark.parametrize(
    ("attempt", "what"),
    [
        (lambda: over(V4, ELSEWHERE), f"connect to {ELSEWHERE}:443"),
        (lambda: over(V4, ELSEWHERE, "connect_ex"), f"connect to {ELSEWHERE}:443"),
        (lambda: over(V6, "2001:db8::1"), "connect to 2001:db8::1:443"),
        (lambda: over(V6, f"::ffff:{ELSEWHERE}"), f"connect to ::ffff:{ELSEWHERE}:443"),
        (lambda: over(V4, ELSEWHERE, "sendto", 53), f"connect to {ELSEWHERE}:53"),
        (lambda: socket.getaddrinfo("api.openai.com", 443), "look up api.openai.com"),
        (lambda: socket.gethostbyname("iam.cloud.ibm.com"), "look up iam.cloud.ibm.com"),
        (lambda: asyncio.run(asyncio.open_connection(ELSEWHERE, 443)), f"connect to {ELSEWHERE}:443"),
    ],
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
        assert response.status == 200
    assert refused() == before


def test_a_name_that_can_not_exist_is_not_found_without_asking_anyone() -> None:
    before = refused()
    with pytest.raises(socket.gaierror):
        socket.create_connection(("nowhere.invalid", 443))
    assert refused() == before


def child(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, **more)


def test_a_process_that_a_test_starts_is_guarded_too_and_still_reaches_this_machine(here: int) -> None:
    program = f"import socket; socket.create_connection(('{ELSEWHERE}', 443), timeout=1)"
    out = child("-c", program, env=guarded_environment())
    assert out.returncode == 1
    assert "LiveCallError" in out.stderr
    assert refused()[-1].endswith(f"tried to connect to {ELSEWHERE}:443")
    program = f"import urllib.request as u; print(u.urlopen('http://127.0.0.1:{here}').status)"
    inside = child("-c", program, env=guarded_environment())
    assert (inside.stdout, inside.stderr) == ("200\n", "")


def test_a_refusal_that_the_code_swallows_still_fails_its_test(tmp_path: Path) -> None:
    careless = tmp_path / "test_careless.py"
    careless.write_text(
        "import contextlib, socket\n"
        "def test_careless():\n"
        "    with contextlib.suppress(Exception):\n"
        f"        socket.create_connection(('{ELSEWHERE}', 443), timeout=1)\n"
    )
    arguments = ["-m", "pytest", "-p", "tests.conftest", "--rootdir", str(tmp_path), "-c", os.devnull, str(careless)]
    tried = child(*arguments, cwd=ROOT)
    assert tried.returncode == 1, tried.stdout + tried.stderr
    assert f"test_careless: tried to connect to {ELSEWHERE}:443" in tried.stdout


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
