"""Access to the app: this machine's users alone, those who sign in, or, where the configuration says so, anyone.

`check` is asked when the server starts, before anything is served, and `AccessControl` at every request, since a server
other than Streamlit's may have bound the app to another address than the configured one.
"""

import ipaddress
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from replies.admission.limits import from_environment
from ui.markdown import literal
from ui.server import middleware, prefetch, streamlit_internals
from ui.session import auth, resources

ALLOW = "STREAMSIDE_ALLOW_ANYONE"
CONFIG_ERROR = 78  # the exit status that sysexits.h has for it

NEXT = f"""\
Whoever can reach it could read what others asked here, and ask at your expense. One of these:
  - let only this machine in: leave server.address at 127.0.0.1 and server.allowedHosts at localhost, 127.0.0.1
  - let people sign in: fill in the section [auth] of .streamlit/secrets.toml
  - let anyone in, if you mean it: {ALLOW}=yes
See docs/hosting.md."""


def is_loopback(host: str) -> bool:
    """Whether a name or an address can only mean the machine that it is used on."""
    host = host.strip().strip("[]").rstrip(".").lower()
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def exposure() -> str:
    """Which setting lets other machines in, in words; empty where none does."""
    address = (st.get_option("server.address") or "").strip()
    if not address:
        return "server.address is empty, which is every network that this machine is in"
    if not is_loopback(address):
        return f"server.address is {address}, which other machines can reach"
    hosts = st.get_option("server.allowedHosts")
    if not hosts:
        return "server.allowedHosts is empty, which is every name that a proxy may serve this app under"
    if strange := [host for host in hosts if not is_loopback(host)]:
        return f"server.allowedHosts has {', '.join(strange)}, so this app is served to others"
    return ""


def is_protected() -> bool:
    """Whether users must sign in, or the operator has allowed anyone."""
    return auth.signs_in() or os.environ.get(ALLOW, "").strip().lower() == "yes"


def check() -> None:
    """End the process with an error where others could come in without leave, or nobody could sign in."""
    if problem := resources.environment():
        print(problem, file=sys.stderr)
    if error := auth.config_error():
        _refuse(f"{error}.", "Correct secrets.toml, whose section [auth] has people sign in. See docs/hosting.md.")
    if error := middleware.process_name_error():
        _refuse(f"{error}.", "It is the name that this process has among others. See docs/scaling.md.")
    if st.get_option("server.enableAgentApi"):
        _refuse(
            "server.enableAgentApi is on, a second way in that its sign-in, owners and limits were not made for.",
            "Turn it off, in .streamlit/config.toml or wherever it is set. See docs/hosting.md.",
        )
    try:
        from_environment(os.environ)
    except ValueError as invalid:
        _refuse(str(invalid), "Correct it, in .env or wherever it is set. See docs/hosting.md.")
    if (by := exposure()) and not is_protected():
        _refuse(f"{by}, and nobody has to sign in.", NEXT)


def _refuse(why: str, what_now: str) -> None:
    print(f"\nStreamside does not start: {why}\n{what_now}\n", file=sys.stderr)
    raise SystemExit(CONFIG_ERROR)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """While the server runs."""
    streamlit_internals.always_run_app()
    prefetch.start()
    yield
    if hasattr(signal, "pthread_sigmask"):
        # After its shutdown uvicorn raises the signal again that caused it, and the process would die of it before the
        # last words are saved.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})


def show_warnings() -> None:
    """Warn on the page where anyone is let in, and of errors in .env."""
    if auth.signs_in():
        return  # an error is not this user's to correct
    if is_protected() and exposure():
        anyone = "Anyone who can reach this address can use this app without signing in, and ask with its keys"
        st.warning(f"{anyone} ({ALLOW}).", title="Open to anyone", icon=":material/no_encryption:")
    if problem := resources.environment():
        st.warning(literal(problem), title="Settings", icon=":material/settings_alert:")


class AccessControl:
    """ASGI middleware that refuses connections from beyond loopback, unless `is_protected`, and requests of pages of
    another origin: another site, or another program on this machine."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._is_protected = is_protected()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._app
        if scope["type"] != "lifespan" and (why := self._refusal(scope)):
            answer = WebSocketClose() if scope["type"] == "websocket" else PlainTextResponse(f"{why}\n", 403)
        await answer(scope, receive, send)

    def _refusal(self, scope: Scope) -> str:
        here = scope.get("server")  # the address on this machine that the connection was made to
        if not (self._is_protected or (here and is_loopback(here[0]))):
            return "Streamside is served to its own machine alone."
        return "Requests of other pages are refused." if _asked_by_another_page(scope) else ""


def _asked_by_another_page(scope: Scope) -> bool:
    """Streamlit lets in every port of localhost, and to know its own public address it asks a service on the internet
    about each origin that it does not know. Neither is wanted."""
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if origin is None or not st.get_option("server.enableCORS"):
        return False
    return urlsplit(origin).netloc != headers.get("host") and origin not in st.get_option("server.corsAllowedOrigins")
