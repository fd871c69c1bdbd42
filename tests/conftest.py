"""Surroundings of every test: no way out of this machine, and nobody's keys. See `tests/support/guard`."""

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.guard import forget_the_developer, live_calls

if TYPE_CHECKING:
    from simulator import Simulator

# Now, not in a fixture: test files import the code under test while they are collected.
_HOME = tempfile.TemporaryDirectory(prefix="streamside-tests-")
forget_the_developer(Path(_HOME.name))
live_calls.forbid()

# `nohup make test &` in a script starts it with SIGINT ignored, and programs that tests start would inherit that and
# never hear of Ctrl-C. A function that does nothing keeps it ignored here, and is not inherited.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, lambda *_: None)


def pytest_unconfigure() -> None:
    _HOME.cleanup()


@pytest.fixture(autouse=True)
def no_live_calls() -> Iterator[None]:
    """Fail the test that tried a live call, even where the code under test swallowed the refusal."""
    before = len(live_calls.refused())
    yield
    if tried := live_calls.refused()[before:]:
        pytest.fail("a live call was tried, and refused:\n" + "\n".join(tried), pytrace=False)


@pytest.fixture(scope="session")
def simulator() -> Iterator["Simulator"]:
    """One simulator of the three vendors for all tests."""
    from simulator import Simulator

    with Simulator() as running:
        yield running
