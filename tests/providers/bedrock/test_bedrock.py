"""AWS Bedrock: what is sent by either API, whose credentials, and the shapes that only its binary frames can have."""

from __future__ import annotations

import base64
import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from providers import Call, ErrorKind, Message, ProviderError, Reasoning, connect
from simulator import Simulator
from simulator.bedrock.eventstream import event, exception
from tests.providers.asking import (
    AWS,
    KEY,
    SECRET,
    Api,
    Stage,
    Voices,
    collect,
    connected,
    question,
    requests_for,
    settings_for,
)

BOTH = pytest.mark.parametrize("api", AWS)
TURNS = (Message("user", "Hi"), Message("assistant", "Yes?"), Message("user", "Why?"))


# What is sent


@BOTH
def test_blank_turns_and_a_blank_system_prompt_are_not_sent(voices: Voices, simulator: Simulator, api: Api) -> None:
    turns = (Message("assistant", "Hello."), Message("user", "Hi"), Message("assistant", " "), Message("user", "Why?"))
    request = question(messages=turns, system="  ")
    assert collect(voices[api], request).end is not None
    (exchange,) = requests_for(simulator, request)
    assert len(exchange.body["messages"]) == 1
    assert "system" not in exchange.body


@pytest.mark.parametrize(("api", "model"), [("invoke", "us.amazon.nova-2-lite-v1:0"), ("converse", "")])
def test_a_request_that_can_not_be_sent_is_a_bad_one(
    voices: Voices, simulator: Simulator, api: Api, model: str
) -> None:
    request = replace(question(), model=model)
    error = collect(voices[api], request).failure
    assert error.kind == "bad_request"
    assert "converse" in error.message or api == "converse"
    assert api == "converse" or requests_for(simulator, request) == []


# The account


@BOTH
def test_a_wrong_key_is_refused_by_the_service(simulator: Simulator, api: Api) -> None:
    with connected(settings_for(api, simulator.url, access_key="AKIAwrong")) as provider:
        assert collect(provider, question()).failure.kind == "auth"
        with pytest.raises(ProviderError) as caught:
            provider.models()
    assert caught.value.kind == "auth"


@pytest.mark.parametrize(
    ("more", "variable"),
    [
        ({"access_key": "AKIA\nX"}, "AWS_ACCESS_KEY_ID"),
        ({"secret_key": "sécret"}, "AWS_SECRET_ACCESS_KEY"),
        ({"session_token": "to ken"}, "AWS_SESSION_TOKEN"),
        ({"bearer_token": "to\x00ken"}, "AWS_BEARER_TOKEN_BEDROCK"),
    ],
)
def test_a_malformed_key_never_reaches_the_sdk(simulator: Simulator, more: dict[str, Any], variable: str) -> None:
    with pytest.raises(ProviderError) as caught:
        connect(settings_for("converse", simulator.url, **more))
    assert caught.value.kind == "auth"
    assert variable in caught.value.message
    assert not any(value in repr(caught.value) for value in more.values())


def test_blanks_around_keys_are_not_sent(simulator: Simulator) -> None:
    settings = settings_for("converse", simulator.url, access_key=f" {KEY}\n", secret_key=f"{SECRET} ")
    with connected(settings) as provider:
        assert collect(provider, question()).end is not None


def bedrock(simulator: Simulator, **more: Any) -> Any:
    """Settings without a key."""
    return settings_for("converse", simulator.url, **{"access_key": "", "secret_key": "", "region": "", **more})


