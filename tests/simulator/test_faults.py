"""Each fault does on the wire what its name says, in every vendor's words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.eventstream import ChecksumMismatch, ParserError

from simulator import Simulator
from simulator.answers import answer_to
from simulator.faults import FAULT_IDS, FAULTS, REFUSALS, Fault, UnknownFault, fault_of, listing
from tests.simulator.wire import Client, Wire

AWS = ("converse", "invoke")
IBM = ("chat", "generate")

# status and code, by fault: OpenAI, AWS, IBM
EXPECTED = {
    "400": ((400, None), (400, "ValidationException"), (400, "invalid_request_entity")),
    "400-too-long": (
        (400, "context_length_exceeded"),
        (400, "ValidationException"),
        (400, "invalid_input_argument"),
    ),
    "401": (
        (401, "invalid_api_key"),
        (403, "UnrecognizedClientException"),
        (401, "authentication_token_not_valid"),
    ),
    "403": ((403, "model_not_found"), (403, "AccessDeniedException"), (403, "authorization_rejected")),
    "404": ((404, "model_not_found"), (404, "ResourceNotFoundException"), (404, "model_not_supported")),
    "408": ((408, None), (408, "ModelTimeoutException"), (408, "request_timeout")),
    "413": (
        (413, "request_too_large"),
        (413, "RequestEntityTooLargeException"),
        (413, "request_entity_too_large"),
    ),
    "422": ((422, None), (424, "ModelErrorException"), (422, "unprocessable_entity")),
    "429": ((429, "rate_limit_exceeded"), (429, "ThrottlingException"), (429, "rate_limit_reached_requests")),
    "429-after-7": (
        (429, "rate_limit_exceeded"),
        (429, "ThrottlingException"),
        (429, "rate_limit_reached_requests"),
    ),
    "quota": (
        (429, "insufficient_quota"),
        (400, "ServiceQuotaExceededException"),
        (429, "token_quota_reached"),
    ),
    "500": ((500, None), (500, "InternalServerException"), (500, "downstream_request_failed")),
    "503": ((503, None), (503, "ServiceUnavailableException"), (503, "service_unavailable")),
    "529": ((529, "overloaded_error"), (503, "ServiceUnavailableException"), (529, "service_overloaded")),
    "of-a-kind-nobody-knows": ((400, None), (400, "ValidationException"), (400, "invalid_input_argument")),
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
    assert (wire.status, error_code(wire)) == EXPECTED[fault][place]
    assert wire.headers.get("retry-after") == ("7" if fault == "429-after-7" else None)


def test_502_is_a_page_from_a_gateway(client: Client, api: str) -> None:
    wire = client.ask(api, "sim-fault-502")
    assert (wire.status, wire.headers["content-type"]) == (502, "text/html")
    assert b"<h1>502 Bad Gateway</h1>" in wire.body


@pytest.mark.parametrize(("fault", "status"), [("once-503", 503), ("once-429", 429)])
def test_once_means_the_first_time_only(client: Client, api: str, fault: str, status: int) -> None:
    model = f"{api}.sim-fault-{fault}.sim-instant"
    answers = [client.ask(api, model) for _ in range(3)]
    assert [wire.status for wire in answers] == [status, 200, 200]
    assert answers[1].finish


def test_a_parameter_that_is_refused_is_fine_once_it_is_left_out(client: Client, api: str) -> None:
    model = "sim-fault-400-parameter.sim-instant"
    with_temperature = client.ask(api, model, temperature=0.5)
    assert with_temperature.status == 400
    assert b"temperature" in with_temperature.body
    if api in ("openai", "converse", "chat"):
        limited = client.ask(api, model, limit=5)
        assert limited.status == 400
        assert b"ax" in limited.body
    if api != "generate":
        assert client.ask(api, model).finish


def test_openai_names_the_parameter_it_refuses(client: Client) -> None:
    model = "sim-fault-400-parameter"
    with_temperature = client.ask("openai", model, temperature=0.5).json["error"]
    limited = client.ask("openai", model, limit=5).json["error"]
    assert (with_temperature["code"], with_temperature["param"]) == ("unsupported_value", "temperature")
    assert (limited["code"], limited["param"]) == ("unsupported_parameter", "max_tokens")


def test_filtered_before_the_first_word(client: Client, api: str) -> None:
    wire = client.ask(api, "sim-instant.sim-fault-filtered-first")
    if api == "openai":
        assert (wire.status, error_code(wire)) == (400, "content_filter")
    elif api in AWS:
        assert wire.finish == "guardrail_intervened"
        assert "guardrail" in wire.text
    else:
        assert wire.finish == ("" if api == "generate" else "content_filter")
        assert wire.text == ""
        assert b"UNSUITABLE_INPUT" in wire.body


def test_filtered_in_mid_stream(client: Client, api: str) -> None:
    wire = client.ask(api, "sim-instant.sim-fault-filtered")
    reasons = {"openai": "content_filter", "converse": "content_filtered", "invoke": "refusal"}
    assert wire.finish == {**reasons, "chat": "content_filter", "generate": ""}[api]
    assert wire.text.startswith("Cricket grew up")


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_stall_first_never_sends_a_header(client: Client, api: str, stream: bool) -> None:
    wire = client.ask(api, "sim-instant.sim-fault-stall-first", stream=stream, timeout=0.2)
    assert (wire.status, wire.end) == (0, "silence")


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_stall_headers_sends_headers_only(client: Client, api: str, stream: bool) -> None:
    wire = client.ask(api, "sim-instant.sim-fault-stall-headers", stream=stream, timeout=0.2)
    assert (wire.status, wire.body, wire.end) == (200, b"", "silence")


def test_stall_middle_stops_after_some_words(client: Client, api: str) -> None:
    wire = client.ask(api, "sim-instant.sim-fault-stall-middle", timeout=0.2)
    assert wire.end == "silence"
    assert wire.text.startswith("Cricket grew up")
    assert wire.finish is None


def test_slow_first_waits_and_then_answers(client: Client, api: str) -> None:
    assert client.ask(api, "sim-instant.sim-fault-slow-first-0").finish
    assert client.ask(api, "sim-instant.sim-fault-slow-first-60", timeout=0.2).end == "silence"


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_reset_first_resets_before_the_headers(client: Client, api: str, stream: bool) -> None:
    wire = client.ask(api, "sim-instant.sim-fault-reset-first", stream=stream)
    assert (wire.status, wire.end) == (0, "reset")


def test_reset_resets_after_some_words(client: Client, api: str) -> None:
    wire = client.ask(api, "sim-instant.sim-fault-reset")
    assert (wire.status, wire.end) == (200, "reset")
    assert wire.text.startswith("Cricket grew up")


def test_cut_closes_inside_a_chunk(client: Client, api: str) -> None:
    wire = client.ask(api, "sim-instant.sim-fault-cut")
    assert (wire.status, wire.end) == (200, "cut")


@pytest.mark.parametrize("fault", ["cut", "reset"])
def test_an_answer_in_one_breaks_off_in_the_middle(client: Client, api: str, fault: str) -> None:
    wire = client.ask(api, f"sim-instant.sim-fault-{fault}", stream=False)
    assert (wire.status, wire.end) == (200, fault)


def test_clean_end_ends_properly_without_a_finish_marker(client: Client, api: str) -> None:
    wire = client.ask(api, "sim-instant.sim-fault-clean-end")
    assert (wire.end, wire.finish) == ("", None)
    assert wire.text.startswith("Cricket grew up")
    assert b"[DONE]" not in wire.body


def test_no_finish_says_everything_but_that(client: Client, api: str) -> None:
    wire = client.ask(api, "sim-instant.sim-fault-no-finish")
    assert wire.finish is None
    assert wire.text.endswith("India.\n")


def test_no_usage_has_no_counts(client: Client, api: str) -> None:
    wire = client.ask(api, "sim-instant.sim-fault-no-usage")
    assert wire.finish
    body = json.dumps(wire.events[1:])
    assert not any(name in body for name in ('"usage": {', "inputTokens", "TokenCount", "token_count"))


@pytest.mark.parametrize("fault", ["malformed", "bad-json"])
def test_broken_pieces_break_a_parser(client: Client, api: str, fault: str) -> None:
    wire = client.ask(api, f"sim-instant.sim-fault-{fault}")
    assert (wire.status, wire.end) == (200, "")
    with pytest.raises((ValueError, ParserError)):
        wire.events  # noqa: B018


@pytest.mark.parametrize("fault", ["malformed", "bad-json"])
def test_an_answer_in_one_that_is_broken_is_no_json(client: Client, api: str, fault: str) -> None:
    wire = client.ask(api, f"sim-instant.sim-fault-{fault}", stream=False)
    with pytest.raises(json.JSONDecodeError):
        wire.json  # noqa: B018


@pytest.mark.parametrize("api", AWS)
def test_bad_crc_fails_the_checksum(client: Client, api: str) -> None:
    wire = client.ask(api, "sim-instant.sim-fault-bad-crc")
    with pytest.raises(ChecksumMismatch):
        wire.events  # noqa: B018


@pytest.mark.parametrize("fault", ["wrong-shape", "wrong-shape-list"])
def test_wrong_shapes_are_valid_json_and_the_answer_goes_on(client: Client, api: str, fault: str) -> None:
    wire = client.ask(api, f"sim-instant.sim-fault-{fault}")
    good = client.ask(api, "sim-instant")
    assert (wire.end, wire.body[-40:].count(b"[DONE]")) == ("", 1 if api == "openai" else 0)
    assert len(wire.events) > len(good.events)
    if fault == "wrong-shape-list":
        events = wire.events
        values = [event.get("contentBlockDelta") for event in events] if api == "converse" else events
        (spoiled,) = [value for value in values if isinstance(value, list)]
        assert spoiled[:3] == [1, 2, 3]


def test_an_error_event_ends_the_stream(client: Client, api: str) -> None:
    wire = client.ask(api, "sim-instant.sim-fault-error-event")
    last = wire.events[-1]
    match api:
        case "openai":
            assert last["error"]["type"] == "server_error"
        case "converse" | "invoke":
            headers, payload = last
            assert headers[":exception-type"] == "modelStreamErrorException"
            assert json.loads(payload)["message"]
        case _:
            assert last["errors"][0]["code"] == "downstream_request_failed"
            assert b"event: error" in wire.body


def test_an_error_event_has_the_code_that_was_asked_for(client: Client) -> None:
    def last(api: str, code: str) -> Any:
        return client.ask(api, f"sim-instant.sim-fault-error-event-{code}").events[-1]

    assert last("openai", "overloaded_error")["error"]["code"] == "overloaded_error"
    assert last("converse", "throttlingException")[0][":exception-type"] == "throttlingException"
    assert last("converse", "InternalFailure")[0][":error-code"] == "InternalFailure"
    assert last("invoke", "internalServerException")[0][":exception-type"] == "internalServerException"
    assert last("invoke", "overloaded_error")["error"]["type"] == "overloaded_error"
    assert last("chat", "rate_limit")["errors"][0]["code"] == "rate_limit"


def test_drip_changes_nothing_but_the_packets(client: Client, api: str) -> None:
    slow = client.ask(api, "sim-instant.sim-fault-drip", limit=10)
    good = client.ask(api, "sim-instant", limit=10)
    assert (slow.text, slow.finish, slow.end) == (good.text, good.finish, "")


def test_drip_works_for_an_answer_in_one(client: Client, api: str) -> None:
    assert client.ask(api, "sim-instant.sim-fault-drip", limit=10, stream=False).json


def test_a_huge_piece_arrives_whole(client: Client, sim: Simulator, api: str) -> None:
    wire = client.ask(api, "sim-instant.sim-fault-huge-piece")
    assert max(len(text) for _, text in sim.log[-1].sends) > 1_000_000
    assert len(wire.text) > 1_000_000
    assert wire.finish


def test_many_pieces_come_all_at_once(client: Client, sim: Simulator, api: str) -> None:
    wire = client.ask(api, "sim-brisk.sim-fault-many-pieces", limit=500)
    first, last = sim.log[-1].sends[0][0], sim.log[-1].sends[-1][0]
    assert len(sim.log[-1].sends) == 500
    assert wire.text == "".join(text for _, text in sim.log[-1].sends)
    assert last - first < 500 / 45


def test_many_pieces_are_200_000() -> None:
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
    reasons = {"openai": "tool_calls", "converse": "tool_use", "invoke": "tool_use", "chat": "tool_calls"}
    assert wire.finish == {**reasons, "generate": "eos_token"}[api]
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


def test_length_ends_by_the_limit(client: Client, api: str) -> None:
    assert client.ask(api, "sim-instant.sim-fault-length").finish in ("length", "max_tokens")


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
