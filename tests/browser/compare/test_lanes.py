"""The lane editor and lane sets in Chromium."""

import re

from playwright.sync_api import Locator, Page, expect

from simulator import Exchange, Simulator
from tests.browser.conftest import App
from tests.browser.steps import (
    CRICKET,
    ENDLESS,
    IDLE,
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
from tests.support.since import Since

VENDORS = ("OpenAI", "AWS Bedrock", "IBM watsonx.ai")
SIX = "/compare?" + "&".join(
    f"lane={lane}|simulator"
    for lane in (
        "openai|chat|sim-typical",
        "bedrock|converse|sim-typical",
        "watsonx|chat|sim-typical",
        "openai|chat|sim-typical",
        "bedrock|invoke|anthropic.sim-typical",
        "watsonx|generate|sim-typical",
    )
)
THREE = "/compare?" + "&".join(
    f"lane={lane}|{{source}}" for lane in ("openai|chat|{model}", "bedrock|converse|{model}", "watsonx|chat|{model}")
)


def three(model: str, source: str = "simulator") -> str:
    return THREE.format(model=model, source=source)


def button(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key} button").first


def said(exchange: Exchange) -> str:
    return str(exchange.body)


def test_six_lanes_grow_at_the_same_time_marked_as_simulated_each_with_its_figures(
    page: Page, app: App, simulator: Simulator
) -> None:
    open_page(page, app.url + SIX)
    watch(page, ", ".join(f".st-key-lane-{number}" for number in range(6)))
    ask(page, CRICKET)
    wait_until(page, lambda: len(lengths(page)) == 6 and min(lengths(page)) >= 3, "six lanes have begun")
    assert complete(page).count() == 0
    expect(page.get_by_role("img", name=re.compile("^Output tokens over time of 1"))).to_be_visible()
    expect(complete(page)).to_have_count(6)
    whole = whole_answer(simulator, CRICKET)
    for place in range(6):
        shows(lane(page, place), whole)
        expect(page.locator(f".st-key-head-{place}")).to_contain_text(VENDORS[place % 3])
        expect(page.get_by_role("img", name=f"Lane {place + 1}")).to_be_visible()
    expect(badges(page)).to_have_count(1)  # once over the page, where all lanes are
    figures = re.compile(r"first token .* tokens/s · total .* · cost – · complete · n\s=\s1")
    expect(page.get_by_text(figures)).to_have_count(6)
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    expect(page.get_by_text("ms of each other")).to_be_visible()


def test_a_stopped_lane_is_asked_again_and_its_first_attempt_stays(page: Page, app: App) -> None:
    open_page(page, app.url + three(ENDLESS), CRICKET)
    expect(lane(page, 1)).to_contain_text("Piece 0")
    for attempt in (2, 3, 4):
        button(page, "stop-1").click()
        expect(page.get_by_text("stopped by you · n = 1")).to_have_count(1)
        expect(button(page, "icon-code-1")).to_be_visible()
        # While the others run, and as long as a hand takes: nothing moves although the button with the focus is gone.
        button(page, "icon-retry-1").click(delay=200)
        expect(page.get_by_role("button", name=f"Attempt {attempt}")).to_be_visible()
    expect(page.get_by_text("· in progress")).to_have_count(3)
    expect(lane(page, 1)).to_contain_text("Piece 0")
    page.get_by_role("button", name="Stop all").click()
    expect(page.get_by_text("stopped by you · n = 1")).to_have_count(3)
    page.reload()
    page.get_by_role("button", name="Attempt 4").click()
    expect(page.get_by_text("Attempt 1", exact=True)).to_be_visible()


def test_the_code_of_a_lane_that_is_over_stays_in_view_when_the_others_end(page: Page, app: App) -> None:
    open_page(page, app.url + three(ENDLESS), CRICKET)
    expect(lane(page, 1)).to_contain_text("Piece 0")
    button(page, "stop-1").click()
    button(page, "icon-code-1").click()
    shown = page.get_by_role("dialog")
    expect(shown).to_contain_text("boto3")
    expect(page.get_by_text("· in progress")).to_have_count(2)
    button(page, "stop-all").dispatch_event("click")  # as another tab would: here the dialog lies over it
    expect(page.get_by_text("stopped by you · n = 1")).to_have_count(3)
    page.wait_for_selector(IDLE)
    expect(shown).to_contain_text("boto3")
    page.keyboard.press("Escape")
    expect(shown).to_have_count(0)
    page.reload()
    page.wait_for_selector(IDLE)
    expect(shown).to_have_count(0)


def test_a_lane_takes_the_full_width_and_gives_it_back(page: Page, app: App) -> None:
    open_page(page, app.url + three(ENDLESS), CRICKET)
    expect(lane(page, 2)).to_contain_text("Piece 0")
    narrow = _width(lane(page, 2))
    button(page, "icon-wide-2").click()
    wait_until(page, lambda: _width(lane(page, 2)) > 2 * narrow, "the lane is wide")
    expect(page.get_by_text("· in progress")).to_have_count(3)
    button(page, "icon-wide-2").click()
    wait_until(page, lambda: _width(lane(page, 2)) == narrow, "the lane is as it was")
    page.get_by_role("button", name="Stop all").click()
    expect(page.get_by_text("stopped by you · n = 1")).to_have_count(3)


def _width(of: Locator) -> float:
    box = of.bounding_box()
    return box["width"] if box else 0.0


def test_a_follow_up_goes_to_two_of_three(page: Page, live_app: App, upstream: Simulator) -> None:
    open_page(page, live_app.url + three("sim-fast", "live"), CRICKET)
    expect(page.get_by_test_id("stChatInputTextArea")).to_have_attribute("placeholder", "Follow up with 3 of 3 lanes")
    page.get_by_test_id("stCheckbox").filter(has_text="Follow up").nth(1).click()
    expect(page.get_by_test_id("stChatInputTextArea")).to_have_attribute("placeholder", "Follow up with 2 of 3 lanes")
    since = Since(upstream)
    ask(page, "And who won the last one?")
    expect(page.get_by_text("Round 1: Tell me about")).to_be_visible()
    expect(complete(page)).to_have_count(2)
    asked = since.streamed()
    assert sorted(exchange.vendor for exchange in asked) == ["openai", "watsonx"]
    for exchange in asked:
        assert CRICKET in said(exchange)  # what was asked and answered before goes with it
        assert "Marylebone" in said(exchange)
        assert "And who won the last one?" in said(exchange)


def test_lanes_are_added_moved_and_shared_by_their_address(page: Page, app: App) -> None:
    open_page(page, app.url + three("sim-fast"))
    page.get_by_role("button", name="Add lane").click()
    wait_until(page, lambda: page.url.count("lane=") == 4, "the fourth lane is in the address")
    page.get_by_role("button", name="OpenAI · sim-fast").click()
    page.get_by_role("button", name="Move right").click()
    wait_until(page, lambda: page.url.index("bedrock") < page.url.index("openai"), "the first two have changed places")
    page.reload()
    expect(page.get_by_role("button", name="Add lane")).to_be_visible()
    assert page.url.count("lane=") == 4
    assert page.url.index("bedrock") < page.url.index("openai")
