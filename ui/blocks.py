"""Markdown that is still being written, taken apart where what follows can no longer change what stands before.

That is where a block of the top level begins: between two paragraphs, behind a heading, but never within a list, a
quotation, a table or code. A list's earlier items stay with the later ones, or its numbers and its spacing would be
lost. Definitions (`[label]: address`, `[^1]: note`) cannot be waited for: a reference shows as text in its block
unless the definition stands there too, and becomes a link when the whole text is shown by `ui.markdown.as_written`.
"""

import re
from collections.abc import Generator, Iterator
from itertools import accumulate, pairwise
from typing import Final

from markdown_it.token import Token

from ui.markdown import LONGEST, LONGEST_WORD, blank_lines, clean, escaped, kept_indent, parse
from ui.prose import WINDOW, Verbatim, Writer

MOST_LINES: Final = 2_000  # of a block; each is parsed again with each line that comes

# The beginning of a line that may still become another kind of line: a marker without its text, a fence, a definition.
_MARKER: Final = r"[\s>+*\-.)\d]*+"
_UNSETTLED: Final = re.compile(
    rf"{_MARKER}(?:[-|:=_#~`\s]*<?|`{{3}}.*|~{{3}}.*|\[(?!\^)(?:\\.|[^\[\]\\])*+(?:\](?::.*)?)?)"
)
_WORD: Final = re.compile(r"\S+")
_HTML: Final = re.compile(rf"{_MARKER}<[A-Za-z/!?]")
_TEXT_AFTER_HTML: Final = re.compile(
    rf"{_MARKER}<(?:[A-Za-z/][^\s<>\"']*|[A-Za-z][A-Za-z0-9-]*(?:\s[^<>\"'`]*(?:\"[^\"]*\"|'[^']*'))*+\s*/?)>\s*\S"
)


class Blocks:
    """Takes a text piece by piece and gives it escaped, block by block.

    `feed` and `finish` yield strings to append to the block that is being written, and None where it is finished and
    the next one begins. What was yielded is never changed by what comes.
    """

    def __init__(self) -> None:
        self.live = 0  # characters that the block being written has so far
        self._held = ""  # half a character, or half a line end
        self._fresh = True  # nothing was yielded yet of the block that the tail begins
        self._tail = ""  # the source from the last place on that can be read without what stands before
        self._given: list[str] = []  # what was yielded of it
        self._seen = 0  # how much of it was parsed
        self._writer: Writer | None = None  # takes the rest of its last line
        self._fence: re.Pattern[str] | None = None  # what closes the code being written; the tail is its last line

    @classmethod
    def of(cls, text: str) -> list[str]:
        """The blocks of a whole text."""
        blocks, found = cls(), [""]
        for part in (*blocks.feed(text), *blocks.finish()):
            if part is None:
                found.append("")
            else:
                found[-1] += part
        return found

    def feed(self, text: str) -> Iterator[str | None]:
        text = self._held + text
        whole = len(text) - (text[-1:] == "\r" or "\ud800" <= text[-1:] <= "\udbff")
        self._held = text[whole:]
        text = clean(text[:whole])
        for portion in _portions(text):
            yield from self._feed(portion)

    def finish(self) -> Iterator[str | None]:
        """What was kept back. The end of the text closes everything."""
        yield from self._feed(clean(self._held))
        if self._fence is None:
            yield from self._advance(final=True)

    def _feed(self, text: str) -> Iterator[str | None]:
        while self._fence and text:
            line, end, text = text.partition("\n")
            yield from self._give(line + end)
            self._tail += line
            if end:
                closed = self._fence.fullmatch(self._tail)
                self._tail = ""
                if closed:
                    self._begin("")
                    self._fresh = True
        if not text:
            return
        if self._writer:
            line, end, text = text.partition("\n")
            if not isinstance(self._writer, Verbatim):
                begun = self._tail[self._tail.rfind("\n") + 1 :]
                if (fits := _fitting(begun + line) - len(begun)) < len(line):
                    line, end, text = line[:fits], "\n", f"\n{line[fits:]}{end}{text}"
            yield from self._give(self._writer.write(line))
            self._tail += line + end
            if not end:
                return
            # Nothing more to learn before the next line has begun.
            self._seen, self._writer = len(self._tail), None
        self._tail += text
        yield from self._advance()

    def _begin(self, tail: str, given: str = "") -> None:
        """Go on with `tail`, of which `given` was yielded."""
        self._tail, self._given, self._seen = tail, [given], 0
        self._writer = self._fence = None

    def _give(self, text: str) -> Iterator[str | None]:
        if not text:
            return
        self._given.append(text)
        if self._fresh:
            if self.live:
                yield None
            self.live, self._fresh = 0, False
            text = kept_indent(self._tail) + text
        self.live += len(text)
        yield text

    def _advance(self, *, final: bool = False) -> Iterator[str | None]:
        going = True
        while going:
            if self._fresh:
                self._tail = self._tail[blank_lines(self._tail) :]
            text, self._writer = self._tail, None
            if not final and _is_unsettled(text[text.rfind("\n") + 1 :]):
                text = text[: text.rfind("\n") + 1]
            if not text or (len(text) == self._seen and not final):
                return
            self._seen = len(text)
            going = yield from self._show(text, final=final)

    def _show(self, text: str, *, final: bool) -> Generator[str | None, None, bool]:
        """Yield what is new in `text`, the settled part of the tail. Return whether the tail is another one now."""
        tokens = parse(text)
        if (place := _overlong(text, tokens)) is not None:
            self._tail = f"{text[:place]}\n\n{self._tail[place:]}"
            return True
        lines, writer = escaped(text, tokens, final=final)
        given = "".join(self._given)
        tops = [token for token in tokens if token.map and not token.level and token.type != "definition"]
        ends = [0, *accumulate(len(line) + 1 for line in lines)]
        # What was shown in one block stays there: a paragraph may have turned into another one and a table.
        if starts := [start for start in _starts(tops, tokens) if ends[start] >= len(given)]:
            sources = text.split("\n")
            for start, stop in pairwise([0, *starts]):
                yield from self._give(_joined(lines[start:stop])[len(given) :])
                self._begin(self._tail[len(_joined(sources[start:stop])) :])
                self._fresh, given = True, ""
            return True
        if start := _last_item(tops, tokens):
            before = _joined(lines[:start])
            yield from self._give(before[len(given) :])
            self._begin(self._tail[len(_joined(text.split("\n")[:start])) :], given[len(before) :])
            return True
        last = tops[-1] if tops else None
        is_code = last is not None and last.type == "fence"
        if (place := _parting(text)) and not is_code:
            lines, _ = escaped(text[:place], parse(text[:place]), final=True)
            yield from self._give("\n".join(lines)[len(given) :])
            self._begin(self._tail[place:])
            self._fresh = True
            return True
        yield from self._give("\n".join(lines)[len(given) :])
        self._writer = None if text.endswith("\n") else writer
        if last is not None and is_code and not final:
            closing = re.compile(rf" {{0,3}}{last.markup[0]}{{{len(last.markup)},}}[ \t]*")
            first, end = last.map or (0, 0)
            if not any(closing.fullmatch(line) for line in text.split("\n")[max(first + 1, end - 1) : end]):
                rest = self._tail[len(text) :]
                self._tail, self._fence = text[text.rfind("\n") + 1 :], closing
                yield from self._feed(rest)
        return False


