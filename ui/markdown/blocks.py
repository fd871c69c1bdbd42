"""Markdown block by block: which lines are text, to be escaped, and where what follows can change nothing before it.

That is where a block of the top level begins: between two paragraphs, behind a heading, but never within a list, a
quotation, a table or code. Definitions (`[label]: address`, `[^1]: note`) cannot be waited for: while it is streamed, a
reference shows as text unless the definition stands in its block.
"""

import html
import re
import zlib
from collections.abc import Iterator, Mapping
from itertools import accumulate, pairwise
from types import MappingProxyType
from typing import Final, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, reference
from markdown_it.token import Token

from ui.markdown.inline import WINDOW, Inline, entities, is_safe, literal_line, row

# A block longer than this, that is no code, is taken apart at the next line's end: it is read again with each piece.
LONGEST: Final = 50_000
PORTION: Final = 2_000  # characters that are read at once: what is left of them is read again for each block
# Each level is a call within a call to the browser's parser, which has room for some hundred of them and then shows
# nothing at all. A line's markers beyond these levels show as text; two columns of indentation count as one.
DEEPEST: Final = 100
# st.markdown strips the spaces before the first line, which may be what makes it code or a list within a list. An
# unused definition shows nothing and keeps them. Its label is a character without width.
KEEP_INDENT: Final = "[\u2060]: #\n\n"

_LEAVES = {"paragraph_open", "heading_open", "tr_open", "table_open", "definition", "formula"}
_LEAVES |= {"fence", "code_block", "html_block", "hr"}
_LEVEL = re.compile(r" {1,2}|\t|>|[-+*](?=[ \t]|\Z)|\d{1,9}[.)](?=[ \t]|\Z)")
_BLANK_LINES = re.compile(r"(?:[ \t]*\n)+")
_LONE = re.compile("[\ud800-\udfff]")
_NOTES = re.compile(r"^ {0,3}\[\^([^\]\s]+)\]:", re.MULTILINE)
NO_NOTES: Final[Mapping[str, str]] = MappingProxyType({})
# The beginning of a line that may still become another kind of line: a marker without its text, a fence, a definition.
_UNSETTLED = re.compile(
    r"[\s>+*\-.)\d]*+(?:[-|:=_#~`\s$\\]*|`{3}.*|~{3}.*|<(?:[A-Za-z/!?].*)?|\[(?!\^)(?:\\.|[^\[\]\\])*+(?:\](?::.*)?)?)"
)


