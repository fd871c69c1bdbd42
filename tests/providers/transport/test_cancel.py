"""Hanging up: from another thread, at any moment, also while the vendor is silent."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

import pytest

from providers import Call, Provider, Retry
from simulator import Simulator
from simulator.faults import WORDS_BEFORE
from tests.providers.asking import (
    APIS,
    EVERY,
    PATIENCE,
    Api,
    Voices,
    collect,
    eventually,
    listening,
    question,
    requests_for,
    voices_at,
)


@pytest.fixture(scope="module")
def ways(simulator: Simulator) -> Iterator[dict[str, Voices]]:
    """Each API, plain and with TLS. A silence would be waited for far longer than a test may take."""
    with voices_at(simulator, silence_timeout=600) as plain, voices_at(simulator, tls=True, silence_timeout=600) as tls:
        yield {"plain": plain, "tls": tls}


@pytest.fixture
def provider(api: Api, ways: dict[str, Voices]) -> Provider:
    return ways["plain"][api]


everywhere = pytest.mark.parametrize("api", EVERY)
WAYS = [*(("tls", api) for api in EVERY), *(("plain", api) for api in APIS)]


@pytest.mark.parametrize(("way", "api"), WAYS)
@pytest.mark.parametrize(
    ("speed", "stream", "words"),
    [
        ("sim-instant.sim-fault-stall-first", True, 0),
        ("sim-instant.sim-fault-stall-headers", True, 0),
        ("sim-instant.sim-fault-stall-middle", True, WORDS_BEFORE),
        ("sim-instant.sim-fault-stall-first", False, 0),
        ("sim-instant.sim-fault-stall-headers", False, 0),
        ("sim-instant.sim-fault-stall-middle", False, 0),
        ("sim-2000x500", True, 3),  # in full flow
    ],
)
def test_cancelling_ends_it_and_the_vendor_notices(
    ways: dict[str, Voices], simulator: Simulator, way: str, api: Api, speed: str, stream: bool, words: int
) -> None:
    request, call = question(speed=speed, stream=stream), Call()
    with listening(ways[way][api], request, call) as (listener, heard):
        eventually(lambda: requests_for(simulator, request) and len(heard.pieces) >= words)
        call.cancel()
        listener.join(PATIENCE)
        assert not listener.is_alive()
    (exchange,) = requests_for(simulator, request)
    eventually(lambda: exchange.cancelled)
    assert len(heard.pieces) == words or "x500" in speed
    assert heard.end is None
    assert "".join(text for _, text in exchange.sends).startswith("".join(heard.pieces))


@everywhere
def test_the_call_tells_when_bytes_came_in_before_anything_is_made_of_them(provider: Provider) -> None:
    call = Call(clock=itertools.count(1.0).__next__)
    told = [call.heard or 0.0 for _ in provider.stream(question(speed="sim-20x200"), call)]
    assert 0 < told[0] <= told[-1]
    assert told == sorted(told)
    asked = Call()
    assert collect(provider, question(stream=False), asked).end is not None
    assert asked.heard is not None


@everywhere
def test_closing_the_generator_cancels(provider: Provider, simulator: Simulator) -> None:
    request = question(speed="sim-2000x500")
    answer = provider.stream(request)
    next(answer)
    answer.close()
    (exchange,) = requests_for(simulator, request)
    eventually(lambda: exchange.cancelled)


@everywhere
def test_a_call_that_was_cancelled_before_is_not_used(provider: Provider) -> None:
    call = Call()
    call.cancel()
    call.cancel()  # without a connection, and twice: nothing comes of it
    heard = collect(provider, question(), call)
    assert heard.error is not None
    assert (heard.pieces, heard.retries) == ([], [])


@everywhere
def test_cancelling_ends_the_wait_before_a_second_try(provider: Provider, simulator: Simulator) -> None:
    request = question("sim-fault-429-after-19")
    waits = threading.Event()

    def told(retry: Retry) -> None:
        waits.set()

    call = Call(on_retry=told)
    with listening(provider, request, call) as (listener, heard):
        assert waits.wait(PATIENCE)
        call.cancel()
        listener.join(PATIENCE)
        assert not listener.is_alive()
    assert heard.failure.kind == "rate_limit"
    assert len(requests_for(simulator, request)) == 1


@everywhere
def test_a_late_cancel_and_that_of_another_leave_an_answer_alone(provider: Provider, simulator: Simulator) -> None:
    first, silent, call = Call(), question("sim-instant.sim-fault-stall-middle"), Call()
    assert collect(provider, question(), first).end is not None
    with listening(provider, silent, call) as (listener, _):
        eventually(lambda: requests_for(simulator, silent))
        answer = provider.stream(question(speed="sim-60x200"), Call())
        begun = next(answer)
        first.cancel()
        call.cancel()
        assert len([begun, *answer]) == 60
        listener.join(PATIENCE)
        assert not listener.is_alive()
