"""Prompt caches of the simulator: what is found again, from which length on, and for how long."""

from __future__ import annotations

from simulator.prompt_cache import LEAST, TTL, CacheUse, PromptCache

LONG = "word " * LEAST


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_is_marked_is_written_and_then_read() -> None:
    cache = PromptCache()
    assert cache.marked("bedrock m", [LONG, "Why?"], [1, 2]) == CacheUse(0, LEAST + 2)
    assert cache.marked("bedrock m", [LONG, "Who?"], [1, 2]) == CacheUse(LEAST, 2)
    assert cache.marked("bedrock m", [LONG, "Why?", "So.", "And?"], [1, 4]) == CacheUse(LEAST + 2, 4)
    assert cache.marked("bedrock other", [LONG], [1]) == CacheUse(0, LEAST)
    assert cache.marked("bedrock m", [f"Not {LONG}", "Why?"], [1]) == CacheUse(0, LEAST + 1)


def test_what_is_short_or_not_marked_is_not_kept() -> None:
    cache = PromptCache()
    for _ in range(2):
        assert cache.marked("bedrock m", ["word " * (LEAST - 1)], [1]) == CacheUse()
        assert cache.marked("bedrock m", [LONG], []) == CacheUse()
        assert cache.unasked("openai m", ["word " * (LEAST - 1)]) == CacheUse()


def test_an_unasked_cache_has_steps() -> None:
    cache = PromptCache()
    assert cache.unasked("openai m", [LONG + "a " * 300]) == CacheUse()
    assert cache.unasked("openai m", [LONG + "a " * 200 + "b"]) == CacheUse(LEAST + 128)
    assert cache.unasked("openai m", [LONG, "a"]) == CacheUse(LEAST)


def test_it_is_forgotten_when_nobody_used_it() -> None:
    clock = Clock()
    cache = PromptCache(clock)
    cache.marked("bedrock m", [LONG], [1])
    clock.now = TTL - 1
    assert cache.marked("bedrock m", [LONG], [1]) == CacheUse(LEAST)
    clock.now += TTL - 1  # it was used meanwhile
    assert cache.marked("bedrock m", [LONG], [1]) == CacheUse(LEAST)
    clock.now += TTL
    assert cache.marked("bedrock m", [LONG], [1]) == CacheUse(0, LEAST)
