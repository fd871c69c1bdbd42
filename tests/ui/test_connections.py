"""A page that goes while something is sent to it, as Streamlit's own handler of its connection sees that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp, Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_websocket import create_websocket_handler

from ui.server.middleware import LostConnections


class Runtime:
    """Draws something as soon as somebody connects, and notes who has left."""

    def __init__(self) -> None:
        self.left: list[str] = []

    def connect_session(self, client: Any, **_: object) -> str:
        client.write_forward_msg(ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY))
        return "someone"

    def handle_backmsg(self, session: str, message: BackMsg, **_: object) -> None: ...

    def disconnect_session(self, session: str, **_: object) -> None:
        self.left.append(session)


async def visit(app: ASGIApp) -> None:
    """Connect, be gone when the first message comes, and have sent something just before."""
    failed = asyncio.Event()

    async def said() -> AsyncIterator[Message]:
        yield {"type": "websocket.connect"}
        await failed.wait()
        yield {"type": "websocket.receive", "bytes": BackMsg(clear_cache=True).SerializeToString()}
        yield {"type": "websocket.disconnect", "code": 1006}

    messages = said()

    async def send(message: Message) -> None:
        if message["type"] != "websocket.accept":
            failed.set()
            raise OSError

    scope = {
        "type": "websocket",
        "path": "/",
        "headers": [(b"host", b"localhost")],
        "subprotocols": [],
        "query_string": b"",
    }
    await app(scope, messages.__anext__, send)


@pytest.fixture
def runtime() -> Runtime:
    return Runtime()


@pytest.fixture
def streamlit(runtime: Runtime) -> ASGIApp:
    return Starlette(routes=[WebSocketRoute("/", create_websocket_handler(runtime))])  # type: ignore[arg-type]


def test_a_page_that_goes_in_the_midst_of_a_message_goes_in_silence(streamlit: ASGIApp, runtime: Runtime) -> None:
    asyncio.run(visit(LostConnections(streamlit)))
    assert runtime.left == ["someone"]
