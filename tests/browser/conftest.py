"""The app as a person meets it: a real server, a real browser."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from simulator import Simulator
from tests.support.app import App, serve
from tests.support.chromium import LAUNCH_ARGS, require

__all__ = ["PATIENCE", "App", "Serve", "serve"]

PATIENCE = 60_000  # milliseconds until something that must come is given up
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="package")
def app() -> Iterator[App]:
    """The app as a newcomer starts it: no key, so its own simulator answers."""
    with serve() as started:
        yield started


@pytest.fixture(scope="package")
def upstream() -> Iterator[Simulator]:
    """A simulator that the app takes for the real services, so that a test can see what reaches them."""
    with Simulator() as running:
        yield running


@pytest.fixture(scope="package")
def live_app(upstream: Simulator) -> Iterator[App]:
    with serve(**upstream.environment()) as started:
        yield started


# Of the package, since Playwright keeps an event loop running in this thread for as long as it is there.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = require()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=LAUNCH_ARGS)
        yield browser
        browser.close()


# `make test` tries one case of each kind; these are more of a kind that another case stands for there.
MORE_OF_A_KIND = re.compile(
    r"""(?x)
    accessibility.*(\[(why_stream|history|leaderboard)\]|folded)|test_sticky_sessions|test_back.*on_compare
    |benchmark_page.*\[(a\ text\ node|HTML|nodes|the\ place)
    |test_access.*(evil.example-http|localhost:3000|-null|only_this_machine|nothing_is_uploaded|in_a_frame)
    |test_chat.*(appears_as_it|that_is_gone|sim-fault-cut|keeps_the_first)|test_compare.*(three_lanes|error_stays|new_)
    |test_history.*(opened_again|first_day|deleting_everything|broken_file|be_a_recording|json_and_markdown|restart)
    |test_hostile|test_killed|test_lanes.*(six_lanes|full_width|shared_by|stays)
    |test_next_question.*\[(is_watched|is_left|has_|is_asked|is_opened|is_regenerated)|two_tabs_that
    |though_its_page|retry_and_ask|second_tab_shows
    |test_reading.*(chat-100|lane-50|720-2-|900-[46]-|sim-fault|9000x50)
    |test_report.*(\[(<|\]\]>|"|&lt|\{\{|320|800|390|light)|slider|printed|prints|one_after|steps_let|pause_holds)
    |test_sign_in|test_voting.*five_runs|test_why_stream.*(reload|click|again_leaves)
    """
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent and MORE_OF_A_KIND.search(item.nodeid):
            item.add_marker(pytest.mark.exhaustive)


Serve: TypeAlias = Callable[..., App]


@pytest.fixture
def start() -> Iterator[Serve]:
    """Starts apps as `serve` does, for one test; they end after its page has."""
    with ExitStack() as stack:
        yield lambda *script, **environment: stack.enter_context(serve(*script, **environment))


@pytest.fixture
def page(chromium: Browser, start: Serve) -> Iterator[Page]:
    """A page of a browser that was never here before. It and its context's other pages must ask nobody but the app, and
    complain of nothing."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    strangers: list[str] = []
    context.on("console", lambda message: complaints.append(message.text) if _is_complaint(message) else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("request", lambda request: strangers.append(request.url) if _is_strange(request.url) else None)
    yield context.new_page()
    context.close()
    assert not strangers, f"the page asked strangers: {strangers}"
    assert not complaints, f"the browser complained: {complaints}"


def _is_complaint(message: ConsoleMessage) -> bool:
    # Opened at a page's own address, as at /compare, Streamlit's front end first looks for its server below that
    # address, and finds 404 there.
    return message.type == "error" and not re.search(r"//[^/]+/\w+/_stcore/", message.location["url"])


def _is_strange(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in ("data", "blob") and parts.hostname not in ("127.0.0.1", "localhost")
