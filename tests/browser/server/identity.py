"""A real OpenID provider of the tests' own, on loopback, in a process of its own."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.guard import guarded_environment

START = 60.0  # seconds
USERS = {
    "ann": {"name": "Ann Archer", "email": "ann@example.com", "email_verified": True},
    "bob": {"name": "Bob *Baker*", "email": "bob@example.com", "email_verified": True},
    "eve": {"name": "Eve", "email": "eve@elsewhere.example", "email_verified": True},
}


@contextmanager
def provider() -> Iterator[str]:
    """Its address. It signs anyone in as whichever of the USERS they choose."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    known = (flag for sub, more in USERS.items() for flag in ("--user-claims", json.dumps({"sub": sub, **more})))
    running = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *known],
        env=guarded_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield _answering(f"http://127.0.0.1:{port}", running)
    finally:
        running.terminate()
        running.wait(10)


def _answering(url: str, running: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + START
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{url}/.well-known/openid-configuration", timeout=5):
                return url
        except OSError:
            assert running.poll() is None, "the OpenID provider has ended; is oidc-provider-mock installed?"
            time.sleep(0.1)
    raise TimeoutError(url)


def secrets(url: str) -> str:
    """A secrets.toml by which an app has people sign in there."""
    return f"""
[auth]
redirect_uri = "http://localhost:{{port}}/oauth2callback"
cookie_secret = "a secret of the tests, long enough to sign"
client_id = "streamside"
client_secret = "of the tests"
server_metadata_url = "{url}/.well-known/openid-configuration"
"""
