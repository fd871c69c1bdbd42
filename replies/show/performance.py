"""Performance of a scene: its answers in progress, and the recordings that stand in for those that are late."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from providers import Reasoning
from replies.conversation import Comparison, Conversation
from replies.recording.replay import Pace, again
from replies.reply import FellBack, Reply
from replies.show.show import Scene

QUIET = 0.1  # seconds between two looks at the clock


def attempts_of(item: Conversation | Comparison) -> Mapping[int, list[Reply]]:
    """The answers of each lane of what was begun for a scene, the newest last."""
    return item.rounds[0].lanes if isinstance(item, Comparison) else {0: item.turns[0].replies}


def missed(
    reply: Reply, seconds: float, *, clock: Callable[[], float] = time.monotonic, quiet: float = QUIET
) -> FellBack | None:
    """Follow an answer until its end or `seconds` of silence; returns why a recording has to stand in."""
    heard = clock()
    for new in reply.new_chunks(quiet):
        if new:
            heard = clock()
        elif not reply.over and clock() - heard >= seconds:
            return "stalled" if reply.chunks else "late"
    whole = reply.state == "done" and reply.text
    return None if whole or reply.state == "stopped" else "failed"


def stand_in(backup: Reply, why: FellBack, shown: int = 0) -> Reply:
    """The recording as an answer that is still to be started, marked with the reason. As many characters as were
    `shown` come at once, and the wait for the first word is left out, unless nothing was asked at all."""
    start = 0.0
    if why != "offline" and backup.chunks:
        there, start = 0, backup.chunks[0].seconds
        for seconds, text in backup.chunks:
            there += 0 if isinstance(text, Reasoning) else len(text)
            if there > shown:
                break
            start = seconds
    return again(backup, Pace(start=start), fell_back=why)


class Performance:
    """The answers to a scene. Each lane that is late, fails or stalls gets its recording as one more attempt; the live
    call is cancelled, and what had come of it stays. `changed` is called with each such attempt, before it begins."""

    def __init__(self, scene: Scene, item: Conversation | Comparison, changed: Callable[[], object]) -> None:
        self.scene = scene
        self.item = item
        self.id = item.id
        self.lanes = attempts_of(item)
        self._changed = changed
        self._lock = threading.Lock()
        self._closed = False
        self._watches = [
            threading.Thread(target=self._watch, args=(lane, attempts[-1]), name="watch", daemon=True)
            for lane, attempts in self.lanes.items()
        ]

    @property
    def newest(self) -> dict[int, Reply]:
        return {lane: attempts[-1] for lane, attempts in self.lanes.items()}

    @property
    def over(self) -> bool:
        """Whether nothing more comes, and no recording will stand in any more."""
        return not any(watch.is_alive() for watch in self._watches) and all(r.over for r in self.newest.values())

    def start(self, *, unseen: bool = False) -> Performance:
        """Ask, where that was not done yet, and watch."""
        for reply, watch in zip(self.newest.values(), self._watches, strict=True):
            watch.start()
            if reply.is_local and not reply.chunks and not reply.over:
                reply.start(unseen=unseen)
        return self

    def fall_back(self) -> None:
        """Let the recordings stand in for all that has not come whole, now."""
        for lane, reply in self.newest.items():
            if reply.state != "done":
                self._fall_back(lane, reply, "by hand")

    def stop(self) -> None:
        """Cancel what is in progress; no recording stands in for it."""
        with self._lock:
            self._closed = True
        for reply in self.newest.values():
            reply.stop()

    def _watch(self, lane: int, reply: Reply) -> None:
        """A recording is watched as well: one that broke off, since its process ended, begins again."""
        seconds = self.scene.seconds
        if (backup := self.scene.backups.get(lane)) and not reply.asked.request.stream:
            seconds += backup.total or 0.0  # all its words come at once, and are not late before that
        if reply.asked.fell_back:
            seconds = float("inf")
        if why := missed(reply, seconds):
            self._fall_back(lane, reply, reply.asked.fell_back or why)

    def _fall_back(self, lane: int, live: Reply, why: FellBack) -> None:
        with self._lock:
            backup = self.scene.backups.get(lane)
            if self._closed or backup is None or self.lanes[lane][-1] is not live:
                return
            if live.asked.fell_back and live.state != "interrupted":
                return
            # Before the live answer is over: whoever sees that it is, finds what follows it.
            self.lanes[lane].append(recording := stand_in(backup, why, len(live.text)))
        live.stop()
        self._changed()
        recording.start()
