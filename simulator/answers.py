"""Answers: which prompt gets which text, cut into pieces of about one token each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple
from zlib import crc32

from simulator.canned import numbered_pieces, texts
from simulator.faults import WORDS_BEFORE, Fault

Finish = Literal["stop", "sequence", "length", "filtered", "tool"]

EFFORTS = {"none": 0, "minimal": 1, "low": 3, "medium": 7, "high": 12, "xhigh": 20, "max": 40}
"""Sentences of reasoning at most, by the effort that is asked for."""


class Piece(NamedTuple):
    """About one token of the answer or of its reasoning."""

    text: str
    reasoning: bool = False


class ToolCall(NamedTuple):
    """A call of a tool; `arguments` is its JSON, in the pieces it arrives in."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What will be sent. A piece is a token, so the counts are exact by definition."""

    pieces: tuple[Piece, ...]
    input_tokens: int
    finish: Finish = "stop"
    tool: ToolCall | None = None
    cached: int = 0  # input tokens that were read from a cache
    written: int = 0  # and that were written to one

    @property
    def rest(self) -> int:
        """Input tokens that no cache had or took."""
        return self.input_tokens - self.cached - self.written

    @property
    def output_tokens(self) -> int:
        return len(self.pieces) + (len(self.tool.arguments) if self.tool else 0)

    @property
    def reasoning_tokens(self) -> int:
        return sum(piece.reasoning for piece in self.pieces)

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces if not piece.reasoning)

    @property
    def reasoning(self) -> str:
        return "".join(piece.text for piece in self.pieces if piece.reasoning)


# Blank space goes with what follows it; runs of letters, up to three digits, and runs of other signs stay
# together.
_TOKEN = re.compile(r"[ \t]?[^\W\d_]+|[ ]?\d{1,3}|[ ]?[^\w\s]{1,3}|\s|_+", re.UNICODE)
_LONG = 9
# Chinese and Japanese have no spaces to cut at; their tokens are one or two characters.
_WIDE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def cut(text: str) -> list[str]:
    """Cut a text as a tokenizer would, roughly. The pieces, joined, are the text."""
    pieces: list[str] = []
    for token in _TOKEN.findall(text):
        if _WIDE.search(token):
            pieces += [token[start : start + 2] for start in range(0, len(token), 2)]
        elif len(token) > _LONG and crc32(token.encode()) % 2:
            half = len(token) // 2 + 1
            pieces += [token[:half], token[half:]]
        else:
            pieces.append(token)
    return pieces


def count_input(texts: Iterable[str]) -> int:
    """Input tokens: words and signs of all messages. Simple, and the same for every vendor."""
    return sum(len(words(text)) for text in texts)


def words(text: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", text)


def answer_to(
    prompt: str,
    messages: Iterable[str],
    *,
    limit: int | None = None,
    count: int | None = None,
    fault: Fault | None = None,
    reasons: bool = True,
    effort: str = "",
    stop: tuple[str, ...] = (),
    vendor: str = "",
) -> Answer:
    """The answer to the last user message `prompt`.

    `messages`: all texts that were sent, for the input count. `limit`: most tokens to answer, reasoning
    included. `count`: a benchmark of exactly so many pieces instead. `reasons`: whether the API can carry
    reasoning. `effort`: how much of it, one of EFFORTS. `stop`: texts before which the answer ends. `vendor`:
    in whose words, see `texts.entries`.
    """
    name = fault.name if fault else ""
    pieces = _pieces(prompt, count, name, vendor, effort)
    if not reasons:
        pieces = [piece for piece in pieces if not piece.reasoning]
    finish: Finish = "stop"
    tool = None
    if name == "filtered-first":
        pieces, finish = [], "filtered"
    elif name == "filtered":
        pieces, finish = pieces[:WORDS_BEFORE], "filtered"
    elif name == "length":
        pieces, finish = pieces[: 2 * WORDS_BEFORE], "length"
    elif name == "tool":
        pieces, finish = [Piece(text) for text in cut("Let me look that up.")], "tool"
        tool = ToolCall("get_score", ('{"', "match", '": "', "Lord's", ", 1975", '"}'))
    if stop and (before := _before(pieces, stop)) != pieces:
        pieces, finish, tool = before, "sequence", None
    if limit is not None and len(pieces) > limit:
        pieces, finish, tool = pieces[:limit], "length", None
    return Answer(tuple(pieces), count_input(messages), finish, tool)


def _before(pieces: list[Piece], stop: Iterable[str]) -> list[Piece]:
    """The pieces up to the first stop sequence in the answer."""
    text = "".join(piece.text for piece in pieces if not piece.reasoning)
    left = min((place for sequence in stop if (place := text.find(sequence)) >= 0), default=len(text))
    kept = []
    for piece in pieces:
        if piece.reasoning or left > 0:
            kept.append(piece if piece.reasoning else Piece(piece.text[:left]))
        left -= 0 if piece.reasoning else len(piece.text)
    return kept


def _reasoning(own: str, effort: str) -> str:
    """As many sentences as the effort wants: the text's own, and then those that suit any question."""
    if not effort:
        return own
    sentences = re.findall(r"\S.*?[.?!](?=\s|$)\s*", f"{own}\n\n{texts.effort()}", re.DOTALL)
    return "".join(sentences[: EFFORTS[effort]])


def _pieces(prompt: str, count: int | None, fault: str, vendor: str, effort: str) -> list[Piece]:
    if count is not None:
        return [Piece(text) for text in numbered_pieces.pieces(count)]
    if fault == "many-pieces":
        return [Piece(text) for text in numbered_pieces.pieces(200_000)]
    if fault == "odd-characters":
        return [Piece(text) for text in texts.ODD_CHARACTERS]
    entry = texts.find(prompt, vendor)
    pieces = [Piece(text, reasoning=True) for text in cut(_reasoning(entry.reasoning, effort))]
    pieces += [Piece(text) for text in cut(entry.text)]
    if fault == "huge-piece":
        pieces.insert(WORDS_BEFORE, Piece("streaming " * 104_858))
    return pieces
