"""One simulator for these tests, apart from the one that others use: the log is looked at here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulator import Simulator
from tests.simulator.wire import APIS, Client


@pytest.fixture(scope="session")
def sim() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture(scope="session")
def client(sim: Simulator) -> Client:
    return Client(sim)


@pytest.fixture(params=APIS)
def api(request: pytest.FixtureRequest) -> str:
    return str(request.param)
