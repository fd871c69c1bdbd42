"""A session whose connection is lost and taken up again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime, RuntimeConfig
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.session_manager import SessionClient

import app  # noqa: F401  (the server imports it, too)


class Connection(SessionClient):
    """Notes what it is sent, and does something at the first of it."""

    def __init__(self, then: Callable[[], object] = lambda: None) -> None:
        self.got = asyncio.Event()
        self._then = then

    def write_forward_msg(self, msg: ForwardMsg) -> None:
        if not self.got.is_set():
            self.got.set()
            self._then()


async def lost_and_taken_up_again_while_another_is_sent_to(runtime: Runtime) -> None:
    """The connection of one session is replaced as another session is sent something, and then the first has news."""

    def somewhere_else() -> None:
        runtime.connect_session(client=new, user_info={}, existing_session_id=session)
        tell(session)

    def tell(id: str) -> None:
        there = runtime._session_mgr.get_active_session_info(id)
        assert there is not None
        there.session._enqueue_forward_msg(ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY))

    old, new = Connection(), Connection()
    await runtime.start()
    other = runtime.connect_session(client=Connection(then=somewhere_else), user_info={})
    session = runtime.connect_session(client=old, user_info={})
    tell(other)
    waiting = [asyncio.create_task(each.got.wait()) for each in (old, new)]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert (old.got.is_set(), new.got.is_set()) == (False, True)
    waiting[0].cancel()
    runtime.stop()
    await runtime.stopped


def test_what_a_new_connection_asks_for_is_sent_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Runtime, "_instance", None)  # there is one for a process; it is gone after this test
    config = RuntimeConfig("app.py", MemoryMediaFileStorage("/media"), MemoryUploadedFileManager("/upload"))
    asyncio.run(lost_and_taken_up_again_while_another_is_sent_to(Runtime(config)))
