"""Every fault of the simulator, in every API: what becomes of it, what is kept, and how often is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from providers import Call, FinishReason, Provider, Reasoning, Retry
from simulator import Simulator
from tests.providers.asking import (
    APIS,
    Api,
    Heard,
    collect,
    question,
    requests_for,
    voices_at,
)

PUZZLE = "Solve a puzzle: a bat and a ball cost 1.10 together, the bat costs 1.00 more. What is the ball?"


@pytest.fixture(scope="module")
def voices(simulator: Simulator) -> Iterator[dict[Api, Provider]]:
    with voices_at(simulator.url, *APIS) as voices:
        yield voices


@pytest.fixture
def provider(api: Api, voices: dict[Api, Provider]) -> Provider:
    return voices[api]


whole_too = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
everywhere = pytest.mark.parametrize("api", APIS)


class Ended(NamedTuple):
    finish: FinishReason
    counted: bool = True


ENDED: dict[str, Ended] = {
    "": Ended("stop"),
    "sim-fault-filtered": Ended("filtered"),
    "sim-fault-length": Ended("length"),
    "sim-fault-tool": Ended("tool"),
    "sim-fault-no-usage": Ended("stop", counted=False),
    "sim-fault-huge-piece": Ended("stop"),
}


@whole_too
@everywhere
@pytest.mark.parametrize("fault", ENDED)
def test_an_answer_that_ends_returns_its_finish_and_its_figures(
    provider: Provider, simulator: Simulator, fault: str, stream: bool
) -> None:
    finish, counted = ENDED[fault]
    request = question(fault, stream=stream)
    heard = collect(provider, request)
    (exchange,) = requests_for(simulator, request)
    assert heard.error is None
    assert heard.end is not None
    assert heard.end.finish_reason == finish
    assert heard.end.request_id
    assert heard.pieces == [text for _, text in exchange.sends]
    assert exchange.streamed == stream
    if not counted:
        assert heard.end.output_tokens is None
    elif stream:
        tool_arguments = 6 if finish == "tool" else 0
        assert (heard.end.input_tokens, heard.end.output_tokens) == (2, len(exchange.sends) + tool_arguments)
    else:
        assert heard.end.input_tokens == 2
        assert heard.end.output_tokens is not None


@everywhere
def test_retry_after_is_the_wait_before_the_second_try(provider: Provider) -> None:
    slept: list[float] = []
    heard = Heard()
    call = Call(on_retry=heard.retries.append, sleep=slept.append)
    collect(provider, question("sim-fault-429-after-3"), call, heard)
    assert heard.retries == [Retry("rate_limit", 3.0)]
    assert slept == [3.0]
    assert heard.error is not None
    assert heard.error.retry_after == 3.0
    assert "3 s" in heard.error.message


@whole_too
@everywhere
def test_every_byte_boundary_may_be_a_packet_boundary(provider: Provider, stream: bool) -> None:
    heard = collect(provider, question("sim-fault-drip", prompt="Ünïcödé 😀", max_tokens=8, stream=stream))
    whole = collect(provider, question(prompt="Ünïcödé 😀", max_tokens=8, stream=stream))
    assert heard.end is not None
    assert whole.end is not None
    assert heard.pieces == whole.pieces
    assert heard.end[:4] == whole.end[:4]


@everywhere
def test_reasoning_arrives_as_such_before_the_answer(provider: Provider, api: Api) -> None:
    streamed = collect(provider, question(prompt=PUZZLE))
    whole = collect(provider, question(prompt=PUZZLE, stream=False))
    assert streamed.reasoning
    assert streamed.text
    assert "".join(streamed.pieces) == streamed.reasoning + streamed.text
    assert whole.pieces == [streamed.reasoning, streamed.text]
    for heard in (streamed, whole):
        assert heard.end is not None
        thoughts = sum(isinstance(piece, Reasoning) for piece in streamed.pieces)
        assert heard.end.output_tokens == len(streamed.pieces)
        assert heard.end.reasoning_tokens == (thoughts if api == "chat" else None)  # AWS does not tell
