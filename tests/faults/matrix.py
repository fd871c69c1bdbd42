"""The table, tried: each row with each voice, all voices at once."""

from __future__ import annotations

import logging
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from providers import Call
from tests.faults.overhearing import overhearing
from tests.faults.scenes import Take
from tests.faults.table import CODES, SECTIONS, Fault, Told
from tests.faults.theatre import Theatre
from tests.faults.voices import Voice, here
from tests.providers.asking import Heard

T = TypeVar("T")
SOON = 300.0  # seconds of patience with one row; less than the clients have
HEAVY = 900.0  # and with thousands of questions, or of pieces


class Matrix:
    """Plays cells, each once: what came of it is kept. `ear` hears all that is logged meanwhile, at debug level;
    `came_by`: how many connections there were to what stands in the way of all voices."""

    def __init__(self, theatre: Theatre, ear: logging.Handler) -> None:
        self.ear = ear
        self.came_by: Counter[str] = Counter()
        self._theatre = theatre
        self._rows: dict[tuple[str, bool], dict[Voice, list[Take]]] = {}

    def row(
        self, fault: Fault, *, whole: bool = False, voices: Sequence[Voice] | None = None
    ) -> dict[Voice, list[Take]]:
        """What came of it in each voice that has such a thing, or in these. With `whole`, by the blocking call."""
        wanted = [voice for voice in here() if fault.told_by(voice) and (voices is None or voice in voices)]
        played = self._rows.setdefault((fault.name, whole), {})
        if missing := [voice for voice in wanted if voice not in played]:
            play = self._heavily if fault.heavy else self._played
            played |= play(fault, missing, whole)
        return {voice: played[voice] for voice in wanted}

    def asked(self, fault: Fault) -> int:
        """How often all voices that have played it say that they asked."""
        return sum(take.asked for takes in self._rows[fault.name, False].values() for take in takes)

    def _played(self, fault: Fault, voices: Sequence[Voice], whole: bool) -> dict[Voice, list[Take]]:
        with overhearing(self.ear), fault.scene.surroundings(self._theatre) as passed:
            before = passed.connections if passed else 0
            takes = at_once(lambda voice: list(fault.scene.takes(self._theatre, voice, whole=whole)), voices)
        if passed:
            self.came_by[fault.name] += passed.connections - before
        return takes

    def _heavily(self, fault: Fault, voices: Sequence[Voice], whole: bool) -> dict[Voice, list[Take]]:
        """One voice after the other, for they would only wait for each other. The log would say the same over and over,
        and is not listened to."""
        takes: dict[Voice, list[Take]] = {}
        for voice in voices:
            takes |= at_once(lambda voice: list(fault.scene.takes(self._theatre, voice, whole=whole)), [voice], HEAVY)
        return takes

    def stopped(self, fault: Fault, moment: Moment, voices: Sequence[Voice]) -> dict[Voice, Take]:
        """What came of it in these voices where somebody stops it at that moment."""

        def play(voice: Voice) -> Take:
            heard = Heard()
            return fault.scene.play(self._theatre, voice, moment.line(heard), heard, whole=False, patient=True)

        with overhearing(self.ear), fault.scene.surroundings(self._theatre):
            return at_once(play, voices)


def some(fault: Fault) -> list[Voice]:
    """Of the voices in which it comes out the same, one; from row to row it is another one's turn."""
    number = [one for section in SECTIONS + CODES for one in section.faults].index(fault)
    alike: dict[Told, list[Voice]] = {}
    for voice in here():
        if told := fault.told_by(voice):
            alike.setdefault(told, []).append(voice)
    return [voices[number % len(voices)] for voices in alike.values()]


def at_once(play: Callable[[Voice], T], voices: Iterable[Voice], patience: float = SOON) -> dict[Voice, T]:
    """Play it with all voices, each on a thread of its own. Fails where one of them has no end."""
    played: dict[Voice, T] = {}
    failed: list[str] = []

    def on_thread(voice: Voice) -> None:
        try:
            played[voice] = play(voice)
        except BaseException:  # noqa: BLE001
            failed.append(f"{voice}: {traceback.format_exc()}")

    threads = {voice: threading.Thread(target=on_thread, args=(voice,), daemon=True) for voice in voices}
    for thread in threads.values():
        thread.start()
    for voice, thread in threads.items():
        thread.join(patience)
        assert not thread.is_alive(), f"{voice} never ends"
    assert not failed, "\n".join(failed)
    return {voice: played[voice] for voice in threads}


@dataclass(frozen=True)
class Moment:
    """When somebody stops. `line` hangs up on itself then; `comes`: whether the fault leaves time for it."""

    name: str
    line: Callable[[Heard], Call]
    comes: Callable[[Fault, Told], bool]

    def __str__(self) -> str:
        return self.name


def _as_it_is_sent(heard: Heard) -> Call:
    line = Call(on_retry=heard.retries.append, sleep=lambda seconds: None)
    line.when_sent(line.cancel)
    return line


def _before_the_second_try(heard: Heard) -> Call:
    line = Call(on_retry=heard.retries.append, sleep=lambda seconds: line.cancel())
    return line


def _at_the_first_word(heard: Heard) -> Call:
    line = Call(on_retry=heard.retries.append, sleep=lambda seconds: None)
    heard.pieces = _Tripwire(line.cancel)
    return line


MOMENTS = (
    Moment("as it is sent", _as_it_is_sent, lambda fault, told: fault.scene.reaches and told.asked > 0),
    Moment("before the second try", _before_the_second_try, lambda fault, told: told.asked > 1),
    Moment("at the first word", _at_the_first_word, lambda fault, told: told.heard != 0),
)


class _Tripwire(list[str]):
    """A list that pulls something as soon as it has an item."""

    def __init__(self, pull: Callable[[], object]) -> None:
        super().__init__()
        self._pull = pull

    def append(self, item: str) -> None:
        super().append(item)
        self._pull()


def outcome(take: Take) -> Told:
    """What became of it, in the table's terms."""
    error, end = take.heard.error, take.heard.end
    assert (error is None) != (end is None), "it must end, and in one way"
    kind, finish = error.kind if error else None, end.finish_reason if end else None
    return Told(kind, finish, take.asked, len(take.heard.pieces))
