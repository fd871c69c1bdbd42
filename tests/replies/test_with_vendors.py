"""The same with each vendor's own SDK, against the simulator: what was sent arrives, and stop cancels."""

from __future__ import annotations

from typing import TypeAlias

import pytest

from providers import Request, Settings, SimulatorAddress, load
from replies.metrics.figures import figures
from replies.reader import ask
from replies.reply import Reply
from simulator import Exchange, Simulator
from tests.replies.vendor import finished, heard
from tests.support.waiting import eventually

Way: TypeAlias = tuple[str, str]

VENDORS: list[Way] = [
    ("openai", "chat"),
    ("bedrock", "converse"),
    ("bedrock", "invoke"),
    ("watsonx", "chat"),
    ("watsonx", "generate"),
]
CRICKET = "Tell me about history of Cricket in 200 words."


@pytest.fixture(params=VENDORS, ids="-".join)
def way(request: pytest.FixtureRequest) -> Way:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def settings(way: Way, simulator: Simulator) -> Settings:
    address = SimulatorAddress(simulator.url, simulator.tls_url, simulator.ca_file)
    return load({})[way[0]].simulated_by(address)


def model(name: str, way: Way) -> str:
    """A model id of this test alone, by which its exchange is found; invoke takes Anthropic's models only."""
    return f"anthropic.{name}.{'-'.join(way)}"


def exchange_of(reply: Reply, simulator: Simulator) -> Exchange:
    (exchange,) = (exchange for exchange in simulator.log if exchange.model == reply.asked.request.model)
    return exchange


def test_the_answer_is_what_was_sent(settings: Settings, way: Way, simulator: Simulator) -> None:
    request = Request.of(CRICKET, model("whole.sim-instant", way))
    reply = finished(ask(settings, request, api=way[1]))
    assert (reply.state, reply.error) == ("done", None)
    asked = reply.asked
    assert (asked.label, asked.api, asked.simulated) == (settings.label, way[1], True)
    sent = [text for _, text in exchange_of(reply, simulator).sends]
    assert "".join(text for _, text in reply.chunks) == "".join(sent)
    assert reply.end is not None
    assert reply.end.output_tokens == len(sent)  # one piece of the simulator is one token
    assert figures(reply).ttft == reply.chunks[0].seconds


def test_stop_hangs_up_on_one_that_fell_silent(settings: Settings, way: Way, simulator: Simulator) -> None:
    request = Request.of(CRICKET, model("sim-fault-stall-middle.sim-instant", way))
    reply = heard(ask(settings, request, api=way[1]), 1)
    assert not reply.over
    reply.stop()
    exchange = exchange_of(reply, simulator)
    assert eventually(lambda: exchange.cancelled)
    assert (reply.state, reply.error, reply.end) == ("stopped", None, None)
    assert reply.chunks
    told = "".join(text for _, text in reply.chunks)
    assert "".join(text for _, text in exchange.sends).startswith(told)


def test_stop_hangs_up_before_the_headers(settings: Settings, way: Way, simulator: Simulator) -> None:
    request = Request.of(CRICKET, model("sim-fault-stall-first", way))
    reply = ask(settings, request, api=way[1])
    assert eventually(lambda: any(exchange.model == request.model for exchange in simulator.log))
    reply.stop()
    exchange = exchange_of(reply, simulator)
    assert eventually(lambda: exchange.cancelled)
    assert (reply.state, reply.chunks) == ("stopped", [])


def test_stop_hangs_up_in_mid_stream(settings: Settings, way: Way, simulator: Simulator) -> None:
    request = Request.of(CRICKET, model("sim-2000x100", way))
    reply = heard(ask(settings, request, api=way[1]), 5)
    reply.stop()
    words = reply.text
    exchange = exchange_of(reply, simulator)
    assert eventually(lambda: exchange.cancelled)
    assert (reply.state, reply.text) == ("stopped", words)
    assert "".join(text for _, text in exchange.sends).startswith(words)


def test_a_blocking_answer_comes_whole(settings: Settings, way: Way, simulator: Simulator) -> None:
    name = model("awaited.sim-instant", way)
    request = Request(messages=Request.of(CRICKET, name).messages, model=name, stream=False)
    reply = finished(ask(settings, request, api=way[1]))
    assert (reply.state, reply.error) == ("done", None)
    exchange = exchange_of(reply, simulator)
    assert not exchange.streamed
    assert [text for _, text in reply.chunks] == [text for _, text in exchange.sends]
    numbers = figures(reply)
    assert (numbers.speed, numbers.gaps) == (None, None)
    assert numbers.overall is not None
