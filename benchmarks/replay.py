"""How close a replay keeps to the original's pace: `python -m benchmarks.replay`, seven seconds.

All lanes of the shipped comparison replay at 1× on one clock, each followed as a page follows it. Printed is how late
each piece reached its follower, measured by the wall clock from the moment that the first lane began.
"""

from __future__ import annotations

import statistics
import threading
import time

from replies.conversation import Comparison
from replies.metrics import percentile
from replies.recording import Pace, replay_all, samples
from replies.reply import Reply


def main() -> None:
    original = max((item for item in samples() if isinstance(item, Comparison)), key=lambda item: len(item.replies))
    begun: list[float] = []

    def clock() -> float:
        now = time.monotonic()
        begun.append(now)
        return now

    again = replay_all(original, Pace(clock=clock))
    seen: dict[str, list[float]] = {}
    followers = [threading.Thread(target=follow, args=(reply, seen)) for reply in again.replies]
    for follower in followers:
        follower.start()
    for follower in followers:
        follower.join()
    for before, reply in zip(original.replies, again.replies, strict=True):
        moments = seen[reply.id]
        late = [came - begun[0] - due for came, (due, _) in zip(moments, before.arrivals, strict=True)]
        exact = "exact" if reply.arrivals == before.arrivals else "NOT EXACT"
        print(
            f"{reply.asked.label:<16} {len(late):>4} pieces late by {statistics.median(late) * 1000:6.2f} ms (median), "
            f"{percentile(late, 0.95) * 1000:6.2f} ms (95 %), {max(late) * 1000:6.2f} ms (most); stamps {exact}"
        )


def follow(reply: Reply, seen: dict[str, list[float]]) -> None:
    moments = seen.setdefault(reply.id, [])
    for new in reply.arrive():
        moments += [time.monotonic()] * len(new)


if __name__ == "__main__":
    main()
