"""The app as a person meets it: a real server, a real browser."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TypeAlias
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from simulator import Simulator
from tests.support.app import App, serve
from tests.support.chromium import LAUNCH_ARGS, require

__all__ = ["PATIENCE", "App", "Serve", "serve"]

PATIENCE = 60_000  # milliseconds until something that must come is given up
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def app() -> Iterator[App]:
    """The app as a newcomer starts it: no key, so its own simulator answers."""
    with serve() as started:
        yield started


@pytest.fixture(scope="session")
def upstream() -> Iterator[Simulator]:
    """A simulator that the app takes for the real services, so that a test can see what reaches them."""
    with Simulator() as running:
        yield running


@pytest.fixture(scope="session")
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


Serve: TypeAlias = Callable[..., App]


@pytest.fixture
def start() -> Iterator[Serve]:
    """Starts apps as `serve` does, for one test; they end after its page has."""
    with ExitStack() as stack:
        yield lambda *script, **environment: stack.enter_context(serve(*script, **environment))


@pytest.fixture(scope="package")
def context(chromium: Browser) -> BrowserContext:
    """One for all tests' pages: it keeps what it has fetched of the app, so that the next page is there sooner."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    return context


@pytest.fixture
def page(context: BrowserContext, start: Serve) -> Iterator[Page]:
    """A page of a browser that remembers nothing. It and its context's other pages must ask nobody but the app, and
    complain of nothing."""
    complaints: list[str] = []
    strangers: list[str] = []
    listeners: dict[str, Callable[..., None]] = {
        "console": lambda message: complaints.append(message.text) if _is_complaint(message) else None,
        "weberror": lambda error: complaints.append(str(error.error)),
        "request": lambda request: strangers.append(request.url) if _is_strange(request.url) else None,
    }
    for event, heard in listeners.items():
        context.on(event, heard)  # type: ignore[call-overload]
    yield context.new_page()
    for each in context.pages:
        each.evaluate("try { localStorage.clear() } catch {}")  # a page that could not be loaded has none
        each.close()
    context.clear_cookies()
    for event, heard in listeners.items():
        context.remove_listener(event, heard)
    assert not strangers, f"the page asked strangers: {strangers}"
    assert not complaints, f"the browser complained: {complaints}"


def _is_complaint(message: ConsoleMessage) -> bool:
    # Opened at a page's own address, as at /compare, Streamlit's front end first looks for its server below that
    # address, and finds 404 there.
    return message.type == "error" and not re.search(r"//[^/]+/\w+/_stcore/", message.location["url"])


def _is_strange(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in ("data", "blob") and parts.hostname not in ("127.0.0.1", "localhost")
