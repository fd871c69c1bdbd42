"""Markdown block by block: which lines are text, to be escaped, and where what follows can change nothing before it.

That is where a block of the top level begins: never within a list, a quotation, a table or code. Definitions (`[label]:
address`, `[^1]: note`) are not waited for: while it is streamed, a reference shows as text unless its block has one.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import accumulate, pairwise
from operator import add
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from ui.markdown.inline import Inline, is_safe, literal_line

# A block longer than this, that is no code, is taken apart at the next line's end: it is read again with each piece.
LONGEST: Final = 50_000
# Each level is a call within a call to the browser's parser, which has room for some hundred of them and then shows
# nothing at all. Markers of a line beyond this many characters show as text.
DEEPEST: Final = 100
# st.markdown strips the spaces before the first line, which may be what makes it code or a list within a list. An
# unused definition shows nothing and keeps them. Its label is a character without width.
KEEP_INDENT: Final = "[\u2060]: #\n\n"

_CODE = {"fence", "code_block", "html_block"}
_TEXTS = {"paragraph", "heading", "tr", "definition", "formula"}
_LEAVES = _CODE | _TEXTS | {"table", "hr"}
# The markers that lead a line, and its text.
_LINE = re.compile(r"((?:[ \t>]|(?:[-+*]|\d{1,9}[.)])(?=[ \t]|\Z))*+(?:#{1,6}(?:[ \t]+|\Z))?)(.*)")
# What may still become another kind of block at the end of a text: a formula that is not closed, or a line that is only
# a marker as yet, or the beginning of a fence or a definition. Within a fence that is what may close it.
_UNSETTLED = re.compile(
    r"^[ \t>+*\-.)\d]*+(?:(?:\$\$|\\\[)(?:(?!\$\$|\\\]|\n[ \t>]*\n)[\s\S])*+(?:(?:\$\$|\\\])[ \t]*)?"
    r"|[-|:=_#~`\s$\\]*|(?:`{3}|~{3}).*|<(?:[A-Za-z/!?].*)?"
    r"|\[(?!\^)(?:\\.|(?!\n[ \t>]*\n)[^\[\]\\])*+(?:\](?::(?:[ \t]*\n)?.*)?)?)\Z",
    re.MULTILINE,
)
_UNSETTLED_IN_FENCE = re.compile(r"^[ \t>]*+[`~]*[ \t]*\Z", re.MULTILINE)
_FORMULA = re.compile(r"\s*(?:(\$\$)|\\\[)\s*((?!\s)(?:(?!\$\$|\\\])[\s\S])+?)\s*(?(1)\$\$|\\\])[ \t]*(?:\n|\Z)")


def _formula(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A formula on lines of its own, up to the first blank one."""
    at = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith(("$$", "\\["), at) or state.is_code_block(start):
        return False
    last = start + 1
    while last < min(end, start + 200) and not state.isEmpty(last) and state.sCount[last] >= state.blkIndent:
        last += 1
    if not (found := _FORMULA.match(state.getLines(start, last, state.blkIndent, False))):
        return False
    state.line = start + found[0].rstrip().count("\n") + 1
    if not silent:
        token = state.push("formula", "", 0)
        token.map, token.content = [start, state.line], found[2]
    return True


_MARKDOWN = MarkdownIt("commonmark", {"maxNesting": 50, "inline_definitions": True}).enable("table").disable("inline")
_MARKDOWN.validateLink = lambda url: True  # type: ignore[method-assign]  # they are looked at when they are written
_MARKDOWN.block.ruler.before("fence", "formula", _formula, {"alt": ["paragraph", "reference", "blockquote", "list"]})


def clean(text: str) -> str:
    """`text` as the browser will get it: one kind of line end, and only whole characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def as_written(text: str, name: str = "note") -> str:
    """Markdown for `st.markdown` that shows `text` by the rules of CommonMark and GFM, and by no other.

    Headings, lists, tables, links, code, footnotes and formulas are rendered; `<br>` breaks the line. Directives
    (`:red[x]`), `:shortcodes:`, `->` and HTML show as they are; an image shows as a link behind a `!`, nothing is
    fetched; a link that is neither to the web nor to an address shows as text; a Mermaid diagram shows as its code.
    Text in code is not touched. `name` (letters, digits, dashes) keeps the footnotes of two answers on one page apart.
    """
    labels = re.findall(r"^ {0,3}\[\^([^\]\s]+)\]:", clean(text), re.MULTILINE)
    blocks = Blocks({label.casefold(): f"{name}-{number}" for number, label in enumerate(labels, 1)})
    return "".join("\n\n" if part is None else part for part in (*blocks.feed(text), *blocks.finish()))


def literal(text: str) -> str:
    """Markdown for any label or message of Streamlit that shows `text` letter by letter, save spaces at lines' ends."""
    return "  \n".join(literal_line(line.strip()) for line in clean(text).split("\n"))


def regions(tokens: list[Token], lines: list[str], notes: Mapping[str, str]) -> Iterator[tuple[str, Token, int, int]]:
    """What of the lines is to be written anew: its kind, token, first line, and the line behind the last.

    Lines that no rule claims are text: markers alone, what is nested too deep, and what may belong to a footnote.
    """
    done = 0
    for token in [*tokens, Token("hr", "", 0, map=[len(lines), len(lines)])]:
        kind, (start, end) = token.type.removesuffix("_open"), token.map or (0, 0)
        is_note = notes if kind == "code_block" else kind == "definition" and token.meta["id"].startswith("^")
        if not token.map or kind not in _LEAVES or is_note:
            continue
        yield from (("text", token, n, n + 1) for n in range(done, start) if lines[n].strip())
        done = max(done, end)
        if kind in _TEXTS or (kind == "fence" and "mermaid" in unescapeAll(token.info).lower()):
            yield kind, token, start, end - (token.markup in ("=", "-"))  # what underlines a heading


