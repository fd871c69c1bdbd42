"""A model's Markdown in the report: rendered, and nothing in it runs or loads."""

import re

import pytest

from replies.export.report import report
from replies.export.report.prose import LONGEST, prose
from tests.replies.export.test_export import a_reply, race


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**bold** and *slanted*", "<strong>bold</strong> and <em>slanted</em>"),
        ("`a < b`", "<code>a &lt; b</code>"),
        ("```python\nprint()\n```", '<pre><code class="language-python">print()\n</code></pre>'),
        ("- one\n- two", "<ul>"),
        ("3. three", '<ol start="3">'),
        ("> said", "<blockquote>"),
        ("~~gone~~", "<s>gone</s>"),
        ("# One", '<h4 dir="auto">One</h4>'),  # the report's own headings are h1 to h3
        ("### Three", '<h6 dir="auto">Three</h6>'),
        ("|a|\n|-:|\n|1|", '<td dir="auto" class="to-right">1</td>'),
        ("[there](https://example.com/?a=1&b=2)", 'href="https://example.com/?a=1&amp;b=2"'),
        ("<https://example.com>", 'href="https://example.com"'),
        ("<somebody@example.com>", 'href="mailto:somebody@example.com"'),
        ("<b>x</b> &lt; &copy;", '<p dir="auto">&lt;b&gt;x&lt;/b&gt; &amp;lt; &amp;copy;</p>'),  # as they were typed
    ],
)
def test_markdown_is_rendered(written: str, shown: str) -> None:
    assert shown in prose(written)


@pytest.mark.parametrize("form", ["[x]({})", "![x]({})", "<{}>", "[x]\n\n[x]: {}", "[x](<{}>)"])
def test_only_the_web_and_mail_are_linked_to(form: str) -> None:
    schemes = ("javascript", "JaVaScRiPt", "&#106;avascript", "java\tscript", "vbscript")
    others = ("data:text/html,<script>alert(1)</script>", "file:///etc/passwd", "/relative", "//example.com/x", "#here")
    for address in (*(f"{scheme}:alert(1)" for scheme in schemes), *others, "ftp://example.com", ""):
        assert "href" not in prose(form.format(address)), address


@pytest.mark.parametrize(
    "written",
    [
        "![a picture](https://example.com/a.png)",
        "![a picture][1]\n\n[1]: https://example.com/a.png",
        "<script>alert(1)</script>",
        "a <b onclick='x()'>b</b> c",
        "<!-- hidden -->",
        "```a\"onclick='x'\ncode\n```",
        '[x](https://example.com "a\\" onclick=\'x\'")',
        "|a|b|c|\n|:-|:-:|-:|\n|1|2|3|",  # a style of its own the policy would stop
    ],
)
def test_no_tag_or_attribute_of_the_models_own_gets_through(written: str) -> None:
    page = prose(written)
    ours = {"p", "a", "pre", "code", "table", "thead", "tbody", "tr", "th", "td"}
    assert set(re.findall(r"<([a-z0-9]+)", page)) <= ours
    for tag in re.findall(r"<[a-z][^>]*>", page):
        attributes = re.sub(r'"[^"]*"', '""', tag)
        assert set(re.findall(r"([a-z]+)=", attributes)) <= {"dir", "href", "rel", "class", "title"}


def test_the_report_renders_answers_and_shows_what_is_too_long_as_it_was_written() -> None:
    page = report(race(a_reply("**An** answer."), a_reply("**a** " * LONGEST)))
    assert '<div class="answer prose"><p dir="auto"><strong>An</strong> answer.</p>\n</div>' in page
    assert '<p class="answer" dir="auto">**a** **a**' in page


@pytest.mark.parametrize("marker", ["> ", "- ", "1. "])
def test_words_are_kept_however_deep_they_stand(marker: str) -> None:
    for depth in (30, 3000):
        page = prose(marker * depth + "within\n\nafter")
        assert "within" in page
        assert "after" in page
