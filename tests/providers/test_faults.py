"""Every fault of the simulator, in every API: what becomes of it, what is kept, and how often is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from providers import ErrorKind, FinishReason, Line, Provider, ProviderError, Reasoning, Retry
from providers.failures import LONGEST_WAIT
from simulator import Simulator
from simulator.faults import WORDS_BEFORE
from tests.providers.asking import (
    APIS,
    KEY,
    SECRET,
    Api,
    Heard,
    connected,
    hear,
    question,
    requests_for,
    settings_for,
)

PUZZLE = "Solve a puzzle: a bat and a ball cost 1.10 together, the bat costs 1.00 more. What is the ball?"
NEXT_STEPS = re.compile(r"\b(ask|check|choose|change|put|rephrase|start|wait)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def voices(simulator: Simulator) -> Iterator[dict[Api, Provider]]:
    with ExitStack() as stack:
        yield {api: stack.enter_context(connected(settings_for(api, simulator.url))) for api in APIS}


@pytest.fixture
def provider(api: Api, voices: dict[Api, Provider]) -> Provider:
    return voices[api]


whole_too = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
everywhere = pytest.mark.parametrize("api", APIS)


class Refused(NamedTuple):
    """`again`: whether it is worth a second try."""

    kind: ErrorKind
    again: bool = False


REFUSED: dict[str, Refused] = {
    "400": Refused("bad_request"),
    "400-too-long": Refused("too_long"),
    "401": Refused("auth"),
    "403": Refused("forbidden"),
    "404": Refused("unknown_model"),
    "408": Refused("timeout"),
    "413": Refused("too_long"),
    "429": Refused("rate_limit", again=True),
    "429-after-3": Refused("rate_limit", again=True),
    "quota": Refused("quota"),
    "500": Refused("overloaded", again=True),
    "502": Refused("overloaded", again=True),
    "503": Refused("overloaded", again=True),
    "529": Refused("overloaded", again=True),
    "reset-first": Refused("network", again=True),
    "of-a-kind-nobody-knows": Refused("bad_request"),
}
REFUSALS: list[tuple[Api, str, Refused]] = [
    *((api, fault, refused) for fault, refused in REFUSED.items() for api in APIS),
    ("chat", "422", Refused("bad_request")),
    ("converse", "422", Refused("overloaded", again=True)),  # AWS's nearest: 424, the model failed
    ("invoke", "422", Refused("overloaded", again=True)),
    ("chat", "filtered-first", Refused("filtered")),
]


@whole_too
@pytest.mark.parametrize(("api", "fault", "expected"), REFUSALS)
def test_a_refusal_is_one_error_of_the_right_kind(
    provider: Provider, simulator: Simulator, fault: str, expected: Refused, stream: bool
) -> None:
    request = question(f"sim-fault-{fault}", stream=stream)
    heard = hear(provider, request)
    assert heard.error is not None
    assert (heard.error.kind, heard.pieces, heard.end) == (expected.kind, [], None)
    assert heard.error.retryable == expected.again
    assert [retry.kind for retry in heard.retries] == [expected.kind] * expected.again
    assert len(requests_for(simulator, request)) == 1 + expected.again
    check_message(heard.error)


def check_message(error: ProviderError) -> None:
    """It is one line, says what to do next, and holds no key."""
    assert NEXT_STEPS.search(error.message)
    assert "\n" not in error.message
    for told in (str(error), repr(error), repr(error.args), error.message):
        assert KEY not in told
        assert SECRET not in told


CHAT: tuple[Api, ...] = ("chat",)
AWS: tuple[Api, ...] = ("converse", "invoke")


class Broken(NamedTuple):
    kind: ErrorKind
    apis: tuple[Api, ...] = APIS


BROKEN: dict[str, Broken] = {
    "reset": Broken("interrupted"),
    "cut": Broken("interrupted"),
    "clean-end": Broken("interrupted"),
    "malformed": Broken("protocol"),
    "bad-json": Broken("protocol"),
    "bad-crc": Broken("protocol", AWS),
    "wrong-shape": Broken("protocol", ("converse",)),
    "wrong-shape-list": Broken("protocol"),
    "error-event": Broken("overloaded"),
    "error-event-rate_limit_exceeded": Broken("rate_limit", CHAT),
    "error-event-insufficient_quota": Broken("quota", CHAT),
    "error-event-throttlingException": Broken("rate_limit", AWS),
    "error-event-serviceUnavailableException": Broken("overloaded", AWS),
    "error-event-modelTimeoutException": Broken("timeout", ("invoke",)),  # Converse does not know it
    "error-event-InternalFailure": Broken("overloaded", AWS),
    "error-event-rate_limit_error": Broken("rate_limit", ("invoke",)),
    "error-event-overloaded_error": Broken("overloaded", ("chat", "invoke")),
}


@pytest.mark.parametrize(
    ("api", "fault", "kind"), [(api, fault, kind) for fault, (kind, apis) in BROKEN.items() for api in apis]
)
def test_what_breaks_in_mid_stream_keeps_the_words_and_is_not_asked_again(
    provider: Provider, simulator: Simulator, fault: str, kind: ErrorKind
) -> None:
    request = question(f"sim-fault-{fault}")
    heard = hear(provider, request)
    (exchange,) = requests_for(simulator, request)
    assert heard.error is not None
    assert (heard.error.kind, heard.retries, heard.end) == (kind, [], None)
    assert heard.pieces == [text for _, text in exchange.sends][:WORDS_BEFORE]
    assert len(heard.pieces) == WORDS_BEFORE
    check_message(heard.error)


@everywhere
@pytest.mark.parametrize("fault", ["reset", "cut", "clean-end", "malformed", "bad-json", "wrong-shape"])
def test_what_breaks_in_a_whole_answer_is_never_taken_for_one(provider: Provider, fault: str) -> None:
    heard = hear(provider, question(f"sim-fault-{fault}", stream=False))
    assert heard.error is not None
    assert heard.error.kind in {"network", "interrupted", "protocol"}
    assert heard.pieces == []
    check_message(heard.error)


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
    heard = hear(provider, request)
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


@whole_too
@everywhere
def test_a_finish_marker_that_is_missing_is_an_interruption(
    provider: Provider, simulator: Simulator, stream: bool
) -> None:
    request = question("sim-fault-no-finish", stream=stream)
    heard = hear(provider, request)
    (exchange,) = requests_for(simulator, request)
    assert heard.error is not None
    assert heard.error.kind == "interrupted"
    assert heard.pieces == [text for _, text in exchange.sends]


@pytest.mark.parametrize("api", AWS)
def test_a_guardrail_ends_an_answer_as_filtered(provider: Provider) -> None:
    heard = hear(provider, question("sim-fault-filtered-first"))
    assert heard.end is not None
    assert heard.end.finish_reason == "filtered"
    assert heard.text


@pytest.mark.parametrize("api", ["chat", "invoke"])
def test_empty_pieces_from_a_server_are_passed_over(provider: Provider) -> None:
    heard = hear(provider, question("sim-fault-wrong-shape"))
    assert heard.end is not None
    assert heard.end.finish_reason == "stop"


@whole_too
@everywhere
def test_odd_characters_arrive_and_can_be_encoded(provider: Provider, simulator: Simulator, stream: bool) -> None:
    request = question("sim-fault-odd-characters", stream=stream)
    heard = hear(provider, request)
    (exchange,) = requests_for(simulator, request)
    said = "".join(text for _, text in exchange.sends)
    assert heard.text == said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert "split pair 😀," in heard.text
    for piece in heard.pieces:
        piece.encode()


@whole_too
@everywhere
@pytest.mark.parametrize(("fault", "kind"), [("once-503", "overloaded"), ("once-429", "rate_limit")])
def test_a_passing_trouble_is_told_and_asked_past(
    provider: Provider, simulator: Simulator, fault: str, kind: ErrorKind, stream: bool
) -> None:
    request = question(f"sim-fault-{fault}", stream=stream)
    heard = hear(provider, request)
    assert heard.end is not None
    assert heard.retries == [Retry(kind, 1.0)]
    assert [exchange.status // 100 for exchange in requests_for(simulator, request)][1:] == [2]


@everywhere
def test_retry_after_is_the_wait_before_the_second_try(provider: Provider) -> None:
    slept: list[float] = []
    heard = Heard()
    line = Line(on_retry=heard.retries.append, sleep=slept.append)
    hear(provider, question("sim-fault-429-after-3"), line, heard)
    assert heard.retries == [Retry("rate_limit", 3.0)]
    assert slept == [3.0]
    assert heard.error is not None
    assert heard.error.retry_after == 3.0
    assert "3 s" in heard.error.message


@everywhere
def test_a_wait_that_nobody_would_watch_is_not_made(provider: Provider, simulator: Simulator) -> None:
    request = question(f"sim-fault-429-after-{LONGEST_WAIT + 1:.0f}")
    heard = hear(provider, request)
    assert heard.error is not None
    assert (heard.error.kind, heard.error.retry_after, heard.retries) == ("rate_limit", LONGEST_WAIT + 1, [])
    assert len(requests_for(simulator, request)) == 1


@everywhere
def test_a_silence_that_is_too_long_is_a_timeout(api: Api, simulator: Simulator) -> None:
    with connected(settings_for(api, simulator.url, silence_timeout=0.3)) as provider:
        for fault, words in ("stall-first", 0), ("stall-headers", 0), ("stall-middle", WORDS_BEFORE):
            request = question(f"sim-fault-{fault}")
            heard = hear(provider, request)
            assert heard.error is not None
            assert (heard.error.kind, len(heard.pieces), heard.retries) == ("timeout", words, [])
            assert "STREAMSIDE_SILENCE_TIMEOUT" in heard.error.message
            assert len(requests_for(simulator, request)) == 1


@whole_too
@everywhere
def test_every_byte_boundary_may_be_a_packet_boundary(provider: Provider, stream: bool) -> None:
    heard = hear(provider, question("sim-fault-drip", prompt="Ünïcödé 😀", max_tokens=8, stream=stream))
    whole = hear(provider, question(prompt="Ünïcödé 😀", max_tokens=8, stream=stream))
    assert heard.end is not None
    assert whole.end is not None
    assert heard.pieces == whole.pieces
    assert heard.end[:4] == whole.end[:4]


@everywhere
def test_reasoning_arrives_as_such_before_the_answer(provider: Provider, api: Api) -> None:
    streamed = hear(provider, question(prompt=PUZZLE))
    whole = hear(provider, question(prompt=PUZZLE, stream=False))
    assert streamed.reasoning
    assert streamed.text
    assert "".join(streamed.pieces) == streamed.reasoning + streamed.text
    assert whole.pieces == [streamed.reasoning, streamed.text]
    for heard in (streamed, whole):
        assert heard.end is not None
        thoughts = sum(isinstance(piece, Reasoning) for piece in streamed.pieces)
        assert heard.end.output_tokens == len(streamed.pieces)
        assert heard.end.reasoning_tokens == (thoughts if api == "chat" else None)  # AWS does not tell
