"""Prompts: one as it was typed, and sets of them, each taken as a whole or not at all: built in, a list, a file."""

from __future__ import annotations

import csv
import io
import re
import secrets
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from providers.env_file import decoded

LONGEST_TYPED = 1_000_000  # characters, some 250,000 tokens: more than nearly every model reads
MOST_PROMPTS = 50
LONGEST_PROMPT = 8_000  # characters of one in a set
LARGEST_FILE = 1_000_000  # bytes
COLUMN = "prompt"
DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab"}

SETS: Mapping[str, tuple[str, ...]] = {
    "Short answers": (
        "What is the capital of Australia? Answer in one word.",
        "How many minutes are there in a week? Give the number alone.",
        "Name the chemical element with the symbol Fe.",
        "Which planet of the solar system has the shortest year?",
        "In one sentence, what does a librarian do?",
    ),
    "Explain": (
        "Tell me about history of Cricket in 200 words.",
        "Explain to a ten-year-old why the sky is blue by day and red at sunset.",
        "What is the difference between weather and climate? Use about 150 words.",
        "Describe how a letter gets from one country to another, step by step.",
        "Why do bicycles stay upright while they move? Answer in three short paragraphs.",
    ),
    "Code": (
        "Write a Python function that counts the words in a text, with a test.",
        "Write a SQL query for the three best-paid people of each department. Explain it in two sentences.",
        "Write a shell command that lists the ten largest files below the current folder.",
        "What does this do, and what is wrong with it? `def add(item, to=[]): to.append(item); return to`",
        "Write a regular expression for a date such as 2026-03-01, and say what it does not catch.",
    ),
    "Reasoning": (
        "A train leaves at 14:50 and arrives at 17:05, with a stop of 20 minutes. How long was it moving?",
        "I have two coins that make 30 cents, and one of them is no nickel. Which coins are they?",
        "Five people shake hands with each other once. How many handshakes are there? Show your steps.",
        "All roses are flowers, and some flowers fade quickly. Do some roses fade quickly? Say why.",
        "A shirt costs 20 % less than before, and then 20 % more than that. Is it cheaper than at first?",
    ),
    "Multilingual": (
        "Say hello in many languages and scripts, with emoji.",
        "Explique en français, en cinq phrases, comment on fait le pain.",
        "Erkläre auf Deutsch in fünf Sätzen, wie ein Kompass funktioniert.",
        "Describe en español, en cinco frases, un mercado por la mañana.",
        "日本の四季について、五つの文で説明してください。",
        "اشرح في خمس جمل لماذا يحدث المد والجزر.",
    ),
}
"""Prompts by the name of their set: harmless, and short enough to read the answers of several lanes."""


# Control characters, and what decoders put in the place of bytes that are no text. Line ends, tabs, form feeds and
# the escapes of coloured terminals are in texts that people paste.
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufffd]")
STRAY, STRAY_SHARE = 10, 0.02  # so many of them, or such a share, may be in a text all the same
_BLANK = {"Zs", "Zl", "Zp", "Cc", "Cf"}  # Unicode's categories of what shows nothing
_LONE = re.compile("[\ud800-\udfff]")
_BLANK_LINES = re.compile(r"\A\s*[\n\r\u2028\u2029]")


class PromptsError(ValueError):
    """Why none of these prompts are taken. The message is for the person, and names the next step."""


class EmptyPromptError(PromptsError):
    """There is nothing in it, or nothing that shows."""


def typed(text: str) -> str:
    """One prompt as it can be asked. Raises PromptsError."""
    if len(text) > LONGEST_TYPED:
        raise PromptsError(
            f"The prompt has {len(text):,} characters, and up to {LONGEST_TYPED:,} can be asked. Shorten it, or ask "
            "about one part after the other."
        )
    text = _LONE.sub("\ufffd", text)
    if not is_text(text):
        raise PromptsError(
            "The prompt is no text: it has characters that only binary files have. Paste text, or the text of the file."
        )
    if all(unicodedata.category(character) in _BLANK for character in text):
        raise EmptyPromptError("The prompt is empty.")
    return text


def trimmed(text: str) -> str:
    """The text without blank lines before it and blanks after it. Its first line stays indented: it may be code."""
    return _BLANK_LINES.sub("", text).rstrip()


def is_text(text: str) -> bool:
    """Whether somebody may have written it: it has no NUL, and few other characters that are no text."""
    return "\0" not in text and len(_NO_TEXT.findall(text)) <= max(STRAY, STRAY_SHARE * len(text))


def listed(text: str) -> tuple[str, ...]:
    """One prompt a line, without blank lines. Raises PromptsError."""
    lines = ((f"Line {number}", line.strip()) for number, line in enumerate(text.split("\n"), start=1))
    return _taken((where, line) for where, line in lines if line)


