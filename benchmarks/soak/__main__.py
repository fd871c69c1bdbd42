"""Soak: many people use the app at random, for a long time. `python -m benchmarks.soak --minutes 10`; by default one.

Twenty people use the app at once, at random: they ask, stop, click, change the page, reload, lose their connection and
close it. Most are viewers without a browser (`tests.support.viewer`), some are pages in Chromium. A simulator stands in
for the real services, and fails at random: refusals, resets, silence, broken pieces. When all have left, the soak
checks what remains:

- the server's log: any warning or traceback is a failure, and so is any error that a page showed
- threads, sockets, open files and memory of the server, before and after, once it has forgotten those who left. Before
  is after the same crowd for a while: what the server keeps for the next visit, as connections, is there by then. A
  little more or less is chance (`SPREAD`), since some of it goes only when Python next collects garbage
- every word: what the simulator logged that it had sent, against what the store kept

    python -m benchmarks.soak --minutes 60 --seed 7 --sessions 20 --pages 2

The same seed makes the same choices; when they come true depends on the machine. The exit status is 1 where anything
was wrong.
"""

from __future__ import annotations

import argparse
import sys

from benchmarks.soak.crowd import report, soak


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--sessions", type=int, default=20, help="people at once")
    parser.add_argument("--pages", type=int, default=2, help="so many of them in Chromium")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    outcome = soak(wanted.minutes * 60, wanted.sessions, wanted.pages, wanted.seed)
    print(*report(outcome), sep="\n")
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
