"""benchmarks/README.md: the part of it that is measured is replaced, the rest stays."""

from __future__ import annotations

from benchmarks.typewriter import chart
from benchmarks.typewriter.processes import ROOT
from benchmarks.typewriter.report import in_order, outcome_table, tables
from benchmarks.typewriter.results import Results
from benchmarks.typewriter.systems import TITLES
from benchmarks.typewriter.targets import outcomes

FILE = ROOT / "benchmarks" / "README.md"
PICTURE = f"![The figures of one lane, on logarithmic scales]({chart.FILE.name})"


def findings(results: Results) -> str:
    """The tables and the targets, in Markdown."""
    found = in_order(results.figures, list(TITLES))
    reached = outcomes(found)
    met = sum(each.met is True for each in reached)
    parts = [
        f"Measured on {results.date}: {results.machine}. {results.trust()}",
        tables(found, TITLES).rstrip(),
        f"### Targets\n\n{met} of {len(reached)} are met.\n\n{outcome_table(reached, TITLES)}" if reached else "",
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def write(results: Results) -> None:
    """Draw the chart, and put it and what was found into the README."""
    chart.draw()
    shown = f"{PICTURE}\n\n{findings(results)}"
    FILE.write_text(between(FILE.read_text(encoding="utf-8"), "typewriter", shown), encoding="utf-8")
    print(f"written: {FILE.relative_to(ROOT)}, {chart.FILE.relative_to(ROOT)}")


def between(text: str, name: str, new: str) -> str:
    """`text` with `new` between `<!-- name: begin -->` and `<!-- name: end -->`. Raises ValueError without them."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    head, found, rest = text.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"the marks {begin} and {end} are missing")
    return f"{head}{begin}\n\n{new.strip()}\n\n{end}{tail}"
