"""A model's Markdown, made to show as it was written.

`st.markdown` would also read formulas, directives, shortcodes and typographic signs in it, and the reader's browser
would fetch its images. markdown-it-py says which lines are text; `ui.prose` says what to write for them.
"""

import html
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ui.prose import Prose, Row, Verbatim, Waiting, Writer, as_text, definition

__all__ = ["as_written", "literal"]

# Markdown-it takes more time the longer one block is, and each line of an answer asks it again: a block longer than
# this (a list's item, if it is a list; code may be of any length) is taken apart at the next line's end.
LONGEST: Final = 50_000

# A browser takes the square of a word's length, to find addresses in it and to set its accents: a word longer than this
# is taken apart, where it is no code.
LONGEST_WORD: Final = 10_000

# Each level is a call within a call to the browser's parser, which has room for some hundred of them and then shows
# nothing at all. A line's markers beyond these levels show as text; two columns of indentation count as one.
DEEPEST: Final = 100

# st.markdown strips the spaces before the first line, which may be what makes it code or a list within a list. An
# unused definition shows nothing and keeps them. Its label is a character without width.
KEEP_INDENT: Final = "[\u2060]: #\n\n"

_MARKDOWN = MarkdownIt("commonmark", {"maxNesting": 50, "inline_definitions": True}).enable("table")
_MARKDOWN.validateLink = lambda url: True  # type: ignore[method-assign]  # st.markdown would not refuse it either
_BLANK_LINES = re.compile(r"(?:[ \t]*\n)+")
# The tokens that stand for lines of their own, not for what holds them.
_LEAVES = {"paragraph_open", "heading_open", "tr_open", "table_open", "definition"}
_LEAVES |= {"fence", "code_block", "html_block", "hr"}
_LONE = re.compile("[\ud800-\udfff]")
_LEVEL = re.compile(r" {1,2}|\t|>|[-+*](?=[ \t]|\Z)|\d{1,9}[.)](?=[ \t]|\Z)")


def as_written(text: str) -> str:
    """Markdown for `st.markdown` that shows `text` by the rules of CommonMark and GFM, and by no other.

    Headings, lists, tables, links, code and footnotes are rendered. Dollar signs, `:red[directives]`, `:shortcodes:`
    and `->` show as they are; an image shows as a link behind a `!`, nothing is fetched; a link that is neither to
    the web nor to an address shows as text; a Mermaid diagram shows as its code. Text in code is not touched.
    """
    text = clean(text)
    text = text[blank_lines(text) :]
    if len(text) > LONGEST or any(len(word) > LONGEST_WORD for word in text.split()):
        from ui.blocks import Blocks  # it builds on this module

        return "\n\n".join(Blocks.of(text))
    return kept_indent(text) + "\n".join(escaped(text, parse(text), final=True).lines)


def literal(text: str) -> str:
    """Markdown for any label or message of Streamlit that shows `text`, which is no Markdown, letter by letter.

    Line breaks are kept, spaces at the ends of lines are not.
    """
    return "  \n".join(as_text(line.strip()) for line in clean(text).split("\n"))


