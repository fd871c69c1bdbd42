"""How words come to the page: by its wire, without it, and in whole sentences."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, WebSocketRoute, expect

from simulator import Simulator
from tests.browser.conftest import App
from tests.browser.steps import CRICKET, IDLE, answer, ask, lengths, open_page, shows, wait_until, watch, whole_answer

SPEECH = "[data-speech]"
LISTENS = "body[data-live]"
WIRE = re.compile("/live/wire/")


def speaking(url: str, model: str = "sim-brisk") -> str:
    return f"{url}/?with=openai|chat|{model}|simulator"


@pytest.fixture
def calm_page(chromium: Browser) -> Iterator[Page]:
    """Of somebody whose system asks for less motion."""
    context = chromium.new_context(reduced_motion="reduce")
    yield context.new_page()
    context.close()


def listened(page: Page, url: str, model: str = "sim-brisk") -> None:
    """Open a chat whose page has connected its wire."""
    open_page(page, speaking(url, model))
    page.wait_for_selector(LISTENS, state="attached")


def choose(page: Page, pace: str) -> None:
    page.get_by_text("Display").click()
    option = page.get_by_role("radio", name=pace)
    option.evaluate("radio => radio.click()")  # while the options unfold, a place to click at would move away
    expect(option).to_be_checked()


def test_words_come_by_the_wire(page: Page, app: App, simulator: Simulator) -> None:
    listened(page, app.url)
    watch(page, ".st-key-answer-0")
    ask(page, CRICKET)
    expect(page.locator(SPEECH)).to_contain_text("Guildford")
    shows(answer(page), whole_answer(simulator, CRICKET))
    page.wait_for_selector(IDLE)
    expect(page.locator(SPEECH)).to_have_count(0)
    assert lengths(page)[0] > 20


def test_a_click_in_mid_stream_leaves_the_words_where_they_are(page: Page, app: App, simulator: Simulator) -> None:
    listened(page, app.url)
    ask(page, CRICKET)
    expect(page.locator(SPEECH)).to_contain_text("Guildford")
    page.evaluate("document.querySelector('[data-speech] p').stays = true")
    choose(page, "Word by word")
    expect(page.locator(SPEECH)).to_contain_text("Hambledon")
    assert page.evaluate("document.querySelector('[data-speech] p').stays")
    shows(answer(page), whole_answer(simulator, CRICKET))


def test_what_was_said_stands_while_the_next_question_is_asked(page: Page, app: App) -> None:
    listened(page, app.url, "sim-2000xmax")
    ask(page, CRICKET)
    expect(answer(page)).to_contain_text(" 1999")
    page.wait_for_selector(IDLE)
    watch(page, ".st-key-answer-0")
    page.get_by_test_id("stChatInputTextArea").fill("And more?")
    page.keyboard.press("Enter")
    expect(answer(page, 1)).to_contain_text(" 1999")
    page.wait_for_selector(IDLE)
    assert lengths(page)[0] == 1


def test_without_a_wire_words_come_all_the_same(page: Page, app: App, simulator: Simulator) -> None:
    page.route_web_socket(WIRE, lambda socket: socket.close())
    open_page(page, speaking(app.url))
    watch(page, ".st-key-answer-0")
    ask(page, CRICKET)
    expect(answer(page)).to_contain_text("Guildford")
    expect(page.locator(SPEECH)).to_have_count(0)
    shows(answer(page), whole_answer(simulator, CRICKET))
    assert lengths(page)[0] > 10


def test_a_wire_that_breaks_in_mid_stream_is_opened_again(page: Page, app: App, simulator: Simulator) -> None:
    opened: list[WebSocketRoute] = []

    def opens(socket: WebSocketRoute) -> None:
        opened.append(socket)
        socket.connect_to_server()

    page.route_web_socket(WIRE, opens)
    listened(page, app.url)
    ask(page, CRICKET)
    expect(page.locator(SPEECH)).to_contain_text("Guildford")
    opened[0].close()
    wait_until(page, lambda: len(opened) > 1, "another connection")
    shows(answer(page), whole_answer(simulator, CRICKET))


def test_who_wants_less_motion_reads_whole_sentences(calm_page: Page, app: App, simulator: Simulator) -> None:
    listened(calm_page, app.url)
    calm_page.evaluate("""() => {
        window.seen = new Set();
        new MutationObserver(() => {
            const place = document.querySelector("[data-speech]");
            if (place?.textContent) seen.add(place.textContent.trim());
        }).observe(document.body, { subtree: true, childList: true, characterData: true });
    }""")
    ask(calm_page, CRICKET)
    shows(answer(calm_page), whole_answer(simulator, CRICKET))
    seen: list[str] = calm_page.evaluate("[...seen]")
    assert len(seen) > 3
    assert all(text.endswith((".", "!", "?", ":")) for text in seen), seen


def test_whole_sentences_can_be_chosen(page: Page, app: App, simulator: Simulator) -> None:
    page.route_web_socket(WIRE, lambda socket: socket.close())  # Streamlit's own way has them, too
    open_page(page, speaking(app.url))
    choose(page, "By sentence")
    page.wait_for_selector(IDLE)
    watch(page, ".st-key-answer-0")
    ask(page, CRICKET)
    shows(answer(page), whole_answer(simulator, CRICKET))
    assert lengths(page)[0] < 40


SCROLLED = "[data-testid=stAppScrollToBottomContainer]"
AT = "element => element.scrollTop"
LEFT = "element => element.scrollHeight - element.clientHeight - element.scrollTop"


def rested(page: Page, scrolled: Locator) -> float:
    """Where it stands once two looks in a row see it there: a turn of the wheel moves it for a while."""
    seen: list[float] = [-1]

    def still() -> bool:
        seen.append(scrolled.evaluate(AT))
        return seen[-1] == seen[-2]

    wait_until(page, still, "rest")
    return seen[-1]


def followed(page: Page, scrolled: Locator, what: str) -> None:
    """See that words go on at the end, where the reader is."""
    wait_until(page, lambda: scrolled.evaluate(LEFT) < 60, what)
    height = scrolled.evaluate("element => element.scrollHeight")
    wait_until(page, lambda: scrolled.evaluate("element => element.scrollHeight") > height + 200, "more words")
    wait_until(page, lambda: scrolled.evaluate(LEFT) < 60, "the end")


def test_the_page_follows_the_words_until_its_reader_scrolls_up(page: Page, app: App) -> None:
    listened(page, app.url, "sim-3000x50")
    ask(page, CRICKET)
    expect(page.locator(SPEECH)).to_contain_text(" 250 ")
    scrolled = page.locator(SCROLLED)
    wait_until(page, lambda: scrolled.evaluate(AT) > 700 and scrolled.evaluate(LEFT) < 60, "the end")
    page.mouse.move(640, 400)
    page.mouse.wheel(0, -600)
    wait_until(page, lambda: scrolled.evaluate(LEFT) > 300, "the way up")
    before = rested(page, scrolled)
    height = scrolled.evaluate("element => element.scrollHeight")
    wait_until(page, lambda: scrolled.evaluate("element => element.scrollHeight") > height + 200, "more words")
    assert scrolled.evaluate(AT) == before
    page.mouse.wheel(0, 100_000)
    followed(page, scrolled, "the way back")
    page.locator(".st-key-stop button").click()
    page.wait_for_selector(IDLE)


def test_who_asks_is_taken_to_the_answer(page: Page, app: App) -> None:
    listened(page, app.url, "sim-3000x400")
    ask(page, CRICKET)
    page.wait_for_selector(IDLE)
    page.mouse.move(640, 400)
    page.mouse.wheel(0, -900)
    scrolled = page.locator(SCROLLED)
    wait_until(page, lambda: scrolled.evaluate(LEFT) > 500, "the way up")
    rested(page, scrolled)
    page.get_by_test_id("stChatInputTextArea").fill("And more?")
    page.keyboard.press("Enter")
    followed(page, scrolled, "the new answer")
    page.locator(".st-key-stop button").click()
    page.wait_for_selector(IDLE)
