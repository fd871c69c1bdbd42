"""Markdown of a model, made to show as it was written: CommonMark, GFM and formulas, no rule of Streamlit's own."""

from ui.markdown.blocks import Blocks, clean, footnotes
from ui.markdown.inline import literal_line

__all__ = ["Blocks", "as_written", "literal"]


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
