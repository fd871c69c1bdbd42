"""The report in Chromium: opened from disk, with no network to ask, whatever the answers say."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from providers import End, Message, ProviderError, Reasoning, Request
from replies.conversation import Comparison, Conversation, Turn
from replies.export.report import report
from replies.recording.format import Item, samples
from replies.reply import Asked, Chunk, Reply
from tests.browser.steps import CRICKET, lengths, squeezed, watch

WHEN = datetime(2026, 11, 22, 13, 45, tzinfo=UTC)
WICKED = (
    "<script>document.title = 'broken'</script>",
    "</script><script>document.title = 'broken'</script>",
    "</p></div><img src=x onerror=\"document.title = 'broken'\">",
    "<!--",
    "<!-- <script>",
    "]]>",
    "<svg onload=\"document.title = 'broken'\">",
    '"><img src="http://127.0.0.1:9/pixel.png">',
    "<style>* { display: none !important }</style>",
    "<meta http-equiv=refresh content='0; url=http://127.0.0.1:9/'>",
    "<a href=\"javascript:document.title = 'broken'\">here</a>",
    "<base href='http://127.0.0.1:9/'>",
    "&lt;b&gt; &amp;",
    "{{ 1 + 1 }} ${1 + 1} \u2028 \u2029",
)


class Opener:
    """Writes reports and opens them from disk, in a browser without a network."""

    def __init__(self, chromium: Browser, folder: Path) -> None:
        self._chromium = chromium
        self._folder = folder
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.strangers: list[str] = []

    def open(self, item: Item, *, width: int = 1280, scripts: bool = True, scheme: str = "light") -> Page:
        path = self._folder / "report.html"
        path.write_text(report(item), encoding="utf-8")
        context = self._chromium.new_context(
            viewport={"width": width, "height": 900},
            offline=True,
            java_script_enabled=scripts,
            color_scheme="dark" if scheme == "dark" else "light",
        )
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        page.on("request", lambda request: self.strangers.append(request.url) if request.url != path.as_uri() else None)
        page.goto(path.as_uri())
        return page


@pytest.fixture
def opener(chromium: Browser, tmp_path: Path) -> Iterator[Opener]:
    """A report must ask for nothing but itself, and the browser must complain of nothing, its policy included."""
    opener = Opener(chromium, tmp_path)
    yield opener
    for context in opener.contexts:
        context.close()
    assert opener.strangers == []
    assert opener.complaints == []


def a_reply(*chunks: tuple[float, str], label: str = "OpenAI", total: float = 2.0, broken: bool = False) -> Reply:
    request = Request(messages=(Message("user", "Hi"),), model="m", system=label if "<" in label else "")
    error = ProviderError("interrupted", f"{label} broke off.") if broken else None
    return Reply(
        Asked(provider="openai", label=label, api="chat", request=request, simulated=False),
        id="r",
        state="interrupted" if broken else "done",
        chunks=[Chunk(*chunk) for chunk in chunks],
        asked_at=WHEN,
        end=None if broken else End("stop", 1, 2),
        error=error,
        total=total,
    )


RACE = Comparison.of(
    "Race",
    [
        a_reply((0.5, Reasoning("Hm. ")), (1.0, "One "), (1.5, "two.")),
        a_reply((0.75, "Eins "), (1.25, "zwei."), label="AWS Bedrock", total=1.5, broken=True),
    ],
)


def stage(page: Page, lane: int) -> Locator:
    """What has been played of an answer."""
    return page.locator(".lane").nth(lane).locator(".stage .answer")


def whole(page: Page, lane: int) -> Locator:
    return page.locator(".lane").nth(lane).locator(".whole .answer")


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def the_race() -> Comparison:
    return next(item for item in samples() if isinstance(item, Comparison) and len(item.replies) == 3)


def test_it_opens_from_disk_with_every_answer_whole(opener: Opener) -> None:
    race = the_race()
    page = opener.open(race)
    expect(page.get_by_role("heading", level=1)).to_have_text("Comparison of OpenAI, AWS Bedrock and IBM watsonx.ai")
    expect(page.locator(".prompt")).to_have_text(CRICKET)
    for lane, reply in enumerate(race.replies):
        expect(whole(page, lane)).to_be_visible()
        assert squeezed(whole(page, lane).inner_text()) == squeezed(reply.text)
    assert page.locator(".lane .mark.simulated").count() == page.locator(".lane .mark.recorded").count() == 3


def test_it_plays_all_lanes_to_their_ends(opener: Opener) -> None:
    race = the_race()
    page = opener.open(race)
    watch(page, ".stage .answer")
    page.get_by_role("radio", name="2×").check()
    button(page, "Play").click()
    expect(button(page, "Pause")).to_be_visible()
    expect(button(page, "Play")).to_be_visible()  # it is over
    assert min(lengths(page)) >= 10, "the answers appeared instead of growing"
    for lane, reply in enumerate(race.replies):
        assert (stage(page, lane).text_content() or "") == reply.text
        expect(whole(page, lane)).to_be_visible()


def test_steps_let_out_one_piece_at_a_time_on_one_clock(opener: Opener) -> None:
    page = opener.open(RACE)
    seen = []
    for _ in range(7):
        button(page, "Step").click()
        seen.append([stage(page, lane).text_content() for lane in (0, 1)])
    assert seen == [
        ["", ""],  # the first piece is reasoning
        ["", "Eins "],
        ["One ", "Eins "],
        ["One ", "Eins zwei."],
        ["One two.", "Eins zwei."],  # and at the same moment the end of the other lane
        ["One two.", "Eins zwei."],
        ["", ""],  # from the start
    ]
    expect(page.locator(".lane").first.locator(".stage .thoughts")).to_have_text("Hm. ")


def test_the_slider_shows_any_moment_forwards_and_backwards(opener: Opener) -> None:
    page = opener.open(RACE)
    slider = page.get_by_role("slider")
    for thousandth, told in ((500, "One "), (800, "One two."), (100, ""), (600, "One ")):
        slider.fill(str(thousandth))
        assert stage(page, 0).text_content() == told
    expect(slider).to_have_attribute("aria-valuetext", "1.2 of 2.0 s")
    expect(page.locator(".lane").first.locator(".now")).to_have_text("streaming, 1.2 s")
    expect(page.locator(".error")).to_be_hidden()
    button(page, "To the end").click()
    expect(page.locator(".error")).to_have_text("AWS Bedrock broke off.")
    expect(button(page, "Play")).to_be_visible()


def test_pause_holds_it_and_the_space_bar_goes_on(opener: Opener) -> None:
    page = opener.open(RACE)
    page.get_by_role("slider").fill("100")
    button(page, "Go on").click()
    button(page, "Pause").click()
    clock = page.locator("#clock")
    held = clock.text_content()
    page.wait_for_timeout(300)
    assert clock.text_content() == held
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    expect(button(page, "Play")).to_be_visible()  # it went on to the end


def test_the_turns_of_a_conversation_play_one_after_another(opener: Opener) -> None:
    talk = Conversation([Turn("A", [a_reply((0.5, "one"))]), Turn("B", [a_reply((0.5, "two"))])])
    page = opener.open(talk)
    expect(page.locator(".scene")).to_have_count(2)
    page.get_by_role("slider").fill("300")
    expect(stage(page, 0)).to_have_text("one")
    expect(page.get_by_role("heading", name="Turn 2")).to_be_hidden()
    page.get_by_role("slider").fill("900")
    expect(page.get_by_role("heading", name="Turn 2")).to_be_visible()
    expect(stage(page, 1)).to_have_text("two")


@pytest.mark.parametrize("text", WICKED)
def test_text_is_only_ever_text(opener: Opener, text: str) -> None:
    # In two pieces as well, so that neither whole nor in parts is it taken for markup.
    reply = a_reply((0.5, Reasoning(text)), (1.0, text), (1.25, text[:3]), (1.5, text[3:]), label=text, broken=True)
    page = opener.open(Comparison.of(text, [reply, a_reply((0.5, text))]))
    said = text * 2
    assert squeezed(whole(page, 0).text_content() or "") == squeezed(said)
    for _ in range(5):
        button(page, "Step").click()
    assert stage(page, 0).text_content() == said
    button(page, "To the end").click()
    assert squeezed(page.locator(".prompt").text_content() or "") == squeezed(text)
    assert squeezed(page.title()) == f"Comparison of {squeezed(text)} and OpenAI – Streamside"
    assert page.locator("img, .lane a, .lane script, .lane style, base").count() == 0
    page.wait_for_timeout(50)  # for what would happen a little later


def test_markdown_is_rendered_once_the_answer_is_over(opener: Opener) -> None:
    table = "|a|b|\n|-:|:-|\n|1|2|\n\n"
    reply = a_reply(
        (0.5, "# Head\n\n**Bold**, "), (1.0, f"[a link](https://example.com/x)\n\n{table}"), (1.5, "![no](/x.png)")
    )
    page = opener.open(Comparison.of("Go", [reply, a_reply((0.5, "plain"), total=1.0)]))
    expect(whole(page, 0).locator("strong")).to_have_text("Bold")
    expect(whole(page, 0).get_by_role("link", name="a link")).to_have_attribute("href", "https://example.com/x")
    expect(whole(page, 0).locator("td").first).to_have_css("text-align", "right")
    expect(page.get_by_role("heading", level=1)).to_have_count(1)  # the report's own
    page.get_by_role("slider").fill("700")
    expect(whole(page, 0)).to_be_hidden()
    assert "**Bold**" in (stage(page, 0).text_content() or "")  # as it came
    expect(whole(page, 1)).to_be_visible()  # that one is over by then
    expect(stage(page, 1)).to_be_hidden()


def test_the_policy_lets_nothing_else_run_or_load(opener: Opener) -> None:
    page = opener.open(RACE)
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "document.title = 'broken'";
            document.body.append(script);
            const image = new Image();
            image.src = "http://127.0.0.1:9/pixel.png";
            document.body.append(image);
        }"""
    )
    page.wait_for_timeout(100)
    assert "broken" not in page.title()
    assert len(opener.complaints) == 2
    assert all("Content Security Policy" in complaint for complaint in opener.complaints)
    opener.complaints.clear()
    opener.strangers.clear()  # Chromium tells of the request that the policy stopped


