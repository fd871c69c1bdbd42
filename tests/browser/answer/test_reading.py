"""Reading along: what is in view while words come, who scrolls up, what stands there when it is over."""

from collections.abc import Callable
from typing import TypedDict

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import App
from tests.browser.steps import CRICKET, ENDLESS, IDLE, answer, ask, complete, lane, open_page, wait_until

ESSAY = "Write a long essay on the history of the postal service, with headings, lists and a quote."
LANES = ("openai|chat", "bedrock|converse", "watsonx|chat")
CHAT, COMING, WHOLE = (
    "[data-testid=stAppScrollToBottomContainer]",
    "[class*=st-key-words-coming-{}]",
    "[class*=st-key-words-whole-{}]",
)
NEAR = 60  # pixels from the end, within which a reader is at it

# The lines of text within the box, as far as they are in view, and whether the last word is among them. A line is told
# from the next by its lower edge; status texts for screen readers are none.
LINES = """box => {
    const view = box.getBoundingClientRect();
    const [top, bottom] = [Math.max(view.top, 0), Math.min(view.bottom, innerHeight)];
    const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT), range = document.createRange();
    const lines = new Set();
    let newest = false;
    while (walker.nextNode()) {
        const text = walker.currentNode;
        if (!text.data.trim() || text.parentElement.closest("[role=status], [data-testid=stElementToolbar]")) continue;
        range.selectNodeContents(text);
        for (const {top: from, bottom: to, width} of range.getClientRects()) {
            if (!width) continue;
            newest = from >= top - 1 && to <= bottom + 1;
            if (newest) lines.add(Math.round(to / 6));
        }
    }
    return {lines: [...lines].filter(line => !lines.has(line - 1)).length, newest};
}"""


class View(TypedDict):
    lines: int
    newest: bool


def compare(model: str, count: int) -> str:
    return "/compare?" + "&".join(f"lane={LANES[place % 3]}|{model}|simulator" for place in range(count))


def in_view(page: Page) -> list[View]:
    """What each lane shows, all at the same moment."""
    found: list[View] = page.locator(COMING.format("")).evaluate_all(f"all => all.map({LINES})")
    return found


def left(box: Locator) -> float:
    """Pixels between what is in view and the end."""
    found: float = box.evaluate("box => box.scrollHeight - box.clientHeight - box.scrollTop")
    return found


def top(box: Locator) -> float:
    found: float = box.evaluate("box => box.scrollTop")
    return found


def length(place: Locator) -> int:
    return len(place.inner_text())


def settled(page: Page, box: Locator) -> float:
    """Where the box stands once a turn of the wheel has come to its end."""
    before = [-1.0]

    def is_settled() -> bool:
        moved = top(box) != before[0]
        before[0] = top(box)
        return not moved

    wait_until(page, is_settled, "the wheel's way is over")
    return before[0]


def grows(page: Page, place: Locator, by: int = 400) -> Callable[[], None]:
    shown = length(place)
    return lambda: wait_until(page, lambda: length(place) > shown + by, "more words")


@pytest.mark.parametrize(("where", "rate"), [("chat", 50), ("chat", 100), ("lane", 100)])
def test_who_scrolls_up_stays_and_who_comes_back_to_the_end_follows(
    page: Page, app: App, where: str, rate: int
) -> None:
    model = f"sim-90000x{rate}"
    if where == "chat":
        open_page(page, f"{app.url}/?with=openai|chat|{model}|simulator")
        box, words = page.locator(CHAT), answer(page)
    else:
        open_page(page, app.url + compare(model, 2))
        box, words = page.locator(COMING.format(0)), lane(page, 0)
    ask(page, "Go on.")
    wait_until(page, lambda: top(box) > 500, "there is something above to read")
    wait_until(page, lambda: left(box) <= NEAR, "the newest words are in view")
    box.hover()
    page.mouse.wheel(0, -350)
    wait_until(page, lambda: left(box) > 200, "the reader has gone up")
    stands = settled(page, box)
    grows(page, words)()
    assert top(box) == pytest.approx(stands, abs=2)
    if where == "lane":
        other = page.locator(COMING.format(1))
        wait_until(page, lambda: left(other) <= NEAR, "the other lane goes on following")

    def is_back() -> bool:  # the end moves on while the wheel turns
        page.mouse.wheel(0, 5_000)
        return left(box) <= NEAR

    wait_until(page, is_back, "the reader has come back")
    before = top(box)
    grows(page, words)()
    wait_until(page, lambda: left(box) <= NEAR and top(box) > before + 50, "it follows again")
    page.get_by_role("button", name="Stop all" if where == "lane" else "Stop", exact=True).click()
    expect(page.get_by_text("stopped by you").first).to_be_visible()


