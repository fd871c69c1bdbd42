"""What was measured, kept in a file from which the tables and the chart are made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.typewriter.browser import Run
from benchmarks.typewriter.figures import Figures, spread
from benchmarks.typewriter.loads import Load
from benchmarks.typewriter.processes import ROOT

FILE = ROOT / "benchmarks" / "results" / "typewriter.json"


class Results(NamedTuple):
    machine: str
    date: str  # ISO 8601
    runs: dict[tuple[Load, str], list[Run]]  # by load and system

    @property
    def figures(self) -> dict[tuple[Load, str], list[Figures]]:
        return {key: [run.figures for run in runs] for key, runs in self.runs.items()}

    def trust(self) -> str:
        """How far the figures can be trusted, in a sentence or two."""
        runs = [run for some in self.runs.values() for run in some]
        uncertain = max(run.uncertain for run in runs) * 1000
        said = [f"The page's clock was read to {uncertain:.1f} ms or better."]
        if others := spread(run.others for run in runs):
            said.append(f"Everything else took {others.median:.2f} cores meanwhile, {others.most:.2f} at most.")
        return " ".join(said)


def save(results: Results, file: Path = FILE) -> None:
    file.parent.mkdir(exist_ok=True)
    runs = [
        {"load": load.address, "lanes": load.lanes, "system": system, **run._asdict(), "figures": run.figures._asdict()}
        for (load, system), some in results.runs.items()
        for run in some
    ]
    document = {"machine": results.machine, "date": results.date, "runs": [_rounded(run) for run in runs]}
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def read(file: Path = FILE) -> Results:
    document = json.loads(file.read_text(encoding="utf-8"))
    runs: dict[tuple[Load, str], list[Run]] = {}
    for each in document["runs"]:
        load = Load.parse(each["load"], each["lanes"])
        run = Run(Figures(**each["figures"]), each["uncertain"], each["behind"], each["others"])
        runs.setdefault((load, each["system"]), []).append(run)
    return Results(document["machine"], document["date"], runs)


def _rounded(value: Any) -> Any:
    """To a tenth of a millisecond."""
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return round(value, 4) if isinstance(value, float) else value
