"""What a test takes for known."""

from __future__ import annotations

from typing import TypeVar

Found = TypeVar("Found")


def known(found: Found | None) -> Found:
    """What was found; the test fails where nothing was."""
    assert found is not None
    return found
