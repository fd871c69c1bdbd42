"""The listening port: what the simulator does with a new connection."""

from __future__ import annotations

import asyncio
import socket

from simulator.listener import Listener


class Accepted(asyncio.Protocol):
    def __init__(self, arrived: asyncio.Future[socket.socket]) -> None:
        self._arrived = arrived

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._arrived.set_result(transport.get_extra_info("socket"))


async def undelayed() -> bool:
    arrived: asyncio.Future[socket.socket] = asyncio.get_running_loop().create_future()
    listener = socket.create_server(("127.0.0.1", 0))
    accepting = Listener(listener, lambda: Accepted(arrived), None)
    client = socket.create_connection(listener.getsockname())
    try:
        return bool((await arrived).getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
    finally:
        client.close()
        await accepting.close()


def test_no_piece_waits_until_the_one_before_it_is_acknowledged() -> None:
    """Else the first word would come up to 40 ms after the moment that the log gives it."""
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        assert runner.run(undelayed())
