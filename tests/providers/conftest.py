"""Providers that the simulator answers, and a server that says what it is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from providers import Provider
from simulator import Simulator
from tests.providers.asking import Stage, Voices, staged, voices_at


@pytest.fixture(scope="module")
def voices(simulator: Simulator) -> Iterator[Voices]:
    with voices_at(simulator) as voices:
        yield voices


@pytest.fixture
def provider(voices: Voices) -> Provider:
    """OpenAI's, by chat completions."""
    return voices["chat"]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A silence is waited for far longer than a test may take."""
    with staged(silence_timeout=600) as stage:
        yield stage
