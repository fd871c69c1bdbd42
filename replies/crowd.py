"""How many answers are read in this process at once, and how their readers keep out of each other's way.

Of threads that run Python one runs at a time, and each wake-up of one has to wait for its turn. A hundred readers that
wake for every piece at 50 a second leave so few turns to everybody else that pages fall seconds behind, with a third of
the processor idle. So where many read, each takes in less often what came meanwhile, and only one of them computes at a
time: else whatever sends the words to the pages would have to wait for its turn behind all that have something to read.
"""

from __future__ import annotations

import sys
import threading

FEW = 16  # answers under way at once that nobody has to rest for
REST = 0.001  # seconds between two reads of each, for each answer beyond those
LONGEST = 0.02  # seconds; by so much a piece may be stamped late
# Seconds that a thread may compute while others wait. Each that waits asks for its turn so often, which with hundreds
# of them takes more time than it saves.
SWITCH = 0.005


class Crowd:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.count = 0
        self._usual = SWITCH
        self._turn = threading.Lock()

    def enter(self) -> None:
        with self._lock:
            self.count += 1
            if self.count == FEW + 1:
                self._usual = sys.getswitchinterval()
                sys.setswitchinterval(max(self._usual, SWITCH))

    def leave(self) -> None:
        with self._lock:
            self.count -= 1
            if self.count == FEW:
                sys.setswitchinterval(self._usual)

    @property
    def rest(self) -> float:
        """Seconds that each reader leaves between two reads."""
        return min(max(self.count - FEW, 0) * REST, LONGEST)

    @property
    def turn(self) -> threading.Lock | None:
        """What a reader holds while it computes; None while there are few."""
        return self._turn if self.count > FEW else None


crowd = Crowd()
