"""A response as it is read, of OpenAI's Responses API: its pieces, why it ended and what it counted, whoever sent it.

OpenAI's events (platform.openai.com/docs/api-reference/responses-streaming), and what others made of them: text that
comes in the closing events alone, places that differ from event to event, reasoning as such instead of its summary.
Unknown events, those of the vendor's own tools among them, are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from providers.base import Reasoning
from providers.parsing.answer import Answer, text_of, word_of
from providers.parsing.chat_completion import complaint
from providers.parsing.error_body import Refused
from providers.parsing.finish_reason import Finish, finish_of
from providers.parsing.usage import counts, usage_in

KINDS = {  # of text, by the middle of an event's type
    "output_text": "text",
    "content_part": "text",  # OpenRouter
    "refusal": "refusal",
    "reasoning_summary_text": "summary",
    "reasoning_text": "thought",
    "reasoning": "thought",  # OpenRouter
}
THOUGHTS = ("summary", "thought")  # kinds of reasoning
TEXTS = {"output_text": "text", "reasoning_text": "thought"}  # kinds, by the type of a part of an item
CLOSING = ("completed", "incomplete", "failed", "cancelled", "done")
UNDECIDED = ("queued", "in_progress")
# Items of the output that the person asking would have to run.
CALLS = re.compile(r"(function|custom_tool|computer|(local_)?shell|apply_patch)_call|mcp_approval_request")


class _Part(NamedTuple):
    kind: str
    item: Any  # place among the output's items
    place: Any  # place in the item


class Response(Answer):
    """What has been understood of one response so far."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[_Part, list[str]] = {}
        self._in_pieces: set[str] = set()  # kinds that came by deltas
        self._thought: _Part | None = None  # the part whose reasoning was told last
        self._thinks: dict[Any, str] = {}  # the kind of an item's reasoning: some servers send the same by both
        self._items: dict[int, Any] = {}  # types, by place

    def read(self, event: Any) -> Iterator[str]:
        """The pieces in an event, or in a whole response."""
        if not isinstance(event, dict):
            raise complaint(event) or TypeError(f"{type(event).__name__} instead of an object")
        name = kind if isinstance(kind := event.get("type"), str) else ""
        middle, _, last = name.removeprefix("response.").rpartition(".")
        if middle in KINDS and last in ("delta", "done"):
            place = event.get("summary_index", event.get("content_index"))
            part = _Part(KINDS[middle], event.get("output_index"), place)
            if last == "delta":
                self._in_pieces.add(part.kind)
                yield from self._say(part, event.get("delta"))
            else:
                yield from self._complete(part, event.get("refusal" if middle == "refusal" else "text"))
        elif middle == "output_item":
            yield from self._item(event.get("output_index"), event.get("item") or {}, over=last == "done")
        elif name.startswith("response.") and not middle and last in CLOSING:
            yield from self._close(event.get("response") or {}, last)
        elif not name and (event.get("object") == "response" or isinstance(event.get("output"), list)):
            if event.get("output") is None and not event.get("error"):
                raise TypeError("a response without output")
            yield from self._close(event, "completed")
        elif name == "error":
            raise complaint(event) or Refused(event)
        elif not name and (error := complaint(event)):
            raise error

    def _say(self, part: _Part, text: Any) -> Iterator[str]:
        """Some more of a part. Between two parts of reasoning stands a blank line."""
        if text is None or not text_of(text):
            return
        if part.kind in THOUGHTS and self._thinks.setdefault(part.item, part.kind) != part.kind:
            return
        self._told.setdefault(part, []).append(text)
        if part.kind not in THOUGHTS:
            yield text
            return
        yield Reasoning(text if self._thought in (None, part) else f"\n\n{text}")
        self._thought = part

    def _complete(self, part: _Part, text: Any) -> Iterator[str]:
        """What is missing of a part, all of whose text this is."""
        if text is None:
            return
        text = text_of(text)
        if part in self._told:
            said = "".join(self._told[part])
            yield from self._say(part, text[len(said) :] if text.startswith(said) else None)
            return
        kinds = THOUGHTS if part.kind in THOUGHTS else (part.kind,)  # by which the same text may come
        # Some servers' events name other places than those before.
        said = "".join("".join(told) for other, told in self._told.items() if other.kind in kinds)
        if self._in_pieces.isdisjoint(kinds) or text not in said:
            yield from self._say(part, text)

    def _item(self, index: Any, item: Any, *, over: bool) -> Iterator[str]:
        """An item of the output; where it is over, with all its text."""
        if isinstance(index, int):
            self._items[index] = item.get("type")
        if not over:
            return
        for place, part in enumerate(item.get("summary") or ()):
            yield from self._complete(_Part("summary", index, place), part.get("text"))
        for place, part in enumerate(item.get("content") or ()):
            if part.get("type") == "refusal":
                yield from self._complete(_Part("refusal", index, place), part.get("refusal"))
            elif part.get("type") in TEXTS:
                yield from self._complete(_Part(TEXTS[part["type"]], index, place), part.get("text"))

    def _close(self, response: Mapping[str, Any], word: str) -> Iterator[str]:
        """The end, or a whole response. `word`: its status, where it does not say."""
        for index, item in enumerate(response.get("output") or ()):
            yield from self._item(index, item, over=True)
        if error := complaint(response):
            raise error
        self.tier = word_of(response.get("service_tier"))
        if usage := usage_in(response):
            self.counts = counts(usage)
        self.finish = self._finish_of(response, response.get("status") or word)
        self.over = self.finish is not None

    def _finish_of(self, response: Mapping[str, Any], status: Any) -> Finish | None:
        if status in UNDECIDED:
            return None
        if status == "incomplete":
            reason = (response.get("incomplete_details") or {}).get("reason")
            return finish_of(reason or status)
        ends = [kind for _, kind in sorted(self._items.items()) if kind == "message" or CALLS.fullmatch(str(kind))]
        if status in ("completed", "done") and ends and ends[-1] != "message":
            return Finish("tool", ends[-1])
        return finish_of(status)