def _formula(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A formula in lines of its own, up to the first blank one. One that may still be closed waits for what follows."""
    at = state.bMarks[start] + state.tShift[start]
    opening = state.src[at : at + 2]
    if opening not in ("$$", "\\[") or state.is_code_block(start):
        return False
    closing, content = opening.replace("[", "]"), ""
    for line in range(start, end):
        first = state.bMarks[line] + state.tShift[line] + (2 if line == start else 0)
        if line > start and (state.isEmpty(line) or state.sCount[line] < state.blkIndent):
            return False
        content += state.src[first : state.eMarks[line]].rstrip() + "\n"
        before, found, after = content.partition(closing)
        if found and (state.env["final"] or state.eMarks[line] < len(state.src)):
            if after.strip() or not before.strip() or "$$" in before:
                return False
            break
    else:
        if state.env["final"] or state.eMarks[end - 1] < len(state.src.rstrip()):
            return False
        content = ""
    if not silent:
        token = state.push("formula", "", 0)
        token.map, token.markup, token.content = [start, line + 1], opening, content.partition(closing)[0].strip()
    state.line = line + 1
    return True


def _reference(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The definition of a link's address. That of a footnote is text."""
    is_note = state.src.startswith("[^", state.bMarks[start] + state.tShift[start])
    return not is_note and reference(state, start, end, silent)


_MARKDOWN = MarkdownIt("commonmark", {"maxNesting": 50, "inline_definitions": True}).enable("table")
_MARKDOWN.validateLink = lambda url: True  # type: ignore[method-assign]  # they are looked at when they are written
_MARKDOWN.block.ruler.at("reference", _reference)
_INTERRUPTS = {"alt": ["paragraph", "reference", "blockquote", "list"]}
_MARKDOWN.block.ruler.before("fence", "formula", _formula, _INTERRUPTS)  # type: ignore[arg-type]


def parse(text: str, *, final: bool = True) -> list[Token]:
    """The blocks of `text`. What stands in a paragraph is not looked at."""
    tokens: list[Token] = []
    _MARKDOWN.block.parse(text, _MARKDOWN, {"final": final}, tokens)
    return tokens


def clean(text: str) -> str:
    """`text` as the browser will get it: one kind of line end, and only whole characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    if _LONE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class Region(NamedTuple):
    """Lines that need escaping."""

    kind: str
    token: Token
    start: int
    end: int
    columns: list[int]  # where in each line its text begins


def regions(tokens: list[Token], lines: list[str]) -> Iterator[Region]:
    """All but code and HTML, in the order of the lines; "text" is what no rule claims."""
    done, has_notes = 0, False
    for token, inner in pairwise([*tokens, Token("", "", 0)]):
        if token.map is None or token.type not in _LEAVES:
            continue
        start, end = token.map
        yield from (Region("text", token, n, n + 1, [0]) for n in range(done, start) if lines[n].strip())
        done = max(done, end)
        kind = token.type.removesuffix("_open")
        has_notes |= inner.content.startswith("[^")
        if kind in {"paragraph", "heading"}:
            columns = [_column(*pair) for pair in zip(lines[start:end], inner.content.split("\n"), strict=False)]
            yield Region(kind, token, start, start + len(columns), columns)
        elif kind == "code_block" and has_notes:  # to GFM, what is indented below a footnote belongs to it
            yield from (Region("text", token, n, n + 1, [0]) for n in range(start, end))
        elif kind in {"definition", "formula", "tr"} or (kind == "fence" and "mermaid" in _language(token)):
            sign = "[" if kind == "definition" else token.markup
            yield Region(kind, token, start, end, [lines[start].find(sign)])
    yield from (Region("text", Token("", "", 0), n, n + 1, [0]) for n in range(done, len(lines)) if lines[n].strip())


def escaped(text: str, notes: Mapping[str, str], *, final: bool) -> str:
    """`text` as Markdown for Streamlit; with `final=False` only as far as no later text can change it."""
    lines = text.split("\n")
    out: list[str] = []
    done = 0
    for kind, token, start, end, columns in regions(parse(text, final=final), lines):
        out += lines[done:start]
        head, done = lines[start][: columns[0]], end
        is_open = not final and end >= len(lines) - (not lines[-1])
        if kind == "fence":
            out.append(f"{head}{token.markup}text")
            done = start + 1
        elif kind == "definition":
            if not final and not any(not line.strip() for line in lines[end:-1]):
                return "\n".join(out)  # a title may follow
            out.append(head + _definition("\n".join(lines[start:end])[columns[0] :], token, notes))
        elif kind == "formula":
            inner = re.sub(r"[^\s>]", " ", head)
            out += [f"{head}$$", *(inner + line for line in token.content.split("\n")), f"{inner}$$"]
        elif kind == "tr":
            out.append(row(lines[start], notes, final=not (is_open and end == len(lines))))
        else:
            bodies = [line[column:] for line, column in zip(lines[start:end], columns, strict=True)]
            if kind == "text":
                bodies = list(map(_shallow, bodies))
            source = "\n".join(bodies) + "\n" * (is_open and end < len(lines))
            shown = Inline(source, notes, final=not is_open, header=kind == "paragraph").write().split("\n")
            if is_open and not shown[-1]:
                shown.pop()  # and the marker before what is kept back
            out += [line[:n] + body for line, n, body in zip(lines[start:end], columns, shown, strict=False)]
        if is_open:
            return "\n".join(out)
    return "\n".join([*out, *lines[done:]])


def footnotes(text: str, name: str) -> dict[str, str]:
    """What to write for the labels of the footnotes that are defined in `text`: no other answer's name for one."""
    text = clean(text)
    name = name or f"{zlib.crc32(text.encode()):x}"
    labels = dict.fromkeys(label.casefold() for label in _NOTES.findall(text))
    return {label: f"{name}-{number}" for number, label in enumerate(labels, 1)}


def _definition(source: str, token: Token, notes: Mapping[str, str]) -> str:
    """The definition of a reference, in one line. Labels are compared by their source, so all are written alike."""
    label = Inline(source[1 : source.index("]:")], notes, final=True).write()
    address, title = token.meta["url"], token.meta["title"]
    if not is_safe(address):
        return literal_line(" ".join(source.split()))
    return f"[{label}]: <{entities(address)}>" + (f' "{entities(title)}"' if title else "")


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


def _language(fence: Token) -> str:
    return html.unescape(re.sub(r"\\(.)", r"\1", fence.info)).lower()


class Blocks:
    """Takes a text piece by piece and gives it escaped, block by block.

    `feed` and `finish` yield strings to append to the block that is being written, and None where it is finished and
    the next one begins. What was yielded is never changed by what comes, and does not depend on how the text was cut.
    """

    def __init__(self, notes: Mapping[str, str] = NO_NOTES) -> None:
        self.live = 0  # characters that the block being written has so far
        self._notes = notes
        self._held = ""  # half a character, or half a line end
        self._tail = ""  # the source of the block being written, and what follows
        self._given = ""  # what was yielded of it

    def feed(self, text: str) -> Iterator[str | None]:
        text = self._held + text
        whole = len(text) - (text[-1:] == "\r" or "\ud800" <= text[-1:] <= "\udbff")
        self._held, text = text[whole:], clean(text[:whole])
        for start in range(0, len(text), PORTION):
            self._tail += text[start : start + PORTION]
            yield from self._advance()

    def finish(self) -> Iterator[str | None]:
        """What was kept back. The end of the text closes everything."""
        self._tail += clean(self._held)
        yield from self._advance(final=True)

    def _advance(self, *, final: bool = False) -> Iterator[str | None]:
        while True:
            if not self._given and (blank := _BLANK_LINES.match(self._tail)):
                self._tail = self._tail[blank.end() :]
            text = self._tail
            tokens = parse(text, final=final)
            while not final and (settled := _settled(text, tokens)) < len(text):
                text = text[:settled]
                tokens = parse(text, final=False)
            start, ends = 0, _ends(text, tokens)
            for end in ends:
                part = text[start:end]
                if not self._given and (blank := _BLANK_LINES.match(part)):
                    part = part[blank.end() :]
                yield from self._give(escaped(part, self._notes, final=True))
                self._given, start = "", end
            self._tail = self._tail[start:]
            if not ends:
                yield from self._give(escaped(text, self._notes, final=final))
                return

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


def _settled(text: str, tokens: list[Token]) -> int:
    """How much of a text whose last line has no end yet is certain to be of the kind that it seems to be."""
    for token in tokens:
        if token.type == "formula" and not token.content and token.map:
            return _place(text, token.map[0])
    start = text.rfind("\n") + 1
    last = text[start:]
    fence = tokens[-1] if tokens and tokens[-1].type == "fence" else None
    if fence and fence.map and fence.map[0] < text.count("\n") and fence.map[1] > text.count("\n"):
        return start if re.fullmatch(r"[\s>]*[`~]*\s*", last) else len(text)
    return start if len(last) <= WINDOW and _UNSETTLED.fullmatch(last) else len(text)


def _ends(text: str, tokens: list[Token]) -> list[int]:
    """Where blocks of the top level end that another one follows; of one that is too long, where it is taken apart."""
    places = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
    ends: list[int] = []
    last, line, has_notes = None, 0, False
    for token, inner in pairwise([*tokens, Token("", "", 0)]):
        if token.map and not token.level and token.type != "definition":
            # A paragraph may turn into another one and a table; to GFM, code below a footnote is a part of it.
            is_one = (token.type == "table_open" and token.map[0] == line) or (has_notes and token.type == "code_block")
            if last and not is_one:
                if (cut := _overlong(text, ends, places[token.map[0]], last)) is not None:
                    return [*ends, cut]
                ends.append(places[token.map[0]])
                last, has_notes = None, False
            last, line = last or token, token.map[1] if token.type == "paragraph_open" else -1
        has_notes |= inner.content.startswith("[^")
    cut = _overlong(text, ends, len(text), last) if last else None
    return ends if cut is None else [*ends, cut]


def _overlong(text: str, ends: list[int], end: int, first: Token) -> int | None:
    start = ends[-1] if ends else 0
    if first.type in {"fence", "code_block", "html_block"}:
        return None
    place = text.find("\n", start + LONGEST, end) + 1 or start + 2 * LONGEST
    return place if place < end else None


def _place(text: str, line: int) -> int:
    return sum(len(before) + 1 for before in text.split("\n")[:line])
