"""The chat page in Chromium."""

from playwright.sync_api import Page, expect

from simulator import Simulator
from tests.browser.conftest import App
from tests.browser.steps import (
    CRICKET,
    ENDLESS,
    IDLE,
    answer,
    ask,
    badges,
    complete,
    lengths,
    nothing_is_left,
    open_page,
    shows,
    watch,
    whole_answer,
    words,
)

FAST = "/?with=openai|chat|sim-fast|simulator"
BRISK = "/?with=openai|chat|sim-brisk|simulator"  # six seconds, in the words that `whole_answer` tells


def test_an_answer_grows_word_by_word_marked_as_simulated_with_its_figures(
    page: Page, app: App, simulator: Simulator
) -> None:
    open_page(page, app.url + BRISK)
    watch(page, ".st-key-answer-0")
    ask(page, CRICKET)
    expect(complete(page)).to_be_visible()
    assert lengths(page)[0] >= 15  # a browser short of time draws fewer frames
    shows(answer(page), whole_answer(simulator, CRICKET))
    expect(badges(page)).to_have_count(1)
    expect(page.get_by_text("first token")).to_be_visible()
    expect(page.get_by_text("10 → 284 tokens")).to_be_visible()


def test_reasoning_is_folded_away(page: Page, app: App) -> None:
    open_page(page, app.url + FAST)
    ask(page, "Solve a puzzle: a bat and a ball cost 1.10 together, the bat costs 1.00 more. What is the ball?")
    expect(complete(page)).to_be_visible()
    expect(page.get_by_text("Thoughts")).to_be_visible()
    expect(page.get_by_test_id("stExpanderDetails").filter(visible=True)).to_have_count(0)


def test_regenerate_adds_an_answer_and_keeps_the_first(page: Page, app: App) -> None:
    open_page(page, app.url + FAST, "Say hello in many languages and scripts, with emoji.")
    expect(complete(page)).to_be_visible()
    first = words(answer(page))
    page.get_by_role("button", name="Regenerate").click()
    expect(page.locator("#stMain").get_by_test_id("stButtonGroup").filter(has_text="Answer")).to_be_visible()
    page.wait_for_selector(IDLE)
    expect(complete(page)).to_be_visible()
    shows(answer(page), first)


def test_nothing_of_the_answer_before_stands_on_the_page_while_another_comes(page: Page, app: App) -> None:
    def is_alone(place: int, *gone: str) -> None:
        expect(page.get_by_role("button", name="Stop")).to_be_visible()
        nothing_is_left(page, *gone)
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_text("stopped by you")).to_have_count(place + 1)
        page.wait_for_selector(IDLE)

    open_page(page, f"{app.url}/?with=openai|chat|{ENDLESS}|simulator", "Go on.")
    below = ("Regenerate", "Replay", "Export", "Add to show")
    is_alone(0, *below)
    for _ in range(2):  # the first adds a choice above the answer
        page.get_by_role("button", name="Regenerate").click()
        is_alone(0, *below)
    ask(page, "And then?")
    is_alone(1, "Regenerate", "Export")


def test_editing_a_prompt_begins_a_conversation_and_keeps_the_old_one(page: Page, app: App) -> None:
    open_page(page, app.url + FAST, "Say hello in many languages and scripts, with emoji.")
    expect(complete(page)).to_be_visible()
    before = page.url
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Prompt", exact=True).fill(CRICKET)
    page.get_by_role("button", name="Ask again").click()
    expect(answer(page)).to_contain_text("Weald")
    assert page.url != before
    page.goto(before)
    expect(page.get_by_test_id("stChatMessage").first).to_contain_text("Say hello")


def test_a_conversation_that_is_gone_says_so(page: Page, app: App) -> None:
    open_page(page, f"{app.url}/?c=unknown")
    expect(page.get_by_text("nothing at this address")).to_be_visible()
