"""What Streamlit holds of a session whose connection was lost and taken up again."""

from __future__ import annotations

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime
from streamlit.runtime.session_manager import ActiveSessionInfo

_sent = Runtime._send_message


def apply_patches() -> None:
    """Mend it for all sessions of this process. To be called before the first one comes."""
    Runtime._send_message = _to_whom_is_there  # type: ignore[method-assign]


def _to_whom_is_there(self: Runtime, session_info: ActiveSessionInfo, msg: ForwardMsg) -> None:
    """Streamlit sends to all sessions by turns, each over the connection that it had when the round began. One that was
    lost and taken up again meanwhile would have all that the new one asked for sent to the old, and wait for ever."""
    _sent(self, self._session_mgr.get_active_session_info(session_info.session.id) or session_info, msg)
