"""ASGI application behind both ports: finds the vendor, keeps the log, notices clients that disconnect."""

from __future__ import annotations

import asyncio
import time
from random import Random
from urllib.parse import unquote

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from simulator.answering import until_disconnected
from simulator.bedrock.routes import BEDROCK
from simulator.log import Exchange, Log
from simulator.openai.routes import OPENAI
from simulator.prompt_cache import PromptCache
from simulator.request_context import Refusal, RequestContext, dump
from simulator.routes import Handler, Route, Vendor
from simulator.watsonx.routes import WATSONX

VENDORS = (OPENAI, BEDROCK, WATSONX)
JSON = {"content-type": "application/json"}


class Application:
    """An ASGI app. `seed` fixes the jitter of every answer, by its number."""

    def __init__(self, log: Log, seed: int) -> None:
        self._log = log
        self._seed = seed
        self._seen: set[str] = set()
        self._cache = PromptCache()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        received = time.monotonic()
        method, path = scope["method"], scope["raw_path"].decode("ascii")
        if path.startswith("/_simulator/"):
            exchange = Exchange(0, "", "simulator", method, path, received)
            handler: Handler = self._own
            parts: dict[str, str] = {}
        elif path == "/":  # a client opens a connection, and asks nothing yet
            exchange = Exchange(0, "", "unknown", method, path, received)
            _, parts, handler = _find(_vendor(path, scope), method, path)
        else:
            vendor = _vendor(path, scope)
            route, parts, handler = _find(vendor, method, path)
            exchange = self._log.open(vendor.name, route.api if route else "unknown", method, path, received)
        random = Random(f"{self._seed}-{exchange.number}")
        context = RequestContext(scope, receive, send, exchange, random, self._seen, self._cache)
        context.parts = parts
        try:
            await context.read()
        except ClientDisconnect:
            exchange.cancelled = True
        else:
            await until_disconnected(context, asyncio.create_task(_answer(context, handler)))
        if exchange.ended is None:
            exchange.ended = time.monotonic()

    async def _own(self, context: RequestContext) -> None:
        """GET /_simulator/health; GET and DELETE /_simulator/log."""
        match context.method, context.path:
            case "GET", "/_simulator/health":
                await context.respond(200, dump({"status": "ok"}), JSON)
            case "GET", "/_simulator/log":
                body = dump([exchange.as_json() for exchange in self._log.exchanges()])
                await context.respond(200, body, JSON)
            case "DELETE", "/_simulator/log":
                self._log.clear()
                await context.respond(200, dump([]), JSON)
            case _:
                await context.respond(404, dump({"error": "only /_simulator/health and /_simulator/log"}), JSON)


async def _answer(context: RequestContext, handler: Handler) -> None:
    try:
        await handler(context)
    except Refusal as refusal:
        await context.respond(refusal.status, refusal.body, refusal.headers)


def _vendor(path: str, scope: Scope) -> Vendor:
    """The vendor whose path it is; else the one whose credentials it has; else OpenAI."""
    for vendor in VENDORS:
        if path.startswith(vendor.prefixes):
            return vendor
    authorization = dict(scope["headers"]).get(b"authorization", b"")
    return BEDROCK if authorization.startswith(b"AWS4-") else OPENAI


def _find(vendor: Vendor, method: str, path: str) -> tuple[Route | None, dict[str, str], Handler]:
    refuse = vendor.no_such_path
    for route in vendor.routes:
        found = route.match(path)
        if found and route.method == method:
            parts = {name: unquote(value) for name, value in found.groupdict("").items()}
            return route, parts, route.handler
        if found:
            refuse = vendor.no_such_method

    async def refused(context: RequestContext) -> None:
        raise refuse(context)

    return None, {}, refused
