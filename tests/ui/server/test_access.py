"""Access: who can reach the app, and what happens where that is more people than it should be."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.support.guard import guarded_environment
from ui.server import access
from ui.session import auth

ROOT = Path(__file__).parents[3]
OURS = ["localhost", "127.0.0.1"]
AUTH: dict[str, Any] = {
    "redirect_uri": "https://streamside.example.com/oauth2callback",
    "cookie_secret": "s" * 32,
    "client_id": "streamside",
    "client_secret": "c",
    "server_metadata_url": "https://accounts.example.com/.well-known/openid-configuration",
}


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    options: dict[str, Any] = {"server.address": "127.0.0.1", "server.allowedHosts": OURS, "secrets.files": []}
    options["server.enableAgentApi"] = False
    monkeypatch.setattr(streamlit, "get_option", options.__getitem__)
    return options


def test_what_means_this_machine_alone() -> None:
    for host in ("127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "LocalHost.", "streamside.localhost"):
        assert access.is_loopback(host), host
    for host in ("0.0.0.0", "::", "192.168.1.7", "localhost.example.com", "notlocalhost", "*", ""):
        assert not access.is_loopback(host), host


@pytest.mark.parametrize(
    ("address", "hosts", "said"),
    [
        ("127.0.0.1", OURS, ""),
        ("0.0.0.0", OURS, "server.address is 0.0.0.0"),
        (None, OURS, "server.address is empty"),
        ("127.0.0.1", [], "server.allowedHosts is empty"),
        ("127.0.0.1", [*OURS, "streamside.example.com"], "server.allowedHosts has streamside.example.com,"),
    ],
)
def test_who_else_is_let_in(configured: dict[str, Any], address: str | None, hosts: list[str], said: str) -> None:
    configured.update({"server.address": address, "server.allowedHosts": hosts})
    assert access.exposure().startswith(said)
    assert bool(access.exposure()) is bool(said)


def test_anyone_is_let_in_where_that_was_said_or_who_signs_in(
    monkeypatch: pytest.MonkeyPatch, configured: dict[str, Any]
) -> None:
    configured["server.address"] = "0.0.0.0"
    for value in ("1", "true", ""):
        monkeypatch.setenv(access.ALLOW, value)
        with pytest.raises(SystemExit):
            access.check()
    monkeypatch.setenv(access.ALLOW, " YES ")
    access.check()
    monkeypatch.delenv(access.ALLOW)
    monkeypatch.setattr(auth, "signs_in", lambda: True)
    access.check()


@pytest.mark.parametrize(
    ("claims", "users", "meant"),
    [
        ({}, "", True),
        ({}, "*", True),
        ({}, "*@example.com", False),
        ({"email": "Ann@Example.com"}, "*@example.com", True),
        ({"email": "ann@example.com"}, "bob@example.com ANN@example.com", True),
        ({"email": "ann@example.com.evil.example"}, "*@example.com", False),
        ({"email": "ann@example.com", "email_verified": False}, "*@example.com", False),
        ({"email": None}, "*@example.com", False),
    ],
)
def test_who_is_invited(claims: dict[str, Any], users: str, meant: bool) -> None:
    assert auth.invited(claims, users) is meant


def test_the_app_does_not_start_where_others_could_come_in_unasked(tmp_path: Path) -> None:
    """By a variable and by a flag. Nor with secrets that nobody can read, since who has to sign in is not known then,
    nor with a invalid limit, nor with another way in than the page."""
    broken, marked, wide, folder = (tmp_path / f"{name}.toml" for name in ("broken", "marked", "wide", "folder"))
    broken.write_text("[auth\n")
    marked.write_text("OPENAI_API_KEY = 'x'\n", encoding="utf-8-sig")
    wide.write_text("OPENAI_API_KEY = 'x'\n", encoding="utf-16")
    folder.mkdir()
    starts: dict[str, tuple[list[str], dict[str, str]]] = {
        "server.address is 0.0.0.0": ([], {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0"}),
        "server.address is empty": (["--server.address", ""], {}),
        "STREAMSIDE_AT_ONCE is “some”": ([], {"STREAMSIDE_AT_ONCE": "some"}),
        "broken.toml can't be read as TOML": (["--secrets.files", str(broken)], {}),
        "begins with a byte order mark: save it as UTF-8 without one": (["--secrets.files", str(marked)], {}),
        "it is not UTF-8: save it as that": (["--secrets.files", str(wide)], {}),
        "Is a directory": (["--secrets.files", str(folder)], {}),
        "server.enableAgentApi is on": (["--server.enableAgentApi", "true"], {}),
        "a second way in": ([], {"STREAMLIT_SERVER_ENABLE_AGENT_API": "true", access.ALLOW: "yes"}),
    }
    running = {
        sign: subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", "0", *flags],
            cwd=ROOT,
            env=guarded_environment(**variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for sign, (flags, variables) in starts.items()
    }
    for sign, start in running.items():
        said, _ = start.communicate(timeout=60)
        assert start.returncode == access.CONFIG_ERROR, said
        assert sign in said
        assert "docs/hosting.md" in said
        assert "Traceback" not in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ""),
        ({"cookie_secret": "", "client_id": ""}, "lacks cookie_secret, client_id"),
        ({"cookie_secret": "short"}, "cookie_secret of under 32 characters"),
        ({"redirect_uri": "https://streamside.example.com/"}, "does not end in /oauth2callback"),
        ({"google": {"client_id": "g"}}, "lacks google.client_secret, google.server_metadata_url"),
    ],
)
def test_an_error_in_the_section_auth_is_named(change: dict[str, Any], said: str) -> None:
    found = auth.section_error(AUTH | change)
    assert said in found
    assert bool(found) is bool(said)


@pytest.mark.parametrize(
    ("host", "is_protected", "status"),
    [("127.0.0.1", False, 200), ("192.168.1.7", False, 403), ("192.168.1.7", True, 200)],
)
def test_a_server_that_was_bound_elsewhere_serves_nobody_unasked(
    monkeypatch: pytest.MonkeyPatch, host: str, is_protected: bool, status: int
) -> None:
    """As by `uvicorn app:app --host 0.0.0.0`, of which the configuration knows nothing."""
    monkeypatch.setattr(access, "is_protected", lambda: is_protected)
    routes, middleware = [Route("/", lambda _: PlainTextResponse("the app"))], [Middleware(access.AccessControl)]
    answer = TestClient(Starlette(routes=routes, middleware=middleware), base_url=f"http://{host}").get("/")
    assert answer.status_code == status
    assert (answer.text == "the app") is (status == 200)