def escaped(text: str, tokens: list[Token], notes: Mapping[str, str], *, final: bool) -> str:
    """`text`, of these tokens, as Markdown for Streamlit; with `final=False` as far as no later text can change it."""
    lines = text.split("\n")
    out: list[str] = []
    writer, done, last = Inline(notes), 0, ""
    for kind, token, start, end in regions(tokens, lines, notes):
        out += lines[done:start]
        is_open = not final and end >= len(lines) - (not lines[-1])
        heads, bodies = zip(*(_LINE.findall(line)[0] for line in lines[start:end]), strict=True)
        if kind == "fence":
            out += [f"{heads[0]}{token.markup}text", *lines[start + 1 : end]]
        elif kind == "definition":
            if not final and "" not in map(str.strip, lines[end:-1]):
                break  # a title may follow
            out += lines[start:end] if is_safe(token.meta["url"]) else [heads[0] + literal_line(" ".join(bodies))]
        elif kind == "formula":
            inner = re.sub(r"[^\s>]", " ", heads[0])
            out += [f"{heads[0]}$$", *(inner + line for line in token.content.split("\n")), f"{inner}$$"]
        else:
            if kind != "tr" or last != "paragraph" or start != done:
                writer = Inline(notes)
            source = "\n".join(bodies) + "\n" * (is_open and end < len(lines))
            shown = writer.write(source, final=not is_open, row=kind == "tr").split("\n")
            if is_open and not shown[-1]:
                shown.pop()  # and the marker before what is kept back
            out += map(add, [heads[0][:DEEPEST] + literal_line(heads[0][DEEPEST:]), *heads[1:]], shown)
        done, last = end, kind
        if is_open:
            break
    else:
        out += lines[done:]
    return "\n".join(out)


class Blocks:
    """Takes a text piece by piece and gives it escaped, block by block.

    `feed` and `finish` yield strings to append to the block that is being written, and None where it is finished and
    the next one begins. What was yielded is never changed by what comes, and does not depend on how the text was cut.
    """

    def __init__(self, notes: Mapping[str, str] | None = None) -> None:
        self.live = 0  # characters that the block being written has so far
        self._notes = notes or {}
        self._tail = ""  # the source of the block being written, and what follows
        self._given = ""  # what was yielded of it

    def feed(self, text: str) -> Iterator[str | None]:
        for start in range(0, len(text), LONGEST):
            self._tail += text[start : start + LONGEST]
            yield from self._advance()

    def finish(self) -> Iterator[str | None]:
        """What was kept back. The end of the text closes everything."""
        yield from self._advance(final=True)

    def _advance(self, *, final: bool = False) -> Iterator[str | None]:
        half = "" if final else re.findall(r"[\r\ud800-\udbff]?\Z", self._tail)[0]  # of a line's end, or of a character
        text, ends = clean(self._tail.removesuffix(half)), [0, 0]
        certain, tokens = text, list[Token]()
        while ends[1:]:
            text = text[ends[-1] :] if self._given else re.sub(r"\A(?:[ \t]*\n)+", "", text[ends[-1] :])
            certain, tokens = _certain(text, final=final)
            ends = _ends(certain, tokens)
            for block in (certain[start:end] for start, end in pairwise(ends)):
                yield from self._give(escaped(block, _MARKDOWN.parse(block), self._notes, final=True))
                self._given = ""
        yield from self._give(escaped(certain, tokens, self._notes, final=final))
        self._tail = text + half

    def _give(self, written: str) -> Iterator[str | None]:
        words = written.rstrip()
        written = words + written[len(words) :].partition("\n")[0]
        if not (more := written[len(self._given) :]):
            return
        if not self._given:
            if self.live:
                yield None
            more = KEEP_INDENT * written[0].isspace() + more
        self._given, self.live = written, len(written)
        yield more


def _certain(text: str, *, final: bool) -> tuple[str, list[Token]]:
    """How much of a text is certain to be of the kind that it seems to be, and its blocks."""
    while True:
        tokens = _MARKDOWN.parse(text)
        leaf, lines = next((token for token in reversed(tokens) if token.map), None), text.count("\n")
        is_in_fence = leaf and leaf.map and leaf.type == "fence" and leaf.map[0] < lines < leaf.map[1]
        found = not final and (_UNSETTLED_IN_FENCE if is_in_fence else _UNSETTLED).search(text)
        if not found or not found[0]:
            return text, tokens
        text = text[: found.start()]


def _ends(text: str, tokens: list[Token]) -> list[int]:
    """0, and where blocks of the top level end; of one that is too long, where it is taken apart."""
    places = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
    ends, before, behind = [0], "", 0
    for token in [*tokens, Token("", "", 0, map=[len(places) - 1, 0])]:
        if not token.map or token.level or token.type == "definition":
            continue
        line, end = token.map
        cut = text.find("\n", ends[-1] + LONGEST, places[line]) + 1 or ends[-1] + 2 * LONGEST
        if before not in {"", *_CODE} and cut < places[line]:
            return [*ends, cut]
        is_head = (before, token.type, behind) == ("paragraph_open", "table_open", line)  # the paragraph's last line
        if before and token.type and not is_head:
            ends.append(places[line])
        before, behind = token.type, end
    return ends
