"""Markdown of a model, made to show as it was written: CommonMark, GFM and formulas, no rule of Streamlit's own."""

from typing import Final

from ui.markdown.blocks import Blocks, clean, footnotes
from ui.markdown.inline import literal_line

__all__ = ["STYLE", "Blocks", "as_written", "literal"]

# For each page, by `st.html(STYLE)`. It is about what stands in a container whose key begins with "answer".
STYLE: Final = """<style>
[class*="st-key-answer"] [data-testid="stMarkdownContainer"] {
    h1 { font-size: 22px; } h2 { font-size: 19px; } h3, h4, h5, h6 { font-size: 17px; }
    :is(p, li, h1, h2, h3, h4, h5, h6, th, td) { unicode-bidi: plaintext; text-align: start; }
    :is(p, li, h1, h2, h3, h4, h5, h6, th, td, ul, ol, blockquote, table):has(.stMarkdownShimmer:empty) {
        direction: rtl;
    }
    :is(ul, ol):has(.stMarkdownShimmer:empty) { padding: 0 1.5em 0 0; }
    td[style*="right"] { text-align: right; } td[style*="center"] { text-align: center; }
    span[style^="font-size"] { white-space: pre-line; }
    :is(table, .katex-display) { display: block; max-width: 100%; overflow: auto hidden; }
}
</style>"""


def as_written(text: str, name: str = "") -> str:
    """Markdown for `st.markdown` that shows `text` by the rules of CommonMark and GFM, and by no other.

    Headings, lists, tables, links, code, footnotes and formulas are rendered; `<br>` breaks the line. Directives
    (`:red[x]`), `:shortcodes:`, `->` and HTML show as they are; an image shows as a link behind a `!`, nothing is
    fetched; a link that is neither to the web nor to an address shows as text; a Mermaid diagram shows as its code.
    Text in code is not touched. `name` (letters, digits, dashes) keeps the footnotes of two answers on one page apart.
    """
    blocks = Blocks(footnotes(text, name))
    return "".join("\n\n" if part is None else part for part in (*blocks.feed(text), *blocks.finish()))


def literal(text: str) -> str:
    """Markdown for any label or message of Streamlit that shows `text`, which is no Markdown, letter by letter.

    Line breaks are kept, spaces at the ends of lines are not.
    """
    return "  \n".join(literal_line(line.strip()) for line in clean(text).split("\n"))
