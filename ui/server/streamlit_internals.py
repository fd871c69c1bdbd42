"""Streamlit's private parts, and its server's, each touched here alone and held by a test of its own.

An upgrade of Streamlit may change any of them: requirements.txt allows one minor version.
"""

import asyncio
import socket
from pathlib import Path
from typing import Final

import streamlit
import uvicorn
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.session_manager import ActiveSessionInfo

FRONT_END: Final = Path(streamlit.__file__).parent / "static" / "index.html"
WEBSOCKET: Final = "/_stcore/stream"  # where a page opens the connection of its session

LATE: Final = 0.5  # seconds after which connections count as late, once the server shuts down

_send = Runtime._send_message
_shut_down = uvicorn.Server.shutdown


def apply_patches() -> None:
    """Change Streamlit for all sessions of this process. To be called before the first one comes."""
    Runtime._send_message = _send_by_newest_connection  # type: ignore[method-assign]
    uvicorn.Server.shutdown = _shut_down_late_ones_too  # type: ignore[method-assign]


def _send_by_newest_connection(self: Runtime, session_info: ActiveSessionInfo, msg: ForwardMsg) -> None:
    """Streamlit sends to all sessions by turns, each over the connection that it had when the round began. One that was
    lost and taken up again meanwhile would have all that the new one asked for sent to the old, and wait for ever."""
    _send(self, self._session_mgr.get_active_session_info(session_info.session.id) or session_info, msg)


async def _shut_down_late_ones_too(self: uvicorn.Server, sockets: list[socket.socket] | None = None) -> None:
    """uvicorn closes the connections that it knows, and waits for all to be gone: without end for one that was accepted
    in the same moment, and that the browser keeps open for later."""
    connections = self.server_state.connections
    known = set(connections)

    def close_late_ones() -> None:
        for connection in connections - known:
            connection.shutdown()

    asyncio.get_running_loop().call_later(LATE, close_late_ones)
    await _shut_down(self, sockets)


def always_run_app() -> None:
    """Have app.py run on each visit. Where there is a folder `pages`, Streamlit runs the page of a link without it
    until app.py has called `st.navigation` once, and so without sign-in. To be called as the server starts."""
    PagesManager.uses_pages_directory = False


def session_id() -> str:
    """Of the browser session that a page is being drawn for; "" where none is."""
    context = get_script_run_ctx()
    return context.session_id if context else ""


def history_navigation() -> bool:
    """Whether the run that asks was caused by the browser's Back or Forward."""
    context = get_script_run_ctx()
    return bool(context and context.is_history_navigation)
