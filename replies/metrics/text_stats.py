"""Text statistics: how many words a text has, how long and how hard it is to read. Markdown's signs do not count.

Chinese and Japanese put no blanks between words: there every character counts as one, which readers take at about the
pace at which others take words. Thai, Lao and Khmer put none either, and are counted too low.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, TypeAlias

from replies.metrics.help import FEWEST_FOR_LEVEL, READING_PACE

IDEOGRAPHS = "\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
LATIN_SHARE = 0.9  # of the letters, from which on a text is in Latin script

Kind: TypeAlias = Literal["prose", "item", "apart", "code", "blank"]  # apart: a heading, a row of a table

_WORD = re.compile(rf"[{IDEOGRAPHS}]|[^\s—{IDEOGRAPHS}]+")
_FENCE = re.compile(r"[ \t>]*(`{3,}|~{3,})(.*)")
_HEADING = re.compile(r"[ >]*#{1,6}\s")
_ITEM = re.compile(r"[\s>]*(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?")
_ROW = re.compile(r"\s*\|")
_DEFINITION = re.compile(r" {0,3}\[[^\]\n]{1,200}\]:\s*\S+")
_LINK = re.compile(
    r"!?\[([^\[\]\n]{0,500})\](?:\([^()\n]{0,500}(?:\([^()\n]{0,200}\)[^()\n]{0,200})?\)|\[[^\[\]\n]{0,200}\])"
)
_TAG = re.compile(r"</?[A-Za-z][\w-]{0,30}(?:\s[^<>\n]{0,300})?/?>|<!--[^<>\n]{0,300}-->")
_LATIN_LETTERS = re.compile(r"[A-Za-zªºÀ-ÖØ-öø-ɏḀ-ỿ]")
_EMPHASIS = re.compile(r"\*{2,3}|~~|`+|(?<!\w)[*_]+|[*_]+(?!\w)")
_SENTENCE_ENDS = re.compile(r"[.!?…]+[\"'”’»)\]*_]*(?=\s+[^\sa-z]|\s*$)|[。！？]+")


class TextStats(NamedTuple):
    """Facts about a text. `seconds` to read it; `level` by Coleman–Liau, None where that would mean nothing."""

    words: int
    characters: int
    sentences: int
    seconds: float
    level: float | None


def text_stats(text: str) -> TextStats:
    lines = list(_lines(text))
    words = sum(len(_words(line)) for _, line in lines)
    prose = [(kind, line) for kind, line in lines if kind != "code"]
    sentences = sum(map(_sentences, _paragraphs(prose)))
    told = (line if kind == "code" else _EMPHASIS.sub("", line.lstrip("#> \t")) for kind, line in lines)
    signs = [len(word) for line in told for word in line.split()]
    level = _level([found.group() for _, line in prose for found in _words(line)], sentences)
    return TextStats(words, sum(signs) + max(len(signs) - 1, 0), sentences, words * 60 / READING_PACE, level)


def word_ends(text: str) -> list[int]:
    """Where each word ends: the offset after its last character."""
    ends, start = [], 0
    for _, line in _lines(text):
        ends += [start + found.end() for found in _words(line)]
        start += len(line)
    return ends


def _lines(text: str) -> Iterator[tuple[Kind, str]]:
    """The lines, each as long as it was, with blanks for what is Markdown's and not the reader's."""
    fence = ""
    for line in text.splitlines(keepends=True):
        marker, rest = found.groups() if (found := _FENCE.match(line)) else ("", "")
        if fence:
            closed = marker.startswith(fence) and not rest.strip()
            yield "code", " " * len(line) if closed else line
            fence = "" if closed else fence
        elif marker and not (marker[0] == "`" and "`" in rest):
            fence = marker
            yield "code", " " * len(line)
        elif not line.strip() or _DEFINITION.match(line):
            yield "blank", " " * len(line)
        elif found := _ITEM.match(line):
            yield "item", _read(" " * found.end() + line[found.end() :])
        elif _ROW.match(line):
            yield "apart", _read(line.replace("|", " "))
        else:
            yield "apart" if _HEADING.match(line) else "prose", _read(line)


def _read(line: str) -> str:
    """A link's text without its target, and no HTML."""
    for _ in range(2):  # an image may stand in a link
        line = _LINK.sub(lambda found: found[1].rjust(found.end(1) - found.start()).ljust(len(found[0])), line)
    return _TAG.sub(lambda found: " " * len(found[0]), line)


def _words(line: str) -> list[re.Match[str]]:
    return [found for found in _WORD.finditer(line) if any(map(str.isalnum, found.group()))]


def _paragraphs(lines: Iterable[tuple[Kind, str]]) -> Iterator[str]:
    """What belongs together: prose, or an item of a list, goes on in the next line of prose."""
    paragraph = ""
    for kind, line in lines:
        if kind != "prose":
            yield paragraph
            paragraph = ""
        if kind == "apart":
            yield line
        else:
            paragraph += line
    yield paragraph


def _sentences(paragraph: str) -> int:
    count = end = 0
    for found in _SENTENCE_ENDS.finditer(paragraph):
        if _words(paragraph[end : found.start()]):
            count += 1
        end = found.end()
    return count + bool(_words(paragraph[end:]))


def _level(words: list[str], sentences: int) -> float | None:
    """Coleman–Liau: it counts letters where others count syllables, for which one would need a dictionary."""
    spelled = [count for word in words if (count := sum(map(str.isalpha, word)))]  # no numbers
    letters = sum(spelled)
    latin = len(_LATIN_LETTERS.findall("".join(words)))
    if len(spelled) < FEWEST_FOR_LEVEL or latin < LATIN_SHARE * letters:
        return None
    return 0.0588 * 100 * letters / len(spelled) - 0.296 * 100 * sentences / len(spelled) - 15.8
