"""docs/faults.md: the table as it came out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from providers.errors import DISTRUSTED, SENTENCES, TOOK_TOO_LONG
from replies.metrics.labels import ENDINGS
from tests.faults.causes import Trial
from tests.faults.columns import Column, here
from tests.faults.matrix import Matrix, outcome
from tests.faults.rig import Rig
from tests.faults.table import CODES, SECTIONS, Fault, Section, Told
from ui.answer.view import TITLES

FILE = Path(__file__).parents[2] / "docs" / "faults.md"
COMMAND = "python -m tests.faults"

HEAD = f"""# What can go wrong with a provider, and what you see then

Each row is a fault, each column an API, spoken by its vendor's own SDK over real sockets. In a cell stands the title of
the message on the page (or how the answer ended), and in brackets how many requests were sent for it. Where one column
has no such fault (–), or shows it in another way, a line below the table says why.

`{COMMAND}` tries it all and writes this page; a test tries it all again, and fails where the page says anything else.

What holds in every cell, and is tested in each:

- The message names a next step, and is one line. The words for each title stand [below](#the-messages).
- Whatever was said before the fault is kept, to the letter.
- At most two requests are sent, the second only where nothing was said yet and the fault may pass by itself. It is
  announced on the page, with the wait before it: a second, or what the provider asks for, up to 20 s.
- It ends by itself: all limits of time but those under *Silence* and that for TLS were ten minutes.
- Stop ends it: as the request is sent, at the first word, in a silence, and in the wait before a second request.
- No key is in the message, in the exception's `repr`, in its traceback or in the log, all loggers at debug level.
  `python -m tests.leaks` looks further.

What does not hold yet:

- Nobody but the simulator and servers made for these tests has answered: the wire is the vendors', as documented and as
  their SDKs read it, but no fault was provoked at a vendor.
- While a connection is being made (TCP, TLS, a proxy, IBM's token), Stop ends the answer on the page at once; the
  thread behind it goes on until the limit for connecting, and sends no question then.
- To some SDKs an awaited body that can't be read is an empty answer: it comes out as broken off, and is asked for
  twice. So is an awaited answer whose connection breaks, by any API. The provider may count both.
- Of the 200,000 pieces, each run of the tests has {Rig.many:,}; all of them came when this page was written.

"""

AWAITED = """## Awaited instead of streamed

The same rows by the provider's blocking call, where that comes out otherwise: nothing is said before the fault, and a
broken answer is not always told from a broken connection.

"""

MESSAGES = """## The messages

Each begins so, with the provider's name, and goes on with the provider's own words where they help.

"""


def document(matrix: Matrix) -> str:
    """The whole page."""
    parts = [HEAD]
    for section in SECTIONS:
        parts += [f"## {section.title}\n\n{section.about}\n\n", streamed(matrix, section), reasons(section)]
    parts += ["## Errors in mid-stream\n\nAfter twelve words, which are kept. The question is not asked again.\n\n"]
    for section in CODES:
        parts += [f"### {section.title}\n\n", streamed(matrix, section), reasons(section)]
    parts += [AWAITED, table(here(), awaited(matrix)), MESSAGES, messages()]
    return "".join(parts)


def without(page: str, column: Column) -> str:
    """The page as it is where that column can't be had."""
    lines, place = [], None
    for line in page.splitlines(keepends=True):
        cells = line.split("|")
        if line.startswith("| fault |"):
            place = cells.index(f" {column.title} ") if f" {column.title} " in cells else None
        if line.startswith("|") and place is not None:
            del cells[place]
        else:
            place = place if line.startswith("|") else None
        lines.append("|".join(cells))
    return "".join(lines)


def cells(page: str) -> dict[tuple[str, str, str], str]:
    """What stands in its tables of faults, by heading, fault and column."""
    found: dict[tuple[str, str, str], str] = {}
    heading, columns = "", list[str]()
    for line in page.splitlines():
        first, *rest = [cell.strip() for cell in line.split("|")[1:-1]] or [""]
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif first == "fault":
            columns = rest
        elif rest:
            found |= {(heading, first, column): cell for column, cell in zip(columns, rest, strict=False)}
    return found


def skeleton(page: str) -> list[str]:
    """Its lines without what had to be tried: the cells of faults, and the whole table of awaited answers."""
    lines, heading, faults = [], "", False
    for line in page.splitlines():
        heading = line if line.startswith("#") else heading
        faults = line.startswith(("| fault |", "|") if faults else "| fault |")
        if not faults:
            lines.append(line)
        elif heading != AWAITED.splitlines()[0]:
            lines.append(line.split("|")[1])
    return lines


def streamed(matrix: Matrix, section: Section) -> str:
    columns = [column for column in here() if column in section.columns]
    return table(columns, ((fault, matrix.row(fault)) for fault in section.faults))


def reasons(section: Section) -> str:
    """Why cells differ from the others of their rows, a line for each reason."""
    rows: dict[str, list[str]] = {}
    for fault in section.faults:
        if fault.why:
            rows.setdefault(fault.why, []).append(fault.title)
    lines = [f"- {'; '.join(titles)}: {why}\n" for why, titles in rows.items()]
    return "".join([*lines, "\n"] if lines else [])


def awaited(matrix: Matrix) -> Iterable[tuple[Fault, dict[Column, list[Trial]]]]:
    """The rows that come out otherwise."""
    for section in SECTIONS:
        for fault in section.faults:
            if fault.awaited:
                row, whole = matrix.row(fault), matrix.row(fault, whole=True)
                if any(cell(whole[column]) != cell(row[column]) for column in whole):
                    yield fault, whole


def table(columns: Sequence[Column], rows: Iterable[tuple[Fault, dict[Column, list[Trial]]]]) -> str:
    lines = [["fault", *(column.title for column in columns)], ["---"] * (1 + len(columns))]
    lines += [[fault.title, *(cell(row.get(column, [])) for column in columns)] for fault, row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"


def cell(trials: list[Trial]) -> str:
    """What the user sees, and after how many requests; a dash where there is no such fault."""
    told = [outcome(trial) for trial in trials]
    asked: dict[str, set[int]] = {}
    for one in told:
        asked.setdefault(shown(one), set()).add(one.asked)
    return "; ".join(f"{what} ({' or '.join(map(str, sorted(counts)))})" for what, counts in asked.items()) or "–"


def shown(told: Told) -> str:
    if told.error:
        return TITLES[told.error]
    assert told.end
    return "whole answer" if told.end == "stop" else ENDINGS[told.end]


def messages() -> str:
    label, keys = "*Provider*", "*the names of its keys*"
    lines = [["title", "message"], ["---", "---"]]
    for kind, sentence in SENTENCES.items():
        said = [sentence, *{"network": [DISTRUSTED], "timeout": [TOOK_TOO_LONG]}.get(kind, [])]
        lines.append([TITLES[kind], "<br>Or: ".join(one.format(label=label, keys=keys) for one in said)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
