"""Viewers, all in one process: each asks once, reads to the end, and records what it got and when."""

from __future__ import annotations

import asyncio
import gc
import math
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.connection import Connection

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidHandshake

from tests.support.guard import live_calls
from tests.support.viewer import Viewer

KEY = "answer-0"  # of the container that the first answer stands in
AT_ONCE = 4  # pages that are opened at the same time
PATIENCE = 60.0  # seconds beyond an answer's own
AWAY = 0.5  # seconds until a lost connection is taken up again; a browser begins with that, and doubles it
LONGEST_AWAY = 8.0
_TAIL = 40  # characters that surely hold a whole number, where text ends with one
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Plan:
    """What the viewers are to do."""

    url: str
    viewers: int
    pieces: int  # of each answer
    rate: int  # pieces a second
    within: float  # seconds within which all of them ask
    first: int = 0  # the number of the first viewer, which is in the name of its model

    def model(self, viewer: int) -> str:
        """By which the viewer's exchange is known in the simulator's log."""
        return f"sim-{self.pieces}x{self.rate}.viewer-{self.first + viewer}"


@dataclass
class Visit:
    """What one viewer met. Moments are `time.monotonic()`."""

    model: str
    ended: float = 0.0
    receipts: list[tuple[float, int]] = field(default_factory=list)  # when there were how many pieces
    lost: int = 0
    reconnected: list[float] = field(default_factory=list)  # seconds without a connection, each time
    there: int = 0  # pieces that stand on the page in the end, from the first on
    notice: str = ""  # the page says that no more will come: why it broke off, or failed
    problem: str = ""


class Receipts:
    """Takes the messages of a `Viewer`: the words come as Markdown elements within the answer's container.

    The simulator's pieces are numbered, and come in their order: the last number tells how many are there.
    """

    def __init__(self, visit: Visit, clock: Callable[[], float] = time.monotonic) -> None:
        self._visit = visit
        self._clock = clock
        self._place: tuple[int, ...] | None = None

    def __call__(self, message: ForwardMsg) -> None:
        if message.WhichOneof("type") != "delta":
            return
        delta = message.delta
        if delta.WhichOneof("type") == "add_block":
            if delta.add_block.id.endswith(f"-{KEY}"):
                self._place = tuple(message.metadata.delta_path)
        elif self._place is not None and tuple(message.metadata.delta_path[: len(self._place)]) == self._place:
            if delta.new_element.HasField("markdown"):
                numbers = _NUMBER.findall(delta.new_element.markdown.body[-_TAIL:])
                if numbers and (there := int(numbers[-1]) + 1) > self.pieces:
                    self._visit.receipts.append((self._clock(), there))
            elif delta.new_element.HasField("alert"):
                self._visit.notice = delta.new_element.alert.body

    @property
    def pieces(self) -> int:
        return self._visit.receipts[-1][1] if self._visit.receipts else 0


def lost(text: str, pieces: int) -> int:
    """How many of the numbered pieces are not in the text, or not once."""
    found = [int(number) for number in _NUMBER.findall(text)]
    return sum(found.count(number) != 1 for number in range(pieces)) if found != list(range(pieces)) else 0


def there(text: str) -> int:
    """How many of them stand there from the first on, without a gap."""
    found = {int(number) for number in _NUMBER.findall(text)}
    return next(number for number in count() if number not in found)


class Reader:
    """A viewer that asks once, and reads to the end."""

    def __init__(self, plan: Plan, number: int) -> None:
        self.visit = Visit(plan.model(number))
        self._plan = plan
        self._number = number
        self._receipts = Receipts(self.visit)
        address = f"/?with=openai|chat|{self.visit.model}|live"
        self.viewer = Viewer(plan.url, address, on_message=self._receipts)

    async def open(self, limit: asyncio.Semaphore) -> None:
        async with limit:
            await self.viewer.open()
            await self.viewer.until(lambda: self.viewer.idle and self.viewer.find("chat_input") is not None)

    async def read(self) -> None:
        viewer, visit, plan = self.viewer, self.visit, self._plan
        await asyncio.sleep(plan.within * self._number / plan.viewers)
        try:
            async with asyncio.timeout(plan.pieces / plan.rate + plan.within + PATIENCE):
                await viewer.ask("Count.")
                await self._to_the_end()
        except (TimeoutError, OSError) as error:
            visit.problem = f"{type(error).__name__} {error} ({viewer.stand})"
        visit.ended = time.monotonic()
        text = viewer.text(KEY)
        visit.lost, visit.there = lost(text, plan.pieces), there(text)
        visit.problem = visit.problem or "; ".join(viewer.errors)

    async def _to_the_end(self) -> None:
        """Until all is read or the page says that no more will come, whatever becomes of the connection."""
        while True:
            try:
                await self.viewer.until(
                    lambda: self._receipts.pieces == self._plan.pieces or bool(self.visit.notice), math.inf
                )
                await self.viewer.until(lambda: self.viewer.idle, math.inf)
                return
            except ConnectionError:
                await self._reconnect()

    async def _reconnect(self) -> None:
        lost_at, pause = time.monotonic(), AWAY
        while not self.viewer.connected:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_AWAY)
            with suppress(OSError, InvalidHandshake):
                await self.viewer.rejoin()
        self.visit.reconnected.append(time.monotonic() - lost_at)


async def _crowd(plan: Plan, pipe: Connection) -> None:
    readers = [Reader(plan, number) for number in range(plan.viewers)]
    limit = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*(reader.open(limit) for reader in readers))
    gc.collect()
    gc.freeze()
    pipe.send("open")
    await asyncio.to_thread(pipe.recv)
    await asyncio.gather(*(reader.read() for reader in readers))
    pipe.send([reader.visit for reader in readers])
    await asyncio.to_thread(pipe.recv)  # with their pages open, until the memory was looked at
    await asyncio.gather(*(reader.viewer.close() for reader in readers))


def run(plan: Plan, pipe: Connection) -> None:
    """A process of its own. It says when all pages are open, and asks once it hears something; then it sends what each
    viewer met, and closes the pages once it hears something again."""
    live_calls.forbid()
    asyncio.run(_crowd(plan, pipe))
