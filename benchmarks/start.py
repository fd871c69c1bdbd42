"""How soon a fresh process is there: `python -m benchmarks.start`, three minutes.

This app and a bare `st.title` app (`peers/bare.py`) are started in turns, each time as a process of its own, and opened
in Chromium, each time in a context that was never used: no cookies, nothing in its cache, as with a newcomer. Python's
compiled files and the system's file cache are warm. Printed are medians, with the least and the most of all rounds:

- health: `streamlit run` → `/_stcore/health` says ok, asked every 5 ms.
- painted: the page is asked for, at once after that → the frame with its title was painted.
- first word: a suggestion is clicked → the answer's first word is in the DOM, for the model that a newcomer has, whose
  first word the simulator holds back for 0.34 to 0.46 s. At once: as soon as the title was painted. Later: after 4 s.
- TTFT: what the app itself measured, of the first answer of the process and of a later one, clicked at once. The
  simulator holds the first word back for exactly 0.05 s, so what is above that is this machine's.

    python -m benchmarks.start --rounds 9 --warm       # with the scripts in the browser's cache
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks.typewriter.environments import PEERS
from benchmarks.typewriter.figures import Spread, spread
from benchmarks.typewriter.machine import machine
from benchmarks.typewriter.processes import ROOT, free_port
from benchmarks.typewriter.systems import STREAMLIT, page_command
from replies.metrics import first_token
from replies.store import Store
from tests.browser.chromium import LAUNCH_ARGS, require
from tests.guard import forget_the_developer, guarded_environment

PAGE_SIDE = (Path(__file__).parent / "start.js").read_text(encoding="utf-8")
LANES = {"OpenAI": "openai|chat", "Bedrock": "bedrock|converse", "watsonx": "watsonx|chat"}
EXACT = "sim-100x50"  # speaks after 0.05 s, neither sooner nor later
LATER = 4.0  # seconds, by which everything that is done in the background is done
PATIENCE = 60.0  # seconds until something that must come is given up
RATIO = 1.2
FIRST_WORD = 1.0  # seconds

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Start(NamedTuple):
    """Of one process; in seconds. None where nothing was asked."""

    health: float
    painted: float
    first_word: float | None = None
    ttft: float | None = None
    later_ttft: float | None = None


class Way(NamedTuple):
    """In which an app is started and used."""

    title: str
    click: str = ""  # "at once", "later"; empty: it is only opened
    lane: str = ""  # whom to ask; empty: whom a newcomer asks
    bare: bool = False

    @property
    def address(self) -> str:
        return "/?" + urlencode({"with": f"{self.lane}|{EXACT}|simulator"}) if self.lane else "/"

    @property
    def first(self) -> str:
        """What the answer begins with."""
        return "Piece 0" if self.lane else "Cricket"

    def command(self, port: int) -> list[str]:
        mine = [*STREAMLIT, "app.py", "--server.port", str(port)]
        return page_command(PEERS / "bare.py", port) if self.bare else mine


BARE = Way("bare", bare=True)
ASKED_AT_ONCE, ASKED_LATER = Way("newcomer", "at once"), Way("newcomer, later", "later")
VENDORS = {name: Way(name, "at once", lane) for name, lane in LANES.items()}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often each is started; default %(default)s")
    parser.add_argument("--warm", action="store_true", help="with the browser's cache as an earlier visit left it")
    parser.add_argument("--without-answers", action="store_true", help="health and first page only")
    wanted = parser.parse_args()
    ways = [ASKED_AT_ONCE, BARE]
    if not wanted.without_answers:
        openai, *others = VENDORS.values()
        ways += [ASKED_LATER, openai, BARE, *others]
    found: dict[Way, list[Start]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="streamside-start-") as name, sync_playwright() as playwright:
        forget_the_developer(Path(name))
        browser = playwright.chromium.launch(executable_path=require(), args=LAUNCH_ARGS)
        ports = {True: free_port(), False: free_port()}  # the browser's cache knows a page by its address
        warm = browser.new_context() if wanted.warm else None
        for number in range(-1 if wanted.warm else 0, wanted.rounds):
            for way in ways if number % 2 == 0 else reversed(ways):
                with context_of(browser, warm) as context:
                    started = start(way, ports[way.bare], context, Path(name))
                if number >= 0:  # the round before the first fills the cache
                    found[way].append(started)
        what = machine(browser.version)
        browser.close()
    cache = "warm" if wanted.warm else "cold"
    print(f"Measured on {datetime.now(UTC):%Y-%m-%d}: {what}. Medians of {wanted.rounds} rounds, {cache} cache.\n")
    print(table(found))
    return 0


@contextmanager
def context_of(browser: Browser, warm: BrowserContext | None) -> Iterator[BrowserContext]:
    if warm is not None:
        yield warm
        return
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


def start(way: Way, port: int, context: BrowserContext, folder: Path) -> Start:
    """Start it, open it, use it and end it."""
    with tempfile.TemporaryDirectory(dir=folder) as data:
        url = f"http://127.0.0.1:{port}"
        page = opened(context, way)
        began = time.perf_counter()
        app = subprocess.Popen(
            [sys.executable, *way.command(port)],
            cwd=data if way.bare else ROOT,
            env=guarded_environment(STREAMSIDE_DATA=data),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until_healthy(f"{url}/_stcore/health")
            health = time.perf_counter() - began
            page.goto(url + way.address, wait_until="commit")
            painted = moment(page, "painted")
            if not way.click:
                return Start(health, painted)
            if way.click == "later":
                page.wait_for_timeout(LATER * 1000)
                page.evaluate("streamsideStart.ask()")
            first_word = moment(page, "word") - moment(page, "clicked")
            if way.lane:
                ask_once_more(context, url, way)
        finally:
            page.close()
            app.terminate()
            app.wait()
        with closing(Store(folder=Path(data))) as store:
            first, later = ttfts(store) if way.lane else (None, None)
    return Start(health, painted, first_word, first, later)


def opened(context: BrowserContext, way: Way) -> Page:
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    page.add_init_script(PAGE_SIDE)
    does = {"atOnce": way.click == "at once", "first": way.first}
    page.add_init_script(f"Object.assign(streamsideStart, {json.dumps(does)})")
    return page


def wait_until_healthy(url: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with _DIRECT.open(url, timeout=PATIENCE) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.005)
    raise TimeoutError(url)


def moment(page: Page, name: str) -> float:
    """When it was, in seconds since the page was asked for; waits for it."""
    milliseconds: float = page.evaluate(
        "([name, patience]) => streamsideStart.moment(name, patience)", [name, PATIENCE * 1000]
    )
    return milliseconds / 1000


def ask_once_more(context: BrowserContext, url: str, way: Way) -> None:
    """In a page of its own, when the first answer is long over."""
    page = opened(context, way._replace(click="later"))
    page.goto(url + way.address)
    moment(page, "painted")
    page.wait_for_timeout(LATER * 1000)
    page.evaluate("streamsideStart.ask()")
    moment(page, "word")
    page.close()


def ttfts(store: Store) -> tuple[float, float]:
    """Of the two answers, the earlier first."""
    entries = store.history(words="cricket", source="simulated")
    conversations = [store.conversation(entry.id) for entry in entries if entry.kind == "conversation"]
    replies = [turn.reply for one in conversations if one for turn in one.turns]
    replies = [reply for reply in replies if EXACT in reply.asked.request.model]
    first, later = (first_token(reply.arrivals) for reply in sorted(replies, key=lambda reply: reply.asked_at))
    assert first is not None
    assert later is not None
    return first, later


def table(found: dict[Way, list[Start]]) -> str:
    """In Markdown."""
    mine = [start for way, starts in found.items() if not way.bare for start in starts]
    bare = found[BARE]
    times, at_most = f"≤ {RATIO}", f"≤ {FIRST_WORD:.1f} s"
    rows: list[tuple[str, Sequence[float | None], Sequence[float | None], str]] = [
        ("health", [one.health for one in mine], [one.health for one in bare], times),
        ("painted", [one.painted for one in mine], [one.painted for one in bare], times),
        ("first word, clicked at once", [one.first_word for one in found[ASKED_AT_ONCE]], [], at_most),
        ("first word, clicked later", [one.first_word for one in found[ASKED_LATER]], [], at_most),
    ]
    for name, way in VENDORS.items():
        rows.append((f"TTFT of the first answer, {name}", [one.ttft for one in found[way]], [], ""))
        rows.append((f"TTFT of a later one, {name}", [one.later_ttft for one in found[way]], [], ""))
    lines = ["| | Streamside | bare `st.title` | ratio | target |", "|---|---|---|---|---|"]
    for title, ours, theirs, target in rows:
        us, them = spread(ours), spread(theirs)
        if us is None:
            continue
        ratio = f"{us.median / them.median:.2f}" if them else ""
        lines.append(f"| {title} | {shown(us)} | {shown(them) if them else ''} | {ratio} | {target} |")
    return "\n".join(lines)


def shown(figure: Spread) -> str:
    return f"{figure.median:.3f} ({figure.least:.3f}–{figure.most:.3f})"


if __name__ == "__main__":
    sys.exit(main())
