"""An answer that another process reads from its vendor: followed by way of the store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from replies.reply import IN_PROGRESS, Asked, Chunk, Reply

LOOK = 0.25  # seconds between two looks


class News(NamedTuple):
    """What came since the last look: new pieces, and how it stands (see `rows.progress`)."""

    chunks: Sequence[Chunk]
    progress: Mapping[str, Any]


class RemoteReply(Reply):
    """A reply whose thread asks the store, not the vendor. Stopping it asks the other process to stop.

    `look` is given how many pieces are known. It returns None where the store can't be read right now, and an end where
    the other process is no longer alive.
    """

    def __init__(
        self,
        asked: Asked,
        look: Callable[[int], News | None],
        ask_to_stop: Callable[[], None],
        *,
        id: str,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        super().__init__(asked, _nobody)
        self.id = id
        self.is_local = False
        self._look = look
        self._ask_to_stop = ask_to_stop
        self._pause = pause or threading.Event().wait
        self._thread = threading.Thread(target=self._follow, name="reply-remote", daemon=True)

    @property
    def elapsed(self) -> float:
        """By the wall clock: the other process's own clock means nothing here."""
        if self.total is not None:
            return self.total
        return max((datetime.now(UTC) - self.asked_at).total_seconds(), 0.0)

    def stop(self) -> None:
        self._ask_to_stop()

    def told(self, news: News) -> None:
        """Take over what the store says."""
        with self._news:
            self.chunks.extend(news.chunks)
            state = news.progress["state"]
            for name, value in news.progress.items():
                if name != "state":
                    setattr(self, name, value)
            self.state = state
            if self.over:
                self._ended.set()
            self._news.notify_all()

    def _follow(self) -> None:
        while self.state in IN_PROGRESS:
            self._pause(LOOK)
            if (news := self._look(len(self.chunks))) is not None:
                self.told(news)


def _nobody() -> Any:
    raise AssertionError("nobody asks a vendor here")
