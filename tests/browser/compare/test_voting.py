"""Blind comparisons, and asking many times, in Chromium."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from replies.store import Store
from simulator import Simulator
from tests.browser.compare.test_lanes import three
from tests.browser.conftest import App, Serve
from tests.browser.steps import CRICKET, ask, complete, open_page, wait_until
from tests.support.since import Since

TELLING = ("OpenAI", "Bedrock", "watsonx", "sim-fast", "tokens/s", "Tokens/s", "First token", "Total", "converse")


def seen(page: Page) -> str:
    """Everything that the page holds, what is folded away or only for screen readers too."""
    return str(page.evaluate("document.querySelector('#root').outerHTML"))


def test_a_blind_vote_from_the_start_to_the_reveal(page: Page, start: Serve, tmp_path: Path) -> None:
    app = start(STREAMSIDE_DATA=str(tmp_path))
    open_page(page, app.url + three("sim-fast"))
    expect(page.get_by_test_id("stTopNavLink").filter(has_text="Compare")).to_be_visible()
    expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)  # Streamlit's older one, with the names of files
    page.get_by_text("Blind", exact=True).click()
    wait_until(page, lambda: page.locator(".st-key-blind input").is_checked(), "blind is on")
    ask(page, CRICKET)
    expect(page.get_by_text("Answer A")).to_be_visible()
    expect(page.locator(".st-key-lane-2")).to_contain_text("Cricket")
    running = seen(page)
    assert not [word for word in TELLING if word in running]
    page.reload()
    expect(page.get_by_text("Answer C")).to_be_visible()
    expect(page.get_by_text("Best?", exact=True)).to_be_visible(timeout=60_000)
    over = seen(page)
    assert not [word for word in TELLING if word in over]
    expect(page.get_by_text("All of these answers come from the simulator")).to_be_visible()

    page.get_by_test_id("stForm").get_by_text("B", exact=True).click()
    page.get_by_test_id("stForm").get_by_role("button", name="Why").click()
    page.get_by_text("Style", exact=True).click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Vote", exact=True).click()
    expect(page.get_by_text("voted blind")).to_be_visible()
    expect(complete(page)).to_have_count(3)
    for vendor in ("OpenAI", "AWS Bedrock", "IBM watsonx.ai"):
        expect(page.locator("[class*=st-key-head-]").filter(has_text=vendor)).to_be_visible()

    id = page.url.split("c=")[1].split("&")[0]
    store = Store(folder=tmp_path)
    kept = store.comparison(id)
    assert kept is not None
    assert kept.verdict is not None
    assert (kept.verdict.lane, kept.verdict.reasons, kept.verdict.blind) == (1, ("style",), True)
    assert len(store.judged()) == 1
    store.close()
    page.goto(f"{app.url}/leaderboard")  # simulated answers never count
    expect(page.get_by_text("1 vote was left out with simulated answers")).to_be_visible()
    expect(page.get_by_test_id("stDataFrame")).to_have_count(0)


def test_ten_runs_with_a_cancel(page: Page, live_app: App, upstream: Simulator) -> None:
    open_page(page, live_app.url + three("sim-100x10", "live"))  # a run takes ten seconds
    since = Since(upstream)
    page.get_by_role("button", name="Run N times").click()
    page.get_by_label("Prompt", exact=True).fill(CRICKET)
    page.get_by_label("Prompt", exact=True).press("Control+Enter")
    expect(page.get_by_text("10 runs × 3 lanes = 30 requests")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text(re.compile(r"Run [2-9] of 10"))).to_be_visible()
    page.reload()  # it goes on without the page
    expect(page.get_by_text(re.compile(r"Run \d of 10"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    said = page.get_by_text(re.compile(r"Cancelled: \d of 10 runs"))
    expect(said).to_be_visible()
    whole = int(re.findall(r"\d", said.inner_text())[0])
    asked, last = since.streamed(), 3 * whole
    assert whole >= 1
    assert len(asked) in {last, last + 3}  # none was asked after it
    wait_until(page, lambda: all(exchange.cancelled for exchange in asked[last:]), "the last run's requests are closed")
    assert not any(exchange.cancelled for exchange in asked[:last])
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    page.get_by_text(re.compile(r"Single runs \(\d\)")).click()
    expect(page.get_by_text("complete").first).to_be_visible()


def test_an_experiment_says_what_differs_and_goes_on_after_a_reload(page: Page, start: Serve, tmp_path: Path) -> None:
    app = start(STREAMSIDE_DATA=str(tmp_path))
    open_page(page, f"{app.url}/compare?lane=openai|chat|sim-50x100|simulator&lane=openai|chat|sim-instant|simulator")
    page.get_by_role("button", name="Experiments").click()
    page.get_by_text("Streamed against awaited").click()
    page.get_by_label("Prompt", exact=True).fill("Say hello.")
    page.get_by_label("Prompt", exact=True).press("Control+Enter")
    expect(page.get_by_text("10 runs × 2 lanes = 20 requests")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    sentence = page.get_by_text(re.compile(r"first token came .+ later than .+’s \(95 %: .+, (\d+) rounds\)"))
    expect(page.get_by_role("button", name="Continue")).to_be_enabled(timeout=60_000)
    expect(sentence).to_contain_text("10 rounds")
    page.reload()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("10 runs × 2 lanes = 20 requests")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    expect(sentence).to_contain_text("20 rounds", timeout=60_000)
