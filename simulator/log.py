"""Log of what the simulator was asked and what it sent, and when: the ground truth for measurements."""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

KEPT = 1000


@dataclass
class Exchange:
    """One request and its answer. All moments are `time.monotonic()` seconds.

    Headers are never kept, and neither are the bodies of token exchanges: that is where keys are.
    """

    number: int
    vendor: str
    """`openai`, `bedrock`, `watsonx`, or `` for a path that belongs to none of them."""
    api: str
    """`chat`, `generate`, `converse`, `invoke`, `iam`, `models`, `project`, … or `unknown`."""
    method: str
    path: str
    received: float
    model: str = ""
    streamed: bool = False
    text: str = ""
    """The request's body as it was sent, where it was a JSON object."""
    options: dict[str, str] = field(default_factory=dict)
    """Headers by which a parameter was set."""
    sends: list[tuple[float, str]] = field(default_factory=list)
    """Each piece of text or reasoning, with the moment it was written to the connection."""
    ended: float | None = None
    status: int = 0
    """The HTTP status that was sent; 0 until then."""
    cancelled: bool = False
    """The client closed the connection before the answer was over."""

    @property
    def body(self) -> Any:
        """The request's JSON, parsed; None when there was none."""
        return json.loads(self.text) if self.text else None

    def as_json(self) -> dict[str, Any]:
        """The record with plain JSON types; `sends` as [seconds, text] pairs."""
        return vars(self) | {"body": self.body, "sends": [list(send) for send in tuple(self.sends)]}


class Log:
    """The newest exchanges, oldest first. Written by the server's thread, read by any."""

    def __init__(self, kept: int = KEPT) -> None:
        self._lock = threading.Lock()
        self._exchanges: deque[Exchange] = deque(maxlen=kept)
        self._count = 0

    def open(self, vendor: str, api: str, method: str, path: str, received: float) -> Exchange:
        """Start the record of a request that has just come in."""
        with self._lock:
            self._count += 1
            exchange = Exchange(self._count, vendor, api, method, path, received)
            self._exchanges.append(exchange)
            return exchange

    def exchanges(self) -> list[Exchange]:
        """A new list; a record in it grows until its answer is over."""
        with self._lock:
            return list(self._exchanges)

    def clear(self) -> None:
        """Forget the records; numbers go on counting."""
        with self._lock:
            self._exchanges.clear()
