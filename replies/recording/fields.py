"""The lines of a recording as JSON objects, each value taken as what it must be; errors name the line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

LONGEST_LINE = 8_000_000  # bytes
LONGEST_NAME = 300  # characters of a provider, a model, an API
LONGEST_ANSWER = 7 * 86_400.0  # seconds
LARGEST_COUNT = 2**53

FOREIGN = "This is no recording of Streamside. Choose a .jsonl file that was exported from it."


class RecordingError(Exception):
    """A file that can't be imported, in words for whoever chose it; nothing of it was. `line` counts from 1."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"Line {line:,}: {problem} Nothing was imported.")
        self.line = line


def read_object(number: int, line: bytes, *, whole: bool, first: bool) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise RecordingError(number, f"It has more than {LONGEST_LINE:,} bytes, which no piece of text has.")
    try:
        values = json.loads(line.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        problem = "It is no JSON, so the file is damaged. Export or download it again."
        if first:
            problem = FOREIGN
        elif not whole:
            problem = "The file ends in the middle of this line: it was cut off. Export or download it again."
        raise RecordingError(number, problem) from None
    if not isinstance(values, dict):
        raise RecordingError(number, FOREIGN if first else "It is no JSON object.")
    return values


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


class Fields:
    """The values of one JSON object, each taken as what it must be."""

    def __init__(self, line: int, values: dict[str, Any]) -> None:
        self.line = line
        self._values = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def fail(self, problem: str) -> NoReturn:
        raise RecordingError(self.line, problem)

    def get(self, name: str) -> Any:
        return self._values.get(name)

    def names(self) -> Iterable[str]:
        return self._values

    def part(self, name: str) -> Fields:
        value = self.get(name)
        if not isinstance(value, dict):
            self._must_be(name, "an object")
        return Fields(self.line, value)

    def parts(self, name: str) -> list[Fields]:
        value = self.get(name)
        if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
            self._must_be(name, "a list of objects")
        return [Fields(self.line, part) for part in value]

    def text(self, name: str) -> str:
        value = self.get(name)
        if not isinstance(value, str):
            self._must_be(name, "a text")
        return value

    def texts(self, name: str) -> list[str]:
        value = self.get(name)
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            self._must_be(name, "a list of texts")
        return value

    def name(self, name: str) -> str:
        value = self.text(name)
        if not value.strip() or len(value) > LONGEST_NAME:
            self._must_be(name, f"a text of 1 to {LONGEST_NAME} characters")
        return value

    def choice(self, name: str, options: Sequence[str]) -> Any:
        value = self.get(name)
        if value not in options:
            self._must_be(name, f"one of {', '.join(options)}")
        return value

    def flag(self, name: str) -> bool:
        value = self.get(name)
        if not isinstance(value, bool):
            self._must_be(name, "true or false")
        return value

    def number(self, name: str) -> float:
        value = self.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST_ANSWER:
            self._must_be(name, f"a number from 0 to {LONGEST_ANSWER:,.0f}")
        return float(value)

    def number_or_none(self, name: str) -> float | None:
        return None if self.get(name) is None else self.number(name)

    def count(self, name: str, largest: int = LARGEST_COUNT) -> int:
        value = self.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= largest:
            limit = "0 or more" if largest == LARGEST_COUNT else f"from 0 to {largest:,}"
            self._must_be(name, f"a whole number, {limit}")
        return value

    def count_or_none(self, name: str) -> int | None:
        return None if self.get(name) is None else self.count(name)

    def moment(self, name: str) -> datetime:
        try:
            value = datetime.fromisoformat(self.text(name))
            if value.tzinfo is not None:
                return value.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        return self._must_be(name, "a date and time with its time zone, as in 2026-11-22T13:45:00+00:00")

    def _must_be(self, name: str, what: str) -> NoReturn:
        self.fail(f'"{name}" {"must be" if name in self else "is missing; it is"} {what}.')
