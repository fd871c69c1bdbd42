"""A vendor, a clock, a file of prices, and a look at whether every reader's thread has ended."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import pytest

from replies.pricing import lookup
from tests.replies.vendor import PATIENCE, Clock, Hire, Vendor

OwnPrices: TypeAlias = Callable[..., Path]


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


@pytest.fixture(autouse=True)
def nobodys_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "OWN", Path("nowhere") / "prices.toml")


@pytest.fixture
def own_prices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OwnPrices:
    """Writes the user's own file of prices: from one entry a text, or as it is."""
    file = tmp_path / "mine.toml"
    monkeypatch.setenv("STREAMSIDE_PRICES", str(file))

    def write(*entries: str, whole: str = "") -> Path:
        file.write_text(whole or "".join(f"[[price]]\n{entry}\n" for entry in entries), encoding="utf-8")
        return file

    return write
