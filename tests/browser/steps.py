"""Steps of a user on a page, and what they see there."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from providers import Request, SimulatorAddress, connect, load
from simulator import Simulator
from tests.browser.conftest import PATIENCE

CRICKET = "Tell me about history of Cricket in 200 words."
# A quarter of an hour: however slow a machine is, there is something left to stop. And few words a second, so that the
# browser has time for what the test does meanwhile.
ENDLESS = "sim-4000x4"
RUNNING = "[data-testid=stApp][data-test-script-state=running]"
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"

# Keeps every length that a text has had, so that a test can tell growing from appearing.
WATCH = """(lengths => {
    window.lengths = lengths;
    new MutationObserver(() => {
        document.querySelectorAll(%r).forEach((element, at) => {
            (lengths[at] ??= new Set()).add(element.innerText.length);
        });
    }).observe(document.body, {subtree: true, childList: true, characterData: true});
})([])"""


def open_page(page: Page, url: str, prompt: str = "") -> None:
    """Open it, and ask the prompt, where there is one."""
    page.goto(url)
    expect(page.get_by_test_id("stChatInput")).to_be_visible()
    page.wait_for_selector(IDLE)
    if prompt:
        ask(page, prompt)


def go_to(page: Page, name: str) -> None:
    """Another page, by the navigation."""
    page.get_by_test_id("stTopNav").get_by_role("link", name=name).click()


def ask(page: Page, prompt: str) -> None:
    """Type it and send it; the page shows it as a question."""
    prompt_input(page).fill(prompt)
    page.keyboard.press("Enter")
    expect(asked(page, prompt).last).to_be_visible()


def prompt_input(page: Page) -> Locator:
    return page.get_by_test_id("stChatInputTextArea")


def asked(page: Page, prompt: str) -> Locator:
    """The prompt as a question, on Chat or Compare."""
    return page.locator("[data-testid=stChatMessage], .st-key-question").filter(has_text=prompt)


def nothing_is_left(page: Page, *buttons: str) -> None:
    """Nothing of the run before stands on the page; nor do buttons with these names. To be called while answers come
    that take longer than a minute."""
    main, soon = page.locator("#stMain"), PATIENCE // 2
    stale = main.locator("[data-stale=true]").filter(has_text=re.compile(r"\S"), visible=True)
    try:
        expect(stale).to_have_count(0, timeout=soon)
    except AssertionError:
        raise AssertionError(stale.evaluate_all("all => all.map(one => one.outerHTML)")) from None
    expect(main.get_by_role("button", name=re.compile("|".join(buttons)))).to_have_count(0, timeout=soon)


def complete(page: Page) -> Locator:
    """The figures of answers that came whole."""
    return page.get_by_text("· complete")


def answer(page: Page, number: int = 0) -> Locator:
    """The chat page's answer to a turn, without its byline and figures."""
    return page.locator(f".st-key-answer-{number}")


def lane(page: Page, place: int) -> Locator:
    """The text of one of the compare page's lanes, counted from the left."""
    return page.locator(f".st-key-lane-{place}")


def numbers(place: Locator) -> list[int]:
    """Those of a `sim-NxR` answer, which speaks N pieces, each with its number."""
    return [int(number) for number in re.findall(r"\d+", words(place))]


def words(place: Locator) -> str:
    """The words in an answer's place, without what it says for screen readers alone."""
    texts = place.get_by_test_id("stMarkdown").evaluate_all("all => all.map(one => one.innerText)")
    return squeezed(" ".join(texts))


def badges(page: Page) -> Locator:
    """The marks of simulated answers."""
    return page.locator("#stMain").locator(".stMarkdownBadge", has_text="Simulator")


def watch(page: Page, selector: str) -> None:
    page.evaluate(WATCH % selector)


def lengths(page: Page) -> list[int]:
    """How many different lengths each watched text has had."""
    seen: list[int] = page.evaluate("window.lengths.map(seen => seen.size)")
    return seen


def wait_until(page: Page, true: Callable[[], bool], what: str) -> None:
    """Look until it is so; the page goes on meanwhile."""
    for _ in range(300):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never came: {what}")


def whole_answer(simulator: Simulator, prompt: str, model: str = "sim-instant") -> str:
    """What the simulator says to the prompt, by the project's own adapter."""
    address = SimulatorAddress(simulator.url, simulator.tls_url, simulator.ca_file)
    return "".join(connect(load({})["openai"].simulated_by(address)).stream(Request.of(prompt, model)))


def squeezed(text: str) -> str:
    """Without differences in white space, which a page may draw as it likes."""
    return re.sub(r"\s+", " ", text).strip()


def shows(place: Locator, text: str) -> None:
    """The whole text comes to stand there and nothing beside it, white space apart; the figures may know of its end
    before the browser has drawn the last words."""
    wait_until(place.page, lambda: words(place) == squeezed(text), f"all of: {text[:40]}…")
