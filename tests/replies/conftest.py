"""A vendor, a clock, and a look at whether every reader's thread has ended."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.replies.vendor import PATIENCE, Clock, Hire, Vendor


@pytest.fixture(autouse=True)
def no_reader_outlives_its_test() -> Iterator[None]:
    yield
    readers = [thread for thread in threading.enumerate() if thread.name.startswith("reply-")]
    for reader in readers:
        reader.join(PATIENCE)
    assert [reader.name for reader in readers if reader.is_alive()] == []


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hire(clock: Clock) -> Iterator[Hire]:
    """Vendors, as many as are wanted."""
    with ExitStack() as hired:
        yield lambda: hired.enter_context(Vendor(clock))


@pytest.fixture
def vendor(hire: Hire) -> Vendor:
    return hire()
