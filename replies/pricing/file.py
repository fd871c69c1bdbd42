"""Prices in a TOML file: those that ship with the app, and the user's own, which docs/figures.md describes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from providers.env_file import decoded

LONGEST_NAME: Final = 300  # characters; a recording has no longer ones

Name: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
Dollars: TypeAlias = Annotated[Decimal, Field(ge=0, le=1_000_000)]


class PriceFileError(ValueError):
    """The file can't be read or is invalid; the text names the entry and what to do."""


class PriceEntry(BaseModel):
    """`input`, `output`, `cached` and `cache_write` are US dollars per million tokens, the last two None where the file
    does not say. `source`: by default the file's name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: Name
    model: Annotated[Name, Field(pattern=r"^[^*]*\*?$")]
    input: Dollars
    output: Dollars
    cached: Dollars | None = None
    cache_write: Dollars | None = None
    as_of: date
    source: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_NAME)] = ""

    def fits(self, provider: str, model: str) -> bool:
        mine, asked = self.model.casefold(), model.casefold()
        fits = asked.startswith(mine[:-1]) if mine.endswith("*") else asked == mine
        return fits and self.provider.casefold() == provider.casefold()


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    price: list[PriceEntry] = []


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
    told: dict[str, Any] = {}
    try:
        told = tomllib.loads(decoded(path.read_bytes()), parse_float=Decimal)
        entries = _File.model_validate(told).price
    except ValidationError as error:
        raise PriceFileError(_problem(path.name, told, error)) from None
    except ValueError as error:  # no TOML, or no text
        raise PriceFileError(f"{path.name} is no TOML: {error}. Mend that, or take the file away.") from None
    whose = [(entry.provider.casefold(), entry.model.casefold()) for entry in entries]
    for at, one in enumerate(whose):
        if one in whose[:at]:
            where = f"{path.name}, price {at + 1} ({' / '.join(one)})"
            raise PriceFileError(f"{where}: it is there twice. Take one of the two away.")
    return tuple(entry.model_copy(update={"source": entry.source or path.name}) for entry in entries)


def _problem(file: str, told: Mapping[str, Any], error: ValidationError) -> str:
    wrong = error.errors(include_url=False)[0]
    match wrong["loc"]:
        case ("price", int(at), str(name)):
            named = [str(told["price"][at][one]) for one in ("provider", "model") if one in told["price"][at]]
            where = f"{file}, price {at + 1}" + (f" ({' / '.join(named)})" if named else "")
            return f"{where}: {name!r}: {wrong['msg']}."
    return f"{file} holds something else than prices. Begin each price with a line [[price]]."
