"""What the page makes of Markdown while it is written: in the end what it makes of the whole, as Streamlit does."""

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from simulator import PROMPTS, Simulator
from tests.browser.conftest import App
from tests.browser.hostile import SAMPLES, STRANGER, Sample
from tests.browser.steps import IDLE, open_page, whole_answer

# Draws a text in pieces, and another time as a whole; returns what stands there both times.
DRAW = """async pieces => {
    const { Drawing } = await import("/live/drawing.js");
    const drawn = texts => {
        const root = document.createElement("div"), drawing = new Drawing();
        for (const text of texts) { drawing.say(text); drawing.draw(root); }
        return root;
    };
    const [grown, whole] = [drawn(pieces), drawn([pieces.join("")])];
    const names = [...grown.querySelectorAll("*")].map(element => element.localName);
    const links = [...grown.querySelectorAll("a")].map(link => link.getAttribute("href"));
    return { grown: grown.innerHTML, whole: whole.innerHTML, text: grown.textContent, names, links };
}"""
ELEMENTS = {
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th",
    "td", "em", "strong", "del", "a", "br", "hr", "pre", "code", "div", "span",
}  # fmt: skip
BLOCKS = [
    "# A title", "## Another", "a line", "**bold** and *it*", "- one\n- two\n  - three\n", "1. one\n\n   more\n2. two",
    "> quoted\n> more", "| a | b |\n|---|--:|\n| 1 | 2 |", "```python\nprint('x')\n\n# no title\n```", "~~~\nopen",
    "    indented", "---", "Title\n===", "Title\n-", "`code` [link](https://example.com) <https://example.com>",
    "~~no~~",
    "[a]: https://example.com\n\n[a]", "* * *", "text\n- list", "$5 to $10 :red[x]", "![no](https://example.com/x.png)",
    "**never closed", "`never closed", "[never](closed", "\\*escaped\\*", "line  \nbreak", "a\\\nb", "<b>html</b>",
]  # fmt: skip
GEOMETRY = """async ([text, selector]) => {
    const { Drawing } = await import("/live/drawing.js");
    const theirs = document.querySelector(`${selector} [data-testid=stMarkdownContainer]`);
    const root = document.createElement("div"), drawing = new Drawing();
    root.style.width = `${theirs.clientWidth}px`;
    theirs.parentElement.append(root);
    drawing.say(text);
    drawing.draw(root);
    const box = element => [...element.children].map(child => {
        const { left, top, width, height } = child.getBoundingClientRect();
        const from = element.getBoundingClientRect();
        return [left - from.left, top - from.top, width, height].map(Math.round);
    });
    const boxes = { ours: box(root), theirs: box(theirs) };
    root.remove();
    return boxes;
}"""


@pytest.fixture(scope="module")
def blank(chromium: Browser, app: App) -> Iterator[Page]:
    """A page from where the script can be had, with nothing of Streamlit's."""
    page = chromium.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if STRANGER in request.url else None)
    page.goto(f"{app.url}/live/vendor/README.md")
    yield page
    page.close()
    assert not asked


@example(blocks=["[a]: https://example.com\n\n[a]"], between="\n", cuts=[11])  # a definition that is half written
@settings(max_examples=150, deadline=None)
@given(
    blocks=st.lists(st.one_of(st.sampled_from(BLOCKS), st.text("ab *_`~#>-+|[]()!:=.\n\\1", max_size=30)), max_size=8),
    between=st.sampled_from(["\n", "\n\n"]),
    cuts=st.lists(st.integers(0, 400), max_size=40),
)
def test_however_a_text_is_cut_it_ends_as_the_whole(
    blank: Page, blocks: list[str], between: str, cuts: list[int]
) -> None:
    text = between.join(blocks)
    places = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    pieces = [text[start:end] for start, end in pairwise(places)]
    drawn = blank.evaluate(DRAW, pieces)
    assert drawn["grown"] == drawn["whole"]
    assert set(drawn["names"]) <= ELEMENTS


@pytest.mark.parametrize("sample", SAMPLES, ids=range(len(SAMPLES)))
def test_nothing_hostile_becomes_anything_but_text(blank: Page, sample: Sample) -> None:
    drawn = blank.evaluate(DRAW, list(sample.source))
    assert set(drawn["names"]) <= ELEMENTS
    assert all(link.startswith(("http://", "https://", "mailto:", "tel:")) for link in drawn["links"])
    assert blank.title() != "taken over"


@pytest.mark.parametrize(
    "text",
    ["word " * 30_000, "```\n" + "line\n" * 20_000 + "```", "[" * 100_000, "> " * 5_000 + "deep", "x" * 300_000],
    ids=["words", "code", "brackets", "quotations", "a word"],
)
def test_a_long_answer_is_taken_apart_and_loses_nothing(blank: Page, text: str) -> None:
    drawn = blank.evaluate(DRAW, [text[start : start + 7_000] for start in range(0, len(text), 7_000)])
    signs = re.compile(r"[\s`>]")
    assert signs.sub("", drawn["text"]) == signs.sub("", text)


def test_it_looks_as_streamlit_draws_it(page: Page, app: App, simulator: Simulator) -> None:
    """So that nothing jumps when the finished answer takes its place."""
    open_page(page, f"{app.url}/?with=openai|chat|sim-instant|simulator")
    for number, prompt in enumerate(PROMPTS[:4]):
        ask_next(page, prompt)
        text = whole_answer(simulator, prompt)
        page.wait_for_selector(f".st-key-answer-{number} [data-testid=stMarkdownContainer]")
        page.wait_for_selector(IDLE)
        boxes = page.evaluate(GEOMETRY, [text, f".st-key-answer-{number}"])
        assert boxes["ours"] == boxes["theirs"], prompt


def ask_next(page: Page, prompt: str) -> None:
    page.wait_for_selector("[data-testid=stChatInputTextArea]:not([disabled])")
    page.get_by_test_id("stChatInputTextArea").fill(prompt)
    page.keyboard.press("Enter")
    page.get_by_test_id("stChatMessage").filter(has_text=prompt).first.wait_for()
