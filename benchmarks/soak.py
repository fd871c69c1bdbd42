"""Whether it holds: `python -m benchmarks.soak --minutes 10`. One minute by default, an hour where it is wanted.

Twenty people use the app at once, at random: they ask, stop, click, change the page, reload, lose their connection and
close it. Most are viewers without a browser (`tests.support.viewer`), some are pages in Chromium. A simulator stands
for the real services, and fails at random: refusals, resets, silence, broken pieces. Then all leave, and it is looked
at what stayed:

- the server's log: any warning or traceback is a failure, and so is any error that a page showed
- threads, sockets, open files and memory of the server, before and after, once it has forgotten those who left. Before
  is after the same crowd for a while: what the server keeps for the next visit, as connections, is there by then. A
  little more or less is chance (`SPREAD`), since some of it goes only when Python next tidies up
- every word: what the simulator wrote down that it had sent, against what the store kept

    python -m benchmarks.soak --minutes 60 --seed 7 --sessions 20 --pages 2

The same seed makes the same choices; when they come true depends on the machine. The exit status is 1 where anything
was wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from benchmarks.accounts import Books, Words
from benchmarks.process import LOOK, PATIENCE, Figures, figures, settled
from replies.store import Store
from simulator import Simulator
from tests.browser.conftest import App, serve
from tests.support.viewer import Viewer

SESSIONS, PAGES, SEED = 20, 2, 1
WARM_UP = 60.0  # seconds
FORGOTTEN = 3  # seconds after which the server forgets a session whose tab was closed; by default it takes two minutes
SILENCE = 5.0  # seconds of silence after which an answer is given up
PAUSE = 1.5  # seconds between two things that a person does, at most
LANES = ("openai|chat", "bedrock|converse", "bedrock|invoke", "watsonx|chat", "watsonx|generate")
SPEEDS = ("sim-fast", "sim-brisk", "sim-typical", "sim-instant", "sim-500x50")
FAULTS = (
    "once-503", "once-429", "429-after-1", "401", "500", "502", "503", "cut", "reset", "reset-first", "clean-end",
    "stall-first", "stall-middle", "slow-first-2", "malformed", "wrong-shape", "error-event", "filtered", "no-usage",
    "huge-piece",
)  # fmt: skip
FAULTY = 0.4  # share of questions that meet a fault
PROMPTS = (
    "Tell me about history of Cricket in 200 words.",
    "Say hello in many languages and scripts, with emoji.",
    "Solve a puzzle: a bat and a ball cost 1.10 together, the bat costs 1.00 more. What is the ball?",
    "Show me text with dollar signs, colour directives, HTML, a link and an image.",
)
TITLES = ("Chat", "Compare", "Why streaming", "History", "Leaderboard")


SPREAD = Figures(threads=8, sockets=60, files=40, memory=60.0)
"""By so much a figure may be higher afterwards. Ten minutes open a thousand sessions and more: what each of them left
behind would be higher than that."""


class Measured(NamedTuple):
    new: Figures  # when each page was opened once
    before: Figures
    peak: Figures
    after: Figures


class Outcome(NamedTuple):
    measured: Measured
    words: Words
    did: Counter[str]
    problems: list[str]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--sessions", type=int, default=SESSIONS, help="people at once")
    parser.add_argument("--pages", type=int, default=PAGES, help="so many of them in Chromium")
    parser.add_argument("--seed", type=int, default=SEED)
    wanted = parser.parse_args()
    outcome = soak(
        wanted.minutes * 60, wanted.sessions, wanted.pages, wanted.seed, told=lambda line: print(line, flush=True)
    )
    print("\n".join(report(outcome)))
    return 1 if outcome.problems else 0


def soak(
    seconds: float,
    sessions: int,
    pages: int,
    seed: int,
    warm_up: float = WARM_UP,
    *,
    told: Callable[[str], object] = lambda _: None,
) -> Outcome:
    """Let them in, and look at what stays. What the server's own log says is among the problems."""
    crowd = Crowd(sessions, pages, seed, told)
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
        except AssertionError as log:  # `serve` has read it
            if measured is None:
                raise
            crowd.problems.append(f"the server's log: {log}")
        with closing(Store(folder=Path(folder))) as store:
            words = crowd.books.compare(store, upstream.log)
    problems = [*crowd.problems, *words.problems, *stayed(measured.before, measured.after)]
    return Outcome(measured, words, crowd.did, problems)


