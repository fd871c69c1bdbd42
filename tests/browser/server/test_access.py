"""Access in Chromium: what a page may do, who is told what, and from where nobody comes in."""

import contextlib
import socket
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import Browser, Page, expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.browser.conftest import App, Serve
from tests.browser.steps import open_page, wait_until

# Each is what hostile words would do, had they become a part of the page.
ATTEMPTS = {
    "script-src-elem": "add('script', {textContent: 'window.taken = true'})",
    "script-src-attr": "document.body.insertAdjacentHTML('beforeend', '<b onclick=\"window.taken = true\">press</b>');"
    "document.body.lastElementChild.click()",
    "script-src": "setTimeout(() => { try { eval('window.taken = true') } catch {} })",
    "img-src": "add('img', {src: 'http://{there}/told'})",
    "connect-src": "fetch('http://{there}/told').catch(() => 0)",
    "style-src-elem": "add('link', {rel: 'stylesheet', href: 'http://{there}/told.css'})",
    "frame-src": "add('iframe', {src: 'http://{there}/'})",
    "object-src": "add('object', {data: 'http://{there}/'})",
    "form-action": "const form = add('form', {action: 'http://{there}/'}); form.submit()",
    "base-uri": "document.head.append(Object.assign(document.createElement('base'), {href: 'http://{there}/'}))",
}


def test_hostile_words_that_became_part_of_the_page_still_could_do_nothing(chromium: Browser, app: App) -> None:
    page = chromium.new_context().new_page()
    open_page(page, app.url)
    page.evaluate(
        """() => {
            window.refused = [];
            window.add = (name, more) => document.body.appendChild(Object.assign(document.createElement(name), more));
            document.addEventListener('securitypolicyviolation', e => window.refused.push(e.effectiveDirective));
        }"""
    )
    with socket.create_server(("127.0.0.1", 0)) as somewhere:
        there = f"127.0.0.1:{somewhere.getsockname()[1]}"
        for attempt in ATTEMPTS.values():
            page.evaluate("() => {" + attempt.replace("{there}", there) + "}")
        wait_until(page, lambda: set(page.evaluate("window.refused")) >= set(ATTEMPTS), "a refusal of each")
        assert page.evaluate("window.taken") is None
        page.context.close()
        assert told(somewhere) == b""


def told(listening: socket.socket) -> bytes:
    """What those who came have said. Chromium opens a connection for a form before it looks at the policy."""
    listening.setblocking(False)
    said = b""
    with contextlib.suppress(BlockingIOError):
        while True:
            connection, _ = listening.accept()
            with connection:
                connection.settimeout(30)
                said += connection.recv(1000)
    return said


def test_another_page_can_not_show_this_one_in_a_frame(chromium: Browser, app: App) -> None:
    page = chromium.new_context().new_page()
    page.set_content(f"<iframe src='{app.url}'></iframe>")
    frame = page.frames[1]
    page.wait_for_function("() => document.querySelector('iframe')")
    frame.wait_for_load_state()
    assert frame.url.startswith("chrome-error:")
    page.context.close()


def test_every_answer_of_the_server_carries_the_headers(app: App) -> None:
    for path in (
        "/",
        "/compare",
        "/_stcore/health",
        "/_stcore/host-config",
        "/favicon.png",
        "/media/none",
        "/nothing.js",
    ):
        try:
            answer = urllib.request.urlopen(f"{app.url}{path}")
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"], path
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("evil.example", None),  # a name that was made to lead here
        ("evil.example", "http://evil.example"),
        ("127.0.0.1", "http://evil.example"),
        ("127.0.0.1", "http://localhost:3000"),  # another program's page, on this machine
        ("127.0.0.1", "null"),
    ],
)
def test_no_page_of_another_origin_can_talk_to_the_app(app: App, host: str, origin: str | None) -> None:
    port = int(app.url.rpartition(":")[2])

    def knock(host: str, origin: str | None) -> ClientConnection:
        straight = socket.create_connection(("127.0.0.1", port))
        return connect(f"ws://{host}:{port}/_stcore/stream", sock=straight, origin=Origin(origin) if origin else None)

    with knock("127.0.0.1", app.url):
        pass
    with pytest.raises(InvalidStatus) as refused:
        knock(host, origin)
    assert refused.value.response.status_code == 403


def test_nothing_is_uploaded_without_the_token_of_a_page(app: App) -> None:
    """With it, the next thing that is wanted is a session."""
    with urllib.request.urlopen(f"{app.url}/_stcore/health") as answer:
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
    token = cookie.partition("=")[2].strip('"')
    refused = {}
    for headers in ({}, {"Cookie": cookie}, {"X-Xsrftoken": token}, {"Cookie": cookie, "X-Xsrftoken": token}):
        upload = urllib.request.Request(f"{app.url}/_stcore/upload_file/a/b", b"", headers, method="PUT")
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(upload)
        refused[tuple(headers)] = error.value.code
        error.value.close()
    assert refused == {(): 403, ("Cookie",): 403, ("X-Xsrftoken",): 403, ("Cookie", "X-Xsrftoken"): 400}


def test_where_anyone_is_let_in_every_page_says_so(page: Page, start: Serve) -> None:
    others = "localhost 127.0.0.1 streamside.example.com"
    app = start(STREAMLIT_SERVER_ALLOWED_HOSTS=others, STREAMSIDE_ALLOW_ANYONE="yes")
    for path in ("", "compare", "why_stream", "history", "leaderboard"):
        page.goto(f"{app.url}/{path}")
        expect(page.get_by_test_id("stAlertTitle").first).to_have_text("Open to anyone")


def test_where_only_this_machine_comes_in_nothing_is_said_of_it(page: Page, app: App) -> None:
    open_page(page, app.url)
    expect(page.get_by_text("Open to anyone")).to_have_count(0)
