"""Word diff: what two texts share, and what only one of them has."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import Match, SequenceMatcher
from itertools import groupby, takewhile
from typing import Literal, NamedTuple, TypeAlias

from replies.metrics.text_stats import IDEOGRAPHS

Kind: TypeAlias = Literal["same", "left", "right"]
Word: TypeAlias = tuple[str, str]  # and the blanks after it

# Steps that difflib may take at the worst for two stretches. Of two answers of 1,000 words that is 16
# million, of which they take few. Counted and not timed, so that the same texts always differ in the same way.
MOST_STEPS = 20_000_000

_WORD = re.compile(rf"([{IDEOGRAPHS}]|[^\s{IDEOGRAPHS}]+)(\s*)")


class Part(NamedTuple):
    kind: Kind
    text: str


def difference(left: str, right: str) -> list[Part]:
    """The parts that are the same and those of one side alone, in their order; of a change the left side comes first.
    Time is bounded: where two texts are long, words that occur once in each are taken for the same first; where that
    leaves too much, it is told as changed."""
    lefts, rights = _words(left), _words(right)
    matches = _matches([word for word, _ in lefts], [word for word, _ in rights])
    return list(_joined(_parts(lefts, rights, matches)))


def _words(text: str) -> list[Word]:
    """The blanks before the first word belong to an empty one."""
    return [("", text[: len(text) - len(text.lstrip())]), *_WORD.findall(text)]


def _matches(lefts: Sequence[str], rights: Sequence[str], left: int = 0, right: int = 0) -> Iterator[Match]:
    """In their order. `left` and `right`: how many words of their texts come before these."""
    counts = Counter(rights)
    steps_a_match = len(lefts) + sum(counts[word] for word in lefts)
    if steps_a_match * min(len(lefts), len(rights)) <= MOST_STEPS:
        blocks = SequenceMatcher(None, lefts, rights, autojunk=False).get_matching_blocks()
        yield from (Match(left + at, right + to, size) for at, to, size in blocks)
        return
    begin = _shared(lefts, rights)
    end = _shared(lefts[begin:][::-1], rights[begin:][::-1])
    yield Match(left, right, begin)
    lefts, left = lefts[begin : len(lefts) - end], left + begin
    rights, right = rights[begin : len(rights) - end], right + begin
    after_left = after_right = 0
    anchors = _anchors(lefts, rights)
    for at, to, size in [*anchors, (len(lefts), len(rights), end)]:
        if anchors:  # else what is between is told as changed
            between = lefts[after_left:at], rights[after_right:to]
            yield from _matches(*between, left + after_left, right + after_right)
        yield Match(left + at, right + to, size)
        after_left, after_right = at + size, to + size


def _shared(lefts: Sequence[str], rights: Sequence[str]) -> int:
    """How many they begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(lefts, rights, strict=False)))


def _anchors(lefts: Sequence[str], rights: Sequence[str]) -> list[Match]:
    """Words that occur once on each side: the longest row of them that is in the same order on both."""
    once = {word for word, count in Counter(lefts).items() if count == 1}
    there = {word: place for place, word in enumerate(rights) if word in once}
    twice = {word for word, count in Counter(word for word in rights if word in once).items() if count > 1}
    places = [(at, there[word]) for at, word in enumerate(lefts) if word in there and word not in twice]
    # The longest increasing row: `ends` holds the lowest place at which a row of each length can end, `last` which of
    # `places` that is, and `before` what comes before each in its row.
    ends: list[int] = []
    last: list[int] = []
    before: list[int | None] = []
    for number, (_, to) in enumerate(places):
        length = bisect_left(ends, to)
        ends[length : length + 1] = [to]
        last[length : length + 1] = [number]
        before.append(last[length - 1] if length else None)
    row = []
    at: int | None = last[-1] if last else None
    while at is not None:
        row.append(Match(*places[at], 1))
        at = before[at]
    return row[::-1]


def _parts(lefts: list[Word], rights: list[Word], matches: Iterable[Match]) -> Iterator[Part]:
    left = right = 0
    for match in [*matches, Match(len(lefts), len(rights), 0)]:
        yield Part("left", _text(lefts[left : match.a]))
        yield Part("right", _text(rights[right : match.b]))
        left, right = match.a + match.size, match.b + match.size
        for (word, before), (_, after) in zip(lefts[match.a : left], rights[match.b : right], strict=True):
            yield Part("same", word)
            if before == after:
                yield Part("same", before)
            else:
                yield Part("left", before)
                yield Part("right", after)


def _text(words: Iterable[Word]) -> str:
    return "".join(word + blanks for word, blanks in words)


def _joined(parts: Iterable[Part]) -> Iterator[Part]:
    """Neighbours of one kind as one, and nothing empty. Left and right parts may come in turn."""
    for _, run in groupby((part for part in parts if part.text), lambda part: part.kind == "same"):
        texts: dict[Kind, str] = {"same": "", "left": "", "right": ""}
        for kind, text in run:
            texts[kind] += text
        yield from (Part(kind, text) for kind, text in texts.items() if text)
