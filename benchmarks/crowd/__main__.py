"""Let them come, and print what they met."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import benchmarks.crowd
from benchmarks.crowd import stage
from benchmarks.crowd.plan import Plan
from benchmarks.crowd.showing import report, show
from tests.guard import forget_the_developer, live_calls

RATE = 50


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.crowd",
        description=benchmarks.crowd.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--viewers", default="100", help="how many; several numbers are tried one after the other")
    parser.add_argument("--pieces", type=int, default=1000, help="of each answer; default %(default)s")
    parser.add_argument("--rate", type=int, default=RATE, help="pieces a second; default %(default)s")
    parser.add_argument("--within", type=float, default=10.0, help="seconds within which all ask; default %(default)s")
    parser.add_argument("--processes", type=int, default=1, help="more than one: behind nginx, with one PostgreSQL")
    parser.add_argument("--streamlit", action="store_true", help="viewers without the page's own websocket for words")
    wanted = parser.parse_args()
    lost = 0
    for viewers in map(int, wanted.viewers.split(",")):
        with tempfile.TemporaryDirectory(prefix="streamside-crowd-") as name:
            folder = Path(name)
            forget_the_developer(folder)
            with stage.several(folder, wanted.processes) if wanted.processes > 1 else stage.one(folder) as here:
                seen = show(
                    here, Plan(here.url, viewers, wanted.pieces, wanted.rate, wanted.within, not wanted.streamlit)
                )
            print(*report(seen), sep="\n", flush=True)
            lost += seen.figures.lost + len(seen.figures.problems)
            if refused := live_calls.refused():
                print("Something tried to reach beyond this machine:", *refused, sep="\n", file=sys.stderr)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
