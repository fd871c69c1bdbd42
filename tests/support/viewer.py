"""Viewer without a browser: speaks Streamlit's protocol, keeps the page as a browser would, clicks and types.

    async with Viewer("http://127.0.0.1:8501", "/?with=openai|chat|sim-fast|simulator") as viewer:
        await viewer.ask("Tell me about history of Cricket in 200 words.")
        await viewer.until(lambda: "complete" in viewer.text())
        print(viewer.text("answer-0"))

Any number of them run in one event loop: a viewer costs no more than the parsing of what the server sends. Its texts
are Markdown, as it was sent. It draws nothing, runs no fragment with `run_every`, and has no cookies but those that
come with its connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from http.cookies import SimpleCookie
from typing import Any, NamedTuple, Self, TypeAlias
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Block_pb2 import Block
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

PATIENCE = 60.0  # seconds until something that must come is given up
EARLY = ForwardMsg.FINISHED_EARLY_FOR_RERUN
TEXTS = {"markdown": "body", "text": "body", "heading": "body", "alert": "body", "code": "code_text", "metric": "body"}

Path: TypeAlias = tuple[int, ...]


class Node(NamedTuple):
    what: Element | Block
    run: str  # the script run that drew it
    fragment: str


class Tree:
    """What is on the page, by its place: 0 main, 1 sidebar, 2 events, 3 bottom, and the way down from there."""

    def __init__(self) -> None:
        self.nodes: dict[Path, Node] = {}
        self._order: list[Path] = []  # from top to bottom; empty until it is asked for
        self._run = ""
        self._fragments: set[str] = set()

    def begin(self, run: str, fragments: set[str]) -> None:
        self._run, self._fragments = run, fragments

    def draw(self, path: Path, what: Element | Block, fragment: str) -> None:
        there = self.nodes.get(path)
        if there is None:
            self._order.clear()
        elif isinstance(there.what, Block) and isinstance(what, Element):  # another block keeps what is in it
            self._drop(lambda other: other[: len(path)] == path)
        self.nodes[path] = Node(what, self._run, fragment)

    def finish(self) -> None:
        """Take away what the run that is over did not draw again: of the page, or of its fragments."""
        self._drop(
            lambda path: (
                self.nodes[path].run != self._run
                and (not self._fragments or self.nodes[path].fragment in self._fragments)
            )
        )

    def clear(self) -> None:
        self.nodes.clear()
        self._order.clear()

    def elements(self, key: str = "") -> Iterator[tuple[Element, Node]]:
        """From top to bottom; with a `key`, those within the container that has it."""
        top = next((path for path, node in self.nodes.items() if key and has_key(node.what, key)), None)
        if key and top is None:
            return
        self._order = self._order or sorted(self.nodes)
        for path in self._order:
            node = self.nodes[path]
            if isinstance(node.what, Element) and (top is None or path[: len(top)] == top):
                yield node.what, node

    def _drop(self, gone: Callable[[Path], bool]) -> None:
        self._order.clear()
        for path in [path for path in self.nodes if gone(path)]:
            del self.nodes[path]


def has_key(what: Element | Block, key: str) -> bool:
    """Whether an element, or a container, was drawn with this key."""
    return identity(what).endswith(f"-{key}")


def identity(what: Element | Block) -> str:
    """Its id, which ends in its key; "" where it has none."""
    if isinstance(what, Block):
        return what.id
    widget = getattr(what, what.WhichOneof("type") or "", None)
    return str(getattr(widget, "id", ""))


class Viewer:
    """One browser tab. `page` is the path and query of the address that it opens.

    `on_message` is called with each message as soon as it was taken in: with `asyncio.get_running_loop().time()` it
    tells when what came.
    """

    def __init__(
        self, url: str, page: str = "/", *, on_message: Callable[[ForwardMsg], object] = lambda _: None
    ) -> None:
        parts = urlsplit(page)
        self.tree = Tree()
        self.query = parts.query
        self.errors: list[str] = []
        """Exceptions that the page showed."""
        self.session = ""
        """The server's id of this session, with which a lost connection is taken up again."""
        self._url = f"ws{url.removeprefix('http')}/_stcore/stream"
        self._path, self._page = parts.path.strip("/"), ""
        self._pages: dict[str, str] = {}  # by title
        self._on_message = on_message
        self._cookies = SimpleCookie()
        self._asked = self._running = False
        self._news = asyncio.Event()
        self._gone = "not opened yet"  # why there is no connection; "" while there is one
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # What is on the page

    @property
    def idle(self) -> bool:
        """Whether no script run is asked for or in progress."""
        return not self._asked and not self._running

    @property
    def connected(self) -> bool:
        return not self._gone

    @property
    def title(self) -> str:
        """Of the page, as the navigation calls it."""
        return next((title for title, page in self._pages.items() if page == self._page), "")

    @property
    def stand(self) -> str:
        """How it stands, in a word."""
        if not self.connected:
            return self._gone
        return "asked for a run" if self._asked else "running" if self._running else "idle"

    def text(self, key: str = "") -> str:
        """All texts, or those in the container with this key, a line for each."""
        return "\n".join(filter(None, (text_of(element) for element, _ in self.tree.elements(key))))

    def find(self, kind: str, name: str = "") -> tuple[Any, Node] | None:
        """The first widget of a kind (`button`, `chat_input`, …) that has this label or key, and can be used."""
        for element, node in self.tree.elements():
            widget = getattr(element, kind) if element.WhichOneof("type") == kind else None
            if widget is not None and not widget.disabled and (not name or is_called(element, widget, name)):
                return widget, node
        return None

    async def until(self, true: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Wait for it, looking with each message. Raises TimeoutError, or ConnectionError where the server has gone."""
        async with asyncio.timeout(patience):
            while not true():
                if not self.connected:
                    raise ConnectionError(self._gone)
                self._news.clear()
                await self._news.wait()

    # What a person does

    async def open(self) -> None:
        await self._connect()
        await self._rerun()

    async def ask(self, prompt: str, into: tuple[Any, Node] | None = None) -> None:
        """Type a prompt into the chat input, as soon as it takes one; or into one found before, which may be gone."""
        if into is None:
            await self.until(lambda: self.find("chat_input") is not None)
        widget, node = into or self.find("chat_input") or (None, None)
        state = WidgetState(id=widget.id if widget else "")
        state.chat_input_value.data = prompt
        await self._rerun(state, node)

    async def click(self, name: str) -> None:
        """Press the button with this label or key, as soon as there is one."""
        await self.until(lambda: self.find("button", name) is not None)
        widget, node = self.find("button", name) or (None, None)
        await self._rerun(WidgetState(id=widget.id if widget else "", trigger_value=True), node)

    async def go(self, title: str) -> None:
        """Follow the navigation to another page."""
        await self.until(lambda: title in self._pages)
        self._page, self._path, self.query = self._pages[title], "", ""
        await self._rerun()

    async def reload(self) -> None:
        """Open the same address anew, as a session of its own."""
        await self.close()
        self.session = ""
        self.tree.clear()
        await self._connect()
        await self._rerun()

    async def drop(self, away: float = 1.0) -> None:
        """Lose the connection without a word, and take the session up again on another one, `away` seconds later."""
        if self._socket:
            self._socket.transport.abort()
        await self.close()
        await asyncio.sleep(away)
        await self.rejoin()

    async def rejoin(self) -> None:
        """Take the session up again, after the connection was lost. Raises OSError where nobody answers."""
        await self.close()
        await self._connect()
        await self._rerun()

    async def close(self) -> None:
        if self._socket:
            await self._socket.close()
        if self._reader:
            await self._reader
        self._asked = self._running = False

    # The protocol

    async def _connect(self) -> None:
        # As a browser does it: the second place is for a token that only a signed-in session has.
        protocols = [Subprotocol(each) for each in ("streamlit", "none", self.session) if each]
        self._socket = await connect(
            self._url,
            subprotocols=protocols,
            additional_headers=[("Cookie", f"{name}={given.value}") for name, given in self._cookies.items()],
            max_size=None,
            compression=None,
            proxy=None,
            open_timeout=PATIENCE,
        )
        self._gone = ""
        if self._socket.response is not None:
            for given in self._socket.response.headers.get_all("Set-Cookie"):
                self._cookies.load(given)
        self._reader = asyncio.create_task(self._read(self._socket))

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for data in socket:
                message = ForwardMsg()
                message.ParseFromString(data if isinstance(data, bytes) else data.encode())
                self._take(message)
                self._on_message(message)
                self._news.set()
        except ConnectionClosed as closed:
            self._gone = f"the connection was lost: {closed}"
        finally:
            self._gone = self._gone or "the connection was closed"
            self._news.set()

    def _take(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "new_session":
                began = message.new_session
                self.session = began.initialize.session_id
                self.tree.begin(message.metadata.run.script_run_id, set(message.metadata.run.fragment_ids))
                self._asked, self._running = False, True
            case "delta":
                self._draw(tuple(message.metadata.delta_path), message)
            case "script_finished":
                if message.script_finished != EARLY:
                    self.tree.finish()
                self._running = False
            case "navigation":
                if message.navigation.page_script_hash != self._page:
                    self.tree.clear()
                self._page = message.navigation.page_script_hash
                self._pages = {page.page_name: page.page_script_hash for page in message.navigation.app_pages}
            case "page_info_changed":
                self.query = message.page_info_changed.query_string

    def _draw(self, path: Path, message: ForwardMsg) -> None:
        delta = message.delta
        if delta.HasField("new_element"):
            self.tree.draw(path, delta.new_element, delta.fragment_id)
            if delta.new_element.HasField("exception"):
                self.errors.append(delta.new_element.exception.message)
        elif delta.HasField("add_block"):
            self.tree.draw(path, delta.add_block, delta.fragment_id)

    async def _rerun(self, changed: WidgetState | None = None, node: Node | None = None) -> None:
        """Ask for a script run, of a fragment alone where the widget that changed stands in one."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash, state.page_name = self.query, self._page, self._path
        state.context_info.timezone, state.context_info.locale = "UTC", "en-US"
        state.fragment_id = node.fragment if node else ""
        known = {each.id: each for each in filter(None, (as_drawn(element) for element, _ in self.tree.elements()))}
        if changed is not None:
            known[changed.id] = changed
        state.widget_states.widgets.extend(known.values())
        self._asked = True
        assert self._socket is not None
        await self._socket.send(message.SerializeToString())


def is_called(element: Element, widget: Any, name: str) -> bool:
    """Whether a widget has this label or this key."""
    return getattr(widget, "label", "") == name or has_key(element, name)


def as_drawn(element: Element) -> WidgetState | None:
    """The state of a text field as the server drew it, which a browser sends, too. Of other widgets the server knows
    what it drew."""
    match element.WhichOneof("type"):
        case "text_input":
            field: Any = element.text_input
        case "text_area":
            field = element.text_area
        case _:
            return None
    return WidgetState(id=field.id, string_value=field.value if field.set_value else field.default)


def text_of(element: Element) -> str:
    kind = element.WhichOneof("type") or ""
    return str(getattr(getattr(element, kind), TEXTS[kind])) if kind in TEXTS else ""
