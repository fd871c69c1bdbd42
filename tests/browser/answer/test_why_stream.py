"""The page "Why streaming" in Chromium, opened by its entry in the navigation."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from replies.conversation import Comparison
from replies.metrics.figures import first_visible, words_read
from replies.metrics.text_stats import text_stats
from replies.store import Store
from simulator import Simulator
from tests.browser.conftest import App
from tests.browser.steps import CRICKET, ENDLESS, IDLE, go_to, lengths, shows, squeezed, wait_until, watch, whole_answer
from ui import why_streaming

BRISK = "openai|chat|sim-brisk|simulator"  # six seconds
SO_FAR = re.compile(r"^[\d.]+ s less waiting so far$")
SAVED = re.compile(r"^[\d.]+ s less waiting$")


def enter(page: Page, app: App, choice: str) -> None:
    page.goto(app.url)
    go_to(page, "Why streaming")
    expect(page.get_by_role("heading", name="Why streaming")).to_be_visible()
    page.goto(f"{app.url}/why_stream?with={choice}")
    expect(page.get_by_role("button", name="Ask both ways")).to_be_visible()
    page.wait_for_selector(IDLE)


def side(page: Page, name: str) -> Locator:
    return page.locator(f".st-key-lane-{name}")


def clocks(page: Page) -> list[float]:
    """What both clocks show, in seconds."""
    return [
        float(text.strip().removesuffix(" s")) for text in page.locator("[data-testid=stMain] h2").all_inner_texts()
    ]


def ask(page: Page) -> None:
    page.get_by_role("button", name="Ask both ways").click()
    expect(page.get_by_role("button", name="Stop", exact=True).last).to_be_visible()


def kept(page: Page, folder: Path) -> Comparison:
    """What is saved of the comparison that the page shows, once all of it is."""
    found = re.search(r"[?&]c=(\w+)", page.url)
    assert found
    store = Store("", folder)
    for _ in range(300):
        comparison = store.comparison(found[1])
        if comparison is not None and comparison.over:
            return comparison
        page.wait_for_timeout(100)
    raise AssertionError("the comparison was never saved as over")


def test_one_side_is_read_while_the_other_is_awaited(page: Page, app: App, simulator: Simulator) -> None:
    enter(page, app, BRISK.replace("brisk", "typical"))  # it is not over before it was looked at
    watch(page, ".st-key-lane-streamed, .st-key-lane-awaited")
    ask(page)
    expect(side(page, "streamed")).to_contain_text("Guildford")
    assert squeezed(side(page, "awaited").inner_text()) == "Waiting for the whole answer…"
    before = clocks(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(SO_FAR)
    wait_until(page, lambda: clocks(page)[1] > before[1], "the awaited answer's clock runs")
    assert clocks(page)[0] == before[0], "the streamed answer's clock did not stop at its first word"
    expect(page.get_by_role("heading", level=1)).to_have_text(SAVED)
    whole = whole_answer(simulator, CRICKET)
    for name in ("streamed", "awaited"):
        shows(side(page, name), whole)
    assert lengths(page)[0] >= 20

    expect(page.get_by_label("Prompt", exact=True)).to_have_value(CRICKET)  # to be asked again, or changed

    both = why_streaming.pair(kept(page, app.data))
    assert both is not None
    appeared = first_visible(both.awaited.chunks)
    assert appeared is not None
    read = words_read(both.streamed.chunks, appeared + (both.awaited.skew or 0) - (both.streamed.skew or 0))
    words = text_stats(both.streamed.text).words
    assert 10 < read < words
    said = f"When the awaited answer appeared after {appeared:.1f} s, a reader of the streamed one had already read "
    expect(page.locator("h5")).to_have_text(f"{said}{read} of its {words} words.")
    assert clocks(page) == [round(first_visible(reply.chunks) or 0, 1) for reply in both]
    expect(page.get_by_role("heading", level=1)).to_have_text(why_streaming.waiting_saved(both))
    expect(page.get_by_test_id("stMain").locator(".stMarkdownBadge", has_text="Simulator")).to_have_count(2)


def test_a_reload_in_mid_stream_loses_nothing(page: Page, app: App, simulator: Simulator) -> None:
    enter(page, app, BRISK)
    ask(page)
    expect(side(page, "streamed")).to_contain_text("Guildford")
    then = clocks(page)[0]
    page.reload()
    expect(side(page, "streamed")).to_contain_text("Guildford")
    wait_until(page, lambda: len(clocks(page)) == 2, "the clocks are back")
    assert min(clocks(page)) >= then
    expect(page.get_by_role("heading", level=1)).to_have_text(SAVED)
    whole = whole_answer(simulator, CRICKET)
    for name in ("streamed", "awaited"):
        shows(side(page, name), whole)
    expect(page.locator("h5")).to_contain_text("had already read")


def test_a_click_and_a_change_of_page_in_mid_stream_lose_nothing(page: Page, app: App) -> None:
    enter(page, app, BRISK)
    ask(page)
    expect(side(page, "streamed")).to_contain_text("Guildford")
    page.get_by_role("button", name="Test connection").click()
    go_to(page, "History")
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    go_to(page, "Why streaming")
    expect(side(page, "streamed")).to_contain_text("attention has settled in India")
    expect(page.locator("h5")).to_contain_text("had already read")


def test_stop_ends_both_and_says_what_was_read_by_then(page: Page, app: App) -> None:
    enter(page, app, f"openai|chat|{ENDLESS}|simulator")
    ask(page)
    expect(side(page, "streamed")).to_contain_text("12 13 14 15")  # there is time to read meanwhile
    page.locator(".st-key-stop button").click()
    expect(page.locator("h5")).to_have_text(
        re.compile(
            r"When the awaited answer was stopped after [\d.]+ s, a reader .* read \d+ of the \d+ words that came\."
        )
    )


def test_again_leaves_nothing_of_the_answers_before(page: Page, app: App) -> None:
    enter(page, app, f"openai|chat|{ENDLESS}|simulator")
    ask(page)
    stop = page.locator(".st-key-stop button")
    stop.click()
    expect(page.locator("h5")).to_contain_text("was stopped")
    first = page.url
    page.get_by_role("button", name="Again").click()
    expect(stop).to_be_visible()
    expect(page.locator("h5")).to_have_text(why_streaming.ASKED)
    expect(page.get_by_role("heading", level=1)).to_have_text(SO_FAR)
    assert page.url != first
    stop.click()
    expect(page.locator("h5")).to_contain_text("was stopped")
