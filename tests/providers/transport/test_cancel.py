"""Hanging up: from another thread, at any moment, also while the vendor is silent."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from providers import Call, Provider, Request, Retry
from simulator import Simulator
from simulator.faults import WORDS_BEFORE
from tests.providers.asking import (
    APIS,
    PATIENCE,
    Api,
    Heard,
    collect,
    connected,
    eventually,
    listening,
    question,
    requests_for,
    settings_for,
)


@pytest.fixture(scope="module")
def voices(simulator: Simulator) -> Iterator[dict[tuple[Api, str], Provider]]:
    """Each API, plain and with TLS. A silence would be waited for far longer than a test may take."""
    with ExitStack() as stack:

        def voice(api: Api, way: str) -> Provider:
            url = simulator.tls_url if way == "tls" else simulator.url
            settings = settings_for(api, url, ca_file=simulator.ca_file, silence_timeout=600)
            return stack.enter_context(connected(settings))

        yield {(api, way): voice(api, way) for api in APIS for way in ("plain", "tls")}


@pytest.fixture
def way() -> str:
    return "plain"


@pytest.fixture
def provider(api: Api, way: str, voices: dict[tuple[Api, str], Provider]) -> Provider:
    return voices[api, way]


everywhere = pytest.mark.parametrize("api", APIS)
either_way = pytest.mark.parametrize("way", ["plain", "tls"])


@everywhere
@either_way
@pytest.mark.parametrize(
    ("fault", "stream", "words"),
    [
        ("stall-first", True, 0),
        ("stall-headers", True, 0),
        ("stall-middle", True, WORDS_BEFORE),
        ("stall-first", False, 0),
        ("stall-headers", False, 0),
        ("stall-middle", False, 0),
    ],
)
def test_cancelling_ends_any_silence_and_the_vendor_notices(
    provider: Provider, simulator: Simulator, fault: str, stream: bool, words: int
) -> None:
    request = question(f"sim-fault-{fault}", stream=stream)
    call = Call()
    with listening(provider, request, call) as (listener, heard):
        eventually(lambda: requests_for(simulator, request) and len(heard.pieces) == words)
        call.cancel()
        listener.join(PATIENCE)
        assert not listener.is_alive()
    (exchange,) = requests_for(simulator, request)
    eventually(lambda: exchange.cancelled)
    assert len(heard.pieces) == words
    assert heard.end is None


@everywhere
@either_way
def test_cancelling_ends_a_stream_in_full_flow(provider: Provider, simulator: Simulator) -> None:
    request = question(speed="sim-2000x500")
    call = Call()
    with listening(provider, request, call) as (listener, heard):
        eventually(lambda: len(heard.pieces) > 3)
        call.cancel()
        listener.join(PATIENCE)
        assert not listener.is_alive()
    (exchange,) = requests_for(simulator, request)
    eventually(lambda: exchange.cancelled)
    assert heard.end is None
    assert "".join(heard.pieces) == "".join(text for _, text in exchange.sends)[: sum(map(len, heard.pieces))]


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
def test_a_call_that_was_cancelled_before_is_not_used(provider: Provider, simulator: Simulator) -> None:
    call = Call()
    call.cancel()
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
    assert heard.error is not None
    assert heard.error.kind == "rate_limit"
    assert len(requests_for(simulator, request)) == 1


@everywhere
def test_a_late_cancel_does_not_cut_the_next_answer(provider: Provider) -> None:
    first, second = Call(), Call()
    assert collect(provider, question(), first).end is not None
    answer = provider.stream(question(speed="sim-60x200"), second)
    begun = next(answer)
    first.cancel()
    assert len([begun, *answer]) == 60


@everywhere
def test_cancelling_one_answer_leaves_the_others_alone(provider: Provider, simulator: Simulator) -> None:
    silent, call = question("sim-fault-stall-middle"), Call()
    with listening(provider, silent, call) as (listener, _):
        eventually(lambda: requests_for(simulator, silent))
        answer = provider.stream(question(speed="sim-60x200"))
        begun = next(answer)
        call.cancel()
        assert len([begun, *answer]) == 60
        listener.join(PATIENCE)
        assert not listener.is_alive()


@everywhere
def test_one_provider_serves_eight_threads_each_its_own_answer(provider: Provider) -> None:
    def on_a_thread(request: Request) -> tuple[threading.Thread, Heard]:
        heard = Heard()
        return threading.Thread(target=collect, args=(provider, request, None, heard)), heard

    limits = range(20, 28)
    asked = [on_a_thread(replace(question(speed="sim-100x500"), max_tokens=limit)) for limit in limits]
    for thread, _ in asked:
        thread.start()
    for thread, _ in asked:
        thread.join(PATIENCE)
    for limit, (_, heard) in zip(limits, asked, strict=True):
        assert heard.end is not None
        assert (heard.end.finish_reason, heard.end.output_tokens) == ("length", limit)
        assert len(heard.pieces) == limit


# The call itself


class Waker:
    """Stands for `sleep`: hangs up instead of waiting."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.wake: Callable[[], None] = lambda: None

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.wake()


def test_a_call_that_is_cancelled_while_it_waits_does_not_try_again(
    voices: dict[tuple[Api, str], Provider], simulator: Simulator
) -> None:
    request, waker = question("sim-fault-503"), Waker()
    call = Call(sleep=waker)
    waker.wake = call.cancel
    heard = collect(voices["chat", "plain"], request, call)
    assert heard.error is not None
    assert (heard.error.kind, waker.slept) == ("overloaded", [1.0])
    assert len(requests_for(simulator, request)) == 1


def test_cancelling_twice_or_without_a_connection_does_nothing() -> None:
    call = Call()
    call.cancel()
    call.cancel()
    assert call.cancelled
