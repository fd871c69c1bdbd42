"""Answers that mean harm, in Chromium: they are text wherever they show, ask nobody, and leave the page at work."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.sync_api import Browser, Locator, Page, expect

from replies.recording.format import dump
from replies.store import Store
from tests.browser.conftest import App, Serve
from tests.browser.server import hostile
from tests.browser.steps import IDLE, answer, complete, go_to, lane, open_page, squeezed

LONG = 240_000  # milliseconds; a browser that has no processor for itself takes its time for a million characters
ANSWER_CODES = sum(sample.source.startswith("```") for sample in hostile.SAMPLES)


def is_all_there(shown: Locator) -> None:
    """Every sample stands in this answer, with every character that a reader is to see."""
    expect(shown).to_contain_text(hostile.SAMPLES[-1].seen[-8:])
    codes = shown.get_by_test_id("stCode").filter(visible=True)
    expect(codes.nth(ANSWER_CODES - 1)).to_be_attached()
    for code in codes.all():
        code.scroll_into_view_if_needed()  # it is drawn only then
        expect(code).to_contain_text(re.compile(r"\S"))
    said = squeezed(shown.inner_text())
    missing = [sample.source for sample in hostile.SAMPLES if squeezed(sample.seen) not in said]
    assert missing == [], said
    drawn = shown.locator("img, .katex, script, iframe, .stMarkdownBadge, p [data-testid=stIconMaterial]")
    assert drawn.evaluate_all("all => all.map(one => one.outerHTML)") == []


def import_recordings(page: Page, app: App, file: Path) -> None:
    open_page(page, app.url)
    go_to(page, "History")
    page.get_by_role("button", name="Import").click()
    with page.expect_response(lambda answer: "upload_file" in answer.url):
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)
    page.get_by_test_id("stFormSubmitButton").get_by_role("button", name="Import").click()


def download(page: Page, folder: Path, name: str) -> Path:
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Report that plays it back").click()
    path = folder / name
    download.value.save_as(path)
    page.keyboard.press("Escape")
    return path


def test_an_imported_recording_is_text_on_every_page_and_asks_nobody(
    chromium: Browser, page: Page, start: Serve, tmp_path: Path
) -> None:
    file = tmp_path / "hostile.jsonl"
    file.write_text("".join(dump(hostile.items())))
    app = start(STREAMSIDE_DATA=str(tmp_path))
    import_recordings(page, app, file)
    entries = page.get_by_test_id("stMain").get_by_role("button").filter(has_text="![prompt]")
    expect(entries).to_have_count(2)
    assert hostile.harm(page) == []

    entries.filter(has_text="script").click()
    expect(answer(page, 1)).to_contain_text("never closed")
    is_all_there(answer(page))
    expect(page.get_by_test_id("stAlert")).to_contain_text("![error]")
    page.get_by_text("Thoughts").click()
    is_all_there(page.get_by_test_id("stExpanderDetails").filter(visible=True).last)
    page.get_by_role("button", name="Source").first.click()
    expect(page.get_by_test_id("stPopoverBody").get_by_test_id("stCode")).to_contain_text("stranger.invalid/21.png")
    assert hostile.harm(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Replay").first.click()  # the same words as they stream
    page.get_by_text("At once").click()
    expect(complete(page)).to_be_visible()
    expect(page.locator(".st-key-answer-0 [data-stale=true]")).to_have_count(0)
    is_all_there(answer(page))
    assert hostile.harm(page) == []
    download(page, tmp_path, "chat.html")
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_text("See an answer arrive")).to_be_visible()

    compared = Store(folder=tmp_path).history(words="prompt png", source="recorded")
    address = next(entry.id for entry in compared if entry.kind == "comparison")
    page.goto(f"{app.url}/compare?c={address}")
    expect(page.get_by_text("complete · n = 1")).to_have_count(2)
    is_all_there(lane(page, 0))
    for tab in page.get_by_role("tab").all():
        tab.click()
        page.wait_for_selector(IDLE)
        assert hostile.harm(page) == []
    expect(page.get_by_role("tabpanel")).to_contain_text("And :red[more].")
    download(page, tmp_path, "compare.html")

    with served(tmp_path) as address:
        look_at_report(chromium, (tmp_path / "compare.html").as_uri(), offline=True)
        look_at_report(chromium, f"{address}/chat.html", offline=False)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The files of a folder, from a server on loopback."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def look_at_report(chromium: Browser, address: str, *, offline: bool) -> None:
    """Open an exported report, read it, and play it: it asks for itself and for nothing else."""
    context = chromium.new_context(offline=offline)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    words = squeezed(page.locator(".whole .answer").first.inner_text())
    seen = {word for sample in hostile.SAMPLES for word in re.findall(r"\w+", sample.seen)}
    assert {word for word in seen if word not in words} == set()
    page.get_by_role("button", name="Play", exact=True).click()
    page.get_by_role("button", name="To the end").click()
    expect(page.locator(".stage .answer").first).to_have_text(hostile.ANSWER)
    assert hostile.harm(page) == []
    assert page.locator("body script").count() == 2  # its own
    assert page.locator("main :is(img, script, iframe, svg image)").count() == 0
    for link in page.locator("main a").all():
        assert re.match("(https?|mailto):", link.get_attribute("href") or "")
    assert asked == [address]
    context.close()


def test_what_a_browser_would_choke_on_is_shown_and_the_page_goes_on(page: Page, start: Serve, tmp_path: Path) -> None:
    """Nesting, words, lines and accents without end."""
    conversations = hostile.heavy()
    store = Store(folder=tmp_path)
    for said in conversations:
        store.keep(said)
    store.close()
    app = start(STREAMSIDE_DATA=str(tmp_path))
    page.set_default_timeout(LONG)
    for said in conversations:
        page.goto(f"{app.url}/?c={said.id}")
        (turn,) = said.turns
        expect(answer(page)).to_contain_text("within", timeout=LONG)
        shown = answer(page).evaluate("answer => answer.textContent")
        assert letters(shown) == letters(turn.reply.text), turn.prompt
        page.get_by_role("button", name="New conversation").click()
        expect(page.get_by_text("See an answer arrive")).to_be_visible(timeout=LONG)


def letters(text: str) -> str:
    """What of a text is no Markdown."""
    return re.sub(r"[\W_]", "", text)
