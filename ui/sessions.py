"""What Streamlit holds of a session, where two runs of its page overlap, or two connections."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime
from streamlit.runtime.session_manager import ActiveSessionInfo
from streamlit.runtime.state import SafeSessionState, SessionState

_guarded = SafeSessionState.__init__
_sent = Runtime._send_message


def guard() -> None:
    """Mend both for all sessions of this process. To be called before the first one comes."""
    SafeSessionState.__init__ = _under_one_lock  # type: ignore[method-assign]
    Runtime._send_message = _to_whom_is_there  # type: ignore[method-assign]


def _under_one_lock(self: SafeSessionState, state: SessionState, yield_callback: Callable[[], None]) -> None:
    """A click does not wait until the run before it has ended: it starts one of its own, while the old one goes on
    until it next draws something. Streamlit gives each a lock of its own for the state that both share, so that the one
    tidies up what the other is just reading: "dictionary changed size during iteration"."""
    _guarded(self, state, yield_callback)
    # The state itself takes no more attributes; its query parameters do, and there is one of both for a session.
    lock = vars(state.query_params).setdefault("lock_of_the_session", self._lock)
    object.__setattr__(self, "_lock", lock)


def _to_whom_is_there(self: Runtime, session_info: ActiveSessionInfo, msg: ForwardMsg) -> None:
    """Streamlit sends to all sessions by turns, each over the connection that it had when the round began. One that was
    lost and taken up again meanwhile would have all that the new one asked for sent to the old, and wait for ever."""
    _sent(self, self._session_mgr.get_active_session_info(session_info.session.id) or session_info, msg)
