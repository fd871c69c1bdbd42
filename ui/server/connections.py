"""Connections of pages that are lost in the midst of a message."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Lost:
    """ASGI middleware that lets a page go in silence.

    Where a page has gone before a message was sent to it, sending fails. Starlette then counts the connection as
    closed, and Streamlit, which looks for what the page has sent next, takes that for a breach of the protocol: a
    traceback in the log. Here the message is dropped instead, and `receive` says that the page has gone.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sent_or_dropped(message: Message) -> None:
            try:
                await send(message)
            except OSError:
                if message["type"] not in {"websocket.send", "websocket.close"}:
                    raise

        await self._app(scope, receive, sent_or_dropped if scope["type"] == "websocket" else send)
