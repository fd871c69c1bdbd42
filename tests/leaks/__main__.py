"""Command line: `python -m tests.leaks` searches for leaked keys. It takes a minute or two.

Marked keys are planted wherever a key can come from: the environment, .env, secrets.toml, an address, and fields on the
page. Every fault of docs/faults.md is then provoked, by the providers' own SDKs, with all logs at debug level, and kept
in the history; the pages are opened, by the person who typed the keys and by another. Everything that was written is
searched: messages, tracebacks, logs, output, database, recordings, exports, and what the pages sent to the browser. A
word that is no key is in every question: the number of files that hold it shows that the search sees what is there.

    python -m tests.leaks --keep folder    # leave what was written there, to look at
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.leaks.marks import MARKS
from tests.leaks.provocation import provoke


def main() -> int:
    parser = argparse.ArgumentParser(description="Search everything that is written for marked keys.")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave what was written there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="leaks-") as folder:
        report = provoke(options.keep or Path(folder))
        print(f"{'what':<28}{'files':>8}{'bytes':>14}{'control':>9}{'keys':>6}")
        for what, findings in report.items():
            print(f"{what:<28}{findings.files:>8,}{findings.bytes:>14,}{findings.control:>9}{len(findings.found):>6}")
        found = [line for findings in report.values() for line in findings.found]
        print(f"{len(MARKS)} keys planted, {len(found)} found", *found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
