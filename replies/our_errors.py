"""Errors of our own: never blamed on the provider, logged with their place, and told to the person."""

from __future__ import annotations

import logging
import traceback

logger = logging.getLogger(__name__)


def failed_to(do: str, failure: BaseException) -> str:
    """Log that Streamside failed to `do` something; returns the sentence that says so. The exception's own text may
    hold a key, or what somebody wrote, so only its type and place are logged."""
    name = type(failure).__name__
    logger.error("%s: failed to %s:\n%s", name, do, "".join(traceback.format_tb(failure.__traceback__)))
    return f"Streamside failed to {do} ({name}); see its log."
