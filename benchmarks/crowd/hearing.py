"""What a viewer has been told of its answer, and when."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from itertools import count

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

KEY = "answer-0"  # of the container that the first answer stands in
_TAIL = 40  # characters that surely hold a whole number, where text ends with one
_NUMBER = re.compile(r"\d+")


class Heard:
    """Takes the messages of a `Viewer`: the words come as Markdown elements within the answer's container.

    The simulator's pieces are numbered, and come in their order: the last number tells how many are there.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.receipts: list[tuple[float, int]] = []
        """When there were how many pieces."""
        self.notice = ""
        """The page says that no more will come: why it broke off, or failed."""
        self._clock = clock
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
                self.note(delta.new_element.markdown.body)
            elif delta.new_element.HasField("alert"):
                self.notice = delta.new_element.alert.body

    @property
    def pieces(self) -> int:
        return self.receipts[-1][1] if self.receipts else 0

    def note(self, text: str) -> None:
        """The text, or the newest part of it, is on the page now."""
        numbers = _NUMBER.findall(text[-_TAIL:])
        if numbers and (there := int(numbers[-1]) + 1) > self.pieces:
            self.receipts.append((self._clock(), there))


def lost(text: str, pieces: int) -> int:
    """How many of the numbered pieces are not in the text, or not once."""
    found = [int(number) for number in _NUMBER.findall(text)]
    return sum(found.count(number) != 1 for number in range(pieces)) if found != list(range(pieces)) else 0


def there(text: str) -> int:
    """How many of them stand there from the first on, without a gap."""
    found = {int(number) for number in _NUMBER.findall(text)}
    return next(number for number in count() if number not in found)
