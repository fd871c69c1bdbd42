"""Middleware: security headers, a page that goes while something is sent to it, and the cookie of a process.

What a browser makes of the headers: tests/browser/server/test_access.py.
"""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_websocket import create_websocket_handler

from ui.server.middleware import (
    COOKIE,
    SCRIPT,
    VARIABLE,
    LostConnections,
    StickySessions,
    headers,
    inline_scripts,
    policy,
    process_name_error,
)
from ui.server.streamlit_internals import FRONT_END, WEBSOCKET


def directives(page: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (part.split() for part in policy(page).split(";"))}


def test_a_policy_allows_nothing_of_another_host_and_no_code_made_from_text() -> None:
    found = directives(FRONT_END.read_text())
    assert found["default-src"] == ["'none'"]
    everywhere = [source for sources in found.values() for source in sources]
    assert not [source for source in everywhere if "//" in source or "*" in source or source == "https:"]
    assert "'unsafe-eval'" not in everywhere
    assert {"'unsafe-inline'", "data:"}.isdisjoint(found["script-src"])
    assert found["frame-ancestors"] == ["'none'"]
    others = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin"}
    assert headers().items() >= others.items()
    assert "microphone=()" in headers()["Permissions-Policy"]


def digest(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def test_the_front_ends_own_inline_script_and_ours_are_allowed_by_their_hash() -> None:
    script = "\n  window.one = 1\n"
    assert inline_scripts(f'<script src="a.js"></script><script>{script}</script>') == [digest(script)]
    assert directives(f"<script>{script}</script>")["script-src"] == ["'self'", digest(script), digest(SCRIPT)]
    assert len(inline_scripts(FRONT_END.read_text())) >= 1


class Runtime:
    """Draws something as soon as somebody connects, and notes who has left."""

    def __init__(self) -> None:
        self.left: list[str] = []

    def connect_session(self, client: Any, **_: object) -> str:
        client.write_forward_msg(ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY))
        return "someone"

    def handle_backmsg(self, session: str, message: BackMsg, **_: object) -> None: ...

    def disconnect_session(self, session: str, **_: object) -> None:
        self.left.append(session)


async def visit(app: ASGIApp) -> None:
    """Connect, be gone when the first message comes, and have sent something just before."""
    failed = asyncio.Event()

    async def said() -> AsyncIterator[Message]:
        yield {"type": "websocket.connect"}
        await failed.wait()
        yield {"type": "websocket.receive", "bytes": BackMsg(clear_cache=True).SerializeToString()}
        yield {"type": "websocket.disconnect", "code": 1006}

    messages = said()

    async def send(message: Message) -> None:
        if message["type"] != "websocket.accept":
            failed.set()
            raise OSError

    scope = {
        "type": "websocket",
        "path": "/",
        "headers": [(b"host", b"localhost")],
        "subprotocols": [],
        "query_string": b"",
    }
    await app(scope, messages.__anext__, send)


def test_a_page_that_goes_in_the_midst_of_a_message_goes_in_silence() -> None:
    runtime = Runtime()
    streamlit = Starlette(routes=[WebSocketRoute("/", create_websocket_handler(runtime))])  # type: ignore[arg-type]
    asyncio.run(visit(LostConnections(streamlit)))
    assert runtime.left == ["someone"]


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
    ],
)
def test_nothing_else_names_it(name: str, scope: dict[str, Any], cookie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, name)
    assert answered(scope, cookie) == []
    assert process_name_error() == ""
    for no_cookie_takes_it in ("a; Domain=evil", "a b"):
        monkeypatch.setenv(VARIABLE, no_cookie_takes_it)
        assert process_name_error()
