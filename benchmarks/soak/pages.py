"""People of a soak who use a real browser: what only Chromium does, while the others keep the server busy."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from playwright.async_api import Browser, async_playwright
from playwright.async_api import Error as PlaywrightError

from benchmarks.soak.people import PROMPTS, Person
from tests.support.chromium import LAUNCH_ARGS, require

PATIENCE = 120_000  # milliseconds
PRESS = 2_000  # milliseconds; what is to be pressed may be gone by then
MAIN = "stMainBlockContainer"  # on every page; what is around it depends on whether there is a chat input
PROMPT = "stChatInputTextArea"
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
ADDRESSES = (
    "/?with=openai|chat|sim-brisk|live",
    "/?with=bedrock|converse|sim-fault-cut.sim-fast|live",
    "/compare?lane=openai|chat|sim-fast|live&lane=watsonx|chat|sim-brisk|live",
    "/why_stream",
    "/history",
)
BUTTONS = {
    "stop": ".st-key-stop button",
    "stop all": ".st-key-stop-all button",
    "regenerate": "button:has-text('Regenerate')",
    "new conversation": "button:has-text('New conversation')",
    "new comparison": "button:has-text('New comparison')",
}


async def in_chromium(
    url: str, people: Mapping[str, random.Random], until: float, did: Counter[str], problems: list[str]
) -> None:
    """One page for each of the people, in one browser."""
    path = await asyncio.to_thread(require)  # it is tried, and meanwhile the others go on
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=LAUNCH_ARGS)
        await asyncio.gather(
            *(PagePerson(browser, name, url, chance, did, problems).live(until) for name, chance in people.items())
        )
        await browser.close()


class PagePerson(Person):
    """Somebody at a page in Chromium."""

    prefix = "Chromium: "

    def __init__(
        self, browser: Browser, name: str, url: str, chance: random.Random, did: Counter[str], problems: list[str]
    ) -> None:
        super().__init__(name, url, chance, did, problems)
        self._browser = browser

    async def open(self) -> None:
        self._page = await self._browser.new_page()
        self._shown: list[str] = []
        self._page.set_default_timeout(PATIENCE)
        self._page.on("pageerror", lambda error: self._shown.append(str(error)))
        await self._page.goto(self.url + self.chance.choice(ADDRESSES))
        await self._arrive()

    async def can(self) -> dict[str, float]:
        if shown := await self._page.get_by_test_id("stException").all_inner_texts():
            self._shown += shown
            return {"close": 1}
        can = {"reload": 1.0, "look": 3.0, "close": 0.5}
        if await self._page.get_by_test_id(PROMPT).filter(visible=True).count():
            can["ask"] = 5
        return can | {name: 2 for name, selector in BUTTONS.items() if await self._page.locator(selector).count()}

    async def do(self, doing: str) -> None:
        if doing == "reload":
            await self._page.reload()
            await self._arrive()
        elif doing == "ask":
            with suppress(PlaywrightError):  # it takes nothing while an answer comes, and one may have begun
                await self._page.get_by_test_id(PROMPT).fill(self.prompt(PROMPTS[0]), timeout=PRESS)
                await self._page.get_by_test_id(PROMPT).press("Enter", timeout=PRESS)
            if self.chance.random() < 0.5:  # some wait for the end
                await self._page.wait_for_selector(IDLE)
        elif doing in BUTTONS:
            with suppress(PlaywrightError):  # it has gone meanwhile, with the answer that it stopped
                await self._page.locator(BUTTONS[doing]).first.click(timeout=PRESS)

    async def _arrive(self) -> None:
        """Most wait until the page is whole, which takes a busy server seconds; others are too fast for it."""
        await self._page.get_by_test_id(MAIN).wait_for()
        if self.chance.random() < 0.8:
            await self._page.wait_for_selector(IDLE)

    def where(self) -> str:
        return self._page.url

    async def close(self) -> list[str]:
        await self._page.close()
        return self._shown
