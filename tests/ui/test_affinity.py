"""A process tells the browsers whose sessions it has by what name a proxy knows it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from ui.server.middleware import COOKIE, VARIABLE, StickySessions, process_name_error
from ui.server.streamlit_internals import WEBSOCKET


def answered(scope: dict[str, Any], cookie: str = "") -> list[tuple[bytes, bytes]]:
    """The headers with which a connection is accepted, or a request answered."""
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": f"{scope['type']}.{'accept' if scope['type'] == 'websocket' else 'response.start'}"})

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError("nothing is received here")

    headers = [(b"cookie", cookie.encode())] if cookie else []
    asyncio.run(StickySessions(app)({"headers": headers, **scope}, receive, send))
    return list(sent[0].get("headers", ()))


@pytest.mark.parametrize("cookie", ["", "other=1", f"{COOKIE}=app2", 'a@b="(; ;;='])
def test_the_name_comes_with_the_pages_websocket(cookie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "app1")
    found = answered({"type": "websocket", "path": WEBSOCKET}, cookie)
    assert found == [(b"set-cookie", f"{COOKIE}=app1; Path=/; HttpOnly; SameSite=Lax".encode())]


@pytest.mark.parametrize(
    ("name", "scope", "cookie"),
    [
        ("", {"type": "websocket", "path": WEBSOCKET}, ""),
        ("app1", {"type": "websocket", "path": WEBSOCKET}, f"a=b; {COOKIE}=app1"),
        ("app1", {"type": "websocket", "path": "/live/x"}, ""),
        ("app1", {"type": "http", "path": WEBSOCKET}, ""),
        ("app1", {"type": "http", "path": "/"}, ""),
    ],
)
def test_nothing_else_names_it(name: str, scope: dict[str, Any], cookie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, name)
    assert answered(scope, cookie) == []


@pytest.mark.parametrize(("name", "fits"), [("", True), ("app1", True), ("a; Domain=evil", False), ("a b", False)])
def test_a_name_that_no_cookie_takes_is_an_error(name: str, fits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, name)
    assert (process_name_error() == "") is fits
