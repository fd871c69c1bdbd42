"""Prose: a model's Markdown as HTML that can run nothing and load nothing.

Tags and entities show as they were typed, an image as a link behind a `!`, and a link that is neither to the web nor to
an address of mail as text: so the pages show them too.
"""

from __future__ import annotations

import re
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token

LONGEST = 100_000  # characters; what is longer is not taken apart, which could take minutes
DEEPEST = 100  # levels of blocks within blocks; what stands deeper markdown-it-py leaves out
_HARMLESS = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_BELOW = {"h1": "h4", "h2": "h5"}  # the report's own headings end at h3; all others become h6
_BLOCKS = {"paragraph_open", "heading_open", "list_item_open", "th_open", "td_open"}


def prose(text: str) -> str:
    """The HTML of `text`, of at most LONGEST characters: CommonMark, with GFM's tables and strikethrough. A text that
    nests deeper than DEEPEST shows as it was written."""
    tokens = _MARKDOWN.parse(text)
    if any(token.level >= DEEPEST - 1 for token in tokens):
        return f'<p class="raw" dir="auto">{escape(text)}</p>'
    for token in tokens:
        _settle(token)
        for inner in token.children or ():
            if inner.type == "link_open" and inner.attrs["href"]:
                inner.attrSet("rel", "noopener noreferrer")
            elif inner.type == "link_open":
                inner.attrs.clear()  # `[x]()` leads to nowhere
    return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def _settle(token: Token) -> None:
    """Fit a block into the page: its headings below the page's, and no style of its own, which the policy forbids."""
    if token.type in _BLOCKS:
        token.attrSet("dir", "auto")
    if token.type in ("heading_open", "heading_close"):
        token.tag = _BELOW.get(token.tag, "h6")
    if style := token.attrs.pop("style", None):
        token.attrSet("class", str(style).replace("text-align:", "to-"))


_MARKDOWN = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST})
_MARKDOWN.enable(["table", "strikethrough"]).disable(["image", "entity"])
_MARKDOWN.validateLink = lambda url: _HARMLESS.match(url) is not None  # type: ignore[method-assign]
