"""Streamlit's private parts are as Streamside needs them; an upgrade of Streamlit may change each."""

import asyncio
import inspect
import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import uvicorn
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime, RuntimeConfig
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.session_manager import SessionClient
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette.starlette_websocket import create_websocket_routes

import app  # noqa: F401  (the server imports it, too)
from ui.server import streamlit_internals

ROOT = Path(__file__).parents[3]


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


async def shut_down_as_a_connection_comes(turns: int) -> None:
    """`turns`: how often the event loop goes round before the server shuts down."""
    config = uvicorn.Config("app:app", port=0, lifespan="off", log_level="critical")
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    with socket.create_connection(server.servers[0].sockets[0].getsockname()):
        for _ in range(turns):
            await asyncio.sleep(0)
        await asyncio.wait_for(server.shutdown(), 30)
    assert not server.server_state.connections


@pytest.mark.parametrize("turns", [2, 3])  # accepted by the loop; and known to the server, too
def test_the_server_ends_also_where_a_browser_connects_in_that_moment(turns: int) -> None:
    asyncio.run(shut_down_as_a_connection_comes(turns))


def test_a_link_to_a_page_runs_app_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the page would be shown without sign-in."""
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)
    PagesManager(str(ROOT / "app.py"))
    made_of_a_folder_pages = PagesManager.uses_pages_directory
    assert made_of_a_folder_pages
    streamlit_internals.always_run_app()
    entered = PagesManager(str(ROOT / "app.py")).get_initial_active_script("hash of a page")
    assert entered is not None
    assert entered["script_path"] == str(ROOT / "app.py")
    assert PagesManager.uses_pages_directory is False
    assert "if PagesManager.uses_pages_directory" in inspect.getsource(script_runner)


def test_a_page_knows_the_session_that_it_is_drawn_for() -> None:
    def page() -> None:
        import streamlit as st

        from ui.server.streamlit_internals import session_id

        st.text(session_id())

    assert AppTest.from_function(page).run().text[0].value
    assert streamlit_internals.session_id() == ""


def test_pages_open_their_connection_where_it_is_looked_for() -> None:
    (route,) = create_websocket_routes(None, None)  # type: ignore[arg-type]
    assert route.path == streamlit_internals.WEBSOCKET  # type: ignore[attr-defined]


def test_nothing_else_imports_what_is_streamlits_own() -> None:
    public = {"delta_generator", "navigation"}  # two types
    for path in [ROOT / "app.py", *(ROOT / "ui").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]:
        if path.stem != "streamlit_internals":
            found = re.findall(r"^\s*(?:from|import) streamlit\.(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert set(found) <= public, path