def test_credentials_and_region_come_from_a_profile(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "credentials"
    file.write_text(f"[work]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\nregion = eu-west-3\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    with connected(bedrock(simulator, profile="work")) as provider:
        assert collect(provider, question()).end is not None
        assert provider._client.meta.region_name == "eu-west-3"  # type: ignore[attr-defined]
    with connected(bedrock(simulator, access_key=KEY, secret_key=SECRET)) as provider:  # and which has every model
        assert provider._client.meta.region_name == "us-east-1"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("more", "kind", "words"),
    [
        ({}, "missing_credentials", "AWS_ACCESS_KEY_ID"),
        ({"access_key": KEY}, "missing_credentials", "AWS_SECRET_ACCESS_KEY"),
        ({"profile": "nowhere"}, "missing_credentials", "nowhere"),
        ({"region": "us east 1", "access_key": KEY, "secret_key": SECRET}, "bad_request", "us east 1"),
    ],
)
def test_a_slip_in_the_settings_is_named(
    simulator: Simulator, more: dict[str, str], kind: ErrorKind, words: str
) -> None:
    with pytest.raises(ProviderError) as caught:
        connect(bedrock(simulator, **more))
    assert caught.value.kind == kind
    assert words in caught.value.message
    assert KEY not in repr(caught.value)


@pytest.mark.parametrize("region", ["127.0.0.1:80/x#", "x@localhost", "here.invalid", "127.0.0.1"])
def test_a_region_that_was_typed_makes_no_address_of_another_host(simulator: Simulator, region: str) -> None:
    settings = replace(bedrock(simulator, region=region, access_key=KEY, secret_key=SECRET), endpoint_url="")
    with pytest.raises(ProviderError) as caught:
        connect(settings)
    assert caught.value.kind == "bad_request"


def test_a_bearer_token_needs_https(simulator: Simulator) -> None:
    with connected(bedrock(simulator, bearer_token=KEY)) as provider:
        error = collect(provider, question()).failure
    assert error.kind == "bad_request"
    assert "HTTPS" in error.message


@BOTH
@pytest.mark.parametrize(("token", "kind"), [(KEY, None), ("a-wrong-token", "auth")])
def test_a_bearer_token_is_enough_and_need_not_stand_in_the_environment(
    simulator: Simulator, api: Api, token: str, kind: ErrorKind | None
) -> None:
    settings = replace(bedrock(simulator, bearer_token=token, ca_file=simulator.ca_file), api=api)
    with connected(replace(settings, endpoint_url=simulator.tls_url)) as provider:
        heard = collect(provider, question())
    assert (heard.error.kind if heard.error else None) == kind


def test_keys_that_were_given_win_over_a_token_in_the_environment(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "a-wrong-token")
    with connected(settings_for("converse", simulator.tls_url, ca_file=simulator.ca_file)) as provider:
        assert collect(provider, question()).end is not None


# Frames


def converse(*frames: tuple[str, dict[str, Any]]) -> bytes:
    return b"".join(event(kind, json.dumps(payload).encode()) for kind, payload in frames)


def invoke(*events: Any) -> bytes:
    def frame(said: Any) -> bytes:
        inner = base64.b64encode(json.dumps(said).encode()).decode()
        return event("chunk", json.dumps({"bytes": inner}).encode())

    return b"".join(frame(said) for said in events)


def delta(**content: Any) -> tuple[str, dict[str, Any]]:
    return "contentBlockDelta", {"contentBlockIndex": 0, "delta": content}


def text_delta(text: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}


HELLO = converse(("messageStart", {"role": "assistant"}), delta(text="Hel"), delta(text="lo"))
STOP = converse(("messageStop", {"stopReason": "end_turn"}))
USAGE = converse(("metadata", {"usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}, "metrics": {}}))
START = {"type": "message_start", "message": {"usage": {"input_tokens": 3, "output_tokens": 1}}}
TOLD = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}}
OVER = {"type": "message_stop"}
METRICS = {"inputTokenCount": 3, "outputTokenCount": 2}


@pytest.mark.parametrize(
    ("api", "body", "pieces", "end"),
    [
        ("converse", HELLO + STOP + USAGE, ["Hel", "lo"], ("stop", 3, 2)),
        ("converse", HELLO + STOP, ["Hel", "lo"], ("stop", None, None)),
        ("converse", HELLO + USAGE + STOP, ["Hel", "lo"], ("stop", 3, 2)),
        ("converse", HELLO + STOP + USAGE[:-9], ["Hel", "lo"], ("stop", None, None)),
        ("converse", converse(delta(text=""), delta(text="Hi")) + STOP, ["Hi"], ("stop", None, None)),
        (
            "converse",
            converse(delta(reasoningContent={"text": "Hm."}), delta(reasoningContent={"signature": "x"}))
            + converse(delta(text="Hi"))
            + STOP,
            ["Hm.", "Hi"],
            ("stop", None, None),
        ),
        ("converse", converse(delta(image={"a": 1}), delta(text="Hi")) + STOP, ["Hi"], ("stop", None, None)),
        ("converse", converse(("news", {"a": 1})) + HELLO + STOP, ["Hel", "lo"], ("stop", None, None)),
        ("converse", HELLO + converse(("messageStop", {"stopReason": "new"})), ["Hel", "lo"], ("other", None, None)),
        ("invoke", invoke(START, text_delta("Hi"), TOLD, OVER), ["Hi"], ("stop", 3, 2)),
        ("invoke", invoke(START, {"type": "ping"}, text_delta("Hi"), TOLD, OVER), ["Hi"], ("stop", 3, 2)),
        (
            "invoke",
            invoke(text_delta("Hi"), {**TOLD, "usage": None}, {**OVER, "amazon-bedrock-invocationMetrics": METRICS}),
            ["Hi"],
            ("stop", 3, 2),
        ),
        (
            "invoke",
            invoke(START, text_delta("Hi"), {**TOLD, "usage": {}}, OVER),
            ["Hi"],
            ("stop", 3, None),  # the start counts what an empty answer has
        ),
        ("invoke", invoke({"type": "content_block_start", "content_block": {"type": "text", "text": "Hi"}}, TOLD, OVER),
         ["Hi"], ("stop", None, 2)),
        ("invoke", invoke({**text_delta(""), "delta": {"type": "thinking_delta", "thinking": "Hm."}}, TOLD, OVER),
         ["Hm."], ("stop", None, 2)),
    ],
)  # fmt: skip
def test_an_answer_in_frames(stage: Stage, api: Api, body: bytes, pieces: list[str], end: tuple[Any, ...]) -> None:
    heard = stage(body, api=api)
    assert (heard.pieces, heard.ending[:3]) == (pieces, end)
    assert heard.ending.word == ("new" if heard.ending.finish_reason == "other" else None)
    assert heard.reasoning == ("Hm." if "Hm." in pieces else "")


# After the finish marker


def ticking() -> Call:
    """A call whose clock goes on by a tenth of a second whenever it is looked at."""
    ticks = itertools.count()
    return Call(clock=lambda: next(ticks) / 10, sleep=lambda seconds: None)


FINISHED: dict[Api, bytes] = {
    "converse": HELLO + STOP,
    "invoke": invoke(text_delta("Hel"), text_delta("lo"), TOLD, OVER),
}
NOISE: dict[Api, bytes] = {"converse": converse(("news", {"a": 1})), "invoke": invoke({"type": "ping"})}


@BOTH
def test_what_comes_after_the_finish_marker_is_not_listened_to_for_ever(stage: Stage, api: Api) -> None:
    for ends in ({"later": [NOISE[api]]}, {"hold": True}):
        heard = stage(FINISHED[api], api=api, call=ticking(), **ends)
        assert (heard.text, heard.error) == ("Hello", None)


def test_figures_that_come_a_moment_later_are_taken(stage: Stage) -> None:
    later = [NOISE["converse"], USAGE, NOISE["converse"]]
    assert stage(FINISHED["converse"], api="converse", call=Call(), later=later).ending[:3] == ("stop", 3, 2)


@pytest.mark.parametrize("word", ["malformed_model_output", "malformed_tool_use", "error"])
def test_a_model_that_gave_up_broke_off(stage: Stage, word: str) -> None:
    told = {**TOLD, "delta": {"stop_reason": word}}
    for heard in (
        stage(api="converse", body=HELLO + converse(("messageStop", {"stopReason": word}))),
        stage(api="invoke", body=invoke(text_delta("Hel"), text_delta("lo"), told, OVER)),
    ):
        assert (heard.text, heard.failure.kind, word in heard.failure.message) == ("Hello", "interrupted", True)


def test_reasoning_in_tags_is_told_apart(stage: Stage) -> None:
    for heard in (
        stage(api="converse", body=converse(delta(text="<thinking>Hm.</thin"), delta(text="king>\n\nHi")) + STOP),
        stage(api="invoke", body=invoke(text_delta("<thinking>Hm.</thin"), text_delta("king>\n\nHi"), TOLD, OVER)),
    ):
        assert [(str(piece), type(piece)) for piece in heard.pieces] == [("Hm.", Reasoning), ("Hi", str)]


@pytest.mark.parametrize(
    ("api", "body", "kind"),
    [
        ("converse", HELLO + STOP[:-3], "interrupted"),  # half a frame, and a proper end
        ("converse", HELLO + b"\x00" * 64, "protocol"),
        ("converse", HELLO + b"<html><body>Bad gateway</body></html>", "protocol"),
        ("converse", HELLO + exception("validationException", b'{"message": "Input is too long"}'), "too_long"),
        ("invoke", invoke(text_delta("Hel"), text_delta("lo"), TOLD), "interrupted"),
        ("invoke", invoke(text_delta("Hel"), text_delta("lo"), OVER), "interrupted"),
        ("invoke", invoke(text_delta("Hel"), text_delta("lo"), "text"), "protocol"),
        ("invoke", invoke(text_delta("Hel"), text_delta("lo"), {"type": "content_block_delta", "delta": "x"}),
         "protocol"),
        ("invoke", invoke(text_delta("Hel"), text_delta("lo")) + event("chunk", b'{"bytes": "!"}'), "protocol"),
        ("invoke", invoke(text_delta("Hel"), text_delta("lo")) + exception("modelTimeoutException", b"{}"), "timeout"),
    ],
)  # fmt: skip
def test_what_goes_wrong_in_frames(stage: Stage, api: Api, body: bytes, kind: ErrorKind) -> None:
    heard = stage(body, api=api)
    assert (heard.pieces, heard.failure.kind, heard.retries) == (["Hel", "lo"], kind, [])


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Input is too long for requested model.", "too_long"),
        ("The input exceeds the context window.", "too_long"),
        ("The provided model identifier is invalid.", "unknown_model"),
        ("Invocation of model ID x with on-demand throughput isn't supported.", "unknown_model"),
        ("This model version has reached the end of its life.", "unknown_model"),
        ("The value at topP must be at most 1.", "bad_request"),
    ],
)
def test_one_code_of_aws_has_many_meanings(stage: Stage, message: str, kind: ErrorKind) -> None:
    error = stage({"message": message, "__type": "ValidationException"}, api="converse", status=400).failure
    assert error.kind == kind
    assert message in error.message
