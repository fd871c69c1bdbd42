"""What was sent from a page that the server has left meanwhile, as by whoever is quicker than a busy server."""

import asyncio

from benchmarks.viewer import Viewer
from tests.browser.conftest import App


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
