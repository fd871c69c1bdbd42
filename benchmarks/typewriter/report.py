"""What was found, in words and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.typewriter.browser import Run
from benchmarks.typewriter.figures import Figures, spread
from benchmarks.typewriter.loads import Load
from benchmarks.typewriter.systems import SYSTEMS, System

# Each figure's name in Figures, its heading, by what its seconds or bytes are multiplied, and its decimals.
COLUMNS = (
    ("first", "first → DOM, ms", 1000, 0),
    ("last", "last → DOM, ms", 1000, 0),
    ("gap", "longest gap, ms", 1000, 0),
    ("received", "received, kB", 1 / 1000, 1),
    ("busy", "main thread, s", 1, 2),
    ("cpu", "server CPU, s", 1, 2),
)


def line(number: int, load: Load, system: System, one: Run) -> str:
    """One run, as it ends."""
    cells = [
        f"{heading.partition(',')[0]} {cell([one.figures], name, by, places)}" for name, heading, by, places in COLUMNS
    ]
    cells.append(f"clock ±{one.uncertain * 1000:.1f} ms")
    if one.lost:
        cells.append(f"LOST {one.lost}")
    return " · ".join((str(number + 1), load.title, system.title, *cells))


def tables(found: Mapping[tuple[Load, str], Sequence[Run]]) -> str:
    """A Markdown table for each load."""
    lines: list[str] = []
    for load in dict.fromkeys(load for load, _ in found):
        lines += ["", f"**{load.title}**", "", row("system", "runs", *(heading for _, heading, _, _ in COLUMNS))]
        lines.append("|---|" + "---:|" * (len(COLUMNS) + 1))
        for (this, name), runs in found.items():
            if this == load:
                figures = [one.figures for one in runs]
                cells = [cell(figures, column, by, places) for column, _, by, places in COLUMNS]
                lines.append(row(SYSTEMS[name].title, str(len(runs)), *cells))
    return "\n".join(lines)


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def cell(figures: Sequence[Figures], name: str, by: float, places: int) -> str:
    """The median, and from where to where the runs went; – where nothing is known."""
    found = spread([getattr(each, name) for each in figures])
    if found is None:
        return "–"
    median, least, most = (f"{value * by:,.{places}f}" for value in found)
    return median if least == most else f"{median} ({least}–{most})"
