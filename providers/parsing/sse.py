"""Server-sent events, and the JSON in them, by the rules of the standard: html.spec.whatwg.org, section 9.2.

The SDKs' own readers take a field without data, a lone CR or an end without a blank line for a broken answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain, takewhile
from typing import Any, NamedTuple

DONE = "[DONE]"
UNNAMED = ("", "message")  # types of an event whose data is the answer's, as those of the Responses API


class Event(NamedTuple):
    """`type` is empty where the server gave none. `whole`: whether the blank line that ends an event was there."""

    type: str
    data: str
    whole: bool = True


def lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines of a body without their ends (LF, CR or CRLF), however it was cut; a last one needs no end.

    A byte order mark is taken off. Bytes that are no UTF-8 become U+FFFD.
    """
    parts: list[bytes] = []
    first = True
    returned = False  # the last line ended in CR: an LF that follows belongs to it
    for chunk in chunks:
        for piece in chunk.splitlines(keepends=True):
            if returned and piece == b"\n":
                returned = False
                continue
            returned = piece.endswith(b"\r")
            parts.append(piece)
            if returned or piece.endswith(b"\n"):
                yield _text(parts, first)
                first = False
                parts.clear()
    if parts:
        yield _text(parts, first)


def events(body: Iterable[str]) -> Iterator[Event]:
    """The events in the lines of a body. One without data is none; fields but `event` and `data` say nothing here.

    A line that begins with a brace is an event of its own: some servers fall out of the protocol to report an error.
    """
    kind, data = "", list[str]()
    for line in body:
        if not line:
            if "".join(data).strip():
                yield Event(kind, "\n".join(data))
            kind, data = "", []
            continue
        if line.startswith("{"):
            yield Event("", line)
            continue
        field, _, value = line.partition(":")
        if field == "data":
            if data and parsed(data[0]) is not None:  # some servers leave out the blank line between their events
                yield Event(kind, "\n".join(data))
                kind, data = "", []
            data.append(value.removeprefix(" "))
        elif field == "event":
            kind = value.strip()
    if "".join(data).strip():
        yield Event(kind, "\n".join(data), whole=False)


def values(chunks: Iterable[bytes]) -> Iterator[Any]:
    """The JSON values of an answer up to [DONE]: of its events, its lines, or of the body as one document.

    What it is shows in its first line; what its header says, or what was asked for, does not count. An error event is
    an object with an `error` in it. Raises ValueError where JSON is none.
    """
    body = lines(chunks)
    first = next((line for line in body if line.strip()), "").lstrip()
    if first.startswith("<"):
        raise ValueError("a web page")
    body = chain([first], body)
    found = _of_documents(body) if first.startswith(("{", "[")) else _of_events(body)
    yield from takewhile(lambda value: value != DONE, found)


def _of_events(body: Iterable[str]) -> Iterator[Any]:
    for event in events(body):
        if event.data.strip() == DONE:
            yield DONE
        elif event.type == "error":
            yield _error(event.data)
        else:
            named = event.type.startswith("response.")
            try:
                value = json.loads(event.data)
            except ValueError:
                if not event.whole:
                    return  # it was cut off in its midst
                if named or event.type in UNNAMED:
                    raise
                continue
            if named and isinstance(value, dict):
                yield {"type": event.type, **value}
            elif named or event.type in UNNAMED or isinstance(value, dict):  # others may say anything, as `ping` does
                yield value


def parsed(text: str) -> Any:
    """The JSON in a text; None where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _of_documents(body: Iterable[str]) -> Iterator[Any]:
    """One value from each line, or one from all of them."""
    begun, kept = False, list[str]()
    for line in body:
        if not kept:
            try:
                value = json.loads(line)
            except ValueError:
                if not line.strip():
                    continue
            else:
                begun = True
                yield value
                continue
        kept.append(line)
    if kept and not begun:
        yield json.loads("\n".join(kept))


def _error(data: str) -> Any:
    value = parsed(data)
    return value if isinstance(value, dict) and value.get("error") else {"error": data if value is None else value}


def _text(parts: list[bytes], first: bool) -> str:
    line = b"".join(parts).rstrip(b"\r\n")
    return line.decode("utf-8-sig" if first else "utf-8", "replace")
