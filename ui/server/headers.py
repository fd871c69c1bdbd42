"""What the browser is told to allow with each answer of the server: a second wall, should words ever become a page.

What a model writes is drawn as text, so none of it should ever run or load. If some of it did, these headers still keep
it from running a script, from loading or sending anything beyond this server, and from posing as another's page.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SCRIPT = (Path(__file__).parent / "scroll.js").read_text(encoding="utf-8")
FRONT_END = Path(streamlit.__file__).parent / "static" / "index.html"
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def inline_scripts(page: str) -> list[str]:
    """The hashes of a page's own inline scripts, as a policy names them."""
    digests = (hashlib.sha256(script.encode()).digest() for script in _INLINE.findall(page))
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


def policy(page: str) -> str:
    """The Content-Security-Policy for Streamlit's front end, whose index.html is `page`."""
    allowed = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *inline_scripts(f"{page}<script>{SCRIPT}</script>")],  # theirs, and the one of ours
        "style-src": ["'self'", "'unsafe-inline'"],  # the front end writes its styles into the page
        "img-src": ["'self'", "data:", "blob:"],  # icons within styles; charts saved as pictures
        "font-src": ["'self'", "data:"],
        "connect-src": ["'self'"],  # the websocket of this very server too
        "manifest-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(" ".join((name, *sources)) for name, sources in allowed.items())


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


class Headers:
    """ASGI middleware that adds them, in the place of others of the same name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
