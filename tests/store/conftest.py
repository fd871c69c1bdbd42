"""The same tests on both databases: SQLite in a folder, and a PostgreSQL server that is started for them."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pytest

from replies.conversation import Conversation, Turn
from replies.reply import Reply
from replies.store import Store
from replies.store.autosave import Autosaver
from tests.replies.conftest import clock, hire, no_reader_outlives_its_test, vendor
from tests.replies.vendor import Clock, Vendor, reply_of
from tests.support.postgresql import MissingError, Server

__all__ = ["clock", "hire", "no_reader_outlives_its_test", "vendor"]

Open: TypeAlias = Callable[..., Store]
Hold: TypeAlias = Callable[[Store], Autosaver]


def a_server() -> Iterator[Server]:
    try:
        running = Server()
    except MissingError as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    yield running
    running.remove()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    yield from a_server()


def asked_of(vendor: Vendor, clock: Clock) -> tuple[Conversation, Reply]:
    """A conversation whose answer is in progress."""
    reply = reply_of(vendor, clock).start()
    return Conversation([Turn("Why?", [reply])]), reply


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/data/streamside.db"
    server: Server = request.getfixturevalue("server")
    return server.new()


@pytest.fixture
def opened() -> Iterator[Open]:
    """Stores that are closed after the test."""
    with ExitStack() as stores:
        yield lambda *arguments, **more: stores.enter_context(closing(Store(*arguments, **more)))


@pytest.fixture
def open_store(opened: Open, url: str) -> Open:
    """Stores of the same database, as several processes have them, or one after the other."""
    return partial(opened, url)


@pytest.fixture
def store(open_store: Open) -> Store:
    return open_store()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def standing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Store]]:
    """Empty stores that last as long as their module: for tests that only look at what is kept in one."""
    with ExitStack() as stores:

        def open_one() -> Store:
            file = tmp_path_factory.mktemp("standing") / "kept.db"
            url = f"sqlite:///{file}" if request.param == "sqlite" else request.getfixturevalue("server").new()
            return stores.enter_context(closing(Store(url)))

        yield open_one


@pytest.fixture
def hold() -> Iterator[Hold]:
    """Autosavers that are quick to try again."""
    with ExitStack() as held:
        yield lambda store: held.enter_context(closing(Autosaver(store, every=0.02, again=0.05)))
