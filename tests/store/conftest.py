"""The same tests on both databases: SQLite in a folder, and a PostgreSQL server that is started for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

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
def opened() -> Iterator[Callable[..., Store]]:
    """Stores that are closed after the test."""
    stores: list[Store] = []

    def open_one(*arguments: Any, **more: Any) -> Store:
        stores.append(Store(*arguments, **more))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture
def open_store(opened: Callable[..., Store], url: str) -> Open:
    """Stores of the same database, as several processes have them, or one after the other."""
    return partial(opened, url)


@pytest.fixture
def store(open_store: Open) -> Store:
    return open_store()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def standing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Store]]:
    """Empty stores that last as long as their module: for tests that only look at what is kept in one."""
    stores: list[Store] = []

    def open_one() -> Store:
        folder = tmp_path_factory.mktemp("standing")
        is_sqlite = request.param == "sqlite"
        stores.append(Store(f"sqlite:///{folder}/kept.db" if is_sqlite else request.getfixturevalue("server").new()))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture
def hold() -> Iterator[Hold]:
    """Autosavers that are quick to try again."""
    held: list[Autosaver] = []

    def hold_one(store: Store) -> Autosaver:
        held.append(Autosaver(store, every=0.02, again=0.05))
        return held[-1]

    yield hold_one
    for autosaver in held:
        autosaver.close()
