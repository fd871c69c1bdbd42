"""What a viewer has been told of its answer, and when: by whichever way the words come."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from itertools import count

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.viewer import Viewer

KEY = "answer-0"  # of the container that the first answer stands in
_TAIL = 40  # characters that surely hold a whole number, where text ends with one
_NUMBER = re.compile(r"\d+")
_WIRE = re.compile(r'data-wire="([^"]+)"')


class Heard:
    """The simulator's pieces are numbered, and come in their order: the last number tells how many are there."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.receipts: list[tuple[float, int]] = []
        """When there were how many pieces."""
        self.notice = ""
        """The page says that no more will come: why it broke off, or failed."""
        self._clock = clock

    @property
    def pieces(self) -> int:
        return self.receipts[-1][1] if self.receipts else 0

    def note(self, text: str) -> None:
        """The text, or the newest part of it, is on the page now."""
        numbers = _NUMBER.findall(text[-_TAIL:])
        if numbers and (there := int(numbers[-1]) + 1) > self.pieces:
            self.receipts.append((self._clock(), there))


class ByStreamlit:
    """Takes the messages of a `Viewer`: the words come as Markdown elements within the answer's container."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._place: tuple[int, ...] | None = None

    def __call__(self, message: ForwardMsg) -> None:
        if message.WhichOneof("type") != "delta":
            return
        delta = message.delta
        if delta.WhichOneof("type") == "add_block":
            if delta.add_block.id.endswith(f"-{KEY}"):
                self._place = tuple(message.metadata.delta_path)
        elif self._place is not None and tuple(message.metadata.delta_path[: len(self._place)]) == self._place:
            if delta.new_element.HasField("markdown"):
                self._heard.note(delta.new_element.markdown.body)
            elif delta.new_element.HasField("alert"):
                self._heard.notice = delta.new_element.alert.body


class ByWire:
    """Takes the messages of the page's wire (`ui/wire.py`): what is new, of one speech or several."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard

    def __call__(self, message: str) -> None:
        self._heard.note("".join(text for _, text in json.loads(message) if text))


def wire_of(viewer: Viewer) -> str:
    """The token by which a page's script opens its wire; "" where there is none."""
    for element, _ in viewer.tree.elements():
        if element.WhichOneof("type") == "html" and (found := _WIRE.search(element.html.body)):
            return found[1]
    return ""


def lost(text: str, pieces: int) -> int:
    """How many of the numbered pieces are not in the text, or not once."""
    found = [int(number) for number in _NUMBER.findall(text)]
    return sum(found.count(number) != 1 for number in range(pieces)) if found != list(range(pieces)) else 0


def there(text: str) -> int:
    """How many of them stand there from the first on, without a gap."""
    found = {int(number) for number in _NUMBER.findall(text)}
    return next(number for number in count() if number not in found)
