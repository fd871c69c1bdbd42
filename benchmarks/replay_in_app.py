"""How close a replay on the page keeps to the original's pace: `python -m benchmarks.replay_in_app`, half a minute.

The chat page in Chromium shows one answer of the simulator as it comes, and then its replay at 1×. Printed is by how
much the moments differ at which the same words were on the page. Both are drawn by the same typewriter, 20 times a
second, so that half a frame of difference is chance; so is what the browser makes of the very first word, and the two
are laid over each other where they agree best.
"""

from __future__ import annotations

import statistics
from bisect import bisect_left

from playwright.sync_api import Page, sync_playwright

from replies.metrics import percentile
from tests.browser.chromium import LAUNCH_ARGS, find
from tests.browser.conftest import serve
from tests.browser.steps import CRICKET, ask, open_page

WATCH = """() => {
    window.seen = [];
    const look = () => {
        const shown = document.querySelector('.st-key-answer-0');
        const text = [...(shown?.querySelectorAll('p') ?? [])].map(each => each.innerText).join(' ');
        window.seen.push([performance.now(), text.startsWith('Cricket') ? text.length : 0]);
    };
    new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


def main() -> None:
    with serve() as app, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=LAUNCH_ARGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        open_page(page, app.url)
        page.evaluate(WATCH)
        ask(page, CRICKET)
        page.get_by_text("complete").wait_for()
        original = timeline(page)
        page.evaluate(WATCH)
        page.get_by_role("button", name="Replay").click()
        page.wait_for_timeout(1000)
        page.get_by_text("complete").wait_for()
        page.wait_for_timeout(500)
        replayed = timeline(page)
        page.goto("about:blank")
        browser.close()
    later = [moment(replayed, length) - when for when, length in original]
    start = statistics.median(later)
    drift = [abs(each - start) for each in later]
    print(
        f"{len(drift)} moments; a replay differs from the original by {statistics.median(drift):.1f} ms (median), "
        f"{percentile(drift, 0.95):.1f} ms (95 %), {max(drift):.1f} ms (most)"
    )


def timeline(page: Page) -> list[tuple[float, int]]:
    """Milliseconds since the first word, and how many characters were on the page; only where there were more."""
    seen: list[tuple[float, int]] = []
    started = False
    for when, length in page.evaluate("window.seen"):
        started = started or length < 200  # what stood there before has gone
        if started and length > (seen[-1][1] if seen else 0):
            seen.append((when, length))
    return [(when - seen[0][0], length) for when, length in seen]


def moment(timeline: list[tuple[float, int]], length: int) -> float:
    """When that many characters were on the page."""
    place = bisect_left([shown for _, shown in timeline], length)
    return timeline[min(place, len(timeline) - 1)][0]


if __name__ == "__main__":
    main()
