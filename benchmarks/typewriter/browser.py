"""Run: one question asked in Chromium, and what came of it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import BrowserContext, CDPSession, Page, TimeoutError

from benchmarks import upstream
from benchmarks.typewriter.figures import Figures, Lane, figures
from benchmarks.typewriter.loads import Load
from benchmarks.typewriter.systems import System
from benchmarks.usage import cpu_seconds, cpu_seconds_of_all

PAGE_SIDE = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")
PATIENCE = 60_000  # milliseconds until a page that does not come is given up
BEFORE = 1500  # milliseconds from a page that is ready to the question: time to type one
CALM = 500  # milliseconds without a change, after which an answer counts as complete
SETTLING = 10_000  # milliseconds that this may take at most
GRACE = 2000  # milliseconds that a page has to answer in, once it has had its time
LIMIT = 30.0  # seconds after the last piece was due in which it must be there
LOOK = 100  # milliseconds between two looks at what it told


class Run(NamedTuple):
    """What one run came to, and how far it can be trusted."""

    figures: Figures
    uncertain: float  # seconds by which the page's clock may have been misread
    others: float | None  # processor cores that everything else on this machine took meanwhile


class Running(NamedTuple):
    """A system that has been started."""

    system: System
    url: str
    pid: int
    context: BrowserContext  # its own, so that its scripts are in the browser's cache after the first run


def run(running: Running, load: Load, variables: Mapping[str, str]) -> Run:
    """Ask once, in a page of its own."""
    with closing(running.context.new_page()) as page:
        page.set_default_timeout(PATIENCE)
        page.goto(running.url + running.system.address(load))
        page.wait_for_selector(running.system.question)
        page.wait_for_timeout(BEFORE)
        return _measured(page, running, load, variables)


def _measured(page: Page, running: Running, load: Load, variables: Mapping[str, str]) -> Run:
    system = running.system
    upstream.log(variables, "DELETE")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    told = _listen(devtools, load.lanes)
    page.evaluate("([selectors, count]) => streamBench.watch(selectors, count)", [system.answers(load), load.pieces])
    page.locator(system.question).fill(load.model)
    offset, uncertain = clock_offset(page)
    received, before = page.evaluate("streamBench.bytes()"), _spent(devtools, running.pid)
    page.keyboard.press("Enter")
    while not told["finished"] and time.monotonic() - before.moment < load.seconds + LIMIT:
        page.wait_for_timeout(LOOK)
    until = time.monotonic()
    with suppress(TimeoutError):  # else the page is too busy to be asked, and what it said last must do
        if not told["finished"]:
            page.wait_for_function("() => true", timeout=GRACE)
        page.evaluate("([calm, limit]) => streamBench.quiet(calm, limit)", [CALM, SETTLING])
        told = page.evaluate("({ received: streamBench.bytes(), asked: streamBench.asked, lanes: streamBench.seen() })")
    after = _spent(devtools, running.pid)
    sent = upstream.sent(variables)
    lanes = [
        _lane(load, sent.get(load.lane_model(number), []), seen, told["asked"], offset, until)
        for number, seen in enumerate(told["lanes"])
    ]
    browser, cpu = after.browser - before.browser, _difference(before.app, after.app)
    others = _difference(before.others, after.others)
    return Run(
        figures(lanes, received=told["received"] - received, browser=browser, cpu=cpu),
        uncertain,
        None if others is None else others / (after.moment - before.moment),
    )


def _lane(load: Load, sent: list[float], seen: dict[str, Any], asked: float, offset: float, until: float) -> Lane:
    """All on our clock; the page's moments are its own milliseconds."""
    grew, painted = (
        [(milliseconds / 1000 + offset, number) for milliseconds, number in seen[name]] for name in ("grew", "painted")
    )
    return Lane(load.pieces, asked / 1000 + offset, sent, grew, painted, seen["lost"], until)


def _listen(devtools: CDPSession, lanes: int) -> dict[str, Any]:
    """What the page has told last, from now on; it is read while the browser is asked for something else."""
    nothing = {"grew": [], "painted": [], "lost": 0}
    told: dict[str, Any] = {"finished": False, "received": 0.0, "asked": 0.0, "lanes": [nothing] * lanes}
    devtools.send("Runtime.enable")
    devtools.send("Runtime.addBinding", {"name": "streamBenchTell"})
    devtools.on("Runtime.bindingCalled", lambda event: told.update(json.loads(event["payload"])))
    return told


class _Spent(NamedTuple):
    """Counters, which only rise; in seconds."""

    moment: float
    browser: float
    app: float | None
    others: float | None


def _spent(devtools: CDPSession, pid: int) -> _Spent:
    metrics = {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}
    return _Spent(
        moment=time.monotonic(),
        browser=metrics["ThreadTime"],
        app=cpu_seconds(pid),
        others=_difference(cpu_seconds(os.getpid()), cpu_seconds_of_all()),
    )


def _difference(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


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
