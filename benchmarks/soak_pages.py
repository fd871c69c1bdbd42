"""People of the soak who sit at a real browser: what only Chromium does, while the others keep the server busy."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from playwright.async_api import Browser, Page, async_playwright
from playwright.async_api import Error as PlaywrightError

from tests.browser.chromium import LAUNCH_ARGS, require

PATIENCE = 120_000  # milliseconds
PRESS = 2_000  # milliseconds; what is to be pressed may be gone by then
MAIN = "stMainBlockContainer"  # on every page; what is around it depends on whether there is a chat input
PROMPT = "stChatInputTextArea"
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
PAUSE = 2.0  # seconds between two things, at most
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
            *(_live(browser, url, name, chance, until, did, problems) for name, chance in people.items())
        )
        await browser.close()


async def _live(
    browser: Browser,
    url: str,
    name: str,
    chance: random.Random,
    until: float,
    did: Counter[str],
    problems: list[str],
) -> None:
    questions = 0
    while time.monotonic() < until:
        context = await browser.new_context()
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: problems.append(f"{name}: {error}"))
        doing = "open"
        try:
            await page.goto(url + chance.choice(ADDRESSES))
            await _arrive(page, chance)
            while time.monotonic() < until and (doing := await _next(page, chance)) != "close":
                did[f"Chromium: {doing}"] += 1
                questions += doing == "ask"
                await _do(page, chance, doing, f"Tell me about Cricket. [soak {name}-{questions}]")
                if doing == "ask" and chance.random() < 0.5:  # some wait for the end
                    await page.wait_for_selector(IDLE)
                await asyncio.sleep(chance.uniform(0, PAUSE))
                if shown := await page.get_by_test_id("stException").all_inner_texts():
                    problems.append(f"{name}, {doing}: the page showed {shown}")
                    break
        except PlaywrightError as error:
            problems.append(f"{name}, {doing}: {error.message.splitlines()[0]} ({page.url})")
        await context.close()


async def _next(page: Page, chance: random.Random) -> str:
    can = {"reload": 1.0, "look": 3.0, "close": 0.5}
    if await page.get_by_test_id(PROMPT).filter(visible=True).count():
        can["ask"] = 5
    for name, selector in BUTTONS.items():
        if await page.locator(selector).count():
            can[name] = 2
    return chance.choices(list(can), list(can.values()))[0]


async def _arrive(page: Page, chance: random.Random) -> None:
    """Most wait until the page is whole, which takes a busy server seconds; others are too fast for it."""
    await page.get_by_test_id(MAIN).wait_for()
    if chance.random() < 0.8:
        await page.wait_for_selector(IDLE)


async def _do(page: Page, chance: random.Random, doing: str, prompt: str) -> None:
    if doing == "reload":
        await page.reload()
        await _arrive(page, chance)
    elif doing == "ask":
        with suppress(PlaywrightError):  # it takes nothing while an answer comes, and one may have begun
            await page.get_by_test_id(PROMPT).fill(prompt, timeout=PRESS)
            await page.get_by_test_id(PROMPT).press("Enter", timeout=PRESS)
    elif doing in BUTTONS:
        with suppress(PlaywrightError):  # it has gone meanwhile, with the answer that it stopped
            await page.locator(BUTTONS[doing]).first.click(timeout=PRESS)
