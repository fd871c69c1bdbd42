"""docs/faults.md: the table as it came out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from providers.errors import DISTRUSTED, SENTENCES, TOOK_TOO_LONG
from replies.metrics.labels import ENDINGS
from tests.faults.causes import Cut
from tests.faults.columns import COLUMNS, Column
from tests.faults.matrix import Matrix, outcome
from tests.faults.table import CODES, SECTIONS, Fault, Section, Told
from ui.answer.view import TITLES

FILE = Path(__file__).parents[2] / "docs" / "faults.md"
COMMAND = "python -m tests.faults"

BEGIN = "## Keys\n"  # what stands before it in the document is written by hand

AWAITED = """## Awaited instead of streamed

The same rows by the provider's blocking call, where that comes out otherwise: nothing is said before the fault, and a
broken answer is not always told from a broken connection.

"""

MESSAGES = """## The messages

Each begins so, with the provider's name, and goes on with the provider's own words where they help.

"""


def document(awaited: Iterable[tuple[Fault, Mapping[Column, str]]]) -> str:
    """Its tables: streamed answers as the table has them, and the rows of those that were awaited."""
    parts = []
    for section in SECTIONS:
        parts += [f"## {section.title}\n\n{section.about}\n\n", streamed(section), reasons(section)]
    parts += ["## Errors in mid-stream\n\nAfter twelve words, which are kept. The question is not asked again.\n\n"]
    for section in CODES:
        parts += [f"### {section.title}\n\n", streamed(section), reasons(section)]
    return "".join([*parts, AWAITED, table(COLUMNS, awaited), MESSAGES, messages()])


def split() -> tuple[str, str]:
    """What is written by hand, and the tables."""
    about, begin, tables = FILE.read_text(encoding="utf-8").partition(BEGIN)
    return about, begin + tables


def streamed(section: Section) -> str:
    """A dash where there is no such fault."""
    rows = []
    for fault in section.faults:
        asked = "1 or 2" if isinstance(fault.cause, Cut) else ""
        rows.append((fault, {column: cell(told, asked) for column in COLUMNS if (told := fault.told_by(column))}))
    return table(section.columns, rows)


def reasons(section: Section) -> str:
    """Why cells differ from the others of their rows, a line for each reason."""
    rows: dict[str, list[str]] = {}
    for fault in section.faults:
        if fault.why:
            rows.setdefault(fault.why, []).append(fault.title)
    lines = [f"- {'; '.join(titles)}: {why}\n" for why, titles in rows.items()]
    return "".join([*lines, "\n"] if lines else [])


def awaited(matrix: Matrix) -> Iterator[tuple[Fault, Mapping[Column, str]]]:
    """The rows that come out otherwise by the blocking call."""
    for section in SECTIONS:
        for fault in section.faults:
            if fault.awaited:
                row = {column: cell(outcome(trial)) for column, [trial] in matrix.row(fault, whole=True).items()}
                if any(text != cell(fault.told_by(column) or fault.told) for column, text in row.items()):
                    yield fault, row


def written(page: str) -> list[tuple[Fault, dict[Column, str]]]:
    """The rows of awaited answers that stand on a page."""
    faults = {fault.title: fault for section in SECTIONS for fault in section.faults}
    lines = [line.strip("| ").split(" | ") for line in page.partition(AWAITED)[2].partition(MESSAGES)[0].splitlines()]
    return [(faults[title], dict(zip(COLUMNS, row, strict=True))) for title, *row in lines[2:] if row]


def table(columns: Sequence[Column], rows: Iterable[tuple[Fault, Mapping[Column, str]]]) -> str:
    lines = [["fault", *(column.title for column in columns)], ["---"] * (1 + len(columns))]
    lines += [[fault.title, *(row.get(column, "–") for column in columns)] for fault, row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"


def cell(told: Told, asked: str = "") -> str:
    """What the user sees, and after how many requests."""
    ended = ENDINGS | {"stop": "whole answer"}
    return f"{TITLES[told.error] if told.error else ended[told.end or 'other']} ({asked or told.asked})"


def messages() -> str:
    label, keys = "*Provider*", "*the names of its keys*"
    lines = [["title", "message"], ["---", "---"]]
    for kind, sentence in SENTENCES.items():
        said = [sentence, *{"network": [DISTRUSTED], "timeout": [TOOK_TOO_LONG]}.get(kind, [])]
        lines.append([TITLES[kind], "<br>Or: ".join(one.format(label=label, keys=keys) for one in said)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
