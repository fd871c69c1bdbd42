"""Report: what was found, in lines, and in Markdown for docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from benchmarks.typewriter.browser import Run
from benchmarks.typewriter.figures import COLUMNS, Figures, spread
from benchmarks.typewriter.loads import Load
from benchmarks.typewriter.targets import Found, Outcome, outcomes
from tests.support.app import ROOT

FILE = ROOT / "docs" / "benchmarks.md"


def cells(runs: Sequence[Figures]) -> dict[str, str]:
    """By title: the median, and from where to where the runs went; – where nothing is known."""
    finished = all(each.finished for each in runs)
    found = {}
    for name, (title, _, by, places) in COLUMNS.items():
        values = spread(getattr(each, name) for each in runs)
        if values is None or (not finished and values.median <= 0):
            found[title] = "–"
            continue
        median, least, most = (f"{value * by:,.{places}f}" for value in values)
        more = "" if finished or name in ("wait", "first") else "> "
        found[title] = more + (median if least == most else f"{median} ({least}–{most})")
    return found


def line(run: Run) -> str:
    """One run, as it ends."""
    said = [f"{title} {cell}" for title, cell in cells([run.figures]).items()]
    said.append(f"clock ±{run.uncertain * 1000:.1f} ms")
    if run.others is not None and run.others > 0.1:
        said.append(f"others took {run.others:.1f} cores")
    if not run.figures.finished:
        said.append("given up")
    elif run.figures.lost:
        said.append(f"{run.figures.lost} pieces LOST")
    return " · ".join(said)


def tables(found: Found, titles: Mapping[str, str]) -> str:
    """A Markdown table for each load; `titles`: what the systems are called."""
    lines: list[str] = []
    for load, group in groupby(found.items(), lambda item: item[0][0]):
        head = row("", "runs", *(f"{title}, {unit}" for title, unit, *_ in COLUMNS.values()))
        lines += [f"**{load.title}**", "", head, "|---|" + "---:|" * (len(COLUMNS) + 1)]
        lines += [row(titles[name], str(len(runs)), *cells(runs).values()) for (_, name), runs in group]
        lines.append("")
    return "\n".join(lines)


def row(*columns: str) -> str:
    return f"| {' | '.join(columns)} |"


def outcome(reached: Outcome, titles: Mapping[str, str]) -> tuple[str, str, str, str]:
    """The target in words, what it asks for, what was measured, and whether that is enough."""
    target = reached.target
    what = f"{target.load.title}: {COLUMNS[target.figure][0]}"
    asked, measured = f"≤ {target.most:g} s", f"{reached.value or 0.0:.3f} s"
    if target.against:
        what += f" against {titles[target.against]}"
        asked, measured = f"≤ {ratio(target.most)}", ("< " if reached.open_ended else "") + ratio(reached.value or 0.0)
    measured = "–" if reached.value is None else measured
    if target.system != "chat":
        what += f" ({titles[target.system]})"
    return what, asked, measured, {True: "met", False: "**not met**", None: "–"}[reached.met]


def ratio(value: float) -> str:
    """As a number, or as 1/n where it is small."""
    if 0 < value < 0.05:
        return f"1/{1 / value:.0f}"
    return f"{value:.3f}" if 0 < value < 0.2 else f"{value:.2f}"


def machine(chromium: str) -> str:
    """The machine in one line; `chromium` is the browser's version."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return (
        f"{os.cpu_count()} cores ({[*names, platform.machine()][0]}), {platform.platform(terse=True)}, "
        f"Python {platform.python_version()}, Streamlit {version('streamlit')}, Chromium {chromium}, headless"
    )


def findings(runs: Mapping[tuple[Load, str], Sequence[Run]], titles: Mapping[str, str], chromium: str) -> str:
    """The tables and the targets, in Markdown. `titles`: what the systems are called; `chromium`: its version."""
    found = {key: [run.figures for run in some] for key, some in runs.items() if some}
    every = [run for some in runs.values() for run in some]
    uncertain = max(run.uncertain for run in every) * 1000
    said = f"Measured on {datetime.now(UTC):%Y-%m-%d}: {machine(chromium)}. "
    said += f"The page's clock was read to {uncertain:.1f} ms or better."
    if others := spread(run.others for run in every):
        said += f" Everything else took {others.median:.2f} cores meanwhile, {others.most:.2f} at most."
    parts = [said, tables(found, titles).rstrip()]
    if reached := list(outcomes(found)):
        met = sum(each.met is True for each in reached)
        lines = [row("target", "asked", "measured", ""), "|---|---:|---:|---|"]
        lines += [row(*outcome(each, titles)) for each in reached]
        parts += ["### Targets", f"{met} of {len(reached)} are met.", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def write(shown: str) -> None:
    """Put the findings into the document."""
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
