"""Markdown of answers, as Streamlit renders it in Chromium: an upgrade of Streamlit may change it."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.answer.written import SAMPLES
from tests.browser.conftest import Serve
from tests.browser.steps import IDLE, squeezed

SHOWN = {  # Markdown's own signs are gone, and nothing else
    "money": SAMPLES["money"],
    "signs": SAMPLES["signs"],
    "own": SAMPLES["own"],
    "html": "!a picture and <img src='http://img.invalid/2.png'>",
    "code": "one $two$ three :red[four]",
    "script": SAMPLES["script"],
    "links": SAMPLES["links"],
    "tildes": "20~25 and 30~35, struck",
    "addresses": "看https://a.example/b，然后www.b.example。 https://c.example/:smile: (https://d.example/e_(f))",
    "diagram": "graph TD; A-->B",
}


def texts(found: Locator) -> list[str]:
    return [squeezed(text) for text in found.all_inner_texts()]


def test_an_answer_shows_as_it_was_written_while_it_is_streamed_and_after(page: Page, start: Serve) -> None:
    """The second time it is streamed. The page may ask nobody but the app, and complain of nothing."""
    page.goto(start("tests/browser/answer/written.py", PYTHONPATH=".").url)
    page.wait_for_selector(IDLE)
    expect(page.locator(".st-key-answer-3 li")).to_have_count(1)
    for number in (1, 2):

        def shown(key: str, css: str, number: int = number) -> Locator:
            return page.locator(f".st-key-answer-{number}-{key} {css}")

        expect(shown("diagram", "code")).to_be_visible()
        for key, text in SHOWN.items():
            assert squeezed(page.locator(f".st-key-answer-{number}-{key}").inner_text()) == text
            assert shown(key, ":is(img, .katex, script, [data-testid=stIconMaterial])").count() == 0
        expect(shown("formulas", ".katex")).to_have_count(5)
        expect(shown("formulas", ".katex-display")).to_have_count(2)
        expect(shown("formulas", ".katex-error")).to_have_count(0)
        assert texts(shown("tildes", "del")) == ["struck"]
        assert texts(shown("bold", "strong")) == ["“你好”", "注意：", "한국어(Korean)", "plain"]
        links = shown("addresses", "a").evaluate_all("all => all.map(one => one.href)")
        assert links == [
            "https://a.example/b",
            "http://www.b.example/",
            "https://c.example/:smile:",
            "https://d.example/e_(f)",
        ]
        assert shown("table", "td").first.inner_text() == "one\ntwo"
        assert shown("table", "table").evaluate("table => table.scrollWidth > 2 * table.clientWidth")
        directions = shown("directions", ":is(ul, li, h1, p)").evaluate_all(
            "all => all.map(one => getComputedStyle(one).direction)"
        )
        assert directions == ["rtl", "rtl", "rtl", "rtl", "ltr", "rtl"]
        sizes = shown("headings", ":is(h1, h2, h3)").evaluate_all(
            "all => all.map(one => getComputedStyle(one).fontSize)"
        )
        assert sizes == ["22px", "19px", "17px"]
    ids = page.locator("[id^=user-content]").evaluate_all("all => all.map(one => one.id)")
    assert len(set(ids)) == len(ids) == 4
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.title() != "taken over"
