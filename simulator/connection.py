"""Connection: uvicorn's HTTP/1.1 protocol, which hands itself to the app, since some faults happen below HTTP."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

logger = logging.getLogger("simulator")
KEY = "simulator.connection"


class Connection(H11Protocol):
    """One client's connection; the app finds it in the scope under `KEY`."""

    def __init__(self, config: Config, state: ServerState) -> None:
        super().__init__(config=config, server_state=state, app_state={}, _loop=asyncio.get_running_loop())
        # Its own logger: the process may run another uvicorn, whose log is not ours to fill or to silence.
        self.logger = logger
        self.access_log = False
        app = self.app

        async def with_connection(scope: Any, receive: Any, send: Any) -> None:
            scope[KEY] = self
            await app(scope, receive, send)

        self.app = with_connection

    async def ready(self) -> None:
        """Wait while the client reads more slowly than we write."""
        if self.flow.write_paused:
            await self.flow.drain()

    def write_raw(self, data: bytes) -> None:
        """Write past the HTTP library: bytes that it would refuse to send."""
        if not self.transport.is_closing():
            self.transport.write(data)

    def close(self) -> None:
        """Close properly at TCP's level, whatever HTTP still expects."""
        self.transport.close()

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        sock = self.transport.get_extra_info("socket")
        if sock is not None and not self.transport.is_closing():
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
