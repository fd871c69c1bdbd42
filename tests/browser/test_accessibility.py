"""Names and order: what a screen reader and the Tab key find on each page."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App
from tests.browser.steps import CRICKET, IDLE, ask, complete, open_page

CONTROLS = {
    "button", "checkbox", "combobox", "dialog", "link", "listbox", "menuitem", "option", "radio", "searchbox", "slider",
    "spinbutton", "switch", "tab", "textbox",
}  # fmt: skip
# An icon's ligature is no name: "chevron_left", "chevron_left icon"; and Markdown's backslashes are none of a name.
NO_NAME = re.compile(r"\bicon\b|\b[a-z]+_[a-z_]+\b|\\|^$")
PAGES = ["compare", "why_stream", "show", "history", "leaderboard"]
FAST = "openai|chat|sim-instant|simulator"

REACHABLE = """() => [
    ...document.querySelectorAll("a[href], button, input, select, textarea, [tabindex='0']")
].filter(one => one.checkVisibility({visibilityProperty: true}) && !one.disabled && one.tabIndex >= 0
    && one !== one.closest("[role=radiogroup]")?.querySelector("input, [role=radio]")  // arrows lead on
    && !one.matches("[role=radio], [type=radio], [role=tabpanel]")
).map(one => { one.dataset.reachable = ""; return one; }).length"""
HERE = """() => {
    const one = document.activeElement, before = window.stopBefore;
    if (one === document.body) return {body: true};
    const seen = one.dataset.seen === "", again = one === before;
    one.dataset.seen = "";
    window.stopBefore = one;
    // Of the two as they stand now: a chart that is drawn late moves all that follows it.
    const isBack = before?.isConnected && !(before.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING);
    return {seen, again, isBack, prefetch: !!one.closest(".st-key-prefetch"),
        name: one.getAttribute("aria-label") ?? one.innerText ?? "", body: false};
}"""


def nodes(page: Page) -> list[tuple[str, str]]:
    """The role and the name of all that a screen reader finds on the page."""
    session = page.context.new_cdp_session(page)
    tree: list[dict[str, Any]] = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [
        (str(node.get("role", {}).get("value", "")), str(node.get("name", {}).get("value", "")))
        for node in tree
        if not node.get("ignored")
    ]


def is_well_named(page: Page) -> None:
    found = nodes(page)
    controls = [(role, name) for role, name in found if role in CONTROLS]
    assert len(controls) > 5
    assert [control for control in controls if NO_NAME.search(control[1])] == []
    assert not [name for _, name in found if "print()" in name], "the sample that is fetched ahead is read out"


def is_reached_by_tab(page: Page) -> None:
    page.evaluate("const {body} = document; body.tabIndex = -1; body.focus(); body.removeAttribute('tabindex')")
    page.evaluate("window.stopBefore = undefined")
    page.locator("[data-seen]").evaluate_all("all => all.forEach(one => delete one.dataset.seen)")  # by an earlier look
    count: int = page.evaluate(REACHABLE)
    stops: list[dict[str, Any]] = []
    for _ in range(3 * count):
        page.keyboard.press("Tab")
        stop = page.evaluate(HERE)
        if stop["body"]:  # the end, or the place of something that was just drawn anew
            continue
        if stop["again"]:  # Tab leads through the cells of a table, and then on
            continue
        if stop["seen"]:
            break
        stops.append(stop)
    missed = page.locator("[data-reachable]:not([data-seen])")
    assert missed.evaluate_all("all => all.map(one => one.outerHTML.slice(0, 300))") == []
    assert not [stop for stop in stops if stop["isBack"]]
    assert not [stop for stop in stops if stop["prefetch"]]


@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_named_and_reached_by_tab(page: Page, app: App, path: str) -> None:
    page.goto(f"{app.url}/{path}")
    expect(page.locator("#stMain")).to_contain_text(re.compile(r"\w{5}"))
    expect(page.locator(".st-key-prefetch")).to_be_hidden()  # the styles are there
    page.wait_for_selector(IDLE)
    is_well_named(page)
    is_reached_by_tab(page)


def test_what_is_folded_away_is_named_too(page: Page, app: App) -> None:
    page.goto(f"{app.url}/compare")
    page.wait_for_selector(IDLE)
    page.get_by_role("button", name="OpenAI").click()
    expect(page.get_by_role("button", name="Move right")).to_be_visible()
    is_well_named(page)


def test_chat_before_and_after_an_answer_and_a_comparison_that_is_over(page: Page, app: App) -> None:
    open_page(page, f"{app.url}/?with={FAST}")
    is_well_named(page)
    is_reached_by_tab(page)

    ask(page, CRICKET)
    expect(complete(page)).to_have_count(1)
    page.wait_for_selector(IDLE)
    is_well_named(page)
    is_reached_by_tab(page)

    open_page(page, f"{app.url}/compare?lane={FAST}&lane=bedrock|converse|sim-instant|simulator", CRICKET)
    expect(complete(page)).to_have_count(2)
    page.wait_for_selector(IDLE)
    is_well_named(page)
    is_reached_by_tab(page)
