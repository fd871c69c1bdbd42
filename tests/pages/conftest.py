"""Fixtures of the tests of pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from replies.store import Store
from ui.session import persistence


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The page's own store, with nothing in it but the samples, which nobody has judged."""
    cached = (persistence.store, persistence.autosaver, persistence.seed_samples, persistence.recordings)
    monkeypatch.setenv("STREAMSIDE_DATA", str(tmp_path))
    for one in cached:
        one.clear()
    yield persistence.store()
    persistence.autosaver().close()
    persistence.store().close()
    for one in cached:
        one.clear()
