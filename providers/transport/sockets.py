"""Private parts of httpx, urllib3 and botocore: the sockets they speak on, and the connections they keep.

None of them offers these to its users. Whatever is touched here has a test that says so when a new version has moved
it: tests/providers/transport/test_sockets.py.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from providers.transport.call import Call, sending_call

if TYPE_CHECKING:
    from urllib3.connectionpool import HTTPConnectionPool


class _WatchedStream:
    """A network stream of httpcore that tells the sending call its socket whenever a request is sent on it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._call: Call | None = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._call is not None:
            self._call.sent()
            if self._call.overdue:
                return b""  # as if the other side had closed it
            timeout = self._call.limit(timeout)
        read: bytes = self._stream.read(max_bytes, timeout)
        if self._call is not None:
            self._call.bytes_received()
        return read

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._call = sending_call()
        if self._call is not None:
            self._call.attach(self.get_extra_info("socket"))
        self._stream.write(buffer, timeout)

    def start_tls(self, *args: Any, **kwargs: Any) -> _WatchedStream:
        with _opening():
            return _WatchedStream(self._stream.start_tls(*args, **kwargs))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _watched(connect: Callable[..., Any]) -> Callable[..., _WatchedStream]:
    def connect_tcp(*args: Any, **kwargs: Any) -> _WatchedStream:
        with _opening():
            return _WatchedStream(connect(*args, **kwargs))

    return connect_tcp


def watch_httpx(client: Any) -> None:
    """Make an `httpx.Client` or `httpx2.Client` tell the sending call which socket it speaks on, proxies included.

    httpcore takes a network backend as an argument, but httpx has no way to hand one down, hence the private names.
    """
    for transport in (client._transport, *client._mounts.values()):
        if transport is not None:  # None: an address that NO_PROXY excepts
            backend = transport._pool._network_backend
            backend.connect_tcp = _watched(backend.connect_tcp)


def watch_botocore(client: Any) -> None:
    """Make a client of boto3 tell the sending call which socket it speaks on; it has no argument for its pools."""
    http = client._endpoint.http_session
    pools = {scheme: watched_pool(pool) for scheme, pool in http._pool_classes_by_scheme.items()}
    http._pool_classes_by_scheme = pools  # for proxies, whose managers are made later
    http._manager.pool_classes_by_scheme = pools


def watched_pool(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
    """A subclass of a urllib3 pool whose connections tell the sending call their socket when they send a request, and
    how long it took to open them."""

    class Connection(pool.ConnectionCls):  # type: ignore[name-defined, misc]
        def connect(self) -> None:
            with _opening():
                super().connect()

        def request(self, *args: Any, **kwargs: Any) -> None:
            call = sending_call()
            if call is not None:
                call.raise_if_cancelled()
            super().request(*args, **kwargs)
            if call is not None and self.sock is not None:
                call.attach(self.sock)

        def getresponse(self) -> Any:
            call = sending_call()
            if call is None:
                return super().getresponse()
            call.sent()
            call.raise_if_cancelled()  # what came before could still be read off a socket that is shut down
            return _overheard(self._response(call), call)

        def _response(self, call: Call) -> Any:
            connection: Any = self
            usual = connection.timeout
            if (limit := call.limit(usual)) == usual:
                return super().getresponse()
            connection.timeout = limit
            try:
                return super().getresponse()
            finally:
                connection.timeout = usual
                if connection.sock is not None:
                    connection.sock.settimeout(usual if call.read_timeout is not None else limit)

    return type(pool.__name__, (pool,), {"ConnectionCls": Connection})


def _opening() -> AbstractContextManager[None]:
    call = sending_call()
    return nullcontext() if call is None else call.opening()


def _overheard(response: Any, call: Call) -> Any:
    """A urllib3 response that tells the call when its bytes come in."""
    read, stream = response.read, response.stream

    def heard_read(*args: Any, **kwargs: Any) -> bytes:
        whole: bytes = read(*args, **kwargs)
        call.bytes_received()
        return whole

    def heard_stream(*args: Any, **kwargs: Any) -> Iterator[bytes]:
        for chunk in stream(*args, **kwargs):
            call.bytes_received()
            yield chunk
            if call.overdue:
                return
            call.limit_socket()

    response.read, response.stream = heard_read, heard_stream
    return response


@contextmanager
def by_httpx(client: Any, url: str) -> Iterator[None]:
    """Open a connection of an `httpx.Client` or `httpx2.Client` to the host of `url`."""
    request = client.build_request("HEAD", root_of(url))
    answer = client.send(request, stream=True, auth=None, follow_redirects=False)
    try:
        for _ in answer.stream:  # to its end, which a HEAD has at once; reading by the client would give it back
            pass
        yield
    finally:
        answer.close()


def httpx_is_open(client: Any, url: str) -> bool:
    """Whether the client has a connection to the host of `url` that is idle, and not closed by the other side."""
    pool = client._transport_for_url(type(client.base_url)(root_of(url)))._pool
    origin = sys.modules[type(pool).__module__.partition(".")[0]].URL(root_of(url)).origin  # of httpcore or httpcore2
    return any(
        connection.can_handle_request(origin) and connection.is_idle() and not connection.has_expired()
        for connection in pool.connections
    )


@contextmanager
def by_botocore(client: Any) -> Iterator[None]:
    from botocore.awsrequest import AWSRequest

    request = AWSRequest(method="HEAD", url=root_of(client.meta.endpoint_url), stream_output=True).prepare()
    answer = client._endpoint.http_session.send(request).raw
    try:
        yield
    finally:
        answer.drain_conn()
        answer.release_conn()


def botocore_is_open(client: Any) -> bool:
    http, url = client._endpoint.http_session, client.meta.endpoint_url
    manager = http._get_connection_manager(url, http._proxy_config.proxy_url_for(url))
    idle = list(manager.connection_from_url(root_of(url)).pool.queue)
    return any(connection is not None and connection.is_connected for connection in idle)


def root_of(url: str) -> str:
    """The address of the server alone: neither path nor query, and no name or password, all of which may be secret."""
    scheme, host, *_ = urlsplit(url)
    return f"{scheme}://{host.rpartition('@')[2]}/"
