"""Listening port that tracks its connections from the start, TLS handshakes included.

asyncio's own server does not track a TLS connection until its handshake is over, and so can't close it when it stops.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable


class Listener:
    """Accepts connections on `listener` and gives each to a protocol from `make`. Needs a selector event loop."""

    def __init__(
        self, listener: socket.socket, make: Callable[[], asyncio.Protocol], tls: ssl.SSLContext | None
    ) -> None:
        self._listener = listener
        self._make = make
        self._tls = tls
        self._arriving: dict[asyncio.Task[None], socket.socket] = {}
        self._loop = asyncio.get_running_loop()
        listener.setblocking(False)
        self._loop.add_reader(listener, self._accept)

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError:
            # Out of file handles: to try again at once would only burn the processor.
            self._loop.remove_reader(self._listener)
            self._loop.call_later(0.1, self._again)
            return
        sock.setblocking(False)
        # asyncio does this for sockets whose protocol it knows, which an accepted one doesn't tell. Without it the
        # first word waits up to 40 ms for the client to acknowledge the headers.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        arrival = self._loop.create_task(self._connect(sock))
        self._arriving[arrival] = sock
        arrival.add_done_callback(self._arriving.pop)

    def _again(self) -> None:
        if self._listener.fileno() >= 0:
            self._loop.add_reader(self._listener, self._accept)

    async def _connect(self, sock: socket.socket) -> None:
        # A failed handshake is the client's affair; its connection is closed by then.
        with contextlib.suppress(OSError):
            await self._loop.connect_accepted_socket(self._make, sock, ssl=self._tls)

    async def close(self) -> None:
        """Accept no more, and drop connections whose handshake is not over."""
        self._loop.remove_reader(self._listener)
        self._listener.close()
        arriving = dict(self._arriving)
        for arrival in arriving:
            arrival.cancel()
        await asyncio.gather(*arriving, return_exceptions=True)
        await asyncio.sleep(0)
        for arrival, sock in arriving.items():
            # A task that was cancelled before its first step had no chance to close it.
            if arrival.cancelled():
                sock.close()
