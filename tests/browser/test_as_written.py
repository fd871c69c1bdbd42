"""What Streamlit's Markdown makes of an answer, in Chromium: an upgrade of Streamlit may change it."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Serve
from tests.browser.steps import IDLE, squeezed
from tests.browser.written import SAMPLES

SHOWN = {  # Markdown's own signs are gone, and nothing else
    "![a picture](http://img.invalid/1.png) and <img src='http://img.invalid/2.png'>": "!a picture and "
    "<img src='http://img.invalid/2.png'>",
    "`one $two$` three :red[four]": "one $two$ three :red[four]",
    "[press](javascript:alert(1)) or [this](data:text/html,hello)": None,
}


def test_nothing_in_an_answer_is_streamlits_own(page: Page, start: Serve) -> None:
    written = start("tests/browser/written.py", PYTHONPATH=".")
    page.goto(written.url)
    page.wait_for_selector(IDLE)
    expect(page.locator(".st-key-diagram")).to_contain_text("graph TD")
    for number, sample in enumerate(SAMPLES):
        shown = page.locator(f".st-key-sample-{number}")
        if (expected := SHOWN.get(sample, sample)) is not None:
            assert squeezed(shown.inner_text()) == expected
        assert shown.locator("img, svg, .katex, script").count() == 0
        for link in shown.locator("a").all():
            assert (link.get_attribute("href") or "").startswith("http")
    assert page.title() != "taken over"
