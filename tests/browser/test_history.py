"""The history in Chromium: what was asked is found again, after a reload, a restart, and in a file."""

import json
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from replies.recording.format import samples
from replies.store import Store
from simulator import Simulator
from tests.browser.conftest import App, Serve, serve
from tests.browser.steps import (
    CRICKET,
    IDLE,
    answer,
    ask,
    badges,
    complete,
    lane,
    open_page,
    shows,
    squeezed,
    wait_until,
    whole_answer,
    words,
)

SAMPLES = len(samples())
FAST = "/?with=openai|chat|sim-fast|simulator"


def go_to(page: Page, name: str) -> None:
    page.get_by_test_id("stTopNav").get_by_role("link", name=name).click()
    page.wait_for_selector(IDLE)


def test_an_address_that_is_opened_again_in_mid_stream_goes_on(
    chromium: Browser, page: Page, app: App, simulator: Simulator
) -> None:
    open_page(page, app.url + FAST.replace("sim-fast", "sim-brisk"), CRICKET)
    expect(answer(page)).to_contain_text("Guildford")
    address = page.url
    page.close()
    again = chromium.new_page()
    again.goto(address)
    expect(complete(again)).to_be_visible()
    shows(answer(again), whole_answer(simulator, CRICKET))
    again.close()


def test_a_restart_forgets_nothing(page: Page, start: Serve, simulator: Simulator, tmp_path: Path) -> None:
    said = whole_answer(simulator, CRICKET)
    with serve(STREAMSIDE_DATA=str(tmp_path)) as first:
        open_page(page, first.url + FAST, CRICKET)
        expect(complete(page)).to_be_visible()
        shows(answer(page), said)
        address = page.url.split("?")[1]
        page.goto("about:blank")
    second = start(STREAMSIDE_DATA=str(tmp_path))
    page.goto(f"{second.url}/?{address}")
    expect(complete(page)).to_be_visible()
    shows(answer(page), said)


def test_where_nothing_can_be_saved_the_answer_streams_and_the_page_says_why(
    page: Page, start: Serve, simulator: Simulator, tmp_path: Path
) -> None:
    (tmp_path / "in-the-way").write_text("a file where the folder should be")
    app = start(expected="Nothing is being saved", STREAMSIDE_DATA=str(tmp_path / "in-the-way"))
    open_page(page, app.url + FAST, CRICKET)
    expect(complete(page)).to_be_visible()
    shows(answer(page), whole_answer(simulator, CRICKET))
    page.reload()
    expect(page.get_by_text("Nothing is being saved")).to_be_visible()
    expect(complete(page)).to_be_visible()
    (tmp_path / "in-the-way").unlink()  # the next step that the page names
    wait_until(page, (tmp_path / "in-the-way" / "streamside.db").exists, "it is saved after all")

    def told_no_more() -> bool:
        page.reload()
        expect(complete(page)).to_be_visible()
        page.wait_for_selector(IDLE)
        return page.get_by_text("Nothing is being saved").count() == 0

    wait_until(page, told_no_more, "the page says nothing of it any more")


def test_the_first_day_has_recordings_marked_as_simulated(page: Page, start: Serve) -> None:
    fresh = start()
    open_page(page, fresh.url)
    go_to(page, "History")
    entries = page.locator("[class*='st-key-entry-']")
    expect(entries).to_have_count(SAMPLES)
    expect(entries.filter(has_text="Simulator")).to_have_count(SAMPLES)
    for height in entries.evaluate_all("entries => entries.map(entry => entry.getBoundingClientRect().height)"):
        assert height <= 48, "title, what it is, and both buttons stand in one line"


def test_search_delete_and_undo(page: Page, start: Serve) -> None:
    fresh = start()
    open_page(page, fresh.url + FAST, "Say hello in many languages and scripts, with emoji.")
    expect(complete(page)).to_be_visible()
    go_to(page, "History")
    page.get_by_label("Search").fill("many languages")
    page.keyboard.press("Enter")
    entry = page.locator("[class*='st-key-entry-']")
    expect(entry).to_have_count(1)
    expect(entry).to_contain_text("Say hello")
    entry.get_by_role("button", name="Delete").click()
    expect(entry).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(entry).to_have_count(1)
    entry.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Rename")).to_be_visible()  # Enter needs it
    page.get_by_label("Title").fill("  ")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_text("A title needs a word")).to_be_visible()
    page.get_by_label("Title").fill("Greetings")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(entry).to_contain_text("Greetings")


