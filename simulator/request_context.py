"""Request context: one request in progress, and every way to answer it, valid or not."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from simulator.connection import KEY, Connection
from simulator.log import Exchange
from simulator.prompt_cache import CacheUse, PromptCache

_RAW = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_ESCAPED = json.JSONEncoder(separators=(",", ":"))


def dump(value: Any) -> bytes:
    """JSON as the services write it: compact, raw UTF-8; escaped only where UTF-8 can't (lone surrogates)."""
    try:
        return _RAW.encode(value).encode()
    except UnicodeEncodeError:
        return _ESCAPED.encode(value).encode()


class Refusal(Exception):
    """An error answer in the vendor's shape. `body`: bytes as they are, anything else as JSON."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body if isinstance(body, bytes) else dump(body)
        self.headers = {"content-type": "application/json"} | (headers or {})


def bad_gateway() -> Refusal:
    """502 from a gateway in front of the service, which knows nothing of the service's JSON."""
    title = b"<title>502 Bad Gateway</title>"
    page = b"<html><head>" + title + b"</head>\r\n<body><h1>502 Bad Gateway</h1></body></html>\r\n"
    return Refusal(502, page, {"content-type": "text/html"})


class RequestContext:
    """A request, its record in the log, and the connection it came on."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        exchange: Exchange,
        random: Random,
        seen: set[str],
        cache: PromptCache,
    ) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers = Headers(scope=scope)
        self.query = QueryParams(scope["query_string"])
        self.parts: dict[str, str] = {}
        """What the route's pattern found in the path."""
        self.content = b""
        self.exchange = exchange
        self.random = random
        self.drip = False
        """Write every byte on its own."""
        self.tail: bytes | None = None
        """Bytes that are sent for ever after a streamed answer, every 0.25 s; b"" for silence, None: it ends."""
        self.broken_off = False
        """The simulator ended the answer below HTTP."""
        self._chunked = True
        self._scope = scope
        self._receive = receive
        self._send = send
        self._seen = seen
        self._cache = cache
        self._connection: Connection = scope[KEY]

    # The request

    async def read(self) -> None:
        """Read the request's body. Raises starlette's ClientDisconnect when the client goes away."""
        self.content = await Request(self._scope, self._receive).body()

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object, noted in the log. ValueError when it is anything else."""
        body = json.loads(self.content)
        if not isinstance(body, dict):
            raise ValueError("not an object")
        self.exchange.text = self.content.decode(json.detect_encoding(self.content))
        return body

    def first_time(self, key: str) -> bool:
        """Whether this simulator sees `key` for the first time."""
        first = key not in self._seen
        self._seen.add(key)
        return first

    def cache_use(self, texts: Sequence[str], marks: Sequence[int] | None) -> CacheUse:
        """What the vendor's cache does with a prompt of these texts."""
        key = f"{self.exchange.vendor} {self.exchange.model}"
        if marks is not None:
            return self._cache.marked(key, texts, marks)
        return self._cache.unasked(key, texts) if self.exchange.vendor == "openai" else CacheUse()

    # The clock

    @property
    def elapsed(self) -> float:
        """Seconds since the request came in."""
        return time.monotonic() - self.exchange.received

    async def until(self, seconds: float) -> None:
        """Wait until `seconds` after the request came in; when that is past, only let others run."""
        await asyncio.sleep(max(0.0, seconds - self.elapsed))

    async def silence(self) -> None:
        """Send nothing more, for ever."""
        await asyncio.Event().wait()

    async def disconnected(self) -> None:
        """Return when the client has disconnected."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    # The answer

    async def respond(self, status: int, body: bytes, headers: dict[str, str], texts: Iterable[str] = ()) -> None:
        """Answer whole, with its length in the header."""
        await self.open(status, {**headers, "content-length": str(len(body))})
        await self.write(body, texts)
        await self.close()

    async def open(self, status: int, headers: dict[str, str]) -> None:
        """Send the status and the headers; without `content-length` the body is chunked."""
        self.exchange.status = status
        if self.exchange.vendor == "openai":
            headers = {"openai-processing-ms": f"{self.elapsed * 1000:.0f}", **headers}
        raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        self._chunked = "content-length" not in headers
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def write(self, data: bytes, texts: Iterable[str] = ()) -> None:
        """Send some of the body, and log the `texts` in it with the moment at which it is written."""
        await self._connection.ready()
        now = time.monotonic()
        self.exchange.sends.extend((now, text) for text in texts)
        if not self.drip:
            await self._send({"type": "http.response.body", "body": data, "more_body": True})
            return
        framed = b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data
        for byte in framed:
            await self._connection.ready()
            self._connection.write_raw(bytes((byte,)))
            await asyncio.sleep(0)

    async def close(self) -> None:
        """End the body properly, or never, where `tail` says so."""
        while self.tail is not None and self._chunked:
            await self.write(self.tail) if self.tail else await self.silence()
            await asyncio.sleep(0.25)
        self._note_end()
        if self.drip and not self._chunked:
            # The HTTP library did not see these bytes and would miss them.
            self.broken_off = True
            self._connection.close()
            return
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def cut(self, data: bytes = b"") -> None:
        """Close the connection inside a chunk that promised more than `data`."""
        self.broken_off = True
        self._note_end()
        if self._chunked:
            data = b"%x\r\n%b" % (len(data) + 512, data)
        self._connection.write_raw(data)
        self._connection.close()

    async def reset(self) -> None:
        """Close the connection with RST, after a moment in which what was sent can arrive."""
        await asyncio.sleep(0.05)
        self.broken_off = True
        self._note_end()
        self._connection.reset()

    def _note_end(self) -> None:
        # Before the last byte, so that a client that has read it finds the record closed.
        self.exchange.ended = time.monotonic()
