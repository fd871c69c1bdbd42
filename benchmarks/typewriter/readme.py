"""benchmarks/README.md: the part of it that is measured is replaced, the rest stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from benchmarks.typewriter.browser import Run
from benchmarks.typewriter.figures import spread
from benchmarks.typewriter.loads import Load
from benchmarks.typewriter.processes import ROOT
from benchmarks.typewriter.report import in_order, outcome_table, tables
from benchmarks.typewriter.targets import outcomes

FILE = ROOT / "benchmarks" / "README.md"


class Results(NamedTuple):
    machine: str
    date: str  # ISO 8601
    runs: dict[tuple[Load, str], list[Run]]  # by load and system

    def trust(self) -> str:
        """How far the figures can be trusted, in a sentence or two."""
        runs = [run for some in self.runs.values() for run in some]
        uncertain = max(run.uncertain for run in runs) * 1000
        said = [f"The page's clock was read to {uncertain:.1f} ms or better."]
        if others := spread(run.others for run in runs):
            said.append(f"Everything else took {others.median:.2f} cores meanwhile, {others.most:.2f} at most.")
        return " ".join(said)


def findings(results: Results, titles: Mapping[str, str]) -> str:
    """The tables and the targets, in Markdown. `titles`: what the systems are called, in their order."""
    found = in_order({key: [run.figures for run in runs] for key, runs in results.runs.items()}, list(titles))
    reached = outcomes(found)
    met = sum(each.met is True for each in reached)
    parts = [
        f"Measured on {results.date}: {results.machine}. {results.trust()}",
        tables(found, titles).rstrip(),
        f"### Targets\n\n{met} of {len(reached)} are met.\n\n{outcome_table(reached, titles)}" if reached else "",
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def write(shown: str) -> None:
    """Put the findings into the README."""
    FILE.write_text(between(FILE.read_text(encoding="utf-8"), "typewriter", shown), encoding="utf-8")
    print(f"written: {FILE.relative_to(ROOT)}")


def between(text: str, name: str, new: str) -> str:
    """`text` with `new` between `<!-- name: begin -->` and `<!-- name: end -->`. Raises ValueError without them."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    head, found, rest = text.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"the marks {begin} and {end} are missing")
    return f"{head}{begin}\n\n{new.strip()}\n\n{end}{tail}"
