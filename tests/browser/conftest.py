"""Fixtures of the browser tests: a real server, a real browser."""

import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple, TypeAlias
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from simulator import Simulator
from tests.browser.chromium import LAUNCH_ARGS, require
from tests.guard import guarded_environment

ROOT = Path(__file__).parents[2]
START = 60.0  # seconds a server may take until it answers, and until it is gone
PATIENCE = 60_000  # milliseconds until something that must come is given up
expect.set_options(timeout=PATIENCE)


class App(NamedTuple):
    url: str
    log: Path
    process: "subprocess.Popen[bytes]"


@contextmanager
def serve(script: str = "app.py", expected: str = "", **environment: str) -> Iterator[App]:
    """The app, or another script, with these variables.

    A warning or a traceback in its log is a failure, but for lines that hold what is `expected`.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        environment.setdefault("STREAMSIDE_DATA", folder)
        with log.open("w") as written:
            server = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)],
                cwd=ROOT,
                env=guarded_environment(**environment),
                stdout=written,
                stderr=subprocess.STDOUT,
            )
        try:
            app = App(f"http://127.0.0.1:{port}", log, server)
            _wait_until_healthy(app)
            yield app
        finally:
            server.terminate()
            server.wait(START)
        output = log.read_text().splitlines()
        said = "\n".join(entry for entry in output if not expected or expected not in entry)
        assert not any(word in said for word in ("Traceback", "Error", "Warning", "WARNING")), said


def _wait_until_healthy(app: App) -> None:
    end = time.monotonic() + START
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{app.url}/_stcore/health", timeout=1) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            assert app.process.poll() is None, app.log.read_text()
            time.sleep(0.1)
    raise TimeoutError(app.log.read_text())


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
    accessibility.*\[(why_stream|history|leaderboard)\]|test_sticky_sessions
    |benchmark_page.*\[(a\ text\ node|HTML|nodes|the\ place)
    |test_chat.*(appears_as_it|that_is_gone|sim-fault-cut)|test_compare.*(three_lanes|error_stays)
    |test_access.*(evil.example-http|localhost:3000|-null|only_this_machine|nothing_is_uploaded)
    |test_history.*(opened_again|first_day|deleting_everything|broken_file|be_a_recording|json_and_markdown)
    |test_hostile.*choke|test_lanes.*(six_lanes|full_width|shared_by)
    |test_next_question.*\[(is_watched|is_left|has_|is_asked)|comparison_that\[is_opened
    |though_its_page|retry_and_ask|second_tab_shows
    |test_reading.*(chat-100|lane-50|720-2-|900-4-|sim-fault)
    |test_report.*\[(<|\]\]>|"|&lt|\{\{|320|800)|test_sign_in.*(not_signed_in|not_invited)
    |test_why_stream.*(reload|click)
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
