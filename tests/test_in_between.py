"""What somebody does before the page is ready for it, by a viewer that is quicker than people."""

import asyncio
from collections.abc import Iterator

import pytest

from benchmarks.viewer import Viewer
from tests.browser.conftest import App, serve


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with serve() as started:
        yield started


def test_a_question_from_a_page_that_was_left_is_no_error(app: App) -> None:
    async def hurry() -> list[str]:
        async with Viewer(app.url, "/compare") as viewer:
            await viewer.until(lambda: viewer.idle and viewer.find("chat_input") is not None)
            left = viewer.find("chat_input")
            for title in ("Chat", "History"):
                await viewer.go(title)
                await viewer.until(lambda: viewer.idle)
            await viewer.ask("Too late?", into=left)
            await viewer.until(lambda: viewer.idle)
            return viewer.errors

    assert asyncio.run(hurry()) == []


def test_a_question_asked_while_a_replay_is_paused_is_answered(app: App) -> None:
    async def go_on() -> None:
        async with Viewer(app.url, "/?with=openai|chat|sim-fast|simulator") as viewer:
            await viewer.ask("Tell me about history of Cricket in 200 words.")
            await viewer.until(lambda: viewer.idle and viewer.find("button", "Replay") is not None)
            await viewer.click("Replay")
            await viewer.click("Pause")
            await viewer.until(lambda: viewer.find("button", "Resume") is not None)
            await viewer.ask("Tell me about history of Cricket in 200 words.")
            await viewer.until(lambda: viewer.idle and viewer.text().count("complete") == 2)
            assert "Cricket" in viewer.text("answer-1")

    asyncio.run(go_on())


def test_a_question_asked_in_the_moment_of_a_click_is_answered(app: App) -> None:
    async def hurry() -> None:
        async with Viewer(app.url, "/?with=openai|chat|sim-instant|simulator") as viewer:
            await viewer.ask("Hello")
            for number in range(5):
                await viewer.until(lambda: viewer.idle and viewer.find("button", "Replay") is not None)
                await viewer.click("Replay")
                await viewer.click("Pause")
                await viewer.until(lambda: viewer.find("button", "Resume") is not None)
                typed_into = viewer.find("chat_input")
                await viewer.click("Step")
                await viewer.ask(f"Question {number}?", into=typed_into)
                await viewer.until(lambda number=number: viewer.idle and f"Question {number}?" in viewer.text())  # type: ignore[misc]
            assert viewer.text().count("complete") == 6

    asyncio.run(hurry())


def test_a_question_asked_while_an_answer_comes_is_asked_after_it(app: App) -> None:
    async def hurry() -> list[str]:
        async with Viewer(app.url, "/?with=openai|chat|sim-brisk|simulator") as viewer:
            await viewer.until(lambda: viewer.idle and viewer.find("chat_input") is not None)
            typed_into = viewer.find("chat_input")
            await viewer.ask("The first?", into=typed_into)
            await viewer.until(lambda: "The first?" in viewer.text())
            await viewer.ask("The second?", into=typed_into)
            await viewer.until(lambda: viewer.idle and viewer.text().count("complete") == 2)
            assert viewer.text().index("The first?") < viewer.text().index("The second?")
            return viewer.errors

    assert asyncio.run(hurry()) == []


def test_a_follow_up_asked_while_a_comparison_replays_is_answered(app: App) -> None:
    lanes = "lane=openai|chat|sim-instant|simulator&lane=bedrock|converse|sim-instant|simulator"

    async def go_on() -> None:
        async with Viewer(app.url, f"/compare?{lanes}") as viewer:
            await viewer.ask("Hello")
            await viewer.until(lambda: viewer.idle and viewer.find("button", "Replay") is not None)
            typed_into = viewer.find("chat_input")
            await viewer.click("Replay")
            await viewer.click("Pause")
            await viewer.until(lambda: viewer.find("button", "Resume") is not None)
            await viewer.ask("And now?", into=typed_into)
            await viewer.until(lambda: viewer.idle and "And now?" in viewer.text())

    asyncio.run(go_on())
