"""The compare page in Chromium."""

from playwright.sync_api import Page, expect

from simulator import Simulator
from tests.browser.conftest import App
from tests.browser.steps import (
    CRICKET,
    ENDLESS,
    IDLE,
    ask,
    complete,
    lane,
    nothing_is_left,
    open_page,
    shows,
    wait_until,
    whole_answer,
)

FAST = "/compare?" + "&".join(
    f"lane={lane}|sim-fast|simulator" for lane in ("openai|chat", "bedrock|converse", "watsonx|chat")
)


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


def test_while_lanes_come_nothing_stands_there_of_the_round_before(page: Page, app: App) -> None:
    open_page(page, f"{app.url}/compare?lane=openai|chat|{ENDLESS}|simulator&lane=watsonx|chat|{ENDLESS}|simulator")
    ask(page, "Go on.")

    def is_alone() -> None:
        stops = page.get_by_role("button", name="Stop all")
        expect(stops).to_be_visible()
        nothing_is_left(page, "Ask again", "Replay", "Export", "Add to show", "Vote")
        expect(page.get_by_test_id("stChatInput").filter(visible=True)).to_have_count(0)
        stops.click()
        feet = page.locator("[class*=st-key-foot-]")  # the table has the words, too
        expect(feet.filter(has_text="stopped by you")).to_have_count(2)
        page.wait_for_selector(IDLE)

    is_alone()
    page.get_by_role("button", name="Ask again").click()
    is_alone()
    ask(page, "And then?")
    is_alone()
    page.locator("[class*=st-key-icon-retry-] button").first.click()
    nothing_is_left(page, "Ask again", "Export", "Add to show", "Vote")
