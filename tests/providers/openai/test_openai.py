"""OpenAI's chat completions: what is sent, and what is made of the shapes in which servers answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from providers import End, ErrorKind, Message, Provider, ProviderError, Reasoning, Request, connect, load
from providers.openai.settings import OpenAISettings
from simulator import Simulator
from tests.providers.asking import KEY, Stage, collect, connected, question, requests_for, settings_for, staged
from tests.providers.servers import USAGE, chunk, sse

HELLO = (chunk("Hel"), chunk("lo"))
FULL = End("stop", 3, 2)


@pytest.fixture(scope="module")
def provider(simulator: Simulator) -> Iterator[Provider]:
    with connected(settings_for("chat", simulator.url)) as provider:
        yield provider


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged("chat", silence_timeout=600) as stage:
        yield stage


def body_of(simulator: Simulator, request: Request) -> dict[str, Any]:
    (exchange,) = requests_for(simulator, request)
    body: dict[str, Any] = exchange.body
    return body


# What is sent


def test_a_plain_question_sends_nothing_that_was_not_set(provider: Provider, simulator: Simulator) -> None:
    request = question()
    collect(provider, request)
    assert body_of(simulator, request) == {
        "model": request.model,
        "messages": [{"role": "user", "content": "Hello!"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_a_whole_answer_is_the_blocking_call(provider: Provider, simulator: Simulator) -> None:
    request = question(stream=False)
    assert len(collect(provider, request).pieces) == 1
    assert body_of(simulator, request) == {
        "model": request.model,
        "messages": [{"role": "user", "content": "Hello!"}],
        "stream": False,
    }


def test_all_that_was_set_is_sent(provider: Provider, simulator: Simulator) -> None:
    turns = (Message("user", "Hi"), Message("assistant", "Yes?"), Message("user", "Why?"))
    request = question(messages=turns, system="Be brief.", max_tokens=3, temperature=0.0, top_p=0.5)
    heard = collect(provider, request)
    body = body_of(simulator, request)
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Yes?"},
        {"role": "user", "content": "Why?"},
    ]
    assert (body["max_tokens"], body["temperature"], body["top_p"]) == (3, 0.0, 0.5)
    assert heard.end is not None
    assert (heard.end.finish_reason, heard.end.output_tokens) == ("length", 3)


# A parameter that the server does not support


def test_a_parameter_that_is_refused_is_left_out_once_and_for_this_model(
    simulator: Simulator, provider: Provider
) -> None:
    request = question("sim-fault-400-parameter", temperature=0.3, top_p=0.5)
    heard = collect(provider, request)
    assert heard.end is not None
    assert [(retry.kind, retry.after) for retry in heard.retries] == [("bad_request", 0.0)]
    assert collect(provider, request).retries == []
    assert ["temperature" in exchange.body for exchange in requests_for(simulator, request)] == [True, False, False]
    assert all(exchange.body["top_p"] == 0.5 for exchange in requests_for(simulator, request))
    other = question(temperature=0.3)
    collect(provider, other)
    assert body_of(simulator, other)["temperature"] == 0.3


def test_the_token_limit_gets_its_other_name(simulator: Simulator, provider: Provider) -> None:
    request = question("sim-fault-400-parameter", max_tokens=5)
    for _ in range(2):
        heard = collect(provider, request)
        assert heard.end is not None
    limits = [
        {name: value for name, value in exchange.body.items() if name.startswith("max")}
        for exchange in requests_for(simulator, request)
    ]
    assert limits == [{"max_tokens": 5}, {"max_completion_tokens": 5}, {"max_completion_tokens": 5}]


def test_two_refusals_are_two_questions(simulator: Simulator, provider: Provider) -> None:
    """At most one second try: the next question profits from both refusals."""
    request = question("sim-fault-400-parameter", temperature=0.3, max_tokens=5)
    first = collect(provider, request)
    assert first.error is not None
    assert first.error.kind == "bad_request"
    assert "ask again" in first.error.message
    assert collect(provider, request).end is not None
    assert len(requests_for(simulator, request)) == 3


def refusal(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None} | more}


@pytest.mark.parametrize(
    ("status", "body", "left_out"),
    [
        (400, refusal("Unsupported parameter: 'stream_options'"), "stream_options"),
        (400, refusal("Unrecognized request argument supplied: stream_options"), "stream_options"),
        (422, {"detail": [{"loc": ["body", "top_p"], "msg": "Extra inputs are not permitted"}]}, "top_p"),
        (400, refusal("top_p: unknown field"), "top_p"),
        (400, refusal("No.", code="unsupported_value", param="temperature"), "temperature"),
        (400, refusal("max_tokens is too large: 5. This model supports at most 4."), None),
        (400, refusal("This model does not support images."), None),
        (403, refusal("temperature is not supported"), None),
    ],
)  # fmt: skip
def test_servers_say_in_their_own_words_what_they_do_not_support(
    stage: Stage, status: int, body: dict[str, Any], left_out: str | None
) -> None:
    request = question(temperature=0.1, top_p=0.2, max_tokens=5)
    heard = stage(json.dumps(body).encode(), request, status=status, content_type="application/json")
    sent = stage.server.requests
    assert heard.error is not None
    if left_out is None:
        assert len(sent) == 1
    else:
        assert [left_out in request for request in sent] == [True, False]
        assert set(sent[0]) - set(sent[1]) == {left_out}


# Shapes in which servers answer


ANSWERED: list[tuple[str, bytes, list[str], End]] = [
    ("the usual", sse(*HELLO, chunk(finish="stop"), USAGE), ["Hel", "lo"], FULL),
    ("usage beside the finish", sse(*HELLO, chunk(finish="stop", usage=USAGE["usage"])), ["Hel", "lo"], FULL),
    ("usage before the finish", sse(USAGE, *HELLO, chunk(finish="stop")), ["Hel", "lo"], FULL),
    (
        "usage and a finish in every chunk",
        sse(*(chunk(text, "stop", usage=USAGE["usage"]) for text in ("Hel", "lo"))),
        ["Hel", "lo"],
        FULL,
    ),
    ("no [DONE]", sse(*HELLO, chunk(finish="stop"), done=False), ["Hel", "lo"], End("stop")),
    ("keep-alives", sse(b": PROCESSING\n\n", *HELLO, b":\n\n", chunk(finish="stop")), ["Hel", "lo"], End("stop")),
    ("no choices", sse({"id": "c", "choices": []}, *HELLO, chunk(finish="stop")), ["Hel", "lo"], End("stop")),
    ("choices null", sse({"id": "c", "choices": None}, *HELLO, chunk(finish="stop")), ["Hel", "lo"], End("stop")),
    ("content null", sse(chunk("Hi"), chunk(None), chunk(finish="stop")), ["Hi"], End("stop")),
    ("delta null", sse({"choices": [{"index": 0, "delta": None}]}, chunk("Hi", "stop")), ["Hi"], End("stop")),
    ("an empty finish", sse(chunk("Hi", ""), chunk(finish="length")), ["Hi"], End("length")),
    ("a finish nobody knows", sse(chunk("Hi", "because")), ["Hi"], End("other", word="because")),
    ("a finish that is no word", sse(chunk("Hi", {"type": "stop"})), ["Hi"], End("other")),
    (
        "a second choice",
        sse({"choices": [{"index": 1, "delta": {"content": "no"}}]}, chunk("Hi", "stop")),
        ["Hi"],
        End("stop"),
    ),
    ("a refusal", sse({"choices": [{"index": 0, "delta": {"refusal": "No."}, "finish_reason": "stop"}]}), ["No."],
     End("stop")),
    ("a filter", sse(chunk("Hi", "content_filter")), ["Hi"], End("filtered")),
    ("a tool", sse(chunk("Hi", "tool_calls")), ["Hi"], End("tool")),
    (
        "figures that are none",
        sse(chunk("Hi", "stop"), {"choices": [], "usage": {"prompt_tokens": "3", "completion_tokens": 2.0}}),
        ["Hi"],
        End("stop", None, 2),
    ),
    (
        "content in parts",
        sse(
            chunk([{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]),
            chunk([{"type": "text", "text": "Hi"}, {"type": "reference", "reference_ids": [1]}], "stop"),
        ),
        ["Hm.", "Hi"],
        End("stop"),
    ),
    ("half characters", sse(chunk("\ud83d"), chunk("\ude00", "stop")), ["😀"], End("stop")),
    ("CRLF", sse(*HELLO, chunk(finish="stop")).replace(b"\n", b"\r\n"), ["Hel", "lo"], End("stop")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "pieces", "end"), [row[1:] for row in ANSWERED], ids=[row[0].replace(" ", "-") for row in ANSWERED]
)
def test_an_answer_in_a_shape_of_its_own(stage: Stage, body: bytes, pieces: list[str], end: End) -> None:
    heard = stage(body)
    assert heard.error is None
    assert (heard.pieces, heard.end) == (pieces, end)


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_has_two_names(stage: Stage, name: str) -> None:
    thought = {"choices": [{"index": 0, "delta": {"content": "", name: "Hm."}}]}
    heard = stage(sse(thought, chunk("Hi", "stop")))
    assert [(str(piece), type(piece)) for piece in heard.pieces] == [("Hm.", Reasoning), ("Hi", str)]


FAILED: list[tuple[str, bytes, list[str], ErrorKind, str]] = [
    ("an error's flat message", sse(*HELLO, b'event: error\ndata: {"message": "Boom"}\n\n'), ["Hel", "lo"],
     "overloaded", "Boom"),
    ("a flat message with a code", sse(b'data: {"message": "No", "code": "insufficient_quota"}\n\n'), [], "quota",
     "No"),
    ("an error that is a text", sse(chunk("Hi"), {"error": "The model crashed"}), ["Hi"], "overloaded",
     "The model crashed"),
    ("a status as its code", sse(chunk("Hi"), {"error": {"message": "Slow down", "code": 429}}), ["Hi"],
     "rate_limit", "Slow down"),
    ("a finish that is an error", sse(chunk("Hi", "error")), ["Hi"], "interrupted", "the model failed"),
    ("a list", sse(chunk("Hi"), [1]), ["Hi"], "protocol", ""),
    ("null", sse(chunk("Hi"), None), ["Hi"], "protocol", ""),
    ("content that is a number", sse(chunk("Hi"), chunk(5)), ["Hi"], "protocol", ""),
    ("content of other parts", sse(chunk("Hi"), chunk(["x"])), ["Hi"], "protocol", ""),
    ("no JSON", sse(chunk("Hi"), b"data: {\n\n"), ["Hi"], "protocol", ""),
    ("no UTF-8", sse(chunk("Hi"), b"data: \xff\n\n"), ["Hi"], "protocol", ""),
    ("deep nesting", sse(chunk("Hi"), b"data: " + b"[" * 100_000 + b"\n\n"), ["Hi"], "protocol", ""),
    ("nothing", b"", [], "interrupted", ""),
    ("[DONE] alone", sse(), [], "interrupted", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "pieces", "kind", "words"), [row[1:] for row in FAILED], ids=[row[0].replace(" ", "-") for row in FAILED]
)
def test_an_error_in_a_shape_of_its_own(
    stage: Stage, body: bytes, pieces: list[str], kind: ErrorKind, words: str
) -> None:
    heard = stage(body)
    assert heard.error is not None
    assert (heard.pieces, heard.error.kind) == (pieces, kind)
    assert words in heard.error.message


def test_a_base_url_without_its_path_is_named_as_such(simulator: Simulator) -> None:
    with connected(settings_for("chat", simulator.url, base_url=simulator.url)) as provider:
        heard = collect(provider, question())
    assert heard.error is not None
    assert heard.error.kind == "protocol"


# Its client


@pytest.mark.parametrize("key", ["sk-in\nside", "sk-ünicode", "sk in side"])
def test_a_malformed_key_never_reaches_the_sdk(key: str) -> None:
    with pytest.raises(ProviderError) as caught:
        connect(OpenAISettings(name="openai", label="OpenAI", api_key=key))
    assert caught.value.kind == "auth"
    assert "OPENAI_API_KEY" in caught.value.message
    assert key not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_blanks_around_a_key_are_not_sent(simulator: Simulator) -> None:
    with connected(settings_for("chat", simulator.url, api_key=f" {KEY}\r\n")) as provider:
        assert collect(provider, question()).end is not None


def test_no_key_is_asked_for_before_the_sdk_is_loaded() -> None:
    with pytest.raises(ProviderError) as caught:
        connect(load({})["openai"])
    assert caught.value.kind == "missing_credentials"
    assert "OPENAI_API_KEY" in caught.value.message


def test_a_server_without_keys_is_asked_without_one(simulator: Simulator) -> None:
    with connected(load({"ENDPOINT_LAB_URL": f"{simulator.url}/v1"})["lab"]) as provider:
        assert collect(provider, question()).end is not None


def test_the_models_are_those_of_the_server(provider: Provider) -> None:
    assert "sim-brisk" in provider.models()
    assert provider.models() == sorted(provider.models())


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [(401, b"{}", "auth"), (404, b"", "protocol"), (200, b"[1]", "protocol"), (200, b"<html>", "protocol")],
)
def test_a_list_that_is_none_is_an_error(stage: Stage, status: int, body: bytes, kind: ErrorKind) -> None:
    stage.server.plays(body, status=status, content_type="application/json")
    with pytest.raises(ProviderError) as caught:
        stage.voices["chat"].models()
    assert caught.value.kind == kind
