"""`python -m tests.faults`: try the whole table, and write docs/faults.md. Takes about five minutes."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

from simulator import Simulator
from tests.faults.document import FILE, document
from tests.faults.matrix import Matrix
from tests.faults.rig import Rig
from tests.support.guard import forget_the_developer, live_calls

MANY = 200_000  # pieces


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        forget_the_developer(Path(home))
        live_calls.forbid()
        write()


def write() -> None:
    with Simulator() as simulator, Rig(simulator) as rig:
        rig.many = MANY
        FILE.write_text(document(Matrix(rig, logging.NullHandler())), encoding="utf-8")
    print(f"{FILE.name} is written.")


if __name__ == "__main__":
    main()
