"""All viewers, in one process: `python -m benchmarks.crowd.clients` reads a plan, and writes what each of them met.

A line each: `opened`, once all pages are there, and the viewers ask after the next line of input; `over`, once the last
of them has come to its end; and then a viewer's JSON in each line.
"""

from __future__ import annotations

import asyncio
import gc
import math
import sys
import time

from websockets.exceptions import InvalidHandshake

from benchmarks.crowd.hearing import KEY, Heard, lost, there
from benchmarks.crowd.plan import Met, Plan
from tests.support.viewer import Viewer

AT_ONCE = 4  # pages that are opened at the same time
PATIENCE = 60.0  # seconds beyond an answer's own
AWAY = 0.5  # seconds until a lost connection is taken up again; a browser begins with that, and doubles it
LONGEST_AWAY = 8.0


class Reader:
    """A viewer that asks once, and reads to the end."""

    def __init__(self, plan: Plan, number: int) -> None:
        self._plan = plan
        self._number = number
        self._heard = Heard()
        self.met = Met(plan.model(number))
        self._viewer = Viewer(plan.url, f"/?with=openai|chat|{self.met.model}|live", on_message=self._heard)

    async def open(self) -> None:
        await self._viewer.open()
        await self._viewer.until(lambda: self._viewer.idle and self._viewer.find("chat_input") is not None)

    async def read(self) -> None:
        await asyncio.sleep(self._plan.within * self._number / self._plan.viewers)
        before = self._viewer.received
        self.met.asked = time.monotonic()
        patience = self._plan.pieces / self._plan.rate + self._plan.within + PATIENCE
        try:
            async with asyncio.timeout(patience):
                await self._viewer.ask("Count.")
                await self._to_the_end()
        except (TimeoutError, OSError) as error:
            self.met.problem = f"{type(error).__name__} {error} ({self._viewer.stand})"
        self.met.ended = time.monotonic()
        self.met.received = self._viewer.received - before
        self.met.receipts = self._heard.receipts
        text = self._viewer.text(KEY)
        self.met.lost = lost(text, self._plan.pieces)
        self.met.there = there(text)
        self.met.notice = self._heard.notice
        self.met.problem = self.met.problem or "; ".join(self._viewer.errors)

    async def _to_the_end(self) -> None:
        """Until all is read or the page says that no more will come, whatever becomes of the connection."""
        viewer, heard, pieces = self._viewer, self._heard, self._plan.pieces
        while True:
            try:
                await viewer.until(lambda: heard.pieces == pieces or bool(heard.notice), math.inf)
                await viewer.until(lambda: viewer.idle, math.inf)
                return
            except ConnectionError:
                await self._come_back()

    async def _come_back(self) -> None:
        lost_at, pause = time.monotonic(), AWAY
        while not self._viewer.connected:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_AWAY)
            try:
                await self._viewer.rejoin()
            except (OSError, TimeoutError, InvalidHandshake):
                continue
        self.met.reconnected.append(time.monotonic() - lost_at)

    async def close(self) -> None:
        await self._viewer.close()


async def crowd(plan: Plan) -> None:
    readers = [Reader(plan, number) for number in range(plan.viewers)]
    barrier = asyncio.Semaphore(AT_ONCE)

    async def open_one(reader: Reader) -> None:
        async with barrier:
            await reader.open()

    await asyncio.gather(*map(open_one, readers))
    gc.collect()
    gc.freeze()
    print("opened", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await asyncio.gather(*(reader.read() for reader in readers))
    print("over", flush=True)
    for reader in readers:
        print(reader.met.to_json(), flush=True)
    await asyncio.to_thread(sys.stdin.readline)  # with their pages open, until the memory was looked at
    await asyncio.gather(*(reader.close() for reader in readers))


if __name__ == "__main__":
    asyncio.run(crowd(Plan.from_json(sys.stdin.readline())))