def clean(text: str) -> str:
    """`text` as the browser will get it: one kind of line end, and only whole characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    if _LONE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def kept_indent(text: str) -> str:
    return KEEP_INDENT if text[:1].isspace() else ""


def blank_lines(text: str) -> int:
    """How many characters the blank lines at the start of `text` take."""
    found = _BLANK_LINES.match(text)
    return found.end() if found else 0


def parse(text: str) -> list[Token]:
    """The blocks of `text`. What stands in a paragraph is not looked at."""
    tokens: list[Token] = []
    _MARKDOWN.block.parse(text, _MARKDOWN, {}, tokens)
    return tokens


class Escaped(NamedTuple):
    """The escaped lines, and what can write on where the last one ends, if anything can."""

    lines: list[str]
    writer: Writer | None


def escaped(text: str, tokens: list[Token], *, final: bool) -> Escaped:
    """`text`, of which `tokens` are the blocks; with `final=False` only as far as no later text can change it."""
    lines = text.split("\n")
    out = list(lines)
    is_broken = not lines[-1]  # the last line has its end
    for kind, start, end, columns in _regions(tokens, lines):
        is_open = not final and end >= len(lines) - is_broken
        within = end == len(lines)
        if kind == "fence":
            out[start] = lines[start][: columns[0]] + "text"
        elif kind == "definition":
            if is_open:
                return Escaped([*out[:start], ""], Waiting())
            head, body = lines[start][: columns[0]], "\n".join(lines[start:end])[columns[0] :]
            out[start:end] = (head + definition(body)).split("\n")
        elif kind == "row":
            row = Row()
            out[start] = row.write(lines[start], final=not (is_open and within))
            if is_open and within:
                return Escaped(out, row)
        else:
            prose = Prose(header=kind == "paragraph")
            bodies = [line[column:] for line, column in zip(lines[start:end], columns, strict=True)]
            if kind == "text":
                bodies = list(map(_shallow, bodies))
            if is_open and not within:
                bodies.append("")
            shown = prose.write("\n".join(bodies), final=not is_open).split("\n")
            # Where a line is kept back, so is the marker before it.
            heads = [line[:column] for line, column in zip(lines[start:end], columns, strict=True)]
            out[start:end] = [head + line for head, line in zip(heads, shown, strict=False)]
            if is_open:
                # A line that was kept back whole still lacks its marker: the prose alone can't go on.
                return Escaped(out[: start + len(shown)], prose if len(shown) == len(bodies) else None)
    return Escaped(out, Verbatim())


class _Region(NamedTuple):
    kind: str
    start: int  # in lines
    end: int
    columns: list[int]  # where in each line its text begins


def _regions(tokens: list[Token], lines: list[str]) -> Iterator[_Region]:
    """What needs escaping, in the order of the lines: all but code and HTML, for what no rule claims is text."""
    done = 0
    footnotes = False
    for token, inner in pairwise([*tokens, Token("", "", 0)]):
        if token.map is None or token.type not in _LEAVES:
            continue
        start, end = token.map
        yield from (_Region("text", line, line + 1, [0]) for line in range(done, start) if lines[line].strip())
        done = max(done, end)
        match token.type:
            case "tr_open":
                yield _Region("row", start, end, [0])
            case "paragraph_open" | "heading_open":
                columns = [_column(*pair) for pair in zip(lines[start:end], inner.content.split("\n"), strict=False)]
                footnotes |= inner.content.startswith("[^")
                yield _Region(token.type.removesuffix("_open"), start, start + len(columns), columns)
            case "definition" if not token.meta["label"].startswith("^"):
                yield _Region("definition", start, end, [lines[start].find("[")])
            case "definition":
                footnotes = True
                yield _Region("paragraph", start, end, [lines[start].find("["), *[0] * (end - start - 1)])
            case "code_block" if footnotes:  # to GFM, what is indented below a footnote belongs to it
                yield from (_Region("text", line, line + 1, [0]) for line in range(start, end))
            case "fence" if _is_diagram(token.info):
                yield _Region("fence", start, start + 1, [lines[start].rfind(token.info.strip())])
    yield from (_Region("text", line, line + 1, [0]) for line in range(done, len(lines)) if lines[line].strip())


def _shallow(line: str) -> str:
    """The line with a backslash before the marker that would lead too deep."""
    at = level = 0
    while found := _LEVEL.match(line, at):
        level += 1
        if level > DEEPEST and not found[0].isspace():
            sign = found.end() - 1  # of a numbered item the sign behind the number
            return f"{line[:sign]}\\{line[sign:]}"
        at = found.end()
    return line


def _column(line: str, content: str) -> int:
    content = content.strip()
    return max(line.rfind(content), 0) if content else len(line)


def _is_diagram(info: str) -> bool:
    """Whether Streamlit would draw what stands in a fence with this info string."""
    language = html.unescape(re.sub(r"\\(.)", r"\1", info)).split(None, 1)
    found = re.search(r"language-(\w+)", f"language-{language[0]}", re.ASCII) if language else None
    return found is not None and found[1].lower() == "mermaid"
