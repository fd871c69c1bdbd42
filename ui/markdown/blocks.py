"""Markdown block by block: which lines are text, to be escaped, and where what follows can change nothing before it.

That is where a block of the top level begins: between two paragraphs, behind a heading, but never within a list, a
quotation, a table or code. Definitions (`[label]: address`, `[^1]: note`) cannot be waited for: while it is streamed, a
reference shows as text unless the definition stands in its block.
"""

import re
import zlib
from collections.abc import Iterator, Mapping
from itertools import accumulate, pairwise
from operator import add
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from ui.markdown.inline import Inline, is_safe, literal_line, plain

# A block longer than this, that is no code, is taken apart at the next line's end: it is read again with each piece.
LONGEST: Final = 50_000
# Each level is a call within a call to the browser's parser, which has room for some hundred of them and then shows
# nothing at all. Markers of a line beyond this many characters show as text.
DEEPEST: Final = 100
# st.markdown strips the spaces before the first line, which may be what makes it code or a list within a list. An
# unused definition shows nothing and keeps them. Its label is a character without width.
KEEP_INDENT: Final = "[\u2060]: #\n\n"

_CODE = {"fence", "code_block", "html_block"}
_LEAVES = _CODE | {"paragraph", "heading", "tr", "table", "definition", "formula", "hr"}
_MARKERS = re.compile(r"\A(?:[ \t>]|[-+*](?=[ \t]|\Z)|\d{1,9}[.)](?=[ \t]|\Z))*+")
_HALF = re.compile(r"[\r\ud800-\udbff]\Z")  # of a line's end or of a character
_BLANK_LINES = re.compile(r"\A(?:[ \t]*\n)+")
_NOTES = re.compile(r"^ {0,3}\[\^([^\]\s]+)\]:", re.MULTILINE)
_LEAD = r"[ \t>+*\-.)\d]*+"  # what makes a line a part of lists and quotations
# What may still become another kind of block at the end of a text: a formula that is not closed, or a line that is only
# a marker as yet, or the beginning of a fence or a definition. Within a fence that is what may close it.
_UNSETTLED = re.compile(
    rf"^{_LEAD}(?:(?:\$\$|\\\[)(?:(?!\$\$|\\\]|\n[ \t>]*\n)[\s\S])*+(?:(?:\$\$|\\\])[ \t]*)?"
    r"|[-|:=_#~`\s$\\]*|(?:`{3}|~{3}).*|<(?:[A-Za-z/!?].*)?"
    r"|\[(?!\^)(?:\\.|(?!\n[ \t>]*\n)[^\[\]\\])*+(?:\](?::(?:[ \t]*\n)?.*)?)?)\Z",
    re.MULTILINE,
)
_UNSETTLED_IN_FENCE = re.compile(r"^[ \t>]*+[`~]*[ \t]*\Z", re.MULTILINE)
_FORMULA = re.compile(r"\s*(?:\$\$((?:(?!\$\$|\\\])[\s\S])+)\$\$|\\\[((?:(?!\$\$|\\\])[\s\S])+)\\\])[ \t]*(?:\n|\Z)")


