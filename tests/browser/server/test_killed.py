"""The app, killed without a warning: twice, with three answers in progress, each at a moment of its own.

`tests.store.test_killed` does it forty times, without a browser.
"""

import random
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from providers import Reasoning
from replies.reply import Reply
from replies.store import Store
from simulator import Exchange, Simulator
from tests.browser.conftest import Serve, serve
from tests.browser.steps import CRICKET, answer, ask, complete, open_page, squeezed

KILLS, PAGES = 2, 3
LONGEST = 1.2  # seconds between two questions, and from the last one to the kill
MAY_BE_MISSING = 2.5  # seconds; a machine that is busy with other tests takes its time


def prompt(kill: int, place: int) -> str:
    return f"{CRICKET} ({kill}-{place})"


def test_what_had_arrived_is_there_after_the_next_start(
    chromium: Browser, page: Page, start: Serve, upstream: Simulator, tmp_path: Path
) -> None:
    chance = random.Random(5)
    environment = {**upstream.environment(), "STREAMSIDE_DATA": str(tmp_path)}
    killed: list[float] = []
    address = ""
    for kill in range(KILLS):
        context = chromium.new_context()
        with serve(**environment) as app:
            pages = [context.new_page() for _ in range(PAGES)]
            for each in pages:
                open_page(each, f"{app.url}/?with=openai|chat|sim-typical|live")
            for place, each in enumerate(pages):
                ask(each, prompt(kill, place))
                time.sleep(chance.uniform(0, LONGEST))
            expect(answer(pages[-1])).to_contain_text("Cricket")
            time.sleep(chance.uniform(0, LONGEST))
            killed.append(time.monotonic())
            app.process.kill()
            app.process.wait()
            address = pages[-1].url.split("?")[1]
        context.close()

    second = start(**environment)  # the next start
    page.goto(f"{second.url}/?{address.replace('sim-typical', 'sim-fast')}")
    expect(page.get_by_test_id("stAlertTitle")).to_have_text("Broken off")
    shown = squeezed(answer(page).inner_text())
    store = Store(folder=tmp_path)
    for kill in range(KILLS):
        for place in range(PAGES):
            reply = kept(store, prompt(kill, place))
            sent = exchange(upstream, prompt(kill, place))
            assert (reply.state, reply.error and reply.error.kind) == ("interrupted", "interrupted")
            assert "".join(text for _, text in sent.sends).startswith(reply.text)  # nothing twice, nothing left out
            long_ago = "".join(text for moment, text in sent.sends if moment <= killed[kill] - MAY_BE_MISSING)
            assert len(reply.text) >= len(long_ago)
            assert not any(isinstance(text, Reasoning) for _, text in reply.chunks)
    assert squeezed(kept(store, prompt(KILLS - 1, PAGES - 1)).text) in shown
    store.close()
    page.get_by_role("button", name="Regenerate").click()
    expect(complete(page)).to_be_visible()


def kept(store: Store, prompt: str) -> Reply:
    (entry,) = [entry for entry in store.history(words=CRICKET, limit=100) if entry.title == prompt]
    conversation = store.conversation(entry.id)
    assert conversation is not None
    (turn,) = conversation.turns
    (reply,) = turn.replies
    return reply


def exchange(simulator: Simulator, prompt: str) -> Exchange:
    (found,) = [one for one in simulator.log if one.streamed and prompt in str(one.body)]
    return found
