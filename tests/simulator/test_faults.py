"""Faults on the wire, in every vendor's words: what the SDKs make of each is tried by tests/faults."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator import Simulator
from simulator.answers import answer_to
from simulator.faults import FAULT_IDS, FAULTS, REFUSALS, Fault, UnknownFault, fault_of, listing
from tests.simulator.wire import Client, Wire

AWS = ("converse", "invoke")
IBM = ("chat", "generate")

# status and code, by fault: OpenAI, AWS, IBM
EXPECTED = {
    "400": "400 None, 400 ValidationException, 400 invalid_request_entity",
    "400-too-long": "400 context_length_exceeded, 400 ValidationException, 400 invalid_input_argument",
    "401": "401 invalid_api_key, 403 UnrecognizedClientException, 401 authentication_token_not_valid",
    "403": "403 model_not_found, 403 AccessDeniedException, 403 authorization_rejected",
    "404": "404 model_not_found, 404 ResourceNotFoundException, 404 model_not_supported",
    "408": "408 None, 408 ModelTimeoutException, 408 request_timeout",
    "413": "413 request_too_large, 413 RequestEntityTooLargeException, 413 request_entity_too_large",
    "422": "422 None, 424 ModelErrorException, 422 unprocessable_entity",
    "429": "429 rate_limit_exceeded, 429 ThrottlingException, 429 rate_limit_reached_requests",
    "429-after-7": "429 rate_limit_exceeded, 429 ThrottlingException, 429 rate_limit_reached_requests",
    "quota": "429 insufficient_quota, 400 ServiceQuotaExceededException, 429 token_quota_reached",
    "500": "500 None, 500 InternalServerException, 500 downstream_request_failed",
    "503": "503 None, 503 ServiceUnavailableException, 503 service_unavailable",
    "529": "529 overloaded_error, 503 ServiceUnavailableException, 529 service_overloaded",
    "of-a-kind-nobody-knows": "400 None, 400 ValidationException, 400 invalid_input_argument",
}


def error_code(wire: Wire) -> Any:
    if wire.api in AWS:
        assert wire.json["message"]
        return wire.headers["x-amzn-errortype"].partition(":")[0]
    if wire.api in IBM:
        (error,) = wire.json["errors"]
        assert wire.json["status_code"] == wire.status
        assert wire.json["trace"]
        assert error["message"]
        return error["code"]
    assert wire.json["error"]["message"]
    return wire.json["error"]["code"]


@pytest.mark.parametrize("fault", EXPECTED)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_refusals(client: Client, api: str, fault: str, stream: bool) -> None:
    wire = client.ask(api, f"anthropic.sim-fault-{fault}", stream=stream)
    place = 1 if api in AWS else 2 if api in IBM else 0
    assert f"{wire.status} {error_code(wire)}" == EXPECTED[fault].split(", ")[place]
    assert wire.headers.get("retry-after") == ("7" if fault == "429-after-7" else None)


HOW = [
    # the fault; streamed, awaited, or both; the status; how the connection ends
    ("stall-first", "sa", 0, "silence"),
    ("stall-headers", "sa", 200, "silence"),
    ("stall-middle", "s", 200, "silence"),
    ("slow-first-60", "s", 200, "silence"),
    ("slow-first-0", "s", 200, ""),
    ("reset-first", "sa", 0, "reset"),
    ("reset", "sa", 200, "reset"),
    ("cut", "sa", 200, "cut"),
    ("clean-end", "s", 200, ""),
    ("no-finish", "s", 200, ""),
]


@pytest.mark.parametrize(("fault", "kinds", "status", "end"), HOW)
def test_how_an_answer_breaks_off(client: Client, api: str, fault: str, kinds: str, status: int, end: str) -> None:
    for kind in kinds:
        timeout = 0.5 if end == "silence" else 5  # seconds
        wire = client.ask(api, f"sim-instant.sim-fault-{fault}", stream=kind == "s", timeout=timeout)
        assert (wire.status or status, wire.end) == (status, end)
        assert wire.status == status or fault == "slow-first-60"
        if "first" in fault or fault == "stall-headers":
            assert bool(wire.body) == (fault == "slow-first-0")
        elif kind == "s" and fault != "cut":
            assert wire.text.startswith("Cricket grew up")
            assert wire.text.endswith("India.\n") == (fault == "no-finish")
            assert wire.finish is None
            assert b"[DONE]" not in wire.body or fault == "no-finish"


def test_a_huge_piece_arrives_whole(client: Client, sim: Simulator, api: str) -> None:
    wire = client.ask(api, "sim-instant.sim-fault-huge-piece")
    assert max(len(text) for _, text in sim.log[-1].sends) > 1_000_000
    assert len(wire.text) > 1_000_000
    assert wire.finish


def test_many_pieces_come_all_at_once(client: Client, sim: Simulator, api: str) -> None:
    wire = client.ask(api, "sim-brisk.sim-fault-many-pieces", limit=500, timeout=60)
    sends = sim.log[-1].sends
    assert len(sends) == 500
    assert wire.text == "".join(text for _, text in sends)
    assert sends[-1][0] - sends[0][0] < 500 / 45
    assert len(answer_to("", [], fault=Fault("many-pieces")).pieces) == 200_000


def test_odd_characters_survive(client: Client, sim: Simulator, api: str) -> None:
    wire = client.ask(api, "sim-instant.sim-fault-odd-characters")
    said = "".join(text for _, text in sim.log[-1].sends)
    assert wire.text == said
    assert {"\x00", "\ud800", "\u202e", "\u2028"} <= set(said)
    if api != "invoke":
        assert b"\\ud800" in wire.body
        assert "\u2028".encode() in wire.body


def test_a_tool_call_comes_in_pieces_and_ends_the_turn(client: Client, api: str) -> None:
    wire = client.ask(api, "sim-instant.sim-fault-tool")
    assert wire.text == "Let me look that up."
    if api in ("openai", "chat"):
        deltas = [event["choices"][0]["delta"] for event in wire.events if event["choices"]]
        calls = [call["function"] for delta in deltas for call in delta.get("tool_calls", [])]
        arguments = "".join(call["arguments"] for call in calls)
    elif api == "converse":
        deltas = [event["contentBlockDelta"]["delta"] for event in wire.events if "contentBlockDelta" in event]
        arguments = "".join(delta["toolUse"]["input"] for delta in deltas if "toolUse" in delta)
    elif api == "invoke":
        arguments = "".join(event.get("delta", {}).get("partial_json", "") for event in wire.events)
    else:
        return
    assert json.loads(arguments) == {"match": "Lord's, 1975"}


@pytest.mark.parametrize(
    ("model", "fault"),
    [
        ("gpt-5", None),
        ("sim-fast", None),
        ("sim-fault-cut", Fault("cut")),
        ("us.anthropic.sim-fault-cut-v1:0", Fault("cut")),
        ("sim-fault-cut.sim-fast", Fault("cut")),
        ("sim-fault-cut-sim-fast", Fault("cut")),
        ("simulator/sim-fault-429", Fault("429")),
        ("sim-fault-429-after-30", Fault("429-after", "30")),
        ("sim-fault-slow-first-5", Fault("slow-first", "5")),
        ("sim-fault-error-event", Fault("error-event")),
        ("sim-fault-error-event-throttlingException", Fault("error-event", "throttlingException")),
    ],
)
def test_a_model_id_names_its_fault(model: str, fault: Fault | None) -> None:
    assert fault_of(model) == fault


@pytest.mark.parametrize("model", ["sim-fault-cutting", "sim-fault-429-after-soon", "sim-fault-slow-first"])
def test_a_name_that_is_no_fault_is_an_error(model: str) -> None:
    with pytest.raises(UnknownFault):
        fault_of(model)


def test_every_fault_is_listed_and_can_be_asked_for() -> None:
    assert all(f"sim-fault-{name}" in listing() for name in FAULTS)
    assert all(fault_of(model) for model in FAULT_IDS)
    assert len(FAULT_IDS) == len(FAULTS) - 2


def test_every_refusal_is_in_the_table() -> None:
    tried = {name.replace("-7", "-N") for name in EXPECTED}
    elsewhere = {"400-parameter", "400-parameter-CODE", "502", "once-503", "once-429", "filtered-first"}
    assert set(REFUSALS) == (tried | elsewhere) - {"of-a-kind-nobody-knows"}