def stayed(before: Figures, after: Figures) -> list[str]:
    """What is higher afterwards than chance explains."""
    return [
        f"{name}: {later - earlier:,.0f} more than before, and {spread:,.0f} may be chance"
        for name, earlier, later, spread in zip(Figures._fields, before, after, SPREAD, strict=True)
        if later - earlier > spread
    ]


class Crowd:
    """All who use the app at once, what they did, and what went wrong for them."""

    def __init__(self, sessions: int, pages: int, seed: int, told: Callable[[str], object]) -> None:
        self.books = Books()
        self.did: Counter[str] = Counter()
        self.problems: list[str] = []
        self._sessions, self._pages, self._seed = sessions, pages, seed
        self._told = told

    async def come(self, app: App, upstream: Simulator, warm_up: float, seconds: float) -> Measured:
        """To warm up, and again for so long; what the server held meanwhile."""
        pid = app.process.pid
        await _warm(app)
        new = await settled(pid, FORGOTTEN)
        self._told(f"new                   {new}")
        await self._stay(app, upstream, warm_up, "warm")
        await self._answered(upstream)
        before = await settled(pid, FORGOTTEN)
        self._told(f"before                {before}")
        peak = await self._stay(app, upstream, seconds, "soak")
        await self._answered(upstream)
        return Measured(new, before, peak, await settled(pid, FORGOTTEN))

    async def _stay(self, app: App, upstream: Simulator, seconds: float, name: str) -> Figures:
        """The highest figures seen until all have left."""
        began = time.monotonic()
        tasks = [asyncio.create_task(who) for who in self._people(app.url, began + seconds, name)]
        peak, minute = figures(app.process.pid), 1
        while not all(task.done() for task in tasks):
            await asyncio.sleep(LOOK)
            self.books.note(upstream.log)
            now = figures(app.process.pid)
            peak = peak.most(now)
            if time.monotonic() > began + 60 * minute:
                self._told(f"{minute:4} min under way    {now}")
                minute += 1
        for task in tasks:
            await task
        return peak

    async def _answered(self, upstream: Simulator) -> None:
        """Wait until what they asked is answered, though they have left: so long each answer has a thread."""
        end = time.monotonic() + PATIENCE
        while any(one.ended is None for one in upstream.log) and time.monotonic() < end:
            await asyncio.sleep(LOOK)
            self.books.note(upstream.log)

    def _people(self, url: str, until: float, name: str) -> Iterator[Coroutine[None, None, None]]:
        for number in range(self._sessions - self._pages):
            chance = random.Random(f"{self._seed}-{name}-{number}")
            yield Person(f"{name}-{number}", url, chance, self.did, self.problems).live(until)
        if self._pages:
            from benchmarks.soak_pages import in_chromium

            people = {
                f"{name}-page{number}": random.Random(f"{self._seed}-{name}-page{number}")
                for number in range(self._pages)
            }
            yield in_chromium(url, people, until, self.did, self.problems)


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


def model_for(lane: str, name: str) -> str:
    return f"anthropic.{name}" if lane == "bedrock|invoke" else name


