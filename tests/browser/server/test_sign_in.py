"""Signing in, with a real OpenID provider: who has not sees nothing, and who has sees what is theirs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import PATIENCE, App, serve
from tests.browser.server.identity import USERS, provider, secrets
from tests.browser.steps import CRICKET, ENDLESS, IDLE, answer, complete, open_page

PAGES = ("", "compare", "why_stream", "history", "leaderboard")
SLOW, FAST = f"?with=openai|chat|{ENDLESS}|simulator", "?with=openai|chat|sim-fast|simulator"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Where only people of example.com are let in, and only by signing in; two answers come at the same time."""
    folder = tmp_path_factory.mktemp("secrets")
    with provider() as url:
        (folder / "secrets.toml").write_text(secrets(url))
        limits = {"STREAMSIDE_USERS": "*@example.com", "STREAMSIDE_AT_ONCE": "2", "STREAMSIDE_AT_ONCE_EACH": "1"}
        with serve(STREAMLIT_SECRETS_FILES=str(folder / "secrets.toml"), **limits) as app:
            yield app._replace(url=app.url.replace("127.0.0.1", "localhost"))  # as redirect_uri has it


@pytest.fixture
def browsers(chromium: Browser) -> Iterator["Browsers"]:
    yield (all := Browsers(chromium))
    all.close()


class Browsers:
    """Each is somebody else's."""

    def __init__(self, chromium: Browser) -> None:
        self._chromium = chromium
        self._open: list[BrowserContext] = []

    def new(self) -> Page:
        self._open.append(self._chromium.new_context())
        page = self._open[-1].new_page()
        page.set_default_timeout(PATIENCE)
        return page

    def close(self) -> None:
        for each in self._open:
            each.close()


def sign_in(page: Page, app: App, who: str) -> None:
    page.goto(app.url)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=who, exact=True).click()
    page.wait_for_selector(IDLE)


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()  # the provider's own
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_who_has_not_signed_in_sees_the_sign_in_page_and_nothing_else(browsers: Browsers, app: App) -> None:
    page = browsers.new()
    for path in PAGES:
        page.goto(f"{app.url}/{path}")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        page.wait_for_selector(IDLE)
        assert page.get_by_test_id("stMain").inner_text().split("\n")[0] == "Streamside"
        expect(page.get_by_test_id("stTopNav")).to_have_count(0)
        expect(page.get_by_test_id("stSidebar")).to_have_count(0)
        expect(page.get_by_role("textbox")).to_have_count(0)


def test_who_has_signed_in_finds_what_they_asked_and_nobody_else_does(browsers: Browsers, app: App) -> None:
    ann, bob = browsers.new(), browsers.new()
    sign_in(ann, app, "ann")
    expect(ann.get_by_role("button", name=USERS["ann"]["name"])).to_be_visible()  # type: ignore[arg-type]
    open_page(ann, f"{app.url}/{SLOW}", CRICKET)
    expect(answer(ann)).to_contain_text("Piece")
    address = ann.url

    second = ann.context.new_page()
    open_page(second, f"{app.url}/{FAST}", "Why is the sky blue?")
    expect(second.get_by_text("Waiting until another answer of yours is over…")).to_be_visible()

    third = ann.context.new_page()
    open_page(third, f"{app.url}/{FAST}", "Why is the sea salt?")
    expect(third.get_by_text("1 queued answer comes first…")).to_be_visible()
    third.locator(".st-key-stop button").click()
    expect(third.get_by_text("stopped by you")).to_be_visible()
    third.close()

    sign_in(bob, app, "bob")
    expect(bob.get_by_role("button", name="Bob *Baker*")).to_be_visible()  # as it is called, not as Markdown
    unknown = gone(bob, f"{app.url}/?c=0123456789abcdef01234567")
    assert gone(bob, address) == unknown  # while the answer comes
    ann.locator(".st-key-stop button").click()
    expect(ann.get_by_text("stopped", exact=False).first).to_be_visible()
    expect(complete(second)).to_be_visible()  # its turn has come
    assert gone(bob, address) == unknown
    for path in ("compare", "why_stream"):
        assert gone(bob, f"{app.url}/{path}?{address.split('?')[1]}") == unknown
    bob.goto(f"{app.url}/history")
    expect(bob.get_by_role("heading", name="Nothing kept yet")).to_be_visible()
    open_page(bob, f"{app.url}/{FAST}")
    expect(bob.get_by_text("Recent")).to_have_count(0)

    ann.goto(f"{app.url}/history")
    expect(ann.get_by_role("button", name=CRICKET)).to_be_visible()
    with ann.expect_download() as export:
        ann.get_by_role("button", name="Export these as recordings").click()
    assert CRICKET in Path(export.value.path()).read_text()

    ann.get_by_role("button", name="Ann Archer").click()
    sign_out(ann)
    ann.goto(address)
    expect(ann.get_by_role("button", name="Sign in")).to_be_visible()
    assert CRICKET not in ann.content()
    sign_in(ann, app, "ann")
    ann.goto(address)
    expect(answer(ann)).to_contain_text("Piece")


def gone(page: Page, address: str) -> str:
    """What the page says of an address that leads nowhere."""
    page.goto(address)
    expect(page.get_by_test_id("stAlertTitle")).to_have_text("Not found")
    page.wait_for_selector(IDLE)
    assert CRICKET not in page.get_by_test_id("stChatMessage").all_inner_texts()
    return page.get_by_test_id("stAlert").inner_text()


def test_who_is_not_invited_gets_no_further(browsers: Browsers, app: App) -> None:
    page = browsers.new()
    sign_in(page, app, "eve")
    for path in PAGES:
        page.goto(f"{app.url}/{path}")
        expect(page.get_by_test_id("stAlertTitle")).to_have_text("Not invited")
        expect(page.get_by_role("textbox")).to_have_count(0)
    sign_out(page)
