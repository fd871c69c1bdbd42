"""Servers on loopback for what the simulator does not do: a proxy, a counter of connections, and foreign shapes."""

from __future__ import annotations

import base64
import contextlib
import json
import select
import socket
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from itertools import chain, pairwise, repeat
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import trustme

_NOTHING_THERE = json.dumps({"resources": [], "entity": {"storage": {"type": "none"}}}).encode()
BEFOREHAND = (b"GET /ml/", b"GET /v2/")
FOUND = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
    len(_NOTHING_THERE),
    _NOTHING_THERE,
)


class Server(ABC):
    """Serves each connection on a thread of its own, by `serve`; counts them. Use it as a context manager.

    With `tls` it speaks https, by that context.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._tls = tls
        self.port: int = self._listener.getsockname()[1]
        self.https = f"https://127.0.0.1:{self.port}"
        self.url = self.https if tls else f"http://127.0.0.1:{self.port}"
        self.connections = 0
        self.over = threading.Event()
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]

    @abstractmethod
    def serve(self, connection: socket.socket) -> None:
        """Until the connection is over."""

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        self.drop()
        for thread in self._threads:
            thread.join()

    def holds(self, connection: socket.socket) -> None:
        """It is to be ended with the others: what TLS made of a connection is another socket than the accepted one."""
        self._open.append(connection)
        if self.over.is_set():
            _hush(connection)

    def drop(self) -> None:
        """End all connections that are open now."""
        for connection in self._open:
            _hush(connection)

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self.holds(connection)
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:  # the client has gone, or the test is over
            if self._tls is None:
                self.serve(connection)
                return
            with self._tls.wrap_socket(connection, server_side=True) as wrapped:
                self.holds(wrapped)
                self.serve(wrapped)


def _hush(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it is closed already
        connection.shutdown(socket.SHUT_RDWR)


def _head(connection: socket.socket) -> bytes:
    """A request's first line and headers, with the blank line, and whatever of its body came with them."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := connection.recv(65536)):
            raise ConnectionError("gone")
        data += more
    return data


class Script(Server):
    """Says the same to every request, as it stands: what `plays` was told last.

    What is asked for before the first question (IBM's SDKs look for a project) is there, and empty.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls)
        self.plays(b"")

    def plays(
        self,
        body: bytes,
        *,
        content_type: str = "text/event-stream",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        hold: bool = False,
        drop: bool = False,
        cuts: Sequence[int] | None = None,
        later: Sequence[bytes] = (),
    ) -> None:
        """`hold`: leave the answer open after its last byte. `drop`: close the connection there, though more was
        announced. `cuts`: the bytes before which a new chunk and a new TCP segment begin, in ascending order. `later`:
        what comes after it, a moment between two, the last for ever."""
        more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        self._head = f"HTTP/1.1 {status} So\r\ncontent-type: {content_type}\r\n{more}".encode()
        self._drop = drop
        self._body = body
        self._hold = hold
        self._cuts = cuts
        self._later = later
        self.requests: list[dict[str, Any]] = []
        self.heads: list[str] = []  # of the same requests: first line and headers

    def serve(self, connection: socket.socket) -> None:
        while True:
            head, _, body = _head(connection).partition(b"\r\n\r\n")
            lengths = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            while len(body) < sum(map(int, lengths)):
                body += connection.recv(65536)
            if head.startswith(b"HEAD "):  # somebody opens a connection, and asks for nothing yet
                connection.sendall(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
                continue
            if head.startswith(BEFOREHAND):
                connection.sendall(FOUND)
                continue
            self.heads.append(head.decode("latin-1"))
            self.requests.append(json.loads(body or b"{}"))
            if self._cuts is None and not (self._hold or self._drop or self._later):
                connection.sendall(self._head + b"content-length: %d\r\n\r\n%b" % (len(self._body), self._body))
                continue
            connection.sendall(self._head + b"transfer-encoding: chunked\r\n\r\n")
            for start, end in pairwise((0, *(self._cuts or ()), len(self._body))):
                connection.sendall(b"%x\r\n%b\r\n" % (end - start, self._body[start:end]) if end > start else b"")
            if self._drop:
                return
            for more in chain(self._later, repeat(self._later[-1]) if self._later else ()):
                if self.over.wait(0.01):
                    return
                connection.sendall(b"%x\r\n%b\r\n" % (len(more), more))
            if self._hold:
                self.over.wait()
                return
            connection.sendall(b"0\r\n\r\n")


class Mute(Server):
    """Takes connections and never says a word."""

    def serve(self, connection: socket.socket) -> None:
        self.over.wait()


class Relay(Server):
    """Passes everything on to `upstream`: a way to count connections."""

    def __init__(self, upstream: str) -> None:
        super().__init__()
        address = urlsplit(upstream)
        self.upstream = (address.hostname or "", address.port or 0)

    def serve(self, connection: socket.socket) -> None:
        self._pass_on(connection, b"")

    def keeps(self, connection: socket.socket, data: bytes) -> bool:
        """Whether this, from the client, is not passed on."""
        return False

    def _pass_on(self, connection: socket.socket, begun: bytes) -> None:
        with socket.create_connection(self.upstream) as other:
            other.sendall(begun)
            while True:
                pending = isinstance(connection, ssl.SSLSocket) and connection.pending()
                ready = [connection] if pending else select.select([connection, other], [], [])[0]
                for source in ready:
                    if not (data := source.recv(65536)):
                        return
                    if source is connection and self.keeps(connection, data):
                        continue
                    (other if source is connection else connection).sendall(data)


class Proxy(Relay):
    """A company's proxy: leads every address to `upstream`, and vouches for the https ones by its own authority."""

    def __init__(self, upstream: str, folder: Path) -> None:
        super().__init__(upstream)
        self._authority = trustme.CA(organization_name="A company")
        self.ca_file = str(folder / "company.pem")
        self._authority.cert_pem.write_to_path(self.ca_file)
        self.asked: list[str] = []
        self.logins: list[str] = []

    def serve(self, connection: socket.socket) -> None:
        begun = _head(connection)
        for name, _, value in (line.decode().partition(": ") for line in begun.split(b"\r\n")[1:]):
            if name.lower() == "proxy-authorization":
                self.logins.append(base64.b64decode(value.removeprefix("Basic ")).decode())
        method, target, _ = begun.split(b"\r\n", 1)[0].decode().split(" ")
        if method == "CONNECT":
            host = target.rpartition(":")[0]
            self.asked.append(target)
            connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._authority.issue_cert(host).configure_cert(context)
            with context.wrap_socket(connection, server_side=True) as tunnel:
                self.holds(tunnel)
                self._pass_on(tunnel, b"")
        else:
            address = urlsplit(target)
            self.asked.append(address.netloc)
            self._pass_on(connection, begun.replace(f"{address.scheme}://{address.netloc}".encode(), b"", 1))


def sse(*events: Any, done: bool = True) -> bytes:
    """Server-sent events: bytes as they stand, anything else as one event's JSON."""
    said = [event if isinstance(event, bytes) else b"data: %b\n\n" % json.dumps(event).encode() for event in events]
    return b"".join(said) + (b"data: [DONE]\n\n" if done else b"")


def chunk(content: Any = None, finish: Any = None, **more: Any) -> dict[str, Any]:
    """One chunk of a chat completion."""
    delta = {} if content is None else {"content": content}
    return {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


USAGE = {"id": "c", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}