def test_what_is_open_or_pressed_while_an_answer_comes_stays_where_it_is(page: Page, app: App) -> None:
    open_page(page, f"{app.url}/?with=openai|chat|sim-20x100|simulator", "Go on.")
    expect(complete(page)).to_have_count(1)
    open_page(page, page.url.replace("sim-20x100", "sim-90000x50"), "And on.")
    expect(answer(page, 1)).to_contain_text("Piece 1")
    page.get_by_role("button", name="Edit").first.click()
    form = page.get_by_test_id("stPopoverBody")
    box = page.locator(CHAT)
    wait_until(page, lambda: left(box) > 200, "the answer grows below the window")
    stands = form.bounding_box()
    wait_until(page, lambda: left(box) > 500, "it goes on to grow")
    assert form.bounding_box() == stands
    page.keyboard.press("Escape")
    wait_until(page, lambda: left(box) <= NEAR, "it follows again")
    box.hover()
    page.mouse.down()  # on something that would move away
    wait_until(page, lambda: left(box) > 300, "it stays while the mouse is held")
    page.mouse.up()
    wait_until(page, lambda: left(box) <= NEAR, "it follows once more")
    page.get_by_role("button", name="Stop", exact=True).click()


@pytest.mark.parametrize(
    ("width", "height", "count", "least"),
    [(1280, 720, 2, 10), (1280, 720, 3, 10), (1440, 900, 4, 6), (1440, 900, 6, 6)],
)
def test_lines_in_view_while_lanes_stream(
    page: Page, app: App, width: int, height: int, count: int, least: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    open_page(page, app.url + compare("sim-9000x15", count), "Go on.")
    seen: list[View] = []

    def enough() -> bool:
        seen[:] = in_view(page)
        return len(seen) == count and all(view["lines"] >= least and view["newest"] for view in seen)

    try:
        wait_until(page, enough, "enough lines")
    except AssertionError:
        raise AssertionError(seen) from None
    expect(page.get_by_role("button", name="Stop all")).to_be_visible()  # they were in view while words came
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_lane_that_is_over_shows_its_beginning(page: Page, app: App) -> None:
    open_page(page, app.url + compare("sim-fast", 2), ESSAY)
    expect(complete(page)).to_have_count(2)
    for place in (0, 1):
        box = page.locator(WHOLE.format(place))
        wait_until(page, lambda box=box: box.count() == 1 and top(box) == 0, "its beginning")  # type: ignore[misc]
        assert left(box) > 500


def test_streamlits_own_running_sign_and_stop_are_not_shown(page: Page, app: App) -> None:
    open_page(page, f"{app.url}/?with=openai|chat|{ENDLESS}|simulator", "Go on.")
    page.wait_for_selector("[data-testid=stStatusWidget]", state="attached")
    expect(page.get_by_test_id("stStatusWidget")).to_be_hidden()
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_have_count(1)
    stop.click()
    expect(page.get_by_text("stopped by you")).to_be_visible()


def test_code_has_its_colours_while_it_streams(page: Page, app: App) -> None:
    open_page(page, f"{app.url}/?with=openai|chat|sim-typical|simulator")
    ask(page, "Write a Python function that counts the words in a text, with a test.")
    colours = "all => new Set(all.map(one => getComputedStyle(one).color)).size"
    wait_until(page, lambda: answer(page).locator("pre code span").evaluate_all(colours) >= 3, "colours")
    assert complete(page).count() == 0
    expect(page.get_by_role("button", name="Stop")).to_be_visible()


@pytest.mark.parametrize(
    ("model", "ends", "shown"),
    [
        ("sim-300x20", "complete", "· complete"),
        (ENDLESS, "was stopped", "stopped by you"),
        ("sim-fault-401", "failed", "Key refused"),
        ("sim-fault-cut.sim-20x1", "broke off", "Broken off"),
    ],
)
def test_screen_readers_are_told_that_an_answer_begins_and_how_it_ends(
    page: Page, app: App, model: str, ends: str, shown: str
) -> None:
    open_page(page, f"{app.url}/?with=openai|chat|{model}|simulator")
    page.evaluate(
        """() => {
            window.told = [];
            new MutationObserver(() => document.querySelectorAll("[role=status]").forEach(one => {
                if (one.innerText && told.at(-1) !== one.innerText) told.push(one.innerText);
            })).observe(document.body, {subtree: true, childList: true, characterData: true});
        }"""
    )
    ask(page, CRICKET)
    if ends == "was stopped":
        expect(answer(page)).to_contain_text("Piece 0")
        page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text(shown).first).to_be_visible()
    if ends == "broke off":
        expect(answer(page)).to_contain_text("Piece 0")  # what was said stays
    page.wait_for_selector(IDLE)
    told: list[str] = page.evaluate("window.told")
    begun = ["OpenAI begins to answer"] if ends != "failed" else []
    assert told[: len(begun)] == begun
    assert len(told) == len(begun) + 1
    assert ends in told[-1]
