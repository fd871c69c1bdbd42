"""Remote reader: fills a reply that another process reads from its provider, by way of the store."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from replies.reply import Chunk, Reader, Reply

LOOK = 0.25  # seconds between two looks


class News(NamedTuple):
    """What came since the last look: new chunks, and how the reply stands (see `serialization.progress`)."""

    chunks: Sequence[Chunk]
    progress: Mapping[str, Any]


class RemoteReader(Reader):
    """Its thread asks the store; to stop the reply, it asks the other process to. `look` is given how many chunks are
    known, and returns None where the store can't be read right now."""

    def __init__(self, reply: Reply, look: Callable[[int], News | None], ask_to_stop: Callable[[], None]) -> None:
        self.reply = reply
        self._look = look
        self._ask_to_stop = ask_to_stop
        reply.reader = self

    @property
    def elapsed(self) -> float:
        """By the wall clock: the other process's own clock means nothing here."""
        return max((datetime.now(UTC) - self.reply.asked_at).total_seconds(), 0.0)

    def start(self, *, unseen: bool = False) -> None:
        threading.Thread(target=self._follow, name="reply-remote", daemon=True).start()

    def stop(self) -> None:
        self._ask_to_stop()

    def _follow(self) -> None:
        while not self.reply.over:
            time.sleep(LOOK)
            if (news := self._look(len(self.reply.chunks))) is not None:
                with self.reply.update():
                    self.reply.chunks.extend(news.chunks)
                    for name, value in news.progress.items():  # the state is the last
                        setattr(self.reply, name, value)
