"""The connection before the question: TCP and TLS stand, so that the first word is not measured with them.

A `HEAD /` goes to the host, by the very HTTP stack and pool that the question will use. It carries no key and asks no
model, and whatever is answered is fine. The connection is held until the questions leave: lanes that start together
have one each, and none takes another's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

from providers.base import ProviderError
from providers.transport.call import Call

PATIENCE = 2.0  # seconds for the server to answer, once it is connected


@contextmanager
def preconnected(
    opening: AbstractContextManager[object],
    call: Call,
    *,
    enough: Callable[[], bool],
    in_vain: Callable[[Exception], ProviderError | None],
) -> Iterator[None]:
    """Hold the connection that `opening` opens, unless there is `enough`. Hanging up on `call` ends the wait for it.

    A failure is left to the question, which meets it too and may try again. But where `in_vain` gives an error, that
    one is raised: the connect timeout is used up, and the question would wait as long once more.
    """
    with ExitStack() as opened:
        read_timeout, call.read_timeout = call.read_timeout, PATIENCE
        try:
            if not (call.cancelled or enough()):
                with call.sending():
                    opened.enter_context(opening)
        except Exception as failure:
            if error := in_vain(failure):
                raise error from failure
        finally:
            call.read_timeout = read_timeout
            opened.callback(call.release)
        yield


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
def by_botocore(http: Any, url: str) -> Iterator[None]:
    """Open a connection of a botocore client's `URLLib3Session` to the host of `url`."""
    from botocore.awsrequest import AWSRequest

    answer = http.send(AWSRequest(method="HEAD", url=root_of(url), stream_output=True).prepare()).raw
    try:
        yield
    finally:
        answer.drain_conn()
        answer.release_conn()


def botocore_is_open(http: Any, url: str) -> bool:
    """Whether the session has a connection to the host of `url` that is idle, and not closed by the other side."""
    manager = http._get_connection_manager(url, http._proxy_config.proxy_url_for(url))
    idle = list(manager.connection_from_url(root_of(url)).pool.queue)
    return any(connection is not None and connection.is_connected for connection in idle)


def root_of(url: str) -> str:
    """The address of the server alone: neither path nor query, and no name or password, all of which may be secret."""
    scheme, host, *_ = urlsplit(url)
    return f"{scheme}://{host.rpartition('@')[2]}/"
