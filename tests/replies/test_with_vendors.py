"""The same with each vendor's own SDK, against the simulator: what was sent arrives, and stop cancels."""

from dataclasses import replace

import pytest

from providers import Request, SimulatorAddress, load
from replies.metrics.figures import figures
from replies.reader import ask
from replies.reply import Reply
from simulator import Exchange, Simulator
from tests.replies.vendor import finished, heard
from tests.support.waiting import eventually

CRICKET = "Tell me about history of Cricket in 200 words."
APIS = [
    ("openai", "chat"),
    ("bedrock", "converse"),
    ("bedrock", "invoke"),
    ("watsonx", "chat"),
    ("watsonx", "generate"),
]


def asked(simulator: Simulator, name: str, vendor: str, api: str, *, stream: bool = True) -> tuple[Reply, Exchange]:
    """The reply, and what the simulator knows of it: its model is of this test alone, one that invoke takes, too."""
    address = SimulatorAddress(simulator.url, simulator.tls_url, simulator.ca_file)
    request = replace(Request.of(CRICKET, f"anthropic.{name}.{vendor}-{api}-{stream}"), stream=stream)
    reply = ask(load({})[vendor].simulated_by(address), request, api=api)
    assert eventually(lambda: any(exchange.model == request.model for exchange in simulator.log))
    (exchange,) = (exchange for exchange in simulator.log if exchange.model == request.model)
    return reply, exchange


@pytest.mark.parametrize(("vendor", "api"), APIS)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "awaited"])
def test_the_answer_is_what_was_sent(simulator: Simulator, vendor: str, api: str, stream: bool) -> None:
    reply, exchange = asked(simulator, "whole.sim-instant", vendor, api, stream=stream)
    assert (finished(reply).state, reply.error, exchange.streamed) == ("done", None, stream)
    assert (reply.asked.label, reply.asked.api, reply.asked.simulated) == (load({})[vendor].label, api, True)
    sent = [text for _, text in exchange.sends]
    assert reply.text == "".join(sent)
    numbers = figures(reply)
    if stream:
        assert numbers.output_tokens == len(sent)  # one piece of the simulator is one token
        assert numbers.ttft == reply.chunks[0].seconds
    else:
        assert [text for _, text in reply.chunks] == sent
        assert (numbers.speed, numbers.gaps) == (None, None)
        assert numbers.overall is not None


@pytest.mark.parametrize(
    ("name", "pieces"),
    [("sim-fault-stall-first", 0), ("sim-fault-stall-middle.sim-instant", 1), ("sim-2000x100", 5)],
    ids=["before the headers", "one that fell silent", "in mid-stream"],
)
def test_stop_hangs_up(simulator: Simulator, name: str, pieces: int) -> None:
    reply, exchange = asked(simulator, name, "openai", "chat")
    if pieces:
        heard(reply, pieces)
    reply.stop()
    words = reply.text
    assert eventually(lambda: exchange.cancelled)
    assert (reply.state, reply.text, reply.error, reply.end) == ("stopped", words, None, None)
    assert bool(words) == bool(pieces)
    assert "".join(text for _, text in exchange.sends).startswith(words)
