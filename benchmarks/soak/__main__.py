"""Command line: run the soak, and report what remains."""

from __future__ import annotations

import argparse
import sys

import benchmarks.soak
from benchmarks.soak.crowd import PAGES, SEED, SESSIONS, report, soak


def main() -> int:
    parser = argparse.ArgumentParser(description=(benchmarks.soak.__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--sessions", type=int, default=SESSIONS, help="people at once")
    parser.add_argument("--pages", type=int, default=PAGES, help="so many of them in Chromium")
    parser.add_argument("--seed", type=int, default=SEED)
    wanted = parser.parse_args()
    outcome = soak(
        wanted.minutes * 60, wanted.sessions, wanted.pages, wanted.seed, log=lambda line: print(line, flush=True)
    )
    print("\n".join(report(outcome)))
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
