"""Rehearsal of a show: all its scenes live, one after the other, each answer kept as the recording of its lane."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Self

from replies.metrics.labels import is_whole
from replies.our_errors import failed_to
from replies.reply import Reply
from replies.show.show import Scene, Show


class Rehearsal:
    """On a thread of its own. `ask` begins a scene; `keep` is called with its number and the answers that came whole.
    `scene` is the number of the scene in progress. `problems`: what was not kept, and why, a line each."""

    def __init__(
        self,
        show: Show,
        ask: Callable[[Scene], Mapping[int, Reply]],
        keep: Callable[[int, Mapping[int, Reply]], object],
    ) -> None:
        self.id = show.id
        self.scene = 0
        self.problems: list[str] = []
        self._show = show
        self._ask = ask
        self._keep = keep
        self._asked: Mapping[int, Reply] = {}
        self._cancelled = False
        self._thread = threading.Thread(target=self._run, name="rehearsal", daemon=True)

    @property
    def over(self) -> bool:
        return not self._thread.is_alive()

    def start(self) -> Self:
        self._thread.start()
        return self

    def cancel(self) -> None:
        self._cancelled = True
        for reply in self._asked.values():
            reply.stop()

    def _run(self) -> None:
        try:
            for number, scene in enumerate(self._show.scenes):
                if self._cancelled:
                    return
                self.scene = number
                self._asked = self._ask(scene)
                whole = {}
                for lane, reply in self._asked.items():
                    reply.wait()
                    if is_whole(reply) and reply.text:
                        whole[lane] = reply
                    else:
                        why = reply.error.message if reply.error else "its answer is not whole."
                        self.problems.append(f"{scene.title}, lane {lane + 1}: {why}")
                self._keep(number, whole)
        except Exception as failure:  # noqa: BLE001
            self.problems.append(failed_to("rehearse", failure))
