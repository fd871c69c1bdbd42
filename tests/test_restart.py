"""An app that is told to end in the midst of several answers: it ends, and the next start has their words."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from contextlib import AsyncExitStack, closing
from pathlib import Path

import pytest

from replies.conversation import Comparison, Conversation
from replies.reply import Reply
from replies.store import Store
from simulator import Exchange, Simulator
from tests.browser.server import hostile
from tests.support.app import App, serve
from tests.support.viewer import Viewer

PROMPT = "Tell me about history of Cricket in 200 words."
MODEL = "sim-slow"  # speaks for half a minute
CHATS, LANES = 3, ("openai|chat", "bedrock|converse", "watsonx|chat")
MAY_BE_MISSING = 2.5  # seconds; a machine that is busy with other tests takes its time
ENDS = 60.0  # seconds at most; it is to end within 5


@pytest.fixture
def upstream() -> Simulator:
    return Simulator()


async def in_progress(app: App, stack: AsyncExitStack, chats: int = CHATS) -> list[Viewer]:
    """So many conversations and a comparison of three lanes, each of which shows words already; the pages stay open."""
    viewers = []
    for number in range(chats):
        viewer = await stack.enter_async_context(Viewer(app.url, f"/?with={LANES[number % 3]}|{MODEL}|live"))
        await viewer.ask(f"{PROMPT} (chat {number})")
        viewers.append(viewer)
    query = "&".join(f"lane={lane}|{MODEL}|live" for lane in LANES)
    comparing = await stack.enter_async_context(Viewer(app.url, f"/compare?{query}"))
    await comparing.ask(f"{PROMPT} (lanes)")
    for viewer in viewers:
        await viewer.until(lambda viewer=viewer: "Cricket" in viewer.text("answer-0"))  # type: ignore[misc]
    for place in range(len(LANES)):
        await comparing.until(lambda place=place: "Cricket" in comparing.text(f"lane-{place}"))  # type: ignore[misc]
    return [*viewers, comparing]


async def terminate(app: App, recorded: Comparison) -> float:
    """Tell the app to end while people watch, one of them a replay that is paused; the moment at which it was told."""
    async with AsyncExitStack() as stack:
        await in_progress(app, stack)
        replaying = await stack.enter_async_context(Viewer(app.url, f"/compare?c={recorded.id}"))
        await replaying.click("Replay")
        await replaying.click("Pause")
        await replaying.until(lambda: replaying.find("button", "Resume") is not None)
        told = time.monotonic()
        app.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(app.process.wait, ENDS)
    return told


def test_sigterm_ends_an_app_amid_answers_and_the_next_start_has_their_words(
    upstream: Simulator, tmp_path: Path
) -> None:
    recorded = hostile.comparison()
    with closing(Store(folder=tmp_path)) as store:
        store.keep(recorded)
    with upstream:
        environment = upstream.environment() | {"STREAMSIDE_DATA": str(tmp_path)}
        with serve(**environment) as app:  # which also looks for warnings in its log
            told = asyncio.run(terminate(app, recorded))
            assert app.process.returncode == 0
        with sqlite3.connect(tmp_path / "streamside.db") as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        with serve(**environment) as again:
            asyncio.run(look(again, tmp_path, upstream.log, told))


async def look(again: App, folder: Path, log: list[Exchange], told: float) -> None:
    """After the next start: each answer stands there, marked, with all but the last words that were sent."""
    with closing(Store(folder=folder)) as store:
        items = [store.conversation(one.id) or store.comparison(one.id) for one in store.history(words="cricket")]
    found = [item for item in items if item is not None and not any(r.asked.recorded for r in replies_of(item))]
    assert sum(len(replies_of(item)) for item in found) == CHATS + len(LANES)
    for item in found:
        page = "/compare" if isinstance(item, Comparison) else "/"
        async with Viewer(again.url, f"{page}?c={item.id}") as viewer:
            await viewer.until(lambda viewer=viewer: viewer.idle)  # type: ignore[misc]
            for place, reply in enumerate(replies_of(item)):
                assert (reply.state, reply.error and reply.error.kind) == ("interrupted", "interrupted")
                shown = viewer.text(f"lane-{place}" if page == "/compare" else "answer-0")
                assert "Streamside ended while this answer came" in shown
                assert reply.text.partition("\n")[0] in shown
                prompt = reply.asked.request.messages[-1].content
                sent = next(
                    one
                    for one in log
                    if one.streamed and prompt in str(one.body) and one.vendor == reply.asked.provider
                )
                assert "".join(text for _, text in sent.sends).startswith(reply.text)
                long_ago = [text for moment, text in sent.sends if moment <= told - MAY_BE_MISSING]
                assert len(reply.text) >= len("".join(long_ago))


def replies_of(item: Conversation | Comparison) -> list[Reply]:
    return item.replies if isinstance(item, Comparison) else [turn.reply for turn in item.turns]