class Person:
    """Somebody who does one thing after the other, by chance, each as soon as the page offers it."""

    def __init__(self, name: str, url: str, chance: random.Random, did: Counter[str], problems: list[str]) -> None:
        self._name = name
        self._url = url
        self._chance = chance
        self._did = did
        self._problems = problems
        self._questions = 0
        self._until = 0.0

    async def live(self, until: float) -> None:
        self._until = until
        while time.monotonic() < until:
            viewer = Viewer(self._url, self._address())
            doing, done = "open", deque(["open"], maxlen=6)
            try:
                await viewer.open()
                await viewer.until(lambda viewer=viewer: viewer.idle or bool(viewer.text()))  # type: ignore[misc]
                while time.monotonic() < until and (doing := self._next(viewer)) != "close":
                    self._did[doing] += 1
                    done.append(doing)
                    await self._ways[doing](self, viewer)
                    await asyncio.sleep(self._chance.uniform(0, PAUSE))
                self._did["close"] += 1
            except (TimeoutError, OSError) as error:
                last = f"{viewer.title}: …{' '.join(viewer.text().split())[-80:]}"
                self._problems.append(
                    f"{self._name}, {', '.join(done)}: {type(error).__name__} {error} ({viewer.stand}; {last})"
                )
            await viewer.close()
            self._problems += [f"{self._name}, {doing}: the page showed {error}" for error in viewer.errors]

    def _address(self) -> str:
        lanes = self._chance.sample(LANES, self._chance.randint(1, 3))
        asked = [f"{lane}|{model_for(lane, self._model())}|live" for lane in lanes]
        if len(asked) == 1:
            return f"/?{urlencode({'with': asked[0]})}"
        return f"/compare?{urlencode([('lane', lane) for lane in asked])}"

    def _model(self) -> str:
        speed = self._chance.choice(SPEEDS)
        if self._chance.random() >= FAULTY:
            return speed
        # A word of its own: what fails once is known by the model's name.
        return f"sim-fault-{self._chance.choice(FAULTS)}.{speed}.{self._name}x{self._questions}"

    def _next(self, viewer: Viewer) -> str:
        can = {"go": 2, "reload": 1, "drop": 1, "close": 0.5, "look": 2}
        if viewer.find("chat_input"):
            can["ask"] = 8
        for name, button in BUTTONS.items():
            if viewer.find("button", button):
                can[name] = 2
        return self._chance.choices(list(can), list(can.values()))[0]

    def away(self) -> float:
        """Seconds until the network is there again: soon, or after the server has forgotten the session. Not just as it
        forgets: Streamlit trips over a session that is taken up at the very moment at which its time is over."""
        return self._chance.choice((0.0, FORGOTTEN + 2.0)) + self._chance.uniform(0.2, 1.0)

    async def _ask(self, viewer: Viewer) -> None:
        self._questions += 1
        await viewer.ask(f"{self._chance.choice(PROMPTS)} [soak {self._name}-{self._questions}]")
        if self._chance.random() < 0.5:  # some wait for the end, unless they have to go
            await viewer.until(lambda: viewer.idle or time.monotonic() > self._until, 120)

    async def _go(self, viewer: Viewer) -> None:
        await viewer.go(self._chance.choice(TITLES))

    async def _look(self, viewer: Viewer) -> None:
        await asyncio.sleep(self._chance.uniform(0, 2 * PAUSE))

    _ways: dict[str, Callable[[Person, Viewer], Awaitable[None]]] = {}  # noqa: RUF012 (filled below)


def _press(button: str) -> Callable[[Person, Viewer], Awaitable[None]]:
    async def press(_: Person, viewer: Viewer) -> None:
        await viewer.click(button)

    return press


BUTTONS = {
    "stop": "stop",
    "stop all": "stop-all",
    "regenerate": "Regenerate",
    "retry": "Retry",
    "ask again": "Ask again",
    "replay": "Replay",
    "pause": "Pause",
    "step": "Step",
    "close replay": "Close",
    "new conversation": "New conversation",
    "new comparison": "New comparison",
    "test connection": "Test connection",
}
Person._ways = {
    "ask": Person._ask,
    "go": Person._go,
    "look": Person._look,
    "reload": lambda _, viewer: viewer.reload(),
    "drop": lambda person, viewer: viewer.drop(person.away()),
    **{name: _press(button) for name, button in BUTTONS.items()},
}


def report(outcome: Outcome) -> list[str]:
    did = ", ".join(f"{what} {count:,}" for what, count in outcome.did.most_common())
    return [
        f"done                  {did}",
        f"new                   {outcome.measured.new}",
        f"before                {outcome.measured.before}",
        f"most at once          {outcome.measured.peak}",
        f"after                 {outcome.measured.after}",
        *outcome.words.told,
        *(f"PROBLEM {problem}" for problem in outcome.problems),
        "It holds." if not outcome.problems else f"It does not hold: {len(outcome.problems)} problems.",
    ]


if __name__ == "__main__":
    sys.exit(main())
