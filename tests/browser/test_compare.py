"""The compare page in Chromium."""

import re

from playwright.sync_api import Page, expect

from simulator import Simulator
from tests.browser.conftest import App
from tests.browser.steps import (
    CRICKET,
    ENDLESS,
    ask,
    badges,
    complete,
    lane,
    lengths,
    open_page,
    shows,
    wait_until,
    watch,
    whole_answer,
)

VENDORS = ("OpenAI", "AWS Bedrock", "IBM watsonx.ai")
FAST = "/compare?" + "&".join(
    f"lane={lane}|sim-fast|simulator" for lane in ("openai|chat", "bedrock|converse", "watsonx|chat")
)
BRISK = FAST.replace("sim-fast", "sim-brisk")  # six seconds
LANES = ".st-key-lane-0, .st-key-lane-1, .st-key-lane-2"


def test_three_lanes_grow_at_the_same_time_marked_as_simulated_each_with_its_figures(
    page: Page, app: App, simulator: Simulator
) -> None:
    open_page(page, app.url + BRISK)
    watch(page, LANES)
    ask(page, CRICKET)
    wait_until(page, lambda: len(lengths(page)) == 3 and min(lengths(page)) >= 3, "three lanes have begun")
    assert complete(page).count() == 0
    expect(complete(page)).to_have_count(3)
    whole = whole_answer(simulator, CRICKET)
    for place in range(3):
        shows(lane(page, place), whole)
    expect(badges(page)).to_have_count(1)  # once over the page, where all lanes are
    expect(
        page.get_by_text(re.compile(r"first token .* tokens/s · total .* · cost – · complete · n\s=\s1"))
    ).to_have_count(3)
    for place, vendor in enumerate(VENDORS):
        expect(page.locator(f".st-key-head-{place}")).to_contain_text(vendor)
        expect(page.get_by_role("img", name=f"Lane {place + 1}")).to_be_visible()


def test_stopping_one_lane_leaves_the_others_running(page: Page, live_app: App, upstream: Simulator) -> None:
    lanes = FAST.replace("|simulator", "|live").replace("converse|sim-fast", f"converse|{ENDLESS}")
    open_page(page, live_app.url + lanes.replace("sim-fast", "sim-brisk"), CRICKET)
    expect(lane(page, 0)).to_contain_text("Cricket")
    expect(lane(page, 1)).to_contain_text("Piece 0")
    page.locator(".st-key-stop-1 button").click()
    expect(page.get_by_text("stopped by you · n = 1")).to_have_count(1)
    expect(complete(page)).to_have_count(2)
    whole = whole_answer(upstream, CRICKET)
    shows(lane(page, 0), whole)
    shows(lane(page, 2), whole)
    expect(lane(page, 1)).to_contain_text("Piece 0")
    latest = {exchange.vendor: exchange for exchange in upstream.log if exchange.streamed}
    wait_until(page, lambda: latest["bedrock"].cancelled, "the stopped lane's request is closed")
    assert not latest["watsonx"].cancelled


def test_an_error_stays_in_its_lane(page: Page, app: App) -> None:
    lanes = "lane=openai|chat|sim-fault-503|simulator&lane=bedrock|converse|sim-fast|simulator"
    open_page(page, f"{app.url}/compare?{lanes}", CRICKET)
    expect(lane(page, 0)).to_contain_text("Trouble at the provider")
    expect(complete(page)).to_have_count(1)
    expect(lane(page, 1)).to_contain_text("attention has settled in India")


def test_a_new_comparison_leaves_nothing_of_the_last(page: Page, app: App) -> None:
    open_page(page, app.url + FAST, CRICKET)
    expect(complete(page)).to_have_count(3)
    page.get_by_role("button", name="New comparison").click()
    expect(page.get_by_text("One prompt, side by side")).to_be_visible()
    ask(page, "Solve a puzzle: a bat and a ball cost 1.10.")
    wait_until(page, lambda: "Cricket" not in page.locator("#stMain").inner_text(), "the first answers are gone")
    expect(complete(page)).to_have_count(3)
