"""Back and Forward: each step that somebody took has one entry in the browser's history."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import App
from tests.browser.steps import CRICKET, IDLE, ask, asked, complete, go_to, open_page, wait_until

CODE = "Write a Python function that counts the words in a text, with a test."


def steps(page: Page) -> int:
    found: int = page.evaluate("history.length")
    return found


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_test_id("stSelectbox").filter(has_text=label).get_by_role("combobox").click()
    page.get_by_role("option", name=option).click()


def test_back_and_forward_on_chat(page: Page, app: App) -> None:
    open_page(page, app.url)
    before = steps(page)
    choose(page, "Provider", "IBM watsonx.ai")
    wait_until(page, lambda: "with=watsonx" in page.url, "the choice is in the address")
    ask(page, CRICKET)
    expect(complete(page)).to_have_count(1)
    page.wait_for_selector(IDLE)
    assert steps(page) == before + 2

    page.go_back()
    expect(asked(page, CRICKET)).to_have_count(0)
    expect(page.get_by_role("combobox", name="Provider")).to_have_value("IBM watsonx.ai")
    page.go_back()
    expect(page.get_by_role("combobox", name="Provider")).to_have_value("OpenAI")
    page.go_forward()
    expect(page.get_by_role("combobox", name="Provider")).to_have_value("IBM watsonx.ai")
    page.go_forward()
    expect(asked(page, CRICKET)).to_be_visible()
    expect(complete(page)).to_have_count(1)
    assert steps(page) == before + 2


def test_an_earlier_conversation_and_the_way_back_from_it(page: Page, app: App) -> None:
    open_page(page, app.url, CRICKET)
    expect(complete(page)).to_have_count(1)
    page.get_by_role("button", name="New conversation").click()
    expect(asked(page, CRICKET)).to_have_count(0)
    ask(page, CODE)
    expect(complete(page)).to_have_count(1)
    choose(page, "Provider", "IBM watsonx.ai")
    wait_until(page, lambda: "with=watsonx" in page.url, "the choice is in the address")
    page.get_by_test_id("stSidebar").get_by_role("button", name="Tell me about").first.click()
    expect(asked(page, CODE)).to_have_count(0)
    expect(asked(page, CRICKET)).to_be_visible()
    expect(page.get_by_role("combobox", name="Provider")).to_have_value("IBM watsonx.ai")
    page.go_back()
    expect(asked(page, CODE)).to_be_visible()
    go_to(page, "Chat")  # the page shows what it showed
    page.wait_for_selector(IDLE)
    expect(asked(page, CODE)).to_be_visible()
    expect(complete(page)).to_have_count(1)


def test_back_and_forward_on_compare(page: Page, app: App) -> None:
    open_page(page, f"{app.url}/compare")
    before = steps(page)
    page.get_by_role("button", name="Add lane").click()
    wait_until(page, lambda: page.url.count("lane=") == 4, "the lanes are in the address")
    ask(page, CRICKET)
    page.get_by_role("button", name="Stop all").click()
    over = page.locator("[class*=st-key-foot-]").filter(has_text=re.compile("stopped by you|complete"))
    expect(over).to_have_count(4)
    page.wait_for_selector(IDLE)
    assert steps(page) == before + 2

    lanes = page.locator("[data-testid=stMain] [data-testid=stPopover]").filter(has_text=" · ")
    page.go_back()
    expect(lanes).to_have_count(4)
    page.go_back()
    expect(lanes).to_have_count(3)
    page.go_forward()
    expect(lanes).to_have_count(4)
    page.go_forward()
    expect(over).to_have_count(4)
    assert steps(page) == before + 2
