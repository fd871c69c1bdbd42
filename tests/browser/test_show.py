"""Present mode and a show in Chromium: keys, a recording that stands in, a reload, the presenter's view, offline."""

import re

from playwright.sync_api import Page, expect

from replies.show.show import Scene, Show
from replies.store import Store
from simulator import Simulator
from tests.browser.conftest import App
from tests.browser.steps import IDLE, ask, complete, go_to, open_page, wait_until

PROMPT = "Say hello in many languages and scripts, with emoji."
HEARS = "!!(window.streamsideKeys && document.querySelector('.st-key-icon-present-end button'))"
FAST = "openai|chat|sim-instant|live"


def test_present_mode_by_its_key_until_escape(page: Page, app: App) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    open_page(page, app.url)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("p")
    page.wait_for_url(re.compile("present=1"))
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    expect(page.get_by_test_id("stTopNav")).to_be_hidden()
    ask(page, PROMPT)
    figure = page.locator(".figures b").first
    expect(figure).to_be_visible()
    sizes = [
        float(place.evaluate("one => parseFloat(getComputedStyle(one).fontSize)"))
        for place in (page.locator("[class*=st-key-answer] p").first, figure)
    ]
    assert sizes[0] >= 24
    assert sizes[1] >= 32
    page.goto(f"{app.url}/?present=1&with=openai|chat|sim-fault-401|simulator")
    page.wait_for_selector(IDLE)
    ask(page, PROMPT)
    expect(page.get_by_test_id("stAlertTitle")).to_be_visible()
    expect(page.get_by_test_id("stAlert").get_by_text("refused", exact=False).last).to_be_hidden()
    page.keyboard.press("Escape")  # also from within the input
    expect(page.get_by_test_id("stTopNav")).to_be_visible()
    assert "present" not in page.url


def test_a_show_from_its_first_scene_to_its_last(page: Page, live_app: App, upstream: Simulator) -> None:
    open_page(page, f"{live_app.url}/?with={FAST}", PROMPT)
    expect(complete(page)).to_be_visible()
    page.get_by_role("button", name="Add to show").click()
    page.get_by_role("button", name="A new show").click()
    expect(page.get_by_text("Scene 1 of A new show")).to_be_visible()
    store = Store("", live_app.data)
    [show] = store.shows()
    words = show.scenes[0].backups[0].text
    stalls = Scene(
        title="Two",
        page="compare",
        prompt=PROMPT,
        lanes=("openai|chat|sim-fault-stall-first|live", FAST),
        notes="Wait for it.",
        seconds=1.0,
        backups=show.scenes[0].backups,
    )
    store.keep_show(Show(title=show.title, scenes=(*show.scenes, stalls), id=show.id))
    go_to(page, "Show")
    page.get_by_role("button", name=re.compile("A new show")).click()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="A new show")).to_be_visible()
    notes = page.context.new_page()
    notes.goto(f"{live_app.url}/show?show={show.id}&notes=1")
    page.keyboard.press("Space")
    expect(page.locator(".figures")).to_have_count(1)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("no word in time")).to_be_visible()
    expect(page.locator(".st-key-lane-0").get_by_text(words[:20])).to_be_visible()
    expect(notes.get_by_text("Wait for it.")).to_be_visible()
    page.wait_for_selector(IDLE)
    asked = len(upstream.log)
    page.bring_to_front()
    page.reload()
    expect(page.get_by_text("no word in time")).to_be_visible()
    assert len(upstream.log) == asked
    wait_until(page, lambda: page.evaluate(HEARS), "the script that hears keys")
    page.wait_for_selector(IDLE)
    page.keyboard.press("Escape")
    go_to(page, "History")
    expect(page.locator(".stMarkdownBadge", has_text="Backup").first).to_be_visible()
    go_to(page, "Show")
    page.get_by_text("Offline").click()
    page.wait_for_selector(IDLE)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="A new show")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_text("nothing was asked")).to_be_visible()
    expect(page.locator(".figures")).to_have_count(1)
    assert len(upstream.log) == asked
