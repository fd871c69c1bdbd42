"""Faults on demand: a model id with `sim-fault-NAME` in it gets that fault, in its vendor's own words.

`-N` and `-CODE` in a name stand for a number or a word of your choice. A model id may name a speed as well:
`sim-fault-cut.sim-instant`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

WORDS_BEFORE = 12
"""Pieces that are sent before a fault in mid-stream."""

REFUSALS: dict[str, str] = {
    "400": "a request that is wrong in some general way",
    "400-too-long": "the prompt is longer than the model's context",
    "400-parameter": "the model takes no temperature or, without one, no token limit",
    "400-parameter-CODE": "the model does not take this parameter, e.g. seed or reasoning_effort",
    "401": "the key or token is not valid (AWS says 403)",
    "403": "the key is valid but may not use this model",
    "404": "there is no such model",
    "408": "the model took too long",
    "413": "the request is too large",
    "422": "the request can't be processed (AWS: 424, the model failed)",
    "429": "too many requests",
    "429-after-N": "too many requests, with Retry-After: N",
    "quota": "the account's quota is used up",
    "500": "the service failed",
    "502": "a gateway's HTML page instead of the service's answer",
    "503": "the service is overloaded",
    "529": "the service is overloaded, in the number some use for it (AWS: 503)",
    "once-503": "503 to the first request for this model id, an answer to every later one",
    "once-429": "429 to the first request for this model id, an answer to every later one",
    "filtered-first": "the content filter stops it before the first word",
}

SILENCES: dict[str, str] = {
    "stall-first": "the headers never come",
    "stall-headers": "the headers come, and not a word after them",
    "stall-middle": "some words, then silence for ever",
    "slow-first-N": "the first piece after N seconds",
    "reset-first": "the connection is reset (RST) before the headers",
    "reset": "the connection is reset (RST) in mid-stream",
    "cut": "the connection closes in mid-chunk",
    "clean-end": "ends properly after some words, without a finish marker",
}

CORRUPT: dict[str, str] = {
    "malformed": "a broken piece in mid-stream: truncated JSON, or bytes that are no frame",
    "bad-json": "a piece in mid-stream that is well framed and no JSON",
    "bad-crc": "a frame with a wrong checksum in mid-stream (Bedrock only)",
    "wrong-shape": "a piece in mid-stream with nulls where objects belong",
    "wrong-shape-list": "a piece in mid-stream that is a list where an object belongs",
    "error-event": "the vendor's error event in mid-stream",
    "error-event-CODE": "the same with a code of one's choice, e.g. throttlingException or overloaded_error",
}

ANSWERS: dict[str, str] = {
    "filtered": "the content filter stops it in mid-stream",
    "length": "ends because of the token limit, whatever the limit was",
    "tool": "some words, then a tool call",
    "no-finish": "the whole answer, and no finish marker",
    "no-usage": "the whole answer, and no token counts",
    "drip": "every byte is a TCP write of its own",
    "huge-piece": "one piece of 1 MB among ordinary ones",
    "many-pieces": "200,000 pieces at once",
    "odd-characters": "NUL, control characters, lone surrogates, right-to-left marks",
}

FAULTS: dict[str, str] = REFUSALS | SILENCES | CORRUPT | ANSWERS
"""Every fault's name and what it does."""
FAULT_IDS: tuple[str, ...] = tuple(
    f"sim-fault-{name.removesuffix('-N').removesuffix('-CODE')}" + ("-3" if name.endswith("-N") else "")
    for name in FAULTS
    if not name.endswith("-CODE")
)
"""A model id for every fault; those that take a number, with 3."""


class Fault(NamedTuple):
    """A fault that was asked for: `name` as in FAULTS without `-N` or `-CODE`, which is the `argument`."""

    name: str
    argument: str = ""

    @property
    def seconds(self) -> float:
        """The argument as seconds."""
        return float(self.argument)


class UnknownFault(LookupError):
    """The model id names a fault or a quirk that does not exist."""


def fault_of(model: str) -> Fault | None:
    """The fault that a model id names, if it names one. Raises UnknownFault."""
    found = named("fault", FAULTS, model)
    return found and Fault(*found)


def named(kind: str, table: Iterable[str], model: str) -> tuple[str, str] | None:
    """The name in `table`, and its argument, that `sim-{kind}-NAME` in a model id asks for. Raises UnknownFault."""
    # A speed that follows (`sim-fault-cut-sim-fast`) is not part of the name.
    found = re.search(rf"(?<![A-Za-z0-9])sim-{kind}-([A-Za-z0-9_]+(?:-(?!sim-)[A-Za-z0-9_]+)*)", model)
    if found is None:
        return None
    name = re.sub(r"-v\d+$", "", found[1])  # Bedrock's ids end in a version
    if name in table:
        return name, ""
    for known in table:
        stem, _, placeholder = known.rpartition("-")
        argument = name.removeprefix(f"{stem}-")
        number = placeholder == "N" and argument.isdecimal() and len(argument) < 8
        if argument != name and (number or placeholder in ("CODE", "WORD")):
            return stem, argument
    raise UnknownFault(name)


def listing(kind: str = "fault", table: Mapping[str, str] = FAULTS) -> str:
    """All faults with what they do, a line each."""
    return "\n".join(f"  sim-{kind}-{name:<18} {about}" for name, about in table.items())
