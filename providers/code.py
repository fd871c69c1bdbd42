"""Code to take home, what vendors share of it: Python's literals as people write them, and requests of curl."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

WIDTH = 88
LONGEST = 64  # characters of a line of a long text
_LINES = re.compile(rf"[^\n]{{0,{LONGEST}}}(?:\s|\Z)|[^\n]{{{LONGEST}}}")
# What an unquoted here-document changes, and how JSON writes it instead.
_SHELL = re.compile(r"\\\\|[$`]")


def literal(value: Any, indent: int = 0) -> str:
    """The value as Python has it: on one line where that is short, else an item a line; `indent`: blanks before it."""
    text = isinstance(value, str)
    pieces = list(filter(None, _LINES.findall(value))) if text else []
    flat = _flat(value)
    if len(pieces) < 2 and "\n" not in flat and len(flat) + indent <= WIDTH:
        return flat
    inner = indent + 4
    if isinstance(value, Mapping):
        items, ends = [f"{_flat(name)}: {literal(item, inner)}," for name, item in value.items()], "{}"
    elif isinstance(value, list):
        items, ends = [f"{literal(item, inner)}," for item in value], "[]"
    elif len(pieces) > 1:
        items, ends = [_flat(piece) for piece in pieces], "()"
    else:
        return flat
    blanks = " " * inner
    return f"{ends[0]}\n{blanks}" + f"\n{blanks}".join(items) + f"\n{' ' * indent}{ends[1]}"


def _flat(value: Any) -> str:
    """The same on one line. A text is in double quotes, unless it holds some."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flat(name)}: {_flat(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flat, value)) + "]"
    written = repr(value)
    return f'"{written[1:-1]}"' if isinstance(value, str) and '"' not in value else written


def called(function: str, arguments: Mapping[str, Any], indent: int = 0) -> str:
    blanks = " " * (indent + 4)
    lines = "".join(f"{blanks}{name}={literal(value, indent + 4)},\n" for name, value in arguments.items())
    return f"{function}(\n{lines}{' ' * indent})"


def curl(
    url: str,
    body: Mapping[str, Any],
    *,
    headers: Sequence[str] = (),
    options: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    streamed: bool,
) -> str:
    """A request of curl with JSON. `url`, `headers`: as they stand inside double quotes of a shell. `variables`: fields
    of the body whose values are those of environment variables."""
    written = _printable(json.dumps(body, indent=2, ensure_ascii=False))
    if variables:
        written = _SHELL.sub(lambda sign: f"\\u{ord(sign[0][0]):04x}", written)
        first = "".join(f'\n  "{field}": "${variable}",' for field, variable in variables.items())
        written = "{" + first + written[1:]
    command = [
        f'curl -sS{"N" if streamed else ""} --fail-with-body "{url}"',
        *options,
        *(f'-H "{header}"' for header in ("Content-Type: application/json", *headers)),
        "--data-binary @- <<JSON" if variables else "--data-binary @- <<'JSON'",
    ]
    return " \\\n  ".join(command) + f"\n{written}\nJSON\n"


def token_by_grant(url: str, grant: str, key: str) -> str:
    """The same for a token that is given for the key which this variable holds."""
    form = (f'--data-urlencode "grant_type={grant}"', f'--data-urlencode "apikey=${key}"')
    return token_from(url, "access_token", *form)


def token_from(url: str, field: str, *options: str) -> str:
    """The step before such a request that sets `token`: a field of the JSON that is got from there."""
    end = f"""| sed 's/.*"{field}" *: *"\\([^"]*\\)".*/\\1/')"""
    return " \\\n  ".join([f'token=$(curl -sS --fail-with-body "{url}"', *options, end]) + "\n"


def _printable(text: str) -> str:
    """JSON in which each sign can be seen: blanks other than usual ones and marks of direction are escaped."""
    return "".join(sign if sign.isprintable() or sign == "\n" else json.dumps(sign)[1:-1] for sign in text)


def in_double_quotes(text: str) -> str:
    return re.sub(r'([$`"\\])', r"\\\1", text)