def uploaded(data: bytes) -> tuple[str, ...]:
    """The column `prompt` of a CSV file, or its only column where no header says so; UTF-8 or UTF-16; commas,
    semicolons or tabs. Rows are counted as a spreadsheet does; blank ones are left out. Raises PromptsError."""
    rows = _table(_decoded(data))
    header = [cell.strip().casefold() for cell in rows[0][1]]
    if header.count(COLUMN) > 1:
        raise PromptsError(f"Two columns are called “{COLUMN}”. Rename one of them.")
    column = header.index(COLUMN) if COLUMN in header else 0
    cells = ((f"Row {number}", trimmed(row[column]) if column < len(row) else "") for number, row in rows)
    return _taken(list(cells)[COLUMN in header :])


def _taken(found: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """All prompts, each found with its place; or an error."""
    prompts = []
    for where, prompt in found:
        if not prompt:
            raise PromptsError(f"{where} has no prompt. Write one there, or remove the whole row.")
        if len(prompt) > LONGEST_PROMPT:
            raise PromptsError(
                f"{where} has {len(prompt):,} characters. A prompt may have up to {LONGEST_PROMPT:,}: shorten it."
            )
        if not is_text(prompt):
            raise PromptsError(f"{where} is no text: it has characters that only binary files have. Write text there.")
        prompts.append(prompt)
    if not prompts:
        raise PromptsError("There is no prompt in it. Add at least one.")
    if len(prompts) > MOST_PROMPTS:
        raise PromptsError(f"These are {len(prompts)} prompts. Up to {MOST_PROMPTS} can be asked: remove the others.")
    return tuple(prompts)


def _decoded(data: bytes) -> str:
    if len(data) > LARGEST_FILE:
        raise PromptsError(f"The file is larger than {LARGEST_FILE // 1_000_000} MB. Keep the column of prompts alone.")
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise PromptsError("This is a workbook, no CSV file. Save it as “CSV UTF-8” and upload that.")
    try:
        return decoded(data)
    except UnicodeDecodeError as error:
        if b"\0" in data:
            raise PromptsError("The file is not text. Upload a CSV file with a column of prompts.") from None
        line = data.count(b"\n", 0, error.start) + 1
        raise PromptsError(
            f"Line {line} has characters that are not UTF-8. Save the file as “CSV UTF-8” and upload that."
        ) from None


def _table(text: str) -> list[tuple[int, list[str]]]:
    """The rows that are not blank, with their numbers, by the only delimiter by which all have the columns that the
    first one names. Without a header there must be one column: else numbers or names could be taken for prompts."""
    problem: PromptsError | None = None
    alone: list[tuple[int, list[str]]] = []
    for delimiter, named in DELIMITERS.items():
        try:
            rows = list(_rows(text, delimiter))
            if not rows:
                raise PromptsError("The file is empty. Put one prompt in each row, below the header “prompt”.")
            columns = len(rows[0][1])
            if COLUMN not in (cell.strip().casefold() for cell in rows[0][1]):
                several = [number for number, row in rows if len(row) > 1]
                # Semicolons are common in prose: they separate columns only where each row has some.
                if several and (delimiter == "," or len(several) == len(rows) > 1):
                    raise PromptsError(
                        f"Row {several[0]} has {named} and no column is called “{COLUMN}”. Write "
                        f"“{COLUMN}” above the column of prompts; or, if there is one column, put each prompt into "
                        "double quotes."
                    )
                alone = alone or rows
                continue
            for number, row in rows:  # as where a prompt with a comma is not in quotes
                if any(cell.strip() for cell in row[columns:]):
                    raise PromptsError(
                        f"Row {number} has {len(row)} cells, and the header {columns}. Put a prompt that contains "
                        f"{named} into double quotes."
                    )
        except PromptsError as error:
            # What is wrong by the delimiter that the header is written with says more.
            if problem is None or (delimiter in text.split("\n", 1)[0] and delimiter != ","):
                problem = error
        else:
            return rows
    if problem is not None:
        raise problem
    return alone


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, row in enumerate(reader, start=1):
            if any(cell.strip() for cell in row):
                yield number, row
    except csv.Error as error:
        if "field larger" in str(error):
            raise PromptsError(
                f"Row {number + 1} is too long. A prompt may have up to {LONGEST_PROMPT:,} characters: shorten it, or "
                "close its double quotes."
            ) from None
        raise PromptsError(
            f"Row {number + 1} has double quotes that don't fit together. Begin and end the prompt with one, and write "
            "those within it twice."
        ) from None


# A beginning that no prompt had before, so that no provider's cache answers faster than the model

_NONCE = "(Request {}; this line has no meaning.)\n\n"
_HAS_NONCE = re.compile(re.escape(_NONCE).replace(r"\{\}", "[0-9a-f]{16}"))


def with_nonce(prompt: str) -> str:
    """The prompt after a line that tells the model to pass over it."""
    return _NONCE.format(secrets.token_hex(8)) + prompt


def has_nonce(asked: str) -> bool:
    """Whether `with_nonce` made this of a prompt."""
    return _HAS_NONCE.match(asked) is not None
