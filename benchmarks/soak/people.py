"""People of a soak: each does one thing after the other, by chance, as soon as the page offers it."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, deque
from urllib.parse import urlencode

from playwright.async_api import Error as PlaywrightError

from tests.support.viewer import Viewer

FORGOTTEN = 3  # seconds after which the server forgets a session whose tab was closed; by default it takes two minutes
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
BUTTONS = {  # by what is done: the key or the label
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


def model_for(lane: str, name: str) -> str:
    return f"anthropic.{name}" if lane == "bedrock|invoke" else name


class Person:
    """Somebody without a browser. What they do is counted in `did`."""

    prefix = ""

    def __init__(self, name: str, url: str, chance: random.Random, did: Counter[str], problems: list[str]) -> None:
        self.name, self.url, self.chance, self.problems = name, url, chance, problems
        self.until = 0.0
        self._did = did
        self._questions = 0

    async def live(self, until: float) -> None:
        self.until = until
        while time.monotonic() < until:
            done = deque(["open"], maxlen=6)
            try:
                await self.open()
                while time.monotonic() < until and (doing := self._chosen(await self.can())) != "close":
                    self._did[f"{self.prefix}{doing}"] += 1
                    done.append(doing)
                    await self.do(doing)
                    await asyncio.sleep(self.chance.uniform(0, PAUSE))
                self._did["close"] += 1
            except (TimeoutError, OSError, PlaywrightError) as error:
                first = f"{type(error).__name__} {str(error).splitlines()[:1]}"
                self.problems.append(f"{self.name}, {', '.join(done)}: {first} ({self.where()})")
            for shown in await self.close():
                self.problems.append(f"{self.name}, {done[-1]}: the page showed {shown}")

    def prompt(self, text: str) -> str:
        """The text, with a word of its own, by which its answers are known."""
        self._questions += 1
        return f"{text} [soak {self.name}-{self._questions}]"

    def model(self) -> str:
        speed = self.chance.choice(SPEEDS)
        if self.chance.random() >= FAULTY:
            return speed
        # A word of its own: what fails once is known by the model's name.
        return f"sim-fault-{self.chance.choice(FAULTS)}.{speed}.{self.name}x{self._questions}"

    def _chosen(self, can: dict[str, float]) -> str:
        return self.chance.choices(list(can), list(can.values()))[0]

    async def open(self) -> None:
        lanes = self.chance.sample(LANES, self.chance.randint(1, 3))
        asked = [f"{lane}|{model_for(lane, self.model())}|live" for lane in lanes]
        page = f"/?{urlencode({'with': asked[0]})}"
        if len(asked) > 1:
            page = f"/compare?{urlencode([('lane', lane) for lane in asked])}"
        self._viewer = Viewer(self.url, page)
        await self._viewer.open()
        await self._viewer.until(lambda: self._viewer.idle or bool(self._viewer.text()))

    async def can(self) -> dict[str, float]:
        """What can be done now, and how likely each is."""
        there = {name: 2.0 for name, button in BUTTONS.items() if self._viewer.find("button", button)}
        asks = {"ask": 8.0} if self._viewer.find("chat_input") else {}
        return {"go": 2, "reload": 1, "drop": 1, "close": 0.5, "look": 2, **asks, **there}

    async def do(self, doing: str) -> None:
        viewer, chance = self._viewer, self.chance
        match doing:
            case "ask":
                await viewer.ask(self.prompt(chance.choice(PROMPTS)))
                if chance.random() < 0.5:  # some wait for the end, unless they have to go
                    await viewer.until(lambda: viewer.idle or time.monotonic() > self.until, 120)
            case "go":
                await viewer.go(chance.choice(TITLES))
            case "look":
                await asyncio.sleep(chance.uniform(0, 2 * PAUSE))
            case "reload":
                await viewer.reload()
            case "drop":
                # The network is there again soon, or after the server has forgotten the session. Not just as it forgets
                # it: Streamlit trips over a session that is taken up at the very moment at which its time is over.
                await viewer.drop(chance.choice((0.0, FORGOTTEN + 2.0)) + chance.uniform(0.2, 1.0))
            case _:
                await viewer.click(BUTTONS[doing])

    def where(self) -> str:
        """Where the person is, for a problem."""
        last = " ".join(self._viewer.text().split())[-80:]
        return f"{self._viewer.stand}; {self._viewer.title}: …{last}"

    async def close(self) -> list[str]:
        """Leave. The errors that the page showed."""
        await self._viewer.close()
        return self._viewer.errors
