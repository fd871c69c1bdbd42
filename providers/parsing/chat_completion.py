"""A chat completion as it is read: its pieces, why it ended and what it counted, whichever server sent it.

OpenAI's format, and what others made of it: reasoning by four names, `message` in the place of `delta`, an answer that
moves to another choice, an error with status 200.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from providers.base import Reasoning
from providers.parsing.answer import Answer, text_of, word_of
from providers.parsing.error_body import Refused
from providers.parsing.finish_reason import Finish, finish_of
from providers.parsing.times import in_event
from providers.parsing.usage import Usage, counts, usage_in


class Completion(Answer):
    """What has been understood of one chat completion so far."""

    def __init__(self) -> None:
        super().__init__()
        self._usage: Usage = {}
        self._finishes: dict[Any, Finish] = {}  # by choice
        self._told: Any = None  # the choice whose text is the answer
        self._thinker: Any = None  # the choice whose reasoning it is
        self._waiting: tuple[Any, list[str]] = (None, [])  # text of another choice, until it shows which is the answer
        self._goes_on = False  # this server says in each chunk that it has finished
        self._deltas = False

    def read(self, event: Any) -> Iterator[str]:
        """The pieces in a chunk, or in a whole completion."""
        if not isinstance(event, dict):
            raise complaint(event) or TypeError(f"{type(event).__name__} instead of an object")
        choices = event.get("choices") or []
        self.tier = word_of(event.get("service_tier")) or self.tier
        spoke, finished = False, bool(self._finishes)
        for choice in choices:
            index = choice.get("index") or 0
            for piece in self._of_the_answer(index, list(self._pieces(choice))):
                spoke = True
                yield piece
            if finish := self._finish_of(choice.get("finish_reason"), event):
                self._finishes[index] = finish
        self._settle()
        if error := complaint(event):
            raise error
        if not choices and event.get("object") == "chat.completion":
            raise TypeError("a completion without choices")
        usage = usage_in(event)
        self._usage |= usage
        self.counts = counts(self._usage) if usage else self.counts
        self.times = self.times.then(in_event(event, usage))
        self._goes_on = self._goes_on or (finished and spoke)
        # Some servers count in each chunk: only a count that stands alone is the last.
        self.over = bool(self._finishes and usage and not choices)

    def rest(self) -> Iterator[str]:
        choice, pieces = self._waiting
        if choice is not None and self._told is None:
            self._told = choice
            self._settle()
            yield from pieces

    @property
    def tail(self) -> float | None:
        return None if self._goes_on else super().tail

    def _settle(self) -> None:
        last = next(reversed(self._finishes.values()), None)
        self.finish = self._finishes.get(self._thinker if self._told is None else self._told, last)

    def _finish_of(self, said: Any, event: Mapping[str, Any]) -> Finish | None:
        return finish_of(said)

    def _of_the_answer(self, choice: Any, pieces: list[str]) -> Iterator[str]:
        """Only one answer was asked for. It is in the first choice, unless that one says nothing, or only reasons."""
        if not pieces:
            return
        if all(isinstance(piece, Reasoning) for piece in pieces):
            self._thinker = choice if self._thinker is None else self._thinker
            if choice in (self._told, self._thinker):
                yield from pieces
            return
        if self._told is None:
            held = self._waiting[1] if self._waiting[0] == choice else []
            if choice and self._thinker is None and not held:
                self._waiting = choice, pieces
                return
            self._told = choice
            pieces = held + pieces
        if choice == self._told:
            yield from pieces

    def _pieces(self, choice: Mapping[str, Any]) -> Iterator[str]:
        """Reasoning, text and refusal in a choice."""
        said = choice.get("delta")
        if said is None and not self._deltas:
            said = choice.get("message") or {"content": choice.get("text")}
        elif said:
            self._deltas = True
        if not said:
            return
        names = ("reasoning_content", "reasoning", "thinking", "reasoning_text")
        if thought := next((said[name] for name in names if isinstance(said.get(name), str) and said[name]), None):
            yield Reasoning(thought)
        for content in (said.get("content"), said.get("refusal")):
            if isinstance(content, list):  # Mistral's models that reason answer in parts
                for part in content:
                    yield from _texts(part)
            elif content:
                yield text_of(content)


def complaint(event: Any) -> Refused | None:
    """The error that an event is, or that stands in it; None where it is none."""
    if isinstance(event, list):
        return complaint(event[0]) if event and isinstance(event[0], dict) and event[0].get("error") else None
    if not isinstance(event, dict):
        return None
    choices = event.get("choices") or []
    inner = event.get("error") or next((choice["error"] for choice in choices if choice.get("error")), None)
    if inner is not None and inner is not True:
        nested = complaint(inner)
        return Refused(nested.body if nested else inner, (nested and nested.status) or _status(inner, event))
    if choices or (event.get("object") != "error" and (event.get("usage") or event.get("id") is not None)):
        return None
    body = {name: field for name, field in event.items() if name != "error"}
    for source, said, code in (
        (body, "msg", "code"),
        (body, "error_msg", "error_code"),
        (body.get("base_resp"), "status_msg", "status_code"),
    ):
        if isinstance(source, dict) and source.get(said) and source.get(code):
            body |= {"message": source[said], "code": source[code]}
    return Refused(body, _status(body)) if body.get("message") or body.get("detail") or body.get("errors") else None


def _status(*bodies: Any) -> int | None:
    """A status among the numbers of an error; what its words mean is for `parsing.error_body`."""
    for body in bodies:
        for name in ("status_code", "http_status", "http_code", "code", "status"):
            said = body.get(name) if isinstance(body, dict) else None
            number = int(said) if isinstance(said, str) and said.isdecimal() else said
            if isinstance(number, int) and not isinstance(number, bool) and 400 <= number < 600:
                return number
    return None


def _texts(part: Any) -> Iterator[str]:
    if part.get("type") == "thinking":
        yield from (Reasoning(text_of(thought["text"])) for thought in part["thinking"] if thought.get("text"))
    elif part.get("text"):
        yield text_of(part["text"])
