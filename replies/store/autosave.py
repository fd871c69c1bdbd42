"""Autosaver: one thread writes for all answers in progress in this process, while they come."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from replies.conversation import Comparison, Conversation
from replies.our_errors import failed_to
from replies.reply import Reply
from replies.store.heartbeat import BEAT, SILENCE
from replies.store.store import Store, StoreError
from replies.store.writes import stored_turns

logger = logging.getLogger(__name__)

EVERY = 0.4  # seconds between two writes, so that words are kept well within a second
WAIT = 0.2  # seconds that a page waits at most until its turn is kept
AGAIN = 1.0  # seconds after which a store that failed is tried again


@dataclass
class _Watched:
    item: Conversation | Comparison
    missing: bool = True  # something of it is not in the store yet, besides what arrives
    kept: threading.Event = field(default_factory=threading.Event)


class Autosaver:
    """Writes to the store. `price` works out what a reply that is over has cost, as plain JSON; None where unknown."""

    def __init__(
        self,
        store: Store,
        *,
        price: Callable[[Reply], Mapping[str, Any] | None] = lambda _: None,
        every: float = EVERY,
        again: float = AGAIN,
    ) -> None:
        self.problem: str | None = None
        """Why nothing is being saved right now, in words for the page; None where everything is."""
        self._store = store
        self._price = price
        self._every = every
        self._again = again
        self._watched: dict[str, _Watched] = {}
        self._written: WeakKeyDictionary[Reply, tuple[object, ...]] = WeakKeyDictionary()  # `_stand` when last written
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closing = False
        self._beaten = self._swept = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="autosave", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def watch(self, item: Conversation | Comparison, wait: float = WAIT) -> None:
        """Keep the question now, and the answer as it comes; to be called after each question. Returns once the turn is
        kept, or after `wait` seconds; then it is kept as soon as that is possible."""
        watched = _Watched(item)
        with self._lock:
            self._watched[item.id] = watched
        self._wake.set()
        watched.kept.wait(wait)

    def report(self, problem: str) -> None:
        """Somebody else found that the store can't be used; it holds until this thread finds that it can."""
        self.problem = problem
        self._wake.set()

    def has_yet_to_keep(self, id: str) -> bool:
        """Whether the store does not have all of the item with this id yet, besides what arrives."""
        with self._lock:
            return id in self._watched and self._watched[id].missing

    @property
    def unsaved(self) -> int:
        """How many conversations and comparisons have something that is not kept yet."""
        with self._lock:
            watched = list(self._watched.values())
        return sum(one.missing or bool(self._new(one)) for one in watched)

    def close(self) -> None:
        """Write what there is, and end. What is in progress then counts as interrupted."""
        atexit.unregister(self.close)
        self._closing = True
        self._wake.set()
        self._thread.join()
        self._store.close()

    def _run(self) -> None:
        while not self._closing:
            pause = self._every if self._watched else SILENCE
            self._wake.wait(pause if self.problem is None else self._again)
            self._wake.clear()
            self._flush()
        self._flush()  # what came since

    def _flush(self) -> None:
        """Write everything that is new, and forget what is over."""
        with self._lock:
            watched = list(self._watched.values())
        was_in_trouble = self.problem is not None
        try:
            errors = [error for one in watched if one.missing for error in self._saved([one])]
            errors += self._saved([one for one in watched if not one.missing])
            self._look_around(bool(watched), was_in_trouble)
        except StoreError as error:
            if self.problem is None:
                logger.warning("Nothing is being saved: %s", error)
            self.problem = str(error)
            self._swept = time.monotonic()  # the others could not beat either
        else:
            self.problem = next(iter(errors), None)

    def _saved(self, watched: list[_Watched]) -> list[str]:
        """Write all together; one by one if that fails, so that none keeps the others from it. Returns errors of ours,
        which must not end all saving."""
        try:
            self._write(watched)
        except StoreError:
            raise
        except Exception as failure:  # noqa: BLE001
            if len(watched) > 1:
                return [error for one in watched for error in self._saved([one])]
            return [failed_to("save an answer", failure)]
        return []

    def _write(self, watched: list[_Watched]) -> None:
        for one in watched:
            if one.missing:
                stood = self._with_prices(_replies(one))
                self._store.keep(one.item)
                self._written.update(stood)
                one.missing = False
                one.kept.set()
        stood = self._with_prices([reply for one in watched for reply in self._new(one)])
        if stood:
            self._store.append(list(stood))
            self._written.update(stood)
        with self._lock:
            for one in watched:
                if one.item.over and not self._new(one) and self._watched.get(one.item.id) is one:
                    del self._watched[one.item.id]

    def _with_prices(self, replies: list[Reply]) -> dict[Reply, tuple[object, ...]]:
        """Work out the price of those that are over; returns how they stand before they are written."""
        for reply in replies:
            if reply.over and reply.price is None:
                reply.price = self._price(reply)
        return {reply: _stand(reply) for reply in replies}

    def _new(self, one: _Watched) -> list[Reply]:
        """Its replies of which something is to be written."""
        return [reply for reply in _replies(one) if self._written.get(reply) != _stand(reply)]

    def _look_around(self, busy: bool, was_in_trouble: bool) -> None:
        now = time.monotonic()
        if was_in_trouble or (busy and now - self._beaten >= BEAT):
            self._store.beat()  # after trouble, nothing may have shown yet that it can be written to
            self._beaten = now
        if busy:
            wanted = self._store.to_be_stopped()
            with self._lock:
                watched = list(self._watched.values())
            for reply in (reply for one in watched for reply in _replies(one) if reply.id in wanted):
                reply.stop()
        if now - self._swept >= SILENCE:
            self._store.sweep()
            self._swept = now


def _replies(one: _Watched) -> list[Reply]:
    """The replies that this process reads; others are written by the process that reads them."""
    return [reply for turn in stored_turns(one.item) for reply in turn.replies if reply.is_local]


def _stand(reply: Reply) -> tuple[object, ...]:
    """Changes whenever there is something to write."""
    return (reply.state, len(reply.chunks), len(reply.retries), reply.connecting)