def _formula(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A formula on lines of its own, up to the first blank one."""
    at = state.bMarks[start] + state.tShift[start]
    if state.src[at : at + 2] not in {"$$", "\\["} or state.is_code_block(start):
        return False
    last = start + 1
    while last < min(end, start + 200) and not state.isEmpty(last) and state.sCount[last] >= state.blkIndent:
        last += 1
    found = _FORMULA.match(state.getLines(start, last, state.blkIndent, False))
    if not found or not (tex := (found[1] or found[2]).strip()):
        return False
    state.line = start + found[0].rstrip().count("\n") + 1
    if not silent:
        token = state.push("formula", "", 0)
        token.map, token.markup, token.content = [start, state.line], state.src[at : at + 2], tex
    return True


_MARKDOWN = MarkdownIt("commonmark", {"maxNesting": 50, "inline_definitions": True}).enable("table").disable("inline")
_MARKDOWN.validateLink = lambda url: True  # type: ignore[method-assign]  # they are looked at when they are written
_INTERRUPTS = {"alt": ["paragraph", "reference", "blockquote", "list"]}
_MARKDOWN.block.ruler.before("fence", "formula", _formula, _INTERRUPTS)  # type: ignore[arg-type]


def clean(text: str) -> str:
    """`text` as the browser will get it: one kind of line end, and only whole characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def footnotes(text: str, name: str) -> dict[str, str]:
    """What to write for the labels of the footnotes that are defined in `text`: no other answer's name for one."""
    text = clean(text)
    name = name or f"{zlib.crc32(text.encode()):x}"
    labels = dict.fromkeys(label.casefold() for label in _NOTES.findall(text))
    return {label: f"{name}-{number}" for number, label in enumerate(labels, 1)}


def regions(text: str, lines: list[str], notes: Mapping[str, str]) -> Iterator[tuple[str, Token, int, int, list[int]]]:
    """What is to be written anew: its kind, token, first line, line behind the last, and where in each its text begins.

    Lines that no rule claims are text: markers alone, what is nested too deep, and what may belong to a footnote.
    """
    done, end_of_text = 0, Token("hr", "", 0, map=[len(lines), len(lines)])
    for token, inner in pairwise([*_MARKDOWN.parse(text), end_of_text, end_of_text]):
        kind, (start, end) = token.type.removesuffix("_open"), token.map or (0, 0)
        is_note = notes if kind == "code_block" else kind == "definition" and token.meta["id"].startswith("^")
        if not token.map or kind not in _LEAVES or is_note:
            continue
        yield from (("text", token, n, n + 1, [_column(lines[n])]) for n in range(done, start) if lines[n].strip())
        done = max(done, end)
        if kind in {"paragraph", "heading", "tr"}:
            contents = [None] if kind == "tr" else inner.content.split("\n")
            columns = [_column(*pair) for pair in zip(lines[start:end], contents, strict=False)]
            yield kind, token, start, start + len(columns), columns
        elif kind in {"definition", "formula"} or (kind == "fence" and "mermaid" in plain(token.info).lower()):
            yield kind, token, start, end, [lines[start].find(token.markup or "[")]


def _column(line: str, content: str | None = None) -> int:
    """Where in a line its content begins, or what stands behind its markers."""
    content = _MARKERS.sub("", line) if content is None else content.strip()
    return max(line.rfind(content), 0) if content else len(line)


def escaped(text: str, notes: Mapping[str, str], *, final: bool) -> str:
    """`text` as Markdown for Streamlit; with `final=False` only as far as no later text can change it."""
    lines = text.split("\n")
    out: list[str] = []
    writer, done, last = Inline(notes), 0, ""
    for kind, token, start, end, columns in regions(text, lines, notes):
        out += lines[done:start]
        is_open = not final and end >= len(lines) - (not lines[-1])
        heads = [line[:column] for line, column in zip(lines[start:end], columns, strict=False)]
        bodies = [line[column:] for line, column in zip(lines[start:end], columns, strict=False)]
        if kind == "fence":
            out += [f"{heads[0]}{token.markup}text", *lines[start + 1 : end]]
        elif kind == "definition":
            if not final and "" not in map(str.strip, lines[end:-1]):
                break  # a title may follow
            source = re.sub(r"\n[\s>]*", " ", "\n".join([bodies[0], *lines[start + 1 : end]]))
            out += lines[start:end] if is_safe(token.meta["url"]) else [heads[0] + literal_line(source)]
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
        whole = self._tail if final else _HALF.sub("", self._tail)
        half, text, ends = self._tail[len(whole) :], clean(whole), [0, 0]
        certain = text
        while ends[1:]:
            text = text[ends[-1] :] if self._given else _BLANK_LINES.sub("", text[ends[-1] :])
            certain, tokens = _certain(text, final=final)
            ends = _ends(certain, tokens)
            for start, end in pairwise(ends):
                yield from self._give(escaped(certain[start:end], self._notes, final=True))
                self._given = ""
        yield from self._give(escaped(certain, self._notes, final=final))
        self._tail = text + half

    def _give(self, written: str) -> Iterator[str | None]:
        words = written.rstrip()
        written = words + written[len(words) :].partition("\n")[0]
        more = written[len(self._given) :]
        if not more:
            return
        if not self._given:
            if self.live:
                yield None
            self.live = 0
            more = KEEP_INDENT * written[0].isspace() + more
        self._given = written
        self.live += len(more)
        yield more


def _certain(text: str, *, final: bool) -> tuple[str, list[Token]]:
    """How much of a text is certain to be of the kind that it seems to be, and its blocks."""
    tokens = _MARKDOWN.parse(text)
    while not final:
        leaf, lines = next((token for token in reversed(tokens) if token.map), None), text.count("\n")
        is_in_fence = leaf and leaf.map and leaf.type == "fence" and leaf.map[0] < lines < leaf.map[1]
        found = (_UNSETTLED_IN_FENCE if is_in_fence else _UNSETTLED).search(text)
        if not found or not found[0]:
            break
        text = text[: found.start()]
        tokens = _MARKDOWN.parse(text)
    return text, tokens


def _ends(text: str, tokens: list[Token]) -> list[int]:
    """0, and where blocks of the top level end; of one that is too long, where it is taken apart."""
    places = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
    ends, first, paragraph_end = [0], "", -1
    for token in [*tokens, Token("", "", 0, map=[len(places) - 1, 0])]:
        if not token.map or token.level or token.type == "definition":
            continue
        line, end = token.map
        cut = text.find("\n", ends[-1] + LONGEST, places[line]) + 1 or ends[-1] + 2 * LONGEST
        if first not in {"", *_CODE} and cut < places[line]:
            return [*ends, cut]
        if first and token.type and (token.type != "table_open" or line != paragraph_end):  # which may be its head
            ends.append(places[line])
            first = ""
        first, paragraph_end = first or token.type, end if token.type == "paragraph_open" else -1
    return ends
