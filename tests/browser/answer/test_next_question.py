"""The next question: however an answer was looked at while it came, it can be asked, and is asked once."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from simulator import Simulator
from tests.browser.conftest import App
from tests.browser.steps import (
    ENDLESS,
    IDLE,
    answer,
    ask,
    asked,
    complete,
    go_to,
    lane,
    nothing_is_left,
    numbers,
    open_page,
    prompt_input,
    wait_until,
)
from tests.support.since import Since

MODEL = "sim-40x20"  # numbered pieces, for two seconds
WHOLE = list(range(40))
CHAT = f"/?with=openai|chat|{MODEL}|live"
COMPARE = "/compare?" + "&".join(f"lane={lane}|{MODEL}|live" for lane in ("openai|chat", "bedrock|converse"))


def questions(since: Since) -> list[str]:
    """What was asked, in its order, each with what the provider was told of it."""
    return [str(exchange.body["messages"][-1]["content"]) for exchange in since.streamed()]


def versions(page: Page) -> Locator:
    """The choice between the answers to one question."""
    return page.get_by_role("radiogroup", name="Answer", exact=True)


def leads_elsewhere(page: Page, click: Callable[[], None]) -> None:
    """What is asked by this click has an address of its own."""
    before = page.url
    click()
    wait_until(page, lambda: page.url != before, "another address")


# Each takes a page in mid-stream, and gives back the one to go on with.


def is_watched(page: Page) -> Page:
    return page


def is_reloaded(page: Page) -> Page:
    page.reload()
    return page


def is_left_and_come_back_to(page: Page) -> Page:
    here = "Compare" if "/compare" in page.url else "Chat"
    go_to(page, "History")
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    go_to(page, here)
    return page


def is_opened_in_a_second_tab(page: Page) -> Page:
    second = page.context.new_page()
    second.goto(page.url)
    return second


def has_its_source_switched(page: Page) -> Page:
    page.get_by_test_id("stSidebar").get_by_text("Simulator", exact=True).click()
    return page


def is_regenerated(page: Page) -> Page:
    expect(complete(page)).to_have_count(1)
    page.get_by_role("button", name="Regenerate").click()
    expect(versions(page)).to_be_visible()
    return page


def is_asked_again_by_edit(page: Page) -> Page:
    expect(complete(page)).to_have_count(1)
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Prompt", exact=True).fill("One, but another?")
    page.get_by_role("button", name="Ask again").click()
    expect(asked(page, "One, but another?")).to_be_visible()
    return page


@pytest.mark.parametrize(
    "way",
    [
        is_watched,
        is_reloaded,
        is_left_and_come_back_to,
        is_opened_in_a_second_tab,
        has_its_source_switched,
        is_regenerated,
        is_asked_again_by_edit,
    ],
)
def test_after_an_answer_that(way: Callable[[Page], Page], page: Page, live_app: App, upstream: Simulator) -> None:
    since = Since(upstream)
    open_page(page, live_app.url + CHAT, "One?")
    expect(answer(page)).to_contain_text("Piece 0")
    there = way(page)
    expect(complete(there)).to_have_count(1)
    expect(prompt_input(there)).to_be_enabled()
    ask(there, "And two?")
    expect(complete(there)).to_have_count(2)
    for number in (0, 1):
        wait_until(there, lambda number=number: numbers(answer(there, number)) == WHOLE, "all words")  # type: ignore[misc]
    told = questions(since)
    assert told[0] == "One?"
    assert told.count("And two?") == (0 if way is has_its_source_switched else 1)


def has_a_lane_at_full_width(page: Page) -> Page:
    page.locator(".st-key-icon-wide-1 button").first.click()
    expect(page.get_by_role("button", name="Back to its column")).to_be_visible()
    return page


def has_a_lane_retried(page: Page) -> Page:
    page.locator(".st-key-icon-retry-1 button").first.click()  # once that lane is over
    expect(page.get_by_role("button", name="Attempt 2")).to_be_visible()
    return page


def is_asked_of_all_again(page: Page) -> Page:
    expect(complete(page)).to_have_count(2)
    leads_elsewhere(page, page.get_by_role("button", name="Ask again").click)
    page.wait_for_selector(IDLE)  # before, the figures and the input of the comparison before may stand there
    return page


@pytest.mark.parametrize(
    "way",
    [
        is_watched,
        is_reloaded,
        is_left_and_come_back_to,
        is_opened_in_a_second_tab,
        has_a_lane_at_full_width,
        has_a_lane_retried,
        is_asked_of_all_again,
    ],
)
def test_after_a_comparison_that(way: Callable[[Page], Page], page: Page, live_app: App, upstream: Simulator) -> None:
    since = Since(upstream)
    open_page(page, live_app.url + COMPARE, "One?")
    expect(lane(page, 1)).to_contain_text("Piece 0")
    there = way(page)
    expect(complete(there)).to_have_count(2)
    expect(prompt_input(there)).to_be_enabled()
    ask(there, "And two?")
    expect(there.get_by_text("Round 1: One?")).to_be_visible()
    expect(complete(there)).to_have_count(2)
    for place in (0, 1):
        wait_until(there, lambda place=place: numbers(lane(there, place)) == WHOLE, "all words")  # type: ignore[misc]
    assert len([question for question in questions(since) if "And two?" in question]) == 2


def test_a_question_sent_while_an_answer_comes_waits_for_its_turn_and_stop_hangs_up(
    page: Page, live_app: App, upstream: Simulator
) -> None:
    since = Since(upstream)
    open_page(page, live_app.url + CHAT.replace(MODEL, ENDLESS), "One?")
    expect(answer(page)).to_contain_text("Piece 0")
    for prompt in ("And two?", "And never?", "And three?"):
        ask(page, prompt)
        expect(asked(page, prompt).get_by_text("Queued")).to_be_visible()
    asked(page, "And never?").get_by_role("button", name="Take back").click()
    expect(asked(page, "And never?")).to_have_count(0)
    expect(page.get_by_text("Queued")).to_have_count(2)  # nothing is left in the place of the last
    assert questions(since) == ["One?"]
    for number, prompt in ((1, "And two?"), (2, "And three?")):
        page.get_by_role("button", name="Stop").click()
        expect(answer(page, number)).to_contain_text("Piece 0")
        expect(asked(page, prompt).get_by_text("Queued")).to_have_count(0)
        expect(page.get_by_text("Queued")).to_have_count(2 - number)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("stopped by you")).to_have_count(3)
    for number in range(3):
        expect(answer(page, number)).to_contain_text("Piece 0")  # what was said stays
    assert questions(since) == ["One?", "And two?", "And three?"]
    wait_until(page, lambda: all(exchange.cancelled for exchange in since.streamed()), "the requests are closed")


def test_a_shorter_conversation_leaves_nothing_of_the_longer_one_on_the_page(page: Page, live_app: App) -> None:
    open_page(page, live_app.url + CHAT, "One?")
    expect(complete(page)).to_have_count(1)
    open_page(page, page.url.replace(MODEL, ENDLESS), "And two?")
    expect(answer(page, 1)).to_contain_text("Piece 0")
    ask(page, "And three?")
    page.get_by_role("button", name="Edit").first.click()
    leads_elsewhere(page, page.get_by_role("button", name="Ask again").click)
    expect(answer(page)).to_contain_text("Piece 0")
    nothing_is_left(page, "Regenerate", "Take back")
    page.get_by_role("button", name="Stop").click()


def test_a_queued_question_is_asked_though_its_page_is_reloaded(page: Page, live_app: App, upstream: Simulator) -> None:
    since = Since(upstream)
    open_page(page, live_app.url + CHAT, "One?")
    expect(answer(page)).to_contain_text("Piece 0")
    ask(page, "And two?")
    page.reload()
    expect(complete(page)).to_have_count(2)
    assert questions(since) == ["One?", "And two?"]


# What is clicked twice is asked once.


def test_two_clicks_on_send_a_suggestion_regenerate_and_ask_again_ask_once_each(
    page: Page, live_app: App, upstream: Simulator
) -> None:
    since = Since(upstream)
    open_page(page, live_app.url + CHAT)
    page.get_by_role("radiogroup", name="Suggestions").get_by_role("radio").first.dblclick()
    expect(complete(page)).to_have_count(1)
    assert len(questions(since)) == 1

    prompt_input(page).fill("And two?")
    page.get_by_test_id("stChatInputSubmitButton").dblclick()
    expect(complete(page)).to_have_count(2)
    assert questions(since)[1:] == ["And two?"]

    page.get_by_role("button", name="Regenerate").dblclick()
    expect(versions(page)).to_be_visible()
    expect(complete(page)).to_have_count(2)
    assert questions(since)[2:] == ["And two?"]

    page.wait_for_selector(IDLE)  # before, the last Edit may be that of the turn above
    page.get_by_role("button", name="Edit").last.click()
    leads_elsewhere(page, page.get_by_role("button", name="Ask again").dblclick)
    wait_until(page, lambda: len(questions(since)) > 3, "it is asked")  # till then, the old figures may stand there
    expect(versions(page)).to_have_count(0)
    expect(complete(page)).to_have_count(2)
    assert questions(since)[3:] == ["And two?"]


def test_two_clicks_on_a_suggestion_send_retry_and_ask_again_compare_once_each(
    page: Page, live_app: App, upstream: Simulator
) -> None:
    since = Since(upstream)
    open_page(page, live_app.url + COMPARE)
    page.get_by_role("radiogroup", name="Suggestions").get_by_role("radio").first.dblclick()
    expect(complete(page)).to_have_count(2)
    assert len(questions(since)) == 2

    prompt_input(page).fill("And two?")
    page.get_by_test_id("stChatInputSubmitButton").dblclick()
    expect(page.get_by_text("Round 1:")).to_be_visible()
    expect(complete(page)).to_have_count(2)
    assert len(questions(since)) == 4

    page.locator(".st-key-icon-retry-0 button").first.dblclick()
    expect(page.get_by_role("button", name="Attempt 2")).to_be_visible()
    expect(complete(page)).to_have_count(2)
    assert len(questions(since)) == 5

    leads_elsewhere(page, page.get_by_role("button", name="Ask again").dblclick)
    wait_until(page, lambda: len(questions(since)) > 6, "both are asked")
    expect(page.get_by_role("button", name="Attempt 2")).to_have_count(0)
    expect(complete(page)).to_have_count(2)
    assert len(questions(since)) == 7


def test_two_tabs_that_click_at_the_same_moment_ask_once(page: Page, live_app: App, upstream: Simulator) -> None:
    since = Since(upstream)
    open_page(page, live_app.url + CHAT, "One?")
    expect(complete(page)).to_have_count(1)
    second = page.context.new_page()
    second.goto(page.url)
    expect(complete(second)).to_have_count(1)
    for each in (page, second):
        each.get_by_role("button", name="Regenerate").click(no_wait_after=True)
    for each in (page, second):
        expect(versions(each)).to_be_visible()
        expect(complete(each)).to_have_count(1)
    assert questions(since) == ["One?"] * 2


def test_a_second_tab_shows_what_is_asked_in_the_first(page: Page, live_app: App) -> None:
    open_page(page, live_app.url + CHAT.replace(MODEL, ENDLESS), "One?")
    expect(answer(page)).to_contain_text("Piece 0")
    second = page.context.new_page()
    second.goto(page.url)
    expect(answer(second)).to_contain_text("Piece 0")
    ask(page, "And two?")
    page.get_by_role("button", name="Stop").click()
    for each in (page, second):
        expect(answer(each, 1)).to_contain_text("Piece 0")
    second.get_by_role("button", name="Stop").click()
    for each in (page, second):
        expect(each.get_by_text("stopped by you")).to_have_count(2)
