"""The examples, each in a process of its own, in Chromium, with the simulator in the place of all three vendors."""

import sys
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from simulator import Simulator
from simulator.answers import answer_to
from tests.browser.conftest import Serve
from tests.support.app import DIRECT, ROOT, free_port, running
from tests.support.since import Since
from tests.support.waiting import eventually

CRICKET = "Tell me about history of Cricket in 200 words."
VENDORS = {"openai": "OpenAI", "bedrock": "AWS Bedrock", "watsonx": "IBM watsonx.ai"}
by_vendor = pytest.mark.parametrize("vendor", VENDORS)


@pytest.fixture(scope="module")
def url(upstream: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The FastAPI example, with three vendors, and a server whose answers break off."""
    broken = {"ENDPOINT_BROKEN_URL": f"{upstream.url}/v1", "ENDPOINT_BROKEN_MODEL": "sim-fault-cut.sim-instant"}
    port, log = free_port(), tmp_path_factory.mktemp("fastapi") / "log"
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "uvicorn", "examples.fastapi_app:app", "--port", str(port)]
    with running(command, f"{address}/providers", log, upstream.environment() | broken):
        yield address
    assert not any(word in log.read_text() for word in ("Traceback", "Error", "WARNING"))


def ask(page: Page, url: str, vendor: str, prompt: str = CRICKET) -> None:
    page.goto(url)
    page.get_by_label("Provider").select_option(vendor)
    page.get_by_label("Prompt").fill(prompt)
    page.get_by_role("button", name="Ask").click()


def whole(vendor: str, prompt: str = CRICKET) -> str:
    return answer_to(prompt, [prompt], vendor=vendor).text


@by_vendor
def test_a_reload_goes_on_at_the_word(page: Page, url: str, upstream: Simulator, vendor: str) -> None:
    since = Since(upstream)
    ask(page, url, vendor)
    for _ in range(2):
        grown = page.locator("#text").inner_text()
        page.wait_for_function("length => document.getElementById('text').textContent.length > length", arg=len(grown))
        kept = page.evaluate("JSON.parse(sessionStorage.kept)")
        with page.expect_request("**/answers/*") as again:
            page.reload()
        assert int(again.value.headers["last-event-id"]) >= int(kept["last"]) > 0
    expect(page.locator("#end")).to_have_text(f"{VENDORS[vendor]}: done")
    assert page.locator("#text").evaluate("it => it.textContent") == whole(vendor)
    assert len(since.streamed()) == 1


@by_vendor
def test_stop_cancels_the_request_and_keeps_the_words(page: Page, url: str, upstream: Simulator, vendor: str) -> None:
    since = Since(upstream)
    ask(page, url, vendor)
    expect(page.locator("#text")).not_to_be_empty()
    page.get_by_role("button", name="Stop").click()
    assert eventually(lambda: since.streamed()[0].cancelled)
    expect(page.locator("#end")).to_have_text(f"{VENDORS[vendor]}: stopped")
    expect(page.get_by_role("button", name="Stop")).to_be_disabled()
    text = page.locator("#text").evaluate("it => it.textContent")
    assert whole(vendor).startswith(text)
    assert text


def test_reasoning_stands_apart(page: Page, url: str) -> None:
    ask(page, url, "bedrock", "a puzzle")
    expect(page.locator("#end")).to_have_text("AWS Bedrock: done")
    puzzle = answer_to("a puzzle", ["a puzzle"], vendor="bedrock")
    assert page.locator("#reasoning").evaluate("it => it.textContent") == puzzle.reasoning
    assert page.locator("#text").evaluate("it => it.textContent") == puzzle.text


def test_an_error_is_said_below_the_words_that_came(page: Page, url: str) -> None:
    ask(page, url, "broken")
    expect(page.locator("#end")).to_contain_text("broke off")
    assert whole("").startswith(page.locator("#text").evaluate("it => it.textContent"))


def test_the_next_question_stops_the_answer_in_progress(page: Page, url: str, upstream: Simulator) -> None:
    since = Since(upstream)
    ask(page, url, "openai")
    expect(page.locator("#text")).not_to_be_empty()
    page.get_by_label("Provider").select_option("watsonx")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("#end")).to_have_text("IBM watsonx.ai: done")
    assert page.locator("#text").evaluate("it => it.textContent") == whole("watsonx")
    assert [one.cancelled for one in since.streamed()] == [True, False]


@pytest.mark.parametrize(
    ("path", "status", "method", "headers", "body"),
    [
        ("/", 400, "GET", {"Host": "evil.example"}, None),
        ("/answers", 404, "POST", {"Content-Type": "application/json"}, b'{"provider": "nobody", "prompt": "Hi"}'),
        ("/answers", 422, "POST", {"Content-Type": "application/json"}, b'{"provider": "openai", "prompt": ""}'),
        ("/answers", 422, "POST", {"Content-Type": "text/plain"}, b'{"provider": "openai", "prompt": "Hi"}'),
    ],
)
def test_strangers_and_nonsense_are_refused(
    url: str, path: str, status: int, method: str, headers: dict[str, str], body: bytes | None
) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        DIRECT.open(urllib.request.Request(url + path, body, headers, method=method))
    assert refused.value.code == status
    refused.value.close()


def test_an_answer_that_is_gone_says_so(url: str) -> None:
    with DIRECT.open(f"{url}/answers/unknown") as answer:
        assert b'event: error\ndata: "This answer is gone. Ask again."' in answer.read()


def test_the_card_writes_what_comes_and_says_that_it_is_simulated(page: Page, start: Serve) -> None:
    page.goto(start("examples/streamlit_app.py").url)
    expect(page.get_by_text("Simulator, no model behind it")).to_be_visible()
    page.get_by_test_id("stChatInputTextArea").fill(CRICKET)
    page.keyboard.press("Enter")
    answer = page.get_by_test_id("stChatMessage").nth(1)
    expect(answer).to_contain_text("Cricket")
    expect(answer).to_contain_text(whole("openai").split()[-1])


@pytest.mark.parametrize(("name", "most"), [("streamlit_app.py", 30), ("fastapi_app.py", 60), ("index.html", 60)])
def test_an_example_is_short(name: str, most: int) -> None:
    assert len((ROOT / "examples" / name).read_text(encoding="utf-8").splitlines()) <= most
