"""What an open page is told besides what Streamlit draws: the words of answers, as they come.

Streamlit draws an element anew with each change of it, which takes the browser some 17 ms whatever it shows. So words
take a way of their own: a websocket that the page's script (`ui/browser/typewriter.js`) opens once and keeps. Each
browser session has a `Wire`, known by a token that nobody else is told; it carries what that session's own script says.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias
from weakref import WeakValueDictionary

from starlette.routing import BaseRoute, Mount, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

SCRIPTS: Final = Path(__file__).parent / "browser"
SCRIPT: Final = "live/typewriter.js"  # where the page gets the script from that connects
NO_SUCH_WIRE: Final = 4404  # the code that a connection with an unknown token is closed with
FRAME: Final = 0.012  # seconds between two messages, so that a fast answer's pieces come together
LOST: Final = 3.0  # seconds without a connection, after which a page is not waited for
CROWDED: Final = 0.0006  # seconds more for each page that is connected

Word: TypeAlias = tuple[int, str | None]
"""What goes over the wire: the number of a speech and its next words; None where it begins (anew)."""

_wires: WeakValueDictionary[str, Wire] = WeakValueDictionary()
_connected: set[Wire] = set()


class Speech:
    """One text on its way to the page. Only the newest speech of a number is heard. `said`: what was to be said so far;
    `sent`: what of it `portion` gave to be sent."""

    def __init__(self, wire: Wire, number: int, portion: Callable[[str], str]) -> None:
        self.number = number
        self.said: list[str] = []
        self.sent: list[str] = []
        self._wire = wire
        self._portion = portion

    def say(self, text: str) -> None:
        """Send more of it."""
        if text:
            self.said.append(text)
            if portion := self._portion(text):
                self._wire.send(self, portion)


class Wire:
    """The way from one browser session's script to its page. May be used from any thread.

    `connected`: whether the page listens. `calm`: whether its reader wants less motion, by the system's setting.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.token = secrets.token_urlsafe(16)
        self.calm = False
        self._numbers: dict[str, int] = {}
        self._speeches: dict[int, Speech] = {}
        self._lock = threading.Lock()
        self._waiting: list[Word] = []
        self._left = -LOST  # when the last connection ended
        self._wake: Callable[[], object] | None = None  # tells the connection that something waits; None without one
        _wires[self.token] = self

    @property
    def connected(self) -> bool:
        return self._wake is not None

    @property
    def lost(self) -> bool:
        """Whether it has not listened for a while."""
        return not self.connected and self._clock() > self._left + LOST

    def number(self, name: str) -> int:
        """The one by which the page knows a place; the same name has the same, as long as the session lasts."""
        with self._lock:
            return self._numbers.setdefault(name, len(self._numbers) + 1)

    @contextmanager
    def speech(self, number: int, portion: Callable[[str], str] = str) -> Iterator[Speech]:
        """Say something in the place with this number, from its first word on. `portion`: what is to be sent when more
        has been said; by default just that."""
        speech = Speech(self, number, portion)
        with self._lock:
            self._speeches[number] = speech
            self._put((number, None))
        try:
            yield speech
        finally:
            with self._lock:
                if self._speeches.get(number) is speech:
                    del self._speeches[number]

    def send(self, speech: Speech, text: str) -> None:
        with self._lock:
            speech.sent.append(text)
            if self._speeches.get(speech.number) is speech:  # else a newer run of the script speaks in its place
                self._put((speech.number, text))

    def _put(self, word: Word) -> None:
        if self._wake is None:  # whoever connects is told all from the beginning
            return
        self._waiting.append(word)
        if len(self._waiting) == 1:
            self._wake()

    def _take(self, wake: Callable[[], object]) -> list[Word]:
        """What waits for the connection that `wake` wakes; nothing where another one took over."""
        with self._lock:
            if self._wake is not wake:
                return []
            waiting, self._waiting = self._waiting, []
        return waiting

    async def serve(self, socket: WebSocket) -> None:
        """Tell the page everything, until it goes or another connection of the same page takes over."""
        loop, news = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(news.set)

        with self._lock:
            before, self._wake = self._wake, wake
            self._waiting = []
            for number, speech in self._speeches.items():
                self._waiting += [(number, None), (number, "".join(speech.sent))]
        if before:
            before()
        news.set()
        listening = asyncio.create_task(self._listen(socket))
        listening.add_done_callback(lambda _: news.set())
        sent = loop.time()
        _connected.add(self)
        try:
            await socket.send_text("[]")  # what is said from now on is heard
            while not listening.done() and self._wake is wake:
                await news.wait()
                if (rest := sent + FRAME + CROWDED * len(_connected) - loop.time()) > 0:
                    await asyncio.sleep(rest)
                news.clear()
                sent = loop.time()
                if waiting := self._take(wake):
                    await socket.send_text(json.dumps(waiting, ensure_ascii=False, separators=(",", ":")))
            if not listening.done():
                await socket.close()
        except WebSocketDisconnect:
            pass
        finally:
            _connected.discard(self)
            listening.cancel()
            with self._lock:
                if self._wake is wake:
                    self._wake, self._left = None, self._clock()
                    self._waiting.clear()

    async def _listen(self, socket: WebSocket) -> None:
        """All that a page says is whether its reader wants less motion."""
        while (message := await socket.receive())["type"] == "websocket.receive":
            self.calm = message.get("text") == "calm"


async def _opened(socket: WebSocket) -> None:
    wire = _wires.get(socket.path_params["token"])
    await socket.accept()
    if wire is None:
        await socket.close(NO_SUCH_WIRE)
    else:
        await wire.serve(socket)


def routes(base: str) -> list[BaseRoute]:
    """Where the page's script comes from, and where it connects to; below the path `base`, which may be empty."""
    base = f"/{base.strip('/')}".rstrip("/")
    return [
        WebSocketRoute(f"{base}/live/wire/{{token}}", _opened),
        Mount(f"{base}/live", StaticFiles(directory=SCRIPTS)),
    ]
