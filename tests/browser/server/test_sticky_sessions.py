"""A browser keeps the name of the process that its page's websocket came to."""

from functools import partial

from playwright.sync_api import Browser

from tests.browser.conftest import serve
from tests.browser.steps import open_page, wait_until
from ui.server.middleware import COOKIE, VARIABLE


def test_a_browser_keeps_the_name_of_its_process_and_follows_to_another(chromium: Browser) -> None:
    page = chromium.new_context().new_page()

    def holds(name: str) -> bool:
        return [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == COOKIE] == [name]

    for name in ("app1", "app2"):  # a cookie goes by the host, whatever the port
        with serve(**{VARIABLE: name}) as app:
            open_page(page, app.url)
            wait_until(page, partial(holds, name), f"the cookie of {name}")
