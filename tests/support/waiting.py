"""Waiting for what another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 60.0  # seconds


def eventually(true: Callable[[], object], patience: float = PATIENCE) -> bool:
    """Whether it comes true within `patience` seconds."""
    until = time.monotonic() + patience
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True
