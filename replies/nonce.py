"""Nonce: a beginning that no prompt had before, so that no provider's cache answers faster than the model."""

from __future__ import annotations

import re
import secrets

_LINE = "(Request {}; this line has no meaning.)\n\n"
_BEGINNING = re.compile(re.escape(_LINE).replace(r"\{\}", "[0-9a-f]{16}"))


def with_nonce(prompt: str) -> str:
    """The prompt after a line that tells the model to pass over it."""
    return _LINE.format(secrets.token_hex(8)) + prompt


def has_nonce(asked: str) -> bool:
    """Whether `with_nonce` made this of a prompt."""
    return _BEGINNING.match(asked) is not None
