"""Answers by every API: how they end, what is counted, reasoning, waits, threads, connections that serve again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from providers import Call, FinishReason, Provider, Reasoning, Retry
from simulator import Simulator
from tests.providers.asking import (
    AWS,
    EVERY,
    IBM,
    PUZZLE,
    Api,
    Heard,
    Voices,
    collect,
    connected,
    question,
    requests_for,
    settings_for,
    streamed_or_not,
)
from tests.providers.servers import Relay

GENERATES = ("generate", "older")
everywhere = pytest.mark.parametrize("api", EVERY)


@pytest.fixture
def provider(api: Api, voices: Voices) -> Provider:
    return voices[api]


ENDED: dict[str, FinishReason] = {
    "": "stop",
    "sim-fault-filtered": "filtered",
    "sim-fault-length": "length",
    "sim-fault-tool": "tool",
    "sim-fault-no-usage": "stop",
    "sim-fault-huge-piece": "stop",
}


@streamed_or_not
@everywhere
@pytest.mark.parametrize("fault", ENDED)
def test_an_answer_that_ends_returns_its_finish_and_its_figures(
    provider: Provider, simulator: Simulator, api: Api, fault: str, stream: bool
) -> None:
    tool = fault == "sim-fault-tool" and api not in GENERATES  # which has no tools
    request = question(fault, stream=stream)
    heard = collect(provider, request)
    (exchange,) = requests_for(simulator, request)
    assert heard.ending.finish_reason == (ENDED[fault] if tool or "tool" not in fault else "stop")
    assert heard.ending.request_id
    assert heard.text == "".join(text for _, text in exchange.sends)
    assert exchange.streamed == stream
    if stream:
        assert heard.pieces == [text for _, text in exchange.sends]
    if "no-usage" in fault:
        assert heard.ending.output_tokens is None
        assert heard.ending.input_tokens is None or api == "invoke"  # which tells it before the first word
    else:
        assert heard.ending.input_tokens == 2
        made = len(exchange.sends) + 6 * tool  # its arguments
        assert heard.ending.output_tokens == made or not stream


@everywhere
def test_retry_after_is_the_wait_before_the_second_try(provider: Provider) -> None:
    slept: list[float] = []
    heard = Heard()
    call = Call(on_retry=heard.retries.append, sleep=slept.append)
    collect(provider, question("sim-fault-429-after-3"), call, heard)
    assert heard.retries == [Retry("rate_limit", 3.0)]
    assert slept == [3.0]
    assert heard.failure.retry_after == 3.0
    assert "3 s" in heard.failure.message


@streamed_or_not
@everywhere
def test_every_byte_boundary_may_be_a_packet_boundary(provider: Provider, stream: bool) -> None:
    drip, whole = (
        collect(provider, question(fault, prompt="Ünïcödé 😀", max_tokens=16, stream=stream))
        for fault in ("sim-fault-drip", "")
    )
    assert drip.end is not None
    assert whole.end is not None
    assert drip.pieces == whole.pieces
    assert drip.end[:4] == whole.end[:4]


@everywhere
def test_reasoning_arrives_as_such_before_the_answer(provider: Provider, api: Api) -> None:
    streamed, whole = (collect(provider, question(prompt=PUZZLE, stream=stream)) for stream in (True, False))
    assert bool(streamed.reasoning) == (api not in GENERATES)
    assert streamed.text
    assert "".join(streamed.pieces) == streamed.reasoning + streamed.text
    assert whole.pieces == [piece for piece in (streamed.reasoning, streamed.text) if piece]
    for heard in (streamed, whole):
        assert heard.end is not None
        assert heard.ending.output_tokens == len(streamed.pieces)
        thoughts = sum(isinstance(piece, Reasoning) for piece in streamed.pieces)
        assert heard.end.reasoning_tokens == (None if api in (*AWS, *IBM) else thoughts)  # which do not tell


@everywhere
def test_one_provider_serves_eight_threads_each_its_own_answer(provider: Provider) -> None:
    limits = range(20, 28)
    with ThreadPoolExecutor(8) as pool:
        asked = [replace(question(speed="sim-100x500"), max_tokens=limit) for limit in limits]
        answers = list(pool.map(lambda request: collect(provider, request), asked))
    assert [len(heard.pieces) for heard in answers] == list(limits)
    ends = [heard.end and (heard.end.finish_reason, heard.ending.output_tokens) for heard in answers]
    assert ends == [("length", limit) for limit in limits]


@streamed_or_not
@everywhere
def test_one_connection_serves_one_answer_after_the_other(simulator: Simulator, api: Api, stream: bool) -> None:
    with (
        Relay(simulator.tls_url) as relay,
        connected(settings_for(api, relay.https, ca_file=simulator.ca_file)) as provider,
    ):
        assert collect(provider, question(stream=stream)).end is not None
        before = relay.connections  # IBM's SDKs have asked for a token before
        for _ in range(3):
            assert collect(provider, question(stream=stream)).end is not None
        assert relay.connections == before
        assert before == 1 or api in IBM


@everywhere
def test_a_connection_that_the_server_has_closed_is_not_missed(simulator: Simulator, api: Api) -> None:
    with (
        Relay(simulator.tls_url) as relay,
        connected(settings_for(api, relay.https, ca_file=simulator.ca_file)) as provider,
    ):
        assert collect(provider, question("sim-fault-reset")).error is not None
        assert collect(provider, question()).end is not None


@everywhere
def test_the_models_are_those_on_offer(provider: Provider, api: Api) -> None:
    names = provider.models()
    assert names == sorted(names)
    brisk = {"converse": "us.anthropic.sim-brisk", "invoke": "us.anthropic.sim-brisk"}
    assert brisk.get(api, "ibm/granite-4-h-small" if api not in ("chat", "responses") else "sim-brisk") in names
    assert all("anthropic." in name for name in names) or api != "invoke"
    assert not [name for name in names if "sim-fault" in name and api in IBM]  # listed as withdrawn