def test_it_reads_without_its_script(opener: Opener) -> None:
    page = opener.open(the_race(), scripts=False)
    expect(whole(page, 2)).to_contain_text("settled in India.")
    expect(page.locator(".player")).to_be_hidden()
    expect(page.locator(".chart.wide")).to_be_visible()


def test_it_prints_whole_from_any_moment(opener: Opener) -> None:
    page = opener.open(the_race())
    page.get_by_role("slider").fill("200")
    expect(whole(page, 0)).to_be_hidden()
    page.emulate_media(media="print")
    for lane in range(3):
        expect(whole(page, lane)).to_be_visible()
        expect(stage(page, lane)).to_be_hidden()
    expect(page.locator(".player")).to_be_hidden()
    heights = page.locator(".words").evaluate_all("all => all.map(one => one.scrollHeight - one.clientHeight)")
    assert heights == [0, 0, 0]  # nothing is cut off by a scroll bar
    assert len(page.pdf(format="A4")) > 10_000


@pytest.mark.parametrize("width", [320, 390, 800, 1280])
def test_it_fits_any_width(opener: Opener, width: int) -> None:
    page = opener.open(the_race(), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    lefts = page.locator(".lane").evaluate_all("all => all.map(one => Math.round(one.getBoundingClientRect().left))")
    assert (len(set(lefts)) == 1) == (width < 700)  # narrow screens stack


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_in_both_themes(opener: Opener, scheme: str) -> None:
    page = opener.open(the_race(), scheme=scheme)
    pairs = page.evaluate(
        """() => [...document.querySelectorAll("h1, p, dt, dd, td, th, button, output, .mark, figcaption, footer")]
            .filter(element => element.checkVisibility())
            .map(element => {
                const paint = (one) => getComputedStyle(one).backgroundColor;
                let behind = element;
                while (paint(behind) === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
                return [getComputedStyle(element).color, paint(behind)];
            })"""
    )
    assert len(pairs) > 50
    assert min(contrast(*map(colour, pair)) for pair in pairs) >= 4.5


def colour(css: str) -> tuple[float, ...]:
    return tuple(float(part) / 255 for part in re.findall(r"[\d.]+", css)[:3])


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    def luminance(channels: tuple[float, ...]) -> float:
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
