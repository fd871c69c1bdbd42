"""How soon the app ends when it is told to: `python -m benchmarks.restart`, a minute.

So many conversations and a comparison are under way, with their pages open, when it gets SIGTERM. Printed is how long
it took to end, each time, and how many answers the next start found broken off with their words kept.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import statistics
import tempfile
import time
from contextlib import AsyncExitStack, closing
from pathlib import Path

from replies.store import Store
from simulator import Simulator
from tests.browser.conftest import App, serve
from tests.test_restart import LANES, replies_of, under_way


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--chats", type=int, default=17, help="conversations under way, besides a comparison of three")
    wanted = parser.parse_args()
    took: list[float] = []
    for _ in range(wanted.times):
        with tempfile.TemporaryDirectory(prefix="streamside-restart-") as folder, Simulator() as upstream:
            with serve(**upstream.environment(), STREAMSIDE_DATA=folder) as app:
                took.append(asyncio.run(ended(app, wanted.chats)))
            with closing(Store(folder=Path(folder))) as store:  # the next start
                entries = store.history(words="cricket")
                items = [store.conversation(one.id) or store.comparison(one.id) for one in entries]
            kept = [reply for item in items if item for reply in replies_of(item) if not reply.asked.recorded]
            broken = [reply for reply in kept if reply.state == "interrupted" and reply.text]
            asked = wanted.chats + len(LANES)
            print(f"ended after {took[-1]:.2f} s; {len(broken)} of {asked} answers broken off, with their words kept")
    print(f"{len(took)} times: {statistics.median(took):.2f} s (median), {max(took):.2f} s (most)")


async def ended(app: App, chats: int) -> float:
    """Seconds from SIGTERM to the end."""
    async with AsyncExitStack() as stack:
        await under_way(app, stack, chats)
        told = time.monotonic()
        app.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(app.process.wait, 60)
        return time.monotonic() - told


if __name__ == "__main__":
    main()
