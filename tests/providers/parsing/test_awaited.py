"""An answer that comes in one piece has a limit of its own: silence says nothing while the model writes."""

from __future__ import annotations

import pytest

from providers import Call, load
from simulator import Simulator
from tests.providers.asking import EVERY, Api, at_simulator, collect, connected, question


@pytest.mark.parametrize("api", EVERY)
def test_the_limit_of_silence_is_not_that_of_an_awaited_answer(api: Api, simulator: Simulator) -> None:
    with connected(at_simulator(simulator, api, silence_timeout=0.6)) as provider:
        for stream in (True, False):  # a second, of which the first byte of an awaited answer is the end
            assert collect(provider, question(speed="sim-20x20", stream=stream)).end is not None
    with connected(at_simulator(simulator, api, awaited_timeout=0.2)) as provider:
        heard = collect(provider, question(speed="sim-100x10", stream=False))
    assert (heard.failure.kind, heard.retries) == ("timeout", [])
    assert "streamed" in heard.failure.message
    assert "STREAMSIDE_SILENCE_TIMEOUT" not in heard.failure.message


def test_all_of_it_is_counted_not_each_silence() -> None:
    now = 100.0
    call = Call(clock=lambda: now)
    assert (call.limit(120.0), call.late) == (120.0, False)
    call.await_whole(600.0)
    assert call.limit(120.0) == 600.0
    now = 650.0
    assert (call.limit(120.0), call.late) == (50.0, False)
    call.read_timeout = 2.0
    assert call.limit(None) == 2.0
    now = 700.0
    assert call.late


def test_ten_minutes_are_the_limit() -> None:
    assert {one.awaited_timeout for one in load({}).values()} == {600.0}
