"""Accuracy of the app's figures, against the wire: `python -m benchmarks.measures`, about a minute.

Six lanes of the compare page answer at once, the page open in Chromium: the three vendors twice, as live services, for
which a simulator stands in a process of its own. The kept answers are then laid beside what the simulator wrote, and
when. Both stamp by the system's monotonic clock.

Printed are the errors of three figures, for each lane and for all, and how far apart the lanes of a comparison
started. The wire's own figures count from the moment the request's headers arrived to the moment a piece was
written, so that an error holds the SDK's making of the request, the way there and back, and our reading.

    python -m benchmarks.measures --rounds 10
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from playwright.sync_api import sync_playwright

from benchmarks import upstream
from benchmarks.typewriter.systems import COMPARE, started
from providers import End
from replies.conversation import Comparison
from replies.metrics.figures import first_token, output_speed, percentile
from replies.reply import Chunk, Reply
from replies.store import Store
from tests.support.chromium import LAUNCH_ARGS, require
from tests.support.known import known

LANES = (
    ("openai", "chat"),
    ("bedrock", "converse"),
    ("watsonx", "chat"),
    ("openai", "chat"),
    ("bedrock", "invoke"),
    ("watsonx", "generate"),
)
MODELS = [f"anthropic.sim-200x40.lane-{number}" for number in range(len(LANES))]
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
PATIENCE = 120_000  # milliseconds
TARGETS = (10, 30, 10, 30, 1)  # by the columns; none for the speed at 95 %


class Errors(NamedTuple):
    """One answer's figures less those of the wire."""

    ttft: float  # milliseconds
    total: float  # milliseconds
    speed: float  # per cent of the wire's


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="comparisons, one after the other")
    rounds = parser.parse_args().rounds
    with upstream.simulator() as (_, environment):
        comparisons = compared(environment, rounds)
        wire = [exchange for exchange in upstream.log(environment) if exchange["streamed"]]
    by_lane: dict[int, list[Errors]] = defaultdict(list)
    for number, comparison in enumerate(comparisons):
        skew = max(reply.skew or 0.0 for reply in comparison.replies) * 1000
        print(f"comparison {number + 1}: the last lane started {skew:.1f} ms after the common start")
        for reply, exchange in zip(comparison.replies, matching(comparison, wire), strict=True):
            by_lane[MODELS.index(reply.asked.request.model)].append(errors(reply, exchange))
    print(f"\n{'error of':<24}{'TTFT, ms':>20}{'total, ms':>20}{'tokens/s, %':>20}")
    print(f"{'':<24}{'median      95 %':>20}{'median      95 %':>20}{'median      95 %':>20}")
    for lane, found in sorted(by_lane.items()):
        print(line(f"{lane + 1}  {' '.join(LANES[lane])}", found))
    print(line("all", [each for found in by_lane.values() for each in found]))
    print(f"{'targets':<24}" + "".join(f"{target:>10}" for target in TARGETS))


def line(name: str, found: Sequence[Errors]) -> str:
    row = f"{name:<24}"
    for column in zip(*found, strict=True):
        sizes = [abs(error) for error in column]
        row += f"{statistics.median(sizes):>10.2f}{percentile(sizes, 0.95):>10.2f}"
    return row


def errors(reply: Reply, exchange: dict[str, Any]) -> Errors:
    """The reply's figures less the wire's, by the same definitions."""
    received = exchange["received"]
    sent = [Chunk(when - received, text) for when, text in exchange["sends"]]
    wire = figures_of(sent, reply.end, exchange["ended"] - received)
    ours = figures_of(reply.chunks, reply.end, reply.total)
    ttft, total, speed = (our - true for our, true in zip(ours, wire, strict=True))
    return Errors(ttft * 1000, total * 1000, speed / wire[2] * 100)


def figures_of(chunks: Sequence[Chunk], end: End | None, total: float | None) -> tuple[float, float, float]:
    """TTFT, total and output tokens per second."""
    return known(first_token(chunks)), known(total), known(output_speed(chunks, end))


def matching(comparison: Comparison, wire: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the simulator wrote down for each reply: the next one of its model, which is taken out of `wire`."""
    found = []
    for reply in comparison.replies:
        assert reply.state == "done", f"{reply.asked.label}: {reply.state}, {reply.error}"
        exchange = next(each for each in wire if each["model"] == reply.asked.request.model)
        wire.remove(exchange)
        found.append(exchange)
    return found


def compared(environment: Mapping[str, str], rounds: int) -> list[Comparison]:
    """As many comparisons, one after the other, as they were kept."""
    lanes = [("lane", "|".join((*lane, model, "live"))) for lane, model in zip(LANES, MODELS, strict=True)]
    with tempfile.TemporaryDirectory(prefix="streamside-measures-") as folder, sync_playwright() as playwright:
        with started(COMPARE, Path(folder), environment) as (url, _):
            browser = playwright.chromium.launch(executable_path=require(), args=LAUNCH_ARGS)
            page = browser.new_page(viewport={"width": 1600, "height": 900})
            page.set_default_timeout(PATIENCE)
            for number in range(rounds):
                page.goto(f"{url}/compare?{urlencode(lanes)}")  # anew, so that no old lane counts as complete
                page.wait_for_selector(COMPARE.question)
                page.wait_for_selector(IDLE)
                page.locator(COMPARE.question).fill(f"Round {number}")
                page.keyboard.press("Enter")
                page.get_by_text("complete · n = 1").nth(len(LANES) - 1).wait_for()
                page.wait_for_timeout(1000)  # until all of it is kept
            page.goto("about:blank")
            browser.close()
        with closing(Store("", Path(folder))) as store:
            return [known(store.comparison(entry.id)) for entry in reversed(store.history(limit=rounds))]


if __name__ == "__main__":
    main()
