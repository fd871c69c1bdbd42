"""`python -m tests.faults`: try the whole table, and write docs/faults.md. Takes about five minutes."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

from simulator import Simulator
from tests.faults.document import FILE, awaited, document, split
from tests.faults.matrix import Matrix, outcome
from tests.faults.rig import Rig
from tests.faults.table import CODES, SECTIONS
from tests.support.guard import forget_the_developer, live_calls


def main() -> None:
    with tempfile.TemporaryDirectory() as home, Simulator() as simulator, Rig(simulator) as rig:
        forget_the_developer(Path(home))
        live_calls.forbid()
        rig.many = 200_000  # pieces
        matrix = Matrix(rig, logging.NullHandler())
        for fault in (fault for section in SECTIONS + CODES for fault in section.faults):
            for column, trials in matrix.row(fault).items():
                told = fault.told_by(column)
                assert told, "a row has trials where there is such a fault"
                assert {outcome(trial)[:2] for trial in trials} == {told[:2]}, f"{fault}, {column}"
        FILE.write_text(split()[0] + document(awaited(matrix)), encoding="utf-8")
    print(f"{FILE.name} is written.")


if __name__ == "__main__":
    main()
