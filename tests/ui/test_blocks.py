"""Any Markdown, cut anywhere, comes out as it would have come out whole."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ui import blocks, markdown, prose
from ui.blocks import Blocks
from ui.markdown import as_written

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
""".strip()
    .replace("\n", "¦")
    .split("¦")
)
PIECES += ["| a | b |\n|---|---|\n", "\n\n", "\n    ", "\n\n    ", "\n  ", "\r\n"]
MARKDOWN_TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@st.composite
def cut_texts(draw: st.DrawFn) -> tuple[str, list[str]]:
    text = draw(MARKDOWN_TEXTS)
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=20)))
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


@settings(max_examples=300, deadline=None)
@given(cut_texts())
def test_blocks_joined_are_the_whole_text_as_written(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    assert solid("".join(streamed(pieces))) == solid(as_written(text))
    assert solid("".join(streamed(list(text)))) == solid(as_written(text))


def without_definitions(text: str) -> bool:
    env: dict[str, object] = {}
    MARKDOWN.parse(text, env)
    return not env.get("references") and "[^" not in text


@settings(max_examples=300, deadline=None)
@given(cut_texts())
def test_blocks_rendered_one_by_one_are_the_whole_rendered(case: tuple[str, list[str]]) -> None:
    text, pieces = case
    if not without_definitions(text):
        return
    whole = MARKDOWN.render(as_written(text))
    assert solid("".join(map(MARKDOWN.render, streamed(pieces)))) == solid(whole)
    assert solid("".join(MARKDOWN.render(block) for block in streamed(list(text)))) == solid(whole)


def letters(text: str) -> str:
    shown = text.replace("[\u2060]: #", "").replace(prose.GAP, "").replace("&#58;", ":")
    return re.sub(r"[\W_]", "", shown)


@settings(max_examples=200, deadline=None)
@given(cut_texts())
def test_what_is_too_much_for_a_browser_is_taken_apart_with_no_letter_lost(case: tuple[str, list[str]]) -> None:
    """With limits so low that these short texts are beyond all of them."""
    text, pieces = case
    with pytest.MonkeyPatch.context() as low:
        for module in (blocks, markdown):
            low.setattr(module, "LONGEST", 60)
            low.setattr(module, "LONGEST_WORD", 12)
        low.setattr(blocks, "MOST_LINES", 5)
        low.setattr(markdown, "DEEPEST", 4)
        low.setattr(prose, "MOST_MARKS", 4)
        for cut in (pieces, list(text), [text]):
            assert letters("".join(streamed(cut))) == letters(markdown.clean(text))
        assert letters(as_written(text)) == letters(markdown.clean(text))
