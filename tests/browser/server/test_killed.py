"""The app, killed without a warning while two pages' answers come, and what is there after the next start.

`tests.store.test_killed` kills at random moments, without a browser, and says how much may be missing.
"""

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from replies.reply import Reply
from replies.store import Store
from simulator import Simulator
from tests.browser.conftest import Serve, serve
from tests.browser.steps import CRICKET, ENDLESS, answer, complete, numbers, open_page, wait_until

PROMPTS = (f"{CRICKET} (one)", f"{CRICKET} (two)")


def test_what_had_arrived_is_there_after_the_next_start(
    chromium: Browser, page: Page, start: Serve, upstream: Simulator, tmp_path: Path
) -> None:
    environment = {**upstream.environment(), "STREAMSIDE_DATA": str(tmp_path)}
    context = chromium.new_context()
    with serve(**environment) as app:
        pages = {prompt: context.new_page() for prompt in PROMPTS}
        for prompt, each in pages.items():
            open_page(each, f"{app.url}/?with=openai|chat|{ENDLESS}|live", prompt)
        for each in pages.values():
            wait_until(each, lambda each=each: len(numbers(answer(each))) > 10, "some words")  # type: ignore[misc]
        app.process.kill()
        app.process.wait()
        address = pages[PROMPTS[1]].url.split("?")[1]
    context.close()
    second = start(**environment)
    page.goto(f"{second.url}/?{address.replace(ENDLESS, 'sim-fast')}")
    expect(page.get_by_test_id("stAlertTitle")).to_have_text("Broken off")
    shown = numbers(answer(page))
    store = Store(folder=tmp_path)
    replies = [kept(store, prompt) for prompt in PROMPTS]
    store.close()
    for reply in replies:
        assert (reply.state, reply.error and reply.error.kind) == ("interrupted", "interrupted")
        assert count(reply) == list(range(len(count(reply))))  # nothing twice, nothing left out
        assert len(count(reply)) > 1
    assert shown == count(replies[-1])
    page.get_by_role("button", name="Regenerate").click()
    expect(complete(page)).to_be_visible()


def count(reply: Reply) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", reply.text)]


def kept(store: Store, prompt: str) -> Reply:
    (entry,) = [entry for entry in store.history(words=CRICKET, limit=100) if entry.title == prompt]
    conversation = store.conversation(entry.id)
    assert conversation is not None
    (turn,) = conversation.turns
    (reply,) = turn.replies
    return reply