def test_deleting_everything_names_how_much_and_does_it(page: Page, start: Serve) -> None:
    fresh = start()
    open_page(page, fresh.url)
    go_to(page, "History")
    page.get_by_role("button", name="Delete everything").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").filter(has_text=str(SAMPLES)).click()
    expect(page.get_by_role("heading", name="Nothing kept yet")).to_be_visible()


def test_a_broken_file_is_refused_by_its_line_and_nothing_is_taken_in(page: Page, start: Serve, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jsonl"
    fresh = start()
    open_page(page, fresh.url)
    go_to(page, "History")
    entries = page.locator("[class*='st-key-entry-']")
    expect(entries).to_have_count(SAMPLES)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export these as recordings").click()
    whole = Path(download.value.path()).read_text().splitlines()
    broken.write_text("\n".join([*whole[:10], "{not json", *whole[11:]]))
    page.get_by_role("button", name="Import").click()
    with page.expect_response(lambda answer: "upload_file" in answer.url):
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(broken)
    page.get_by_test_id("stFormSubmitButton").get_by_role("button", name="Import").click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("11")
    expect(entries).to_have_count(SAMPLES)


def test_an_answer_is_replayed_in_place_marked_as_recorded_and_exported(
    chromium: Browser, page: Page, app: App, simulator: Simulator
) -> None:
    open_page(page, app.url + FAST.replace("sim-fast", "sim-typical"))  # slow enough to be paused
    ask(page, CRICKET)
    expect(complete(page)).to_be_visible()
    whole = whole_answer(simulator, CRICKET)
    shows(answer(page), whole)
    page.get_by_role("button", name="Replay").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    expect(page.locator("#stMain").get_by_text("Recorded")).to_be_visible()
    expect(badges(page)).to_have_count(1)
    paused = words(answer(page))
    page.get_by_role("button", name="Step").click()
    page.get_by_text("At once").click()
    page.get_by_role("button", name="Resume").click()
    expect(complete(page)).to_be_visible()
    shows(answer(page), whole)
    assert paused != squeezed(whole)
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#stMain").get_by_text("Recorded")).to_have_count(0)
    page.wait_for_selector(IDLE)  # what is opened while the page is drawn anew may be closed again

    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    assert "Marylebone" in json.dumps(json.loads(Path(download.value.path()).read_text()))
    with page.expect_download() as download:
        page.get_by_role("button", name="Report that plays it back").click()
    plays_from_disk_without_a_network(chromium, Path(download.value.path()))


def plays_from_disk_without_a_network(chromium: Browser, downloaded: Path) -> None:
    report = downloaded.rename(downloaded.with_suffix(".html"))
    context = chromium.new_context(offline=True)
    reading = context.new_page()
    asked: list[str] = []
    reading.on("request", lambda request: asked.append(request.url))
    reading.goto(report.as_uri())
    expect(reading.locator("body")).to_contain_text("Marylebone")
    expect(reading.locator("body")).to_contain_text("imulat")
    assert asked == [report.as_uri()]
    context.close()


def test_a_lane_can_be_a_recording(page: Page, start: Serve, tmp_path: Path) -> None:
    fresh = start(STREAMSIDE_DATA=str(tmp_path))
    open_page(page, fresh.url)
    sample = next(
        reply
        for entry in Store(folder=tmp_path).history(words="cricket")
        if (comparison := Store(folder=tmp_path).comparison(entry.id))
        for reply in comparison.replies
        if reply.state == "done"
    )
    open_page(
        page,
        f"{fresh.url}/compare?lane=recording|replay|{sample.id}|simulator&lane=openai|chat|sim-brisk|simulator",
    )
    ask(page, CRICKET)
    expect(complete(page)).to_have_count(2)
    expect(page.locator("#stMain .stMarkdownBadge", has_text="Recorded")).to_have_count(1)
    shows(lane(page, 0), sample.text)
