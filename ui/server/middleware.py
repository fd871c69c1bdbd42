"""ASGI middleware around Streamlit: security headers, connections that are lost, sticky sessions."""

import base64
import hashlib
import os
import re
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.server.streamlit_internals import FRONT_END, WEBSOCKET

SCRIPT = "".join((Path(__file__).parent / name).read_text(encoding="utf-8") for name in ("scroll.js", "keys.js"))
VARIABLE = "STREAMSIDE_PROCESS"
COOKIE = "streamside_process"
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


class SecurityHeaders:
    """Adds `headers` to each answer of the server, in the place of others of the same name.

    What a model writes is drawn as text, so none of it should ever run or load. If some of it did, these still keep it
    from running a script, from loading or sending anything beyond this server, and from posing as another's page.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


class LostConnections:
    """Drops what is sent to a page that has gone.

    Where a page has gone before a message was sent to it, sending fails. Starlette then counts the connection as
    closed, and Streamlit, which looks for what the page has sent next, takes that for a breach of the protocol: a
    traceback in the log. Here the message is dropped instead, and `receive` says that the page has gone.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sent_or_dropped(message: Message) -> None:
            try:
                await send(message)
            except OSError:
                if message["type"] not in {"websocket.send", "websocket.close"}:
                    raise

        await self._app(scope, receive, sent_or_dropped if scope["type"] == "websocket" else send)


class StickySessions:
    """Names this process in a cookie, where it has a name, so that a proxy leads a browser back to its session.

    The name goes with the acceptance of a page's websocket, and nothing else: a session is where that connection is,
    also after the process that had the browser before has gone, and a proxy has chosen another.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._name = os.environ.get(VARIABLE, "").strip()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._name or scope["type"] != "websocket" or not scope["path"].endswith(WEBSOCKET):
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


def process_name_error() -> str:
    """What is wrong with the name of this process, in words; empty where nothing is."""
    name = os.environ.get(VARIABLE, "").strip()
    return "" if re.fullmatch(r"[A-Za-z0-9_-]*", name) else f"{VARIABLE} has more than letters, digits, - and _"


def headers() -> dict[str, str]:
    """Those that go with every answer."""
    return {
        "Content-Security-Policy": policy(FRONT_END.read_text(encoding="utf-8")),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",  # a conversation's address is nobody else's business
        "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def policy(page: str) -> str:
    """The Content-Security-Policy for Streamlit's front end, whose index.html is `page`."""
    scripts = inline_scripts(f"{page}<script>{SCRIPT}</script>")  # theirs, and the one of ours
    allowed = (
        "default-src 'none'",
        " ".join(("script-src 'self'", *scripts)),
        "style-src 'self' 'unsafe-inline'",  # the front end writes its styles into the page
        "img-src 'self' data: blob:",  # icons within styles; charts saved as pictures
        "font-src 'self' data:",
        "connect-src 'self'; manifest-src 'self'",  # the websocket of this very server too
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    return "; ".join(allowed)


def inline_scripts(page: str) -> list[str]:
    """The hashes of a page's own inline scripts, as a policy names them."""
    digests = (hashlib.sha256(script.encode()).digest() for script in _INLINE.findall(page))
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
