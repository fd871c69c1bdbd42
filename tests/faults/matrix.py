"""The table, tried: each row with each column, all columns at once."""

from __future__ import annotations

import logging
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from providers import Call
from tests.faults.causes import Trial
from tests.faults.columns import Column, here
from tests.faults.log_watch import watching_logs
from tests.faults.rig import Rig
from tests.faults.table import CODES, SECTIONS, Fault, Told
from tests.providers.asking import Heard

T = TypeVar("T")
SOON = 300.0  # seconds of patience with one row; less than the clients have
HEAVY = 900.0  # and with thousands of questions, or of pieces


class Matrix:
    """Plays cells, each once: what came of it is kept. `watch` hears all that is logged meanwhile, at debug level;
    `came_by`: how many connections there were to what stands in the way of all columns."""

    def __init__(self, rig: Rig, watch: logging.Handler) -> None:
        self.watch = watch
        self.came_by: Counter[str] = Counter()
        self._rig = rig
        self._rows: dict[tuple[str, bool], dict[Column, list[Trial]]] = {}

    def row(
        self, fault: Fault, *, whole: bool = False, columns: Sequence[Column] | None = None
    ) -> dict[Column, list[Trial]]:
        """What came of it in each column that has such a thing, or in these. With `whole`, by the blocking call."""
        wanted = [column for column in here() if fault.told_by(column) and (columns is None or column in columns)]
        played = self._rows.setdefault((fault.name, whole), {})
        if missing := [column for column in wanted if column not in played]:
            play = self._heavily if fault.heavy else self._played
            played |= play(fault, missing, whole)
        return {column: played[column] for column in wanted}

    def asked(self, fault: Fault) -> int:
        """How often all columns that have played it say that they asked."""
        return sum(trial.asked for trials in self._rows[fault.name, False].values() for trial in trials)

    def _played(self, fault: Fault, columns: Sequence[Column], whole: bool) -> dict[Column, list[Trial]]:
        with watching_logs(self.watch), fault.cause.surroundings(self._rig) as passed:
            before = passed.connections if passed else 0
            trials = at_once(lambda column: list(fault.cause.trials(self._rig, column, whole=whole)), columns)
        if passed:
            self.came_by[fault.name] += passed.connections - before
        return trials

    def _heavily(self, fault: Fault, columns: Sequence[Column], whole: bool) -> dict[Column, list[Trial]]:
        """One column after the other, for they would only wait for each other. The log repeats itself, and is not
        listened to."""
        trials: dict[Column, list[Trial]] = {}
        for column in columns:
            trials |= at_once(lambda column: list(fault.cause.trials(self._rig, column, whole=whole)), [column], HEAVY)
        return trials

    def stopped(self, fault: Fault, moment: Moment, columns: Sequence[Column]) -> dict[Column, Trial]:
        """What came of it in these columns where somebody stops it at that moment."""

        def play(column: Column) -> Trial:
            heard = Heard()
            return fault.cause.play(self._rig, column, moment.call(heard), heard, whole=False, patient=True)

        with watching_logs(self.watch), fault.cause.surroundings(self._rig):
            return at_once(play, columns)


def some(fault: Fault) -> list[Column]:
    """Of the columns in which it comes out the same, one; from row to row it is another one's turn."""
    number = [one for section in SECTIONS + CODES for one in section.faults].index(fault)
    alike: dict[Told, list[Column]] = {}
    for column in here():
        if told := fault.told_by(column):
            alike.setdefault(told, []).append(column)
    return [columns[number % len(columns)] for columns in alike.values()]


def at_once(play: Callable[[Column], T], columns: Iterable[Column], patience: float = SOON) -> dict[Column, T]:
    """Play it with all columns, each on a thread of its own. Fails where one of them has no end."""
    played: dict[Column, T] = {}
    failed: list[str] = []

    def on_thread(column: Column) -> None:
        try:
            played[column] = play(column)
        except BaseException:  # noqa: BLE001
            failed.append(f"{column}: {traceback.format_exc()}")

    threads = {column: threading.Thread(target=on_thread, args=(column,), daemon=True) for column in columns}
    for thread in threads.values():
        thread.start()
    for column, thread in threads.items():
        thread.join(patience)
        assert not thread.is_alive(), f"{column} never ends"
    assert not failed, "\n".join(failed)
    return {column: played[column] for column in threads}


@dataclass(frozen=True)
class Moment:
    """When somebody stops. `call` cancels itself then; `comes`: whether the fault leaves time for it."""

    name: str
    call: Callable[[Heard], Call]
    comes: Callable[[Fault, Told], bool]

    def __str__(self) -> str:
        return self.name


def _as_it_is_sent(heard: Heard) -> Call:
    call = Call(on_retry=heard.retries.append, sleep=lambda seconds: None)
    call.when_sent(call.cancel)
    return call


def _before_the_second_try(heard: Heard) -> Call:
    call = Call(on_retry=heard.retries.append, sleep=lambda seconds: call.cancel())
    return call


def _at_the_first_word(heard: Heard) -> Call:
    call = Call(on_retry=heard.retries.append, sleep=lambda seconds: None)
    heard.pieces = _Tripwire(call.cancel)
    return call


MOMENTS = (
    Moment("as it is sent", _as_it_is_sent, lambda fault, told: fault.cause.reaches and told.asked > 0),
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


def outcome(trial: Trial) -> Told:
    """What became of it, in the table's terms."""
    error, end = trial.heard.error, trial.heard.end
    assert (error is None) != (end is None), "it must end, and in one way"
    kind, finish = error.kind if error else None, end.finish_reason if end else None
    return Told(kind, finish, trial.asked, len(trial.heard.pieces))
