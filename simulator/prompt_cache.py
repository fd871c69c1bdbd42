"""Prompt caches, as the vendors keep them: what a prompt begins with, found again in a later one.

Tokens are those of `answers.count_input`. Shorter beginnings than 1,024 tokens are not kept, and none for longer than
five minutes without use.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from simulator.answers import words

LEAST = 1024  # tokens
STEP = 128  # tokens; where a vendor caches of itself
TTL = 300.0  # seconds


class CacheUse(NamedTuple):
    """Tokens of a prompt that were in the cache already, and that were put there."""

    read: int = 0
    written: int = 0


class PromptCache:
    """All vendors' caches. `key` tells them apart: a vendor's, of one model."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last_used: dict[str, float] = {}

    def unasked(self, key: str, texts: Sequence[str]) -> CacheUse:
        """Of a vendor that caches all prompts of itself, in steps: OpenAI."""
        tokens = [word for text in texts for word in ("\0", *words(text))]
        begins = hashlib.sha256(key.encode())
        ends, counted = [], 0
        for token in tokens:
            begins.update(f"{token}\n".encode(errors="surrogatepass"))
            counted += token != "\0"
            if token != "\0" and counted >= LEAST and counted % STEP == 0:
                ends.append((counted, begins.hexdigest()))
        return CacheUse(self._used(ends, ends))

    def marked(self, key: str, texts: Sequence[str], marks: Sequence[int]) -> CacheUse:
        """Of a vendor that caches what a request marks: AWS. `marks`: after how many of the texts there is one."""
        begins = hashlib.sha256(key.encode())
        ends, counted = [], 0
        for text in texts:
            begins.update(f"{text}\0".encode(errors="surrogatepass"))
            counted += len(words(text))
            ends.append((counted, begins.hexdigest()))
        kept = [ends[mark - 1] for mark in marks if ends[mark - 1][0] >= LEAST]
        last = max((count for count, _ in kept), default=0)
        read = self._used([end for end in ends if end[0] <= last], kept)
        return CacheUse(read, last - read)

    def _used(self, ends: Sequence[tuple[int, str]], kept: Sequence[tuple[int, str]]) -> int:
        """The tokens of the longest beginning, of those with these `ends`, that is there; from now on, `kept` are."""
        now = self._clock()
        self._last_used = {name: used for name, used in self._last_used.items() if now - used < TTL}
        there = [end for end in ends if end[1] in self._last_used]
        for _, name in (*there[-1:], *kept):
            self._last_used[name] = now
        return there[-1][0] if there else 0
