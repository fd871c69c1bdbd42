"""The crowd of a soak: all who use the app at once, what they did, what went wrong, and what remains of them."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from benchmarks.soak.accounts import Accounts, Words
from benchmarks.soak.pages import in_chromium
from benchmarks.soak.people import FORGOTTEN, LANES, TITLES, Person, model_for
from benchmarks.usage import LOOK, PATIENCE, Usage, settled, usage
from replies.store import Store
from simulator import Simulator
from tests.support.app import App, serve
from tests.support.viewer import Viewer

WARM_UP = 60.0  # seconds
SILENCE = 5.0  # seconds of silence after which an answer is given up
SPREAD = Usage(threads=8, sockets=60, files=40, memory=60.0)
"""By so much a figure may be higher afterwards. Ten minutes open a thousand sessions and more: what each of them left
behind would be higher than that."""


class Outcome(NamedTuple):
    measured: dict[str, Usage]  # by when
    words: Words
    did: Counter[str]
    problems: list[str]


def soak(seconds: float, sessions: int, pages: int, seed: int, warm_up: float = WARM_UP) -> Outcome:
    """Let them in, and check what remains. What the server's own log says is among the problems."""
    crowd = Crowd(sessions, pages, seed)
    measured = None
    with tempfile.TemporaryDirectory(prefix="streamside-soak-") as folder, Simulator() as upstream:
        environment = upstream.environment() | {
            "STREAMSIDE_DATA": folder,
            "STREAMSIDE_SILENCE_TIMEOUT": f"{SILENCE:g}",
            "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": f"{FORGOTTEN}",
        }
        try:
            with serve(**environment) as app:
                measured = asyncio.run(crowd.come(app, upstream, warm_up, seconds))
        except AssertionError as warnings:  # `serve` has read its log
            if measured is None:
                raise
            crowd.problems.append(f"the server's log: {warnings}")
        with closing(Store(folder=Path(folder))) as store:
            words = crowd.accounts.compare(store, upstream.log)
    problems = [*crowd.problems, *words.problems, *stayed(measured["before"], measured["after"])]
    return Outcome(measured, words, crowd.did, problems)


def stayed(before: Usage, after: Usage) -> list[str]:
    """What is higher afterwards than chance explains."""
    return [
        f"{name}: {later - earlier:,.0f} more than before, and {spread:,.0f} may be chance"
        for name, earlier, later, spread in zip(Usage._fields, before, after, SPREAD, strict=True)
        if later - earlier > spread
    ]


class Crowd:
    """All who use the app at once, what they did, and what went wrong for them."""

    def __init__(self, sessions: int, pages: int, seed: int) -> None:
        self.accounts = Accounts()
        self.did: Counter[str] = Counter()
        self.problems: list[str] = []
        self._sessions, self._pages, self._seed = sessions, pages, seed

    async def come(self, app: App, upstream: Simulator, warm_up: float, seconds: float) -> dict[str, Usage]:
        """To warm up, and again for so long; what the server held: `new`, when each page was opened once, and so on."""
        pid = app.process.pid
        await _warm(app)
        measured = {"new": await settled(pid, FORGOTTEN)}
        await self._stay(app, upstream, warm_up, "warm")
        measured["before"] = await settled(pid, FORGOTTEN)
        measured["most at once"] = await self._stay(app, upstream, seconds, "soak")
        return measured | {"after": await settled(pid, FORGOTTEN)}

    async def _stay(self, app: App, upstream: Simulator, seconds: float, name: str) -> Usage:
        """The highest figures seen until all have left, and what they asked is answered."""
        began = time.monotonic()
        tasks = [asyncio.create_task(who) for who in self._people(app.url, began + seconds, name)]
        peak, minute = usage(app.process.pid), 1
        while not all(task.done() for task in tasks):
            await asyncio.sleep(LOOK)
            self.accounts.note(upstream.log)
            now = usage(app.process.pid)
            peak = peak.most(now)
            if time.monotonic() > began + 60 * minute:
                print(f"after {minute:4} min        {now}", flush=True)
                minute += 1
        await asyncio.gather(*tasks)
        end = time.monotonic() + PATIENCE
        while any(one.ended is None for one in upstream.log) and time.monotonic() < end:  # until then each has a thread
            await asyncio.sleep(LOOK)
            self.accounts.note(upstream.log)
        return peak

    def _people(self, url: str, until: float, name: str) -> Iterator[Coroutine[None, None, None]]:
        for who in (f"{name}-{number}" for number in range(self._sessions - self._pages)):
            yield Person(who, url, self._chance(who), self.did, self.problems).live(until)
        if self._pages:
            people = {who: self._chance(who) for who in (f"{name}-page{number}" for number in range(self._pages))}
            yield in_chromium(url, people, until, self.did, self.problems)

    def _chance(self, who: str) -> random.Random:
        return random.Random(f"{self._seed}-{who}")


async def _warm(app: App) -> None:
    """Each page and each vendor once, so that what is only loaded on first use is there before it is counted."""
    async with Viewer(app.url) as viewer:
        for title in TITLES:
            await viewer.go(title)
            await viewer.until(lambda: viewer.idle)
    lanes = [("lane", f"{lane}|{model_for(lane, 'sim-instant')}|live") for lane in LANES]
    async with Viewer(app.url, f"/compare?{urlencode(lanes)}") as viewer:
        await viewer.ask("Hello")
        await viewer.until(lambda: viewer.text().count("n\u00a0=\u00a01") == len(LANES))
        await viewer.until(lambda: viewer.idle)


def report(outcome: Outcome) -> list[str]:
    did = ", ".join(f"{what} {count:,}" for what, count in outcome.did.most_common())
    return [
        f"done                  {did}",
        *(f"{when:<22}{usage}" for when, usage in outcome.measured.items()),
        *outcome.words.report,
        *(f"PROBLEM {problem}" for problem in outcome.problems),
        "It holds." if not outcome.problems else f"It does not hold: {len(outcome.problems)} problems.",
    ]
