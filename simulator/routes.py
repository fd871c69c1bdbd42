"""Routes: which of a vendor's paths is which operation."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from simulator.request_context import Refusal, RequestContext

Handler = Callable[[RequestContext], Awaitable[None]]


@dataclass(frozen=True)
class Route:
    """`path`: a regular expression for the whole path, percent-encoded; its groups become `context.parts`."""

    method: str
    path: str
    api: str
    handler: Handler

    def match(self, path: str) -> re.Match[str] | None:
        return re.fullmatch(self.path, path)


@dataclass(frozen=True)
class Vendor:
    """A vendor's routes, the beginnings of its paths, and its errors for unknown paths and methods."""

    name: str
    prefixes: tuple[str, ...]
    routes: tuple[Route, ...]
    no_such_path: Callable[[RequestContext], Refusal]
    no_such_method: Callable[[RequestContext], Refusal]
