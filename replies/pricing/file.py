"""Prices in a TOML file: those that ship with the app, and the user's own.

[[price]]
provider = "openai"            # the provider's name in the settings
model = "gpt-5.4-mini"         # the whole id, or its beginning and a *; the longest that fits is taken
input = 0.75                   # US dollars per million tokens
output = 4.50
cached = 0.075                 # optional: input that is read from a cache, and that is written to one
cache_write = 0.9375
as_of = 2026-11-01
source = "our contract"
"""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

RATES = ("input", "output", "cached", "cache_write")
FIELDS = ("provider", "model", *RATES, "as_of", "source")


class PriceFileError(ValueError):
    """The file can't be read or is invalid; the text names the entry and what to do."""


class PriceEntry(NamedTuple):
    """`input`, `output`, `cached` and `cache_write` are US dollars per million tokens, the last two None where the file
    does not say; `as_of` is a day, as in 2026-11-01."""

    provider: str
    model: str
    input: Decimal
    output: Decimal
    as_of: str
    source: str
    cached: Decimal | None = None
    cache_write: Decimal | None = None

    def fits(self, provider: str, model: str) -> bool:
        mine, asked = self.model.casefold(), model.casefold()
        fits = asked.startswith(mine[:-1]) if mine.endswith("*") else asked == mine
        return fits and self.provider.casefold() == provider.casefold()


def find(entries: tuple[PriceEntry, ...], provider: str, model: str) -> PriceEntry | None:
    """The entry for a model: its whole id before any beginning, a longer beginning before a shorter one."""
    fitting = [entry for entry in entries if entry.fits(provider, model)]
    return max(fitting, key=lambda entry: (not entry.model.endswith("*"), len(entry.model)), default=None)


def read(path: Path) -> tuple[PriceEntry, ...]:
    """The file's entries; it is read again only after it has changed. Raises PriceFileError."""
    try:
        stat = path.stat()
        return _read(path, stat.st_mtime_ns, stat.st_size)
    except OSError as error:
        problem = f"The prices in {path} can't be read ({error.strerror}). Mend that, or take the file away."
        raise PriceFileError(problem) from None


@lru_cache(maxsize=8)
def _read(path: Path, changed: int, size: int) -> tuple[PriceEntry, ...]:
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except ValueError as error:  # no TOML, or no UTF-8
        raise PriceFileError(f"{path.name} is no TOML: {error}. Mend that, or take the file away.") from None
    entries = told.pop("price", [])
    if told or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise PriceFileError(f"{path.name} holds something else than prices. Begin each price with a line [[price]].")
    read = tuple(_entry(path.name, number, entry) for number, entry in enumerate(entries, 1))
    whose = [(entry.provider.casefold(), entry.model.casefold()) for entry in read]
    for number, one in enumerate(whose, 1):
        if one in whose[: number - 1]:
            problem = "is there twice. Take one of the two away"
            raise PriceFileError(f"{path.name}, price {number} ({' / '.join(one)}): it {problem}.")
    return read


def _entry(file: str, number: int, told: dict[str, Any]) -> PriceEntry:
    named = " / ".join(str(told[name]) for name in ("provider", "model") if name in told)
    where = f"{file}, price {number}" + (f" ({named})" if named else "")
    if unknown := [name for name in told if name not in FIELDS]:
        raise PriceFileError(f"{where}: there is no {unknown[0]!r}. It can have {', '.join(FIELDS)}.")
    values = {"source": file} | told
    if missing := [name for name in PriceEntry._fields if name not in {**PriceEntry._field_defaults, **values}]:
        raise PriceFileError(f"{where}: {missing[0]!r} is missing. Add it.")
    for name in ("provider", "model", "source"):
        if not isinstance(values[name], str) or not values[name].strip():
            raise PriceFileError(f"{where}: {name!r} must be a text in quotation marks.")
    if "*" in values["model"][:-1]:
        raise PriceFileError(f"{where}: 'model' can have a * at its end only.")
    for name in RATES:
        if name in values:
            values[name] = _dollars(where, name, values[name])
    return PriceEntry(**(values | {"as_of": _day(where, values["as_of"])}))


def _dollars(where: str, name: str, value: object) -> Decimal:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        dollars = Decimal(value)
        if dollars.is_finite() and dollars >= 0:
            return dollars
    problem = "must be a number of US dollars per million tokens, 0 or more, without quotation marks"
    raise PriceFileError(f"{where}: {name!r} is {value}; it {problem}.")


def _day(where: str, value: object) -> str:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise PriceFileError(f"{where}: 'as_of' is {value}; it must be a day, as in 2026-11-01.") from None
