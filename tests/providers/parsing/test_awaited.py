"""An answer that comes in one piece has a limit of its own: silence says nothing while the model writes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from providers import Call, Settings, SimulatorAddress, connect, load
from simulator import Simulator
from tests.providers.asking import collect, question
from tests.providers.transport.test_network import ENV, VOICES, forgotten

__all__ = ["forgotten"]

ALL = [*VOICES, ("bedrock", "invoke")]


def simulated(simulator: Simulator, name: str, **more: Any) -> Settings:
    address = SimulatorAddress(simulator.url, simulator.tls_url, simulator.ca_file)
    return replace(load(ENV)[name].simulated_by(address), **more)


@pytest.mark.parametrize(("name", "api"), ALL)
def test_an_awaited_answer_may_take_longer_than_the_limit_of_silence(name: str, api: str, simulator: Simulator) -> None:
    request = question(speed="sim-20x20")  # a second, of which the first byte of an awaited answer is the end
    provider = connect(simulated(simulator, name, silence_timeout=0.6), api)
    assert collect(provider, replace(request, stream=False)).end is not None
    assert collect(provider, request).end is not None  # streamed, it is never silent for so long


@pytest.mark.parametrize(("name", "api"), ALL)
def test_one_that_is_not_whole_in_time_is_given_up(name: str, api: str, simulator: Simulator) -> None:
    provider = connect(simulated(simulator, name, awaited_timeout=0.2), api)
    heard = collect(provider, question(speed="sim-100x10", stream=False))
    assert heard.error is not None
    assert (heard.error.kind, heard.retries) == ("timeout", [])
    assert "streamed" in heard.error.message
    assert "STREAMSIDE_SILENCE_TIMEOUT" not in heard.error.message


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
    assert {one.awaited_timeout for one in load(ENV).values()} == {600.0}
