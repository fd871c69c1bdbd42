"""Reasoning in tags, as models write it where no server takes it apart: `<think>Hm.</think>4`.

Only at the start of an answer. In its midst a tag is text, which somebody may have asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from providers.base import Pieces, Reasoning, TextStream
from providers.errors import ProviderError

NAMES = ("think", "thinking", "thought", "thoughts", "reasoning", "reason", "seed:think")
TAGS = {f"<{name}>": f"</{name}>" for name in NAMES} | {
    "[THINK]": "[/THINK]",  # Mistral's Magistral
    "◁think▷": "◁/think▷",  # Kimi
    "<|begin_of_thought|>": "<|end_of_thought|>",
}
CLOSING_OF = {opening.lower(): closing for opening, closing in TAGS.items()}
EVERY = (*CLOSING_OF, *map(str.lower, TAGS.values()))
FIRST = re.compile("|".join({re.escape(tag[0]) for tag in EVERY}))
CLOSING = re.compile("|".join(map(re.escape, TAGS.values())), re.IGNORECASE)
ANY = re.compile("|".join(map(re.escape, EVERY)), re.IGNORECASE)
LONGEST = max(map(len, EVERY))
BESIDE = " \t`'\"()*,"  # around a closing tag they say that it is only spoken of


class ThinkTags:
    """Takes reasoning out of one server's answers. Remembers the models whose prompts end in the opening tag.

    Their answers begin as reasoning that nothing announces. Of the first streamed one that is known too late: what was
    told before the closing tag stays text.
    """

    def __init__(self) -> None:
        self._unopened: set[str] = set()

    def apart(self, answer: TextStream, model: str, *, whole: bool) -> TextStream:
        """The same answer, with what stands in tags as Reasoning. `whole`: it was awaited, and comes in one piece."""
        parser = _Parser(guess=model in self._unopened and not whole)
        try:
            with Pieces(answer) as pieces:
                for piece in pieces:
                    yield from parser.feed(piece)
        except ProviderError:
            yield from parser.rest(complete=False)
            raise
        yield from parser.rest(complete=pieces.end.finish_reason == "stop")
        if parser.unopened:
            self._unopened.add(model)
        elif parser.mistaken:
            self._unopened.discard(model)
        return pieces.end


class _Parser:
    """Reads one answer. `guess`: its reasoning is expected to begin without a tag.

    `unopened`: it ended in a tag that nothing had opened; `mistaken`: that was guessed, and is not so.
    """

    def __init__(self, *, guess: bool) -> None:
        self.unopened = False
        self.mistaken = False
        self._guess = guess
        self._read = self._start
        self._blank: list[str] = []  # whitespace before the first word
        self._held = ""  # what is not told yet, since the next piece may make a tag of it
        self._after = False  # a thought has ended, and the whitespace after it is no text
        self._thinking = False  # some of the thought was told
        self._guessed: list[str] | None = None  # what was told of a thought that no tag announced
        self._settled = False  # the answer itself speaks of tags
        self._last = ""  # the last character that was told of the answer

    def feed(self, piece: str) -> Iterator[str]:
        if isinstance(piece, Reasoning):  # this server takes it apart itself
            self._guess = False
            yield piece
        else:
            yield from self._read(piece)

    def rest(self, *, complete: bool) -> Iterator[str]:
        """What was held back, at the end. `complete`: the model had no more to say."""
        if self._read == self._inside:
            thought = self._held.rstrip()
            if thought := thought if self._thinking else thought.lstrip():
                yield self._thought(thought)
            if complete and self._guessed:  # it was the answer, and no word of that may be missing
                self.mistaken = True
                yield "".join(self._guessed)
        elif self._read == self._answer:
            yield from self._answer("", over=True)
        else:
            yield from () if self._after else self._blank
            if self._held:
                yield self._held

    def _start(self, text: str) -> Iterator[str]:
        """Before the first word of the answer."""
        if not self._held and not text.strip():
            self._blank.append(text)
            return
        self._held += text
        head = self._held.lstrip()
        if found := ANY.match(head):
            rest = head[found.end() :]
            if found[0].lower() in CLOSING_OF:
                self._enter(CLOSING_OF[found[0].lower()])
                yield from self._inside(rest)
            else:  # an empty thought, or one that came by a field of its own
                self._leave()
                yield from self._read(rest)
        elif any(tag.startswith(head.lower()) for tag in EVERY):
            return
        elif self._guess:
            self._enter()
            yield from self._inside(head)
        else:
            yield from () if self._after else self._blank
            held, self._held = head if self._after else self._held, ""
            self._read = self._answer
            yield from self._answer(held)

    def _enter(self, closing: str = "") -> None:
        self._read = self._inside
        self._closing = re.compile(re.escape(closing), re.IGNORECASE) if closing else CLOSING
        self._guessed = None if closing else []
        self._held, self._blank, self._thinking = "", [], False

    def _leave(self) -> None:
        self._read = self._start
        self._held, self._blank = "", []
        self._after, self._guess = True, False

    def _inside(self, text: str) -> Iterator[str]:
        """In a thought. Whitespace around it is none of it."""
        text = self._held + text
        found = self._closing.search(text)
        thought = text[: found.start() if found else len(text) - _unsure(text)].rstrip()
        self._held = text[len(thought) :]
        if thought and not self._thinking:
            thought, self._thinking = thought.lstrip(), True
        if thought:
            yield self._thought(thought)
        if found:
            self.unopened = self._guessed is not None
            self._leave()
            yield from self._read(text[found.end() :])

    def _thought(self, text: str) -> Reasoning:
        if self._guessed is not None:
            self._guessed.append(text)
        return Reasoning(text)

    def _answer(self, text: str, *, over: bool = False) -> Iterator[str]:
        """In the answer, where a closing tag that stands alone says that all before it was reasoning."""
        text, self._held = self._held + text, ""
        found = None if self._settled else ANY.search(text)
        if found:
            before, after = text[: found.start()], text[found.end() :]
            if found[0].lower() not in CLOSING_OF and not (after or over):
                self._held = text[len(before) :] if self._last else text
                text = before if self._last else ""
            elif found[0].lower() not in CLOSING_OF and _alone((self._last + before)[-1:], after[:1]):
                self.unopened = True
                told = bool(self._last)
                if before.strip():
                    yield before if told else Reasoning(before.strip())
                self._leave()
                self._after = not told
                yield from self._read(after)
                return
            else:
                self._settled = True
        elif not (self._settled or over) and (unsure := _unsure(text)):
            text, self._held = text[:-unsure], text[-unsure:]
        if text:
            self._last = text[-1]
            yield text


def _alone(before: str, after: str) -> bool:
    """Whether a closing tag between these characters closes something, and is not spoken of."""
    return before in ("", "\n") or after == "\n" or (before not in BESIDE and after not in BESIDE)


def _unsure(text: str) -> int:
    """How many characters at the end may be the beginning of a tag."""
    tail = text[-LONGEST:].lower()
    if not FIRST.search(tail):
        return 0
    return next((n for n in range(len(tail), 0, -1) if any(tag.startswith(tail[-n:]) for tag in EVERY)), 0)
