"""Whom Chromium asks while it shows answers that mean harm: `python -m benchmarks.requests_made`, a minute.

The answers of `tests.browser.hostile`, full of remote pictures, scripts, frames and styles, are opened on every page,
replayed, and exported as a report, which is opened from disk and from a server. Printed is who was asked from which
page and how often, as the pages saw it, and then what Chromium's network log says of the same: every request, every
connection that was opened, and every name that was looked up. The exit status is 1 where that was anybody but the app.

    python -m benchmarks.requests_made --log network.json     # keep Chromium's network log, for netlog-viewer
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect, sync_playwright

from replies.store import Store
from tests.browser import hostile
from tests.browser.chromium import LAUNCH_ARGS, require
from tests.browser.conftest import App, serve
from tests.browser.steps import IDLE
from tests.browser.test_hostile import download, served

HERE = {"127.0.0.1", "localhost", ""}  # "" is a file


class Asked:
    """Who was asked while each page was open."""

    def __init__(self) -> None:
        self.pages: dict[str, Counter[str]] = {}
        self._now: Counter[str] = Counter()

    def watch(self, page: Page) -> None:
        page.on("request", lambda request: self._now.update([origin(request.url)]))
        page.on("websocket", lambda socket: self._now.update([origin(socket.url)]))

    def at(self, name: str) -> None:
        """From now on this page is open."""
        self._now = self.pages.setdefault(name, Counter())


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}:" if parts.scheme in {"data", "blob", "file"} else f"{parts.scheme}://{parts.netloc}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--log", type=Path, help="where to leave Chromium's network log")
    wanted = parser.parse_args()
    asked = Asked()
    with tempfile.TemporaryDirectory(prefix="streamside-requests-") as name, sync_playwright() as playwright:
        folder = Path(name)
        log = wanted.log or folder / "network.json"
        chat, comparison = hostile.conversation(), hostile.comparison()
        with closing(Store(folder=folder)) as store:
            store.keep(chat, comparison)
        with serve(STREAMSIDE_DATA=name) as app, served(folder) as address:
            browser = playwright.chromium.launch(
                executable_path=require(), args=[*LAUNCH_ARGS, f"--log-net-log={log.absolute()}"]
            )
            visit(browser, asked, app, folder, address, chat.id, comparison.id)
            browser.close()
        network = Network(json.loads(log.read_text()))
    print(f"The app is {app.url}; {address} serves the exported reports.\n")
    print(f"{'page':<28}{'asked':<40}{'requests':>8}")
    for page, origins in asked.pages.items():
        for number, (who, count) in enumerate(sorted(origins.items())):
            print(f"{'' if number else page:<28}{who:<40}{count:>8,}")
    print(f"\nChromium's network log: {network.requests.total():,} requests")
    for title, found in (
        ("asked", network.requests),
        ("connected to", network.connected),
        ("looked up", network.names),
    ):
        print(f"{title:<28}{', '.join(f'{who} ({count:,})' for who, count in found.most_common()) or 'nobody'}")
    everybody = [who for origins in asked.pages.values() for who in origins] + network.everybody
    strangers = sorted({who for who in everybody if (urlsplit(who).hostname or "") not in HERE})
    print(f"\n{'Strangers: ' + ', '.join(strangers) if strangers else 'Nobody else was asked.'}")
    return 1 if strangers else 0


def visit(browser: Browser, asked: Asked, app: App, folder: Path, address: str, chat: str, comparison: str) -> None:
    """Open what there is to open, and every part of it that is folded away."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    asked.watch(page)
    asked.at("History")
    page.goto(f"{app.url}/history")
    expect(page.get_by_test_id("stMain").get_by_role("button").filter(has_text="![prompt]")).to_have_count(2)
    asked.at("Chat")
    page.goto(f"{app.url}/?c={chat}")
    page.get_by_text("Thoughts").click()
    page.get_by_role("button", name="Source").first.click()
    page.keyboard.press("Escape")
    asked.at("Chat, replayed")
    page.get_by_role("button", name="Replay").first.click()
    page.get_by_text("At once").click()
    expect(page.get_by_text("complete")).to_be_visible()
    asked.at("Chat, exported")
    download(page, folder, "chat.html")
    asked.at("Compare")
    page.goto(f"{app.url}/compare?c={comparison}")
    expect(page.get_by_text("complete · n = 1")).to_have_count(2)
    for tab in page.get_by_role("tab").all():
        tab.click()
        page.wait_for_selector(IDLE)
    asked.at("Compare, exported")
    download(page, folder, "compare.html")
    asked.at("Why streaming")
    page.goto(f"{app.url}/why_stream?c={comparison}")
    expect(page.locator(".st-key-lane-awaited")).to_contain_text("And :red[more].")
    asked.at("Leaderboard")
    page.goto(f"{app.url}/leaderboard")
    expect(page.get_by_role("heading", name="Leaderboard")).to_be_visible()
    page.wait_for_selector(IDLE)
    page.close()
    for report in ("chat.html", "compare.html"):
        for name, url in (("from disk", (folder / report).as_uri()), ("from a server", f"{address}/{report}")):
            page = browser.new_page()
            asked.watch(page)
            asked.at(f"{report} {name}")
            page.goto(url)
            page.get_by_role("button", name="Play", exact=True).click()
            page.get_by_role("button", name="To the end").click()
            page.wait_for_timeout(500)  # for what would be asked a little later
            page.close()


class Network:
    """What Chromium's network log tells."""

    def __init__(self, log: dict[str, object]) -> None:
        types: dict[str, int] = log["constants"]["logEventTypes"]  # type: ignore[index]
        names = {number: name for name, number in types.items()}
        self.requests: Counter[str] = Counter()
        self.connected: Counter[str] = Counter()
        self.names: Counter[str] = Counter()
        for event in log["events"]:  # type: ignore[attr-defined]
            told = event.get("params") or {}
            match names.get(event["type"]):
                case "URL_REQUEST_START_JOB" if "url" in told:
                    self.requests[origin(told["url"])] += 1
                case "TCP_CONNECT_ATTEMPT" if "address" in told:
                    self.connected[told["address"]] += 1
                case "HOST_RESOLVER_MANAGER_REQUEST" if "host" in told:
                    self.names[told["host"]] += 1

    @property
    def everybody(self) -> list[str]:
        """Whoever was asked, connected to or looked up, as addresses."""
        return [*self.requests, *(who if "//" in who else f"tcp://{who}" for who in (*self.connected, *self.names))]


if __name__ == "__main__":
    sys.exit(main())