def _portions(text: str) -> Iterator[str]:
    """The text in parts of which none is longer than a block may be."""
    lines = text.split("\n")
    for first in range(0, len(lines), MOST_LINES):
        part = "\n".join(lines[first : first + MOST_LINES]) + "\n" * (first + MOST_LINES < len(lines))
        yield from (part[start : start + LONGEST] for start in range(0, len(part), LONGEST))


def _parting(text: str) -> int:
    """The line's end at which a block is long enough; 0 where it isn't yet."""
    if text.count("\n") < MOST_LINES:
        return text.find("\n", LONGEST) + 1
    return len(_joined(text.split("\n")[:MOST_LINES]))


def _overlong(text: str, tokens: list[Token]) -> int | None:
    """Where the first line that is too long has to end; None where there is none. Code may be of any length."""
    if len(text) <= LONGEST_WORD:
        return None
    code: set[int] = set()
    for token in tokens:
        if token.map and token.type in {"fence", "code_block", "html_block", "hr"}:
            code.update(range(*token.map))
    start = 0
    for number, line in enumerate(text.split("\n")):
        if number not in code and (fits := _fitting(line)) < len(line):
            return start + fits
        start += len(line) + 1
    return None


def _fitting(line: str) -> int:
    """How much of a line a browser takes at once: up to the middle of an endless word, or to a word far behind."""
    if len(line) > LONGEST_WORD:
        for word in _WORD.finditer(line):
            if word.end() - word.start() > LONGEST_WORD:
                return word.start() + LONGEST_WORD
            if word.start() > LONGEST:
                return word.start()
    return len(line)


def _joined(lines: list[str]) -> str:
    return "".join(line + "\n" for line in lines)


def _starts(tops: list[Token], tokens: list[Token]) -> Iterator[int]:
    """The lines where another block of the top level begins. To GFM, code below a footnote is a part of it."""
    footnotes = any(token.content.startswith("[^") for token in tokens if token.type == "inline")
    for token in tops[1:]:
        if token.map and not (footnotes and token.type == "code_block"):
            yield token.map[0]


def _last_item(tops: list[Token], tokens: list[Token]) -> int:
    """The line where the last item begins, if the text is a list of more than one: its items can be read one by one."""
    if not tops or tops[-1].type not in {"bullet_list_open", "ordered_list_open"}:
        return 0
    items = [token.map[0] for token in tokens if token.type == "list_item_open" and token.level == 1 and token.map]
    return items[-1] if len(items) > 1 else 0


def _is_unsettled(line: str) -> bool:
    """Whether a line that has no end yet may still turn out to be of another kind than it seems."""
    if len(line) > WINDOW:
        return False
    if _HTML.match(line):
        return _TEXT_AFTER_HTML.match(line) is None
    return _UNSETTLED.fullmatch(line) is not None
