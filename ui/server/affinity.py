"""Several processes behind one proxy: each tells the browsers whose sessions it has, and so the proxy, who it is."""

from __future__ import annotations

import os
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

VARIABLE = "STREAMSIDE_PROCESS"
COOKIE = "streamside_process"
SESSION = "/_stcore/stream"  # where a page's script opens its connection: in that process its session lives


class Affinity:
    """ASGI middleware that names this process in a cookie, where it has a name.

    The name goes with the acceptance of a page's websocket, and nothing else: a session is where that connection is,
    also after the process that had the browser before has gone, and a proxy has chosen another.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._name = os.environ.get(VARIABLE, "").strip()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._name or scope["type"] != "websocket" or not scope["path"].endswith(SESSION):
            await self._app(scope, receive, send)
            return
        known = cookie_parser(Headers(scope=scope).get("cookie", "")).get(COOKIE)

        async def with_name(message: Message) -> None:
            if message["type"] == "websocket.accept" and known != self._name:
                message.setdefault("headers", [])
                MutableHeaders(scope=message).append(
                    "set-cookie", f"{COOKIE}={self._name}; Path=/; HttpOnly; SameSite=Lax"
                )
            await send(message)

        await self._app(scope, receive, with_name)


def process_cookie() -> str:
    """What is wrong with the name, in words; empty where nothing is."""
    name = os.environ.get(VARIABLE, "").strip()
    return "" if re.fullmatch(r"[A-Za-z0-9_-]*", name) else f"{VARIABLE} has more than letters, digits, - and _"
