"""One run: a question asked in Chromium, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import BrowserContext, CDPSession, Page

from benchmarks.typewriter import processes
from benchmarks.typewriter.figures import Figures, Lane, figures
from benchmarks.typewriter.loads import Load
from benchmarks.typewriter.systems import System

PAGE_SIDE = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")
PATIENCE = 60_000  # milliseconds until a page that does not come is given up
BEFORE = 1500  # milliseconds from a page that is ready to the question: time to type one
CALM = 500  # milliseconds without a change, after which an answer counts as complete
SETTLING = 10_000  # milliseconds that this may take at most


class Run(NamedTuple):
    figures: Figures
    lost: int  # pieces that are not on the page in the end
    uncertain: float  # seconds by which the page's clock may have been misread


class Running(NamedTuple):
    """A system that has been started."""

    system: System
    url: str
    pid: int
    context: BrowserContext  # its own, so that its scripts are in the browser's cache after the first run


def run(running: Running, load: Load, upstream: Mapping[str, str], limit: float) -> Run:
    """Ask once, in a page of its own. `limit`: seconds after the last piece was due in which it must be there."""
    page = running.context.new_page()
    try:
        page.set_default_timeout(PATIENCE)
        page.goto(running.url + running.system.address(load))
        page.wait_for_selector(running.system.field)
        page.wait_for_timeout(BEFORE)
        return _measured(page, running, load, upstream, limit)
    finally:
        page.close()


def _measured(page: Page, running: Running, load: Load, upstream: Mapping[str, str], limit: float) -> Run:
    system = running.system
    processes.forget(upstream)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    page.evaluate("([selectors, count]) => streamBench.watch(selectors, count)", [system.answers(load), load.pieces])
    page.locator(system.field).fill(load.model)
    offset, uncertain = clock_offset(page)
    received, busy, cpu = page.evaluate("streamBench.bytes()"), _busy(devtools), processes.cpu_seconds(running.pid)
    page.keyboard.press("Enter")
    page.evaluate("limit => streamBench.wait(limit)", (load.seconds + limit) * 1000)
    page.evaluate("([calm, limit]) => streamBench.quiet(calm, limit)", [CALM, SETTLING])
    busy = _busy(devtools) - busy
    after = processes.cpu_seconds(running.pid)
    received = page.evaluate("streamBench.bytes()") - received
    seen = page.evaluate("streamBench.seen()")
    sent = processes.sent(upstream)
    lanes = [_lane(seen[lane], sent[load.lane_model(lane)], offset) for lane in range(load.lanes)]
    return Run(
        figures(lanes, received=received, busy=busy, cpu=None if after is None or cpu is None else after - cpu),
        lost=sum(lane.lost for lane in lanes),
        uncertain=uncertain,
    )


def _lane(seen: dict[str, Any], sent: list[float], offset: float) -> Lane:
    def on_our_clock(moments: list[list[float]]) -> list[tuple[float, int]]:
        return [(milliseconds / 1000 + offset, int(number)) for milliseconds, number in moments]

    return Lane(sent, on_our_clock(seen["grew"]), on_our_clock(seen["painted"]), seen["lost"])


def clock_offset(page: Page, trials: int = 30) -> tuple[float, float]:
    """What to add to `performance.now()`, in seconds, for `time.monotonic()`; and by how much that can be wrong.

    The quickest of some questions to the page: its answer was given between the two moments around it.
    """
    found = []
    for _ in range(trials):
        asked = time.monotonic()
        now = page.evaluate("performance.now()") / 1000
        answered = time.monotonic()
        found.append((answered - asked, (asked + answered) / 2 - now))
    round_trip, offset = min(found)
    return offset, round_trip / 2


def _busy(devtools: CDPSession) -> float:
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))
