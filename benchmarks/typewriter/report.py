"""What was found, in Markdown tables and lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from benchmarks.typewriter.browser import Run
from benchmarks.typewriter.figures import Figures, spread
from benchmarks.typewriter.loads import Load
from benchmarks.typewriter.targets import NAMES, Found, Outcome

# Each figure's name in Figures, its heading, by what it is multiplied, and its decimals.
COLUMNS = (
    ("wait", "wait, ms", 1000, 0),
    ("first", "first word, ms", 1000, 0),
    ("last", "last word, ms", 1000, 0),
    ("gap", "longest gap, ms", 1000, 0),
    ("received", "received, kB", 1 / 1000, 1),
    ("browser", "browser CPU, s", 1, 2),
    ("cpu", "server CPU, s", 1, 2),
)


def cells(runs: Sequence[Figures]) -> dict[str, str]:
    """By heading: the median, and from where to where the runs went; – where nothing is known."""
    finished = all(each.finished for each in runs)
    found = {}
    for name, heading, by, places in COLUMNS:
        values = spread(getattr(each, name) for each in runs)
        if values is None or (not finished and values.median <= 0):
            found[heading] = "–"
            continue
        median, least, most = (f"{value * by:,.{places}f}" for value in values)
        more = "" if finished or name in ("wait", "first") else "> "
        found[heading] = more + (median if least == most else f"{median} ({least}–{most})")
    return found


def line(run: Run) -> str:
    """One run, as it ends."""
    said = [f"{heading.partition(',')[0]} {cell}" for heading, cell in cells([run.figures]).items()]
    said.append(f"clock ±{run.uncertain * 1000:.1f} ms")
    if run.behind > 0.05:
        said.append(f"the server itself {run.behind:.2f} s late")
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
        lines += [f"**{load.title}**", "", row("", "runs", *(heading for _, heading, _, _ in COLUMNS))]
        lines.append("|---|" + "---:|" * (len(COLUMNS) + 1))
        lines += [row(titles[name], str(len(runs)), *cells(runs).values()) for (_, name), runs in group]
        lines.append("")
    return "\n".join(lines)


def row(*columns: str) -> str:
    return f"| {' | '.join(columns)} |"


def outcome(reached: Outcome, titles: Mapping[str, str]) -> tuple[str, str, str, str]:
    """The target in words, what it asks for, what was measured, and whether that is enough."""
    target = reached.target
    what = f"{target.load.title}: {NAMES[target.figure]}"
    if target.against:
        what += f" against {titles[target.against]}"
        asked, measured = f"≤ {ratio(target.most)}", "–" if reached.value is None else ratio(reached.value)
        measured = f"< {measured}" if reached.open_ended and reached.value is not None else measured
    else:
        asked, measured = f"≤ {target.most:g} s", "–" if reached.value is None else f"{reached.value:.3f} s"
    if target.system != "chat":
        what += f" ({titles[target.system]})"
    return what, asked, measured, {True: "met", False: "**not met**", None: "–"}[reached.met]


def ratio(value: float) -> str:
    """As a number, or as 1/n where it is small."""
    if 0 < value < 0.05:
        return f"1/{1 / value:.0f}"
    return f"{value:.3f}" if 0 < value < 0.2 else f"{value:.2f}"


def outcome_table(reached: Sequence[Outcome], titles: Mapping[str, str]) -> str:
    lines = [row("target", "asked", "measured", ""), "|---|---:|---:|---|"]
    return "\n".join([*lines, *(row(*outcome(each, titles)) for each in reached)])


def in_order(found: Found, order: Sequence[str]) -> dict[tuple[Load, str], list[Figures]]:
    """By lanes, then as they were measured, and under each load the systems as in `order`."""
    loads = sorted(dict.fromkeys(load for load, _ in found), key=lambda load: load.lanes)
    return {(load, name): list(found[load, name]) for load in loads for name in order if (load, name) in found}
