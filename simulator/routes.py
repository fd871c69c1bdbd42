"""Which request goes where: what a vendor tells the server about itself."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from simulator.request_context import Call, Refusal

Handler = Callable[[Call], Awaitable[None]]


@dataclass(frozen=True)
class Route:
    """`path`: a regular expression for the whole path, percent-encoded; its groups become `call.parts`."""

    method: str
    path: str
    api: str
    handler: Handler

    def match(self, path: str) -> re.Match[str] | None:
        return re.fullmatch(self.path, path)


@dataclass(frozen=True)
class Vendor:
    """A vendor's routes, the beginnings of its paths, and its answers to what is not there."""

    name: str
    prefixes: tuple[str, ...]
    routes: tuple[Route, ...]
    no_such_path: Callable[[Call], Refusal]
    no_such_method: Callable[[Call], Refusal]
