"""Any Markdown, cut anywhere, comes out as it would have come out whole."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ui.markdown import Blocks, as_written, blocks, inline
from ui.markdown.blocks import clean

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MARKDOWN.validateLink = lambda url: True  # type: ignore[method-assign]

# What Markdown and Streamlit react to, whole and in parts.
PIECES = [*"\n\n\n\n    -*+>#|:=_~`$![](){}<>&\\\"'.\t"]
PIECES += (
    r"""
word¦two words¦1.¦2) ¦10. ¦- ¦* ¦+ ¦> ¦# ¦## ¦---¦***¦--¦===¦```¦~~~¦````¦```py¦`code`¦$5¦$x$¦:red[¦:smile:¦:small
->¦<-¦<->¦>=¦~=¦&gt;¦10:30:45¦:material/home:¦:::note¦::leaf¦a@b.example¦www.a.example¦https://a.example/b:c?d=$e
![alt](http://img.example/a.png)¦[text](http://a.example/b:c)¦[text][label]¦[label]¦[label]: /a:b¦<https://a.example>
<b>¦</b>¦<div>¦<img src="x">¦<!-- x -->¦<a href="¦[a](b "t¦**bold**¦**¦_¦`` ` ``¦| a | b |¦| c | $d |¦\\¦é¦😀
$$¦$$ x^2 $$¦\(y\)¦\(¦\]¦~¦<br>¦字¦“¦**“字”**字¦，¦א¦[^1]¦\n\n[^1]: n
""".strip()
    .replace("\n", "¦")
    .split("¦")
)
PIECES += ["$$\na\n- b\n$$", "\\[z\n= 1\\]", "| a | b |\n|---|---|\n", "\n\n", "\n    ", "\n\n    ", "\n  ", "\r\n"]
MARKDOWN_TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@st.composite
def cut_texts(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A text, cut anywhere or everywhere."""
    text = draw(MARKDOWN_TEXTS)
    anywhere = st.lists(st.integers(0, len(text)), max_size=20).map(sorted)
    places = draw(anywhere | st.just(list(range(len(text)))))
    return text, [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


def streamed(pieces: list[str]) -> list[str]:
    blocks, found = Blocks(), [""]
    for part in [*(p for piece in pieces for p in blocks.feed(piece)), *blocks.finish()]:
        if part is None:
            found.append("")
        else:
            found[-1] += part
    return found


def solid(text: str) -> str:
    return re.sub(r"\s+", "", text.replace("[\u2060]: #", ""))


def defines_anything(text: str) -> bool:
    env: dict[str, object] = {}
    MARKDOWN.parse(clean(text), env)
    return bool(env.get("references")) or "[^" in text


@pytest.mark.parametrize("examples", [200, pytest.param(3_000, marks=pytest.mark.exhaustive)])
def test_blocks_however_the_text_is_cut_are_the_whole_as_written(examples: int) -> None:
    settings(max_examples=examples)(given(cut_texts())(is_the_whole))()


@pytest.mark.parametrize(
    "text",
    [
        "$x$\n]:\\ ||\n-|-\nt", "!\nם||\n-|-\n&", "1\nא `a | b` [x | https://a.example |\n|---|---|---|\n| `c | d` | |",
        "- " * 300 + "x", "[a](<b (c) d> 't') [x](a 'b) c') [x](a (b c) [x](a \"b) c\")", "https://a.example.com, www.",
        "text\n[q]:\n/x\n'title\n\nmore'", "\\[\n- a\n\\] b\n\n$$\n= c\n$$", "- $$\n  a\nb $$", "`a\n|-|\n![x](y)`",
        "> [quoted]:\n> data:text/html,hello\n>\n> [quoted]", "[a\nb]: data:x\n\n[a\nb]", "[a\nb", "[q]:\n\nx",
    ],
)  # fmt: skip
def test_what_a_later_line_makes_of_an_earlier_one_is_waited_for(text: str) -> None:
    for pieces in ([text[:7], text[7:]], list(text)):
        is_the_whole((text, pieces))


def is_the_whole(case: tuple[str, list[str]]) -> None:
    """Exactly, but for footnotes: what defines one may come later, so while they are streamed they show as text."""
    text, pieces = case
    whole = "\n\n".join(streamed([text]))
    if "[^" not in text:
        assert whole == as_written(text)
    assert "\n\n".join(streamed(pieces)) == whole


@settings(max_examples=100)
@given(MARKDOWN_TEXTS)
def test_blocks_rendered_one_by_one_are_the_whole_rendered(text: str) -> None:
    if not defines_anything(text):
        assert solid("".join(map(MARKDOWN.render, streamed([text])))) == solid(MARKDOWN.render(as_written(text)))


@settings(max_examples=60)
@given(cut_texts())
def test_what_is_too_much_for_a_browser_is_taken_apart_at_the_same_places(case: tuple[str, list[str]]) -> None:
    """With limits so low that these short texts are beyond all of them."""
    text, pieces = case
    with pytest.MonkeyPatch.context() as low:
        low.setattr(blocks, "LONGEST", 60)
        low.setattr(blocks, "DEEPEST", 4)
        low.setattr(inline, "MOST_MARKS", 4)
        assert streamed(pieces) == streamed(list(text)) == streamed([text])
