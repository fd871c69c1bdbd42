"""What a cache did with the input, what the provider says of its own time, and how long the connection took."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from providers import End, Message, Request
from providers.openai.adapter import OWN_TIME
from providers.parsing.times import GATEWAY
from simulator import Simulator
from tests.providers.asking import (
    APIS,
    AWS,
    Api,
    Stage,
    Voices,
    collect,
    question,
    requests_for,
    streamed_or_not,
)
from tests.providers.bedrock import test_bedrock as aws
from tests.providers.bedrock.test_bedrock import converse, invoke, text_delta
from tests.providers.parsing.test_streams import HI, STOP, whole
from tests.providers.servers import sse

LONG = "The laws of cricket, in short. " * 200
TOKENS = 1600  # of it, as the simulator counts


def counted(stage: Stage, api: Api, body: bytes, request: Request | None = None, **played: Any) -> End:
    return stage(body, request, api=api, **played).ending


def told(end: End) -> tuple[int | None, ...]:
    """All input, what of it a cache had, and took; output; reasoning."""
    return end.input_tokens, end.cached_tokens, end.cache_write_tokens, end.output_tokens, end.reasoning_tokens


# Counts. Input is all input, wherever the server counts what a cache had.


def said(prompt: Any, completion: Any, total: Any = None, **more: Any) -> dict[str, Any]:
    """Usage by OpenAI's names."""
    usage = {"prompt_tokens": prompt, "completion_tokens": completion} | (
        {} if total is None else {"total_tokens": total}
    )
    return usage | more


CACHED_64 = {"prompt_tokens_details": {"cached_tokens": 64}}
READ_64 = {"cache_read_input_tokens": 64}
THOUGHT = {"completion_tokens_details": {"reasoning_tokens": 317}}
COUNTS: dict[str, tuple[Any, tuple[int | None, ...]]] = {
    "OpenAI": (
        said(2006, 300, 2306, prompt_tokens_details={"cached_tokens": 1920, "cache_write_tokens": 0},
             completion_tokens_details={"reasoning_tokens": 100}),
        (2006, 1920, 0, 300, 100),
    ),
    "nothing cached": (said(12, 2, prompt_tokens_details={"cached_tokens": 0}), (12, 0, None, 2, None)),
    "nothing said": (said(12, 2), (12, None, None, 2, None)),
    "details that are null": (said(12, 2, prompt_tokens_details=None), (12, None, None, 2, None)),
    "details that are none": (said(3, 2, completion_tokens_details=[1]), (3, None, None, 2, None)),
    "DeepSeek": (
        said(100, 2, 102, prompt_cache_hit_tokens=64, prompt_cache_miss_tokens=36), (100, 64, None, 2, None)
    ),
    "Moonshot": (said(100, 2, cached_tokens=64), (100, 64, None, 2, None)),
    "OpenRouter": (
        said(194, 2, 196, prompt_tokens_details={"cached_tokens": 0, "cache_write_tokens": 100}),
        (194, 0, 100, 2, None),
    ),
    "xAI, whose reasoning is in the total alone": (said(100, 2, 419, **CACHED_64), (100, 64, None, 319, 317)),
    "reasoning left out": (said(12, 2, 331, reasoning_tokens=317), (12, None, None, 319, 317)),
    "reasoning left out, in details": (said(12, 2, 331, **THOUGHT), (12, None, None, 319, 317)),
    "reasoning counted in": (said(12, 319, 331, reasoning_tokens=317), (12, None, None, 319, 317)),
    "more reasoning than output": (said(12, 2, reasoning_tokens=317), (12, None, None, 319, 317)),
    "no reasoning, and a larger total": (
        said(12, 2, 331, completion_tokens_details={"reasoning_tokens": 0}), (12, None, None, 2, 0)
    ),
    "LiteLLM, which counts all in": (
        said(112, 2, 114, **READ_64, cache_creation_input_tokens=36,
             prompt_tokens_details={"cached_tokens": 64, "cache_creation_tokens": 36}),
        (112, 64, 36, 2, None),
    ),
    "LiteLLM before, which counted beside": (
        said(12, 2, 14, **READ_64, cache_creation_input_tokens=36), (112, 64, 36, 2, None)
    ),
    "beside, by the total": (said(120, 2, 186, **READ_64), (184, 64, None, 2, None)),
    "beside, and reasoning too": (
        said(120, 2, 203, cached_tokens=64, reasoning_tokens=17), (184, 64, None, 19, 17)
    ),
    "Anthropic's names": (
        {"input_tokens": 120, "output_tokens": 2, **READ_64, "cache_creation_input_tokens": 0}, (184, 64, 0, 2, None)
    ),
    "Anthropic's names, with a total that has all": (
        {"input_tokens": 120, "output_tokens": 2, "total_tokens": 122, **READ_64}, (120, 64, None, 2, None)
    ),
    "a total that is less than its parts": (
        {"prompt_tokens": 12, "total_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 3}},
        (12, None, None, None, 3),
    ),
    "a total that is less than what a cache took": (
        said(5, 2, 10, cached_tokens=3, cache_write_tokens=90), (98, 3, 90, 2, None)
    ),
    "a total of 0": (said(12, 2, 0), (12, None, None, 2, None)),
    "no output but a total": ({"prompt_tokens": 12, "total_tokens": 14}, (12, None, None, 2, None)),
    "the Responses API's names": (
        {"input_tokens": 1515, "output_tokens": 101, "input_tokens_details": {"cached_tokens": 1390}},
        (1515, 1390, None, 101, None),
    ),
    "a gateway that says it twice, once with 0": (
        said(100, 2, cache_read_input_tokens=0, **CACHED_64), (100, 64, None, 2, None)
    ),
    "nulls": (said(None, None, completion_tokens_details=None), (None,) * 5),
    "texts and truths": (said("many", True, []), (None,) * 5),
    "floats": (said(3.0, 2.0), (3, None, None, 2, None)),
    "halves and less than none": (said(1.5, -2), (None,) * 5),
    "all zeros": (said(0, 0, 0), (None,) * 5),
}  # fmt: skip


@pytest.mark.parametrize(("usage", "counts"), COUNTS.values(), ids=COUNTS)
def test_input_is_all_input_by_chat_completions(
    stage: Stage, usage: dict[str, Any], counts: tuple[int | None, ...]
) -> None:
    assert told(counted(stage, "chat", sse(HI, STOP, {"id": "c", "choices": [], "usage": usage}))) == counts
    assert told(stage(whole(usage=usage), question(stream=False)).ending) == counts


def metadata(**usage: int) -> bytes:
    return aws.HELLO + aws.STOP + converse(("metadata", {"usage": usage, "metrics": {"latencyMs": 1176}}))


CACHED = {"cacheReadInputTokens": 3059, "cacheWriteInputTokens": 100}


@pytest.mark.parametrize(
    ("model", "usage", "counts"),
    [
        ("anthropic.claude", {"inputTokens": 562, "outputTokens": 9, "totalTokens": 3730, **CACHED}, (3721, 3059, 100)),
        ("anthropic.claude", {"inputTokens": 5000, "outputTokens": 9, "totalTokens": 8168, **CACHED},
         (8159, 3059, 100)),
        ("anthropic.claude", {"inputTokens": 5, "outputTokens": 9, "totalTokens": 14}, (5, None, None)),
        # ConverseStream of OpenAI's models counts all of it, and then once more.
        ("openai.gpt-5.6-sol", {"inputTokens": 4995, "outputTokens": 9, "totalTokens": 9997,
                                "cacheWriteInputTokens": 4993}, (4995, None, 4993)),
        ("openai.gpt-5.6-sol", {"inputTokens": 2, "outputTokens": 9, "totalTokens": 5004,
                                "cacheWriteInputTokens": 4993}, (4995, None, 4993)),
    ],
)  # fmt: skip
def test_input_is_all_input_by_converse(
    stage: Stage, model: str, usage: dict[str, int], counts: tuple[int | None, ...]
) -> None:
    end = counted(stage, "converse", metadata(**usage), Request.of("Hi", model))
    assert told(end) == (*counts, 9, None)
    assert (end.provider_first_seconds, end.provider_seconds) == (None, 1.176)


STARTED = {"input_tokens": 12, "cache_read_input_tokens": 64, "cache_creation_input_tokens": 36, "output_tokens": 1}
STOPPED = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}
METRICS = {
    "inputTokenCount": 12,
    "outputTokenCount": 2,
    "cacheReadInputTokenCount": 64,
    "cacheWriteInputTokenCount": 36,
    "invocationLatency": 2033,
    "firstByteLatency": 1229,
}
OVER = {"type": "message_stop", "amazon-bedrock-invocationMetrics": METRICS}


@pytest.mark.parametrize(
    "events",
    [
        [{"type": "message_start", "message": {"usage": STARTED}}, {**STOPPED, "usage": {"output_tokens": 2}}],
        [{"type": "message_start", "message": {"usage": {"input_tokens": 1}}},
         {**STOPPED, "usage": {**STARTED, "output_tokens": 2}}],
        [STOPPED],
    ],
    ids=["at the start", "at the end", "in AWS's metrics alone"],
)  # fmt: skip
def test_input_is_all_input_by_anthropic_s_body(stage: Stage, events: list[dict[str, Any]]) -> None:
    end = counted(stage, "invoke", invoke(*events[:-1], text_delta("Hi"), events[-1], OVER))
    assert told(end) == (112, 64, 36, 2, None)
    assert (end.provider_first_seconds, end.provider_seconds) == (1.229, 2.033)


# The provider's own time


def usage_event(**more: Any) -> bytes:
    usage = {"prompt_tokens": 3, "completion_tokens": 2, **more.pop("usage", {})}
    return sse(HI, STOP, {"id": "c", "choices": [], "usage": usage, **more})


GROQ = {"queue_time": 0.005, "prompt_time": 0.015, "completion_time": 0.112, "total_time": 0.127}


@pytest.mark.parametrize(
    ("body", "times"),
    [
        (usage_event(latency_checkpoint={"service_ttft_ms": 664, "service_ttlt_ms": 886}), (0.664, 0.886)),  # Azure
        (usage_event(usage=GROQ), (0.02, 0.132)),
        (sse(HI, {**STOP, "x_groq": {"usage": {"prompt_tokens": 3, "completion_tokens": 2, **GROQ}}}), (0.02, 0.132)),
        (usage_event(time_info={**GROQ, "total_time": 0.14}), (0.02, 0.14)),  # Cerebras
        (usage_event(timings={"prompt_ms": 20.5, "predicted_ms": 79.5}), (0.0205, 0.1)),  # llama.cpp
        (usage_event(timings={"prompt_ms": None}, latency_checkpoint=[]), (None, None)),
        (usage_event(latency_checkpoint={"service_ttft_ms": -1, "service_ttlt_ms": "soon"}), (None, None)),
        (usage_event(), (None, None)),
    ],
)
def test_a_server_s_own_time_is_kept(stage: Stage, body: bytes, times: tuple[float | None, ...]) -> None:
    end = counted(stage, "chat", body)
    assert [end.provider_first_seconds, end.provider_seconds] == [t and pytest.approx(t) for t in times]


@pytest.mark.parametrize("name", [OWN_TIME, GATEWAY])
def test_headers_tell_of_the_time_until_they_left(stage: Stage, name: str) -> None:
    streamed = counted(stage, "chat", usage_event(), content_type=f"text/event-stream\r\n{name}: 325")
    assert (streamed.provider_first_seconds, streamed.provider_seconds) == (0.325, None)
    body = json.dumps(whole()).encode()
    awaited = counted(stage, "chat", body, question(stream=False), content_type=f"application/json\r\n{name}: 325")
    assert (awaited.provider_first_seconds, awaited.provider_seconds) == (None, 0.325)


@pytest.mark.parametrize("id", ["", "x" * 301])
def test_what_no_recording_can_hold_is_not_known(stage: Stage, id: str) -> None:
    absurd = {"prompt_tokens": 10**30, "completion_tokens": 2}
    body = sse(HI, {**STOP, "service_tier": " "}, {"id": "c", "choices": [], "usage": absurd})
    headers = f"x-request-id: {id}\r\n{OWN_TIME}: 1764230400000"
    assert counted(stage, "chat", body, content_type=f"text/event-stream\r\n{headers}") == End("stop", None, 2)


@streamed_or_not
@pytest.mark.parametrize("api", APIS)
def test_the_simulator_states_its_own_time_as_each_vendor_does(voices: Voices, api: Api, stream: bool) -> None:
    end = collect(voices[api], question(speed="sim-3x50", stream=stream)).ending
    first, whole = api == "chat" or (api == "invoke" and stream), api != "chat" or not stream
    assert ((end.provider_first_seconds or 0) > 0, (end.provider_seconds or 0) > 0) == (first and stream, whole)


# Cache points


def asked(prompt: str = "Why?", system: str = LONG, **more: Any) -> Request:
    return question(prompt=prompt, system=system, **more)


@streamed_or_not
@pytest.mark.parametrize("api", AWS)
def test_what_is_marked_is_written_first_and_read_then(voices: Voices, api: Api, stream: bool) -> None:
    first = asked(cache=True, stream=stream)
    one = collect(voices[api], first).ending
    assert told(one)[:3] == (TOKENS + 2, 0, TOKENS + 2)
    turns = (*first.messages, Message("assistant", "Because."), Message("user", "And then?"))
    two = collect(voices[api], Request(messages=turns, model=first.model, system=LONG, cache=True)).ending
    assert told(two)[:3] == (TOKENS + 7, TOKENS + 2, 5)
    other = collect(voices[api], asked("Who?", cache=True, stream=stream)).ending
    assert told(other)[:3] == (TOKENS + 2, 0, TOKENS + 2)  # another model's cache


def test_the_system_prompt_and_the_last_turn_are_marked(voices: Voices, simulator: Simulator) -> None:
    turns = (Message("user", "Hi"), Message("assistant", "Yes?"), Message("user", "Why?"))
    point = {"cachePoint": {"type": "default"}}
    for api in AWS:
        request = question(messages=turns, system="Be brief.", cache=True)
        assert collect(voices[api], request).ending
        (exchange,) = requests_for(simulator, request)
        contents = [message["content"] for message in exchange.body["messages"]]
        if api == "converse":
            assert contents == [[{"text": "Hi"}], [{"text": "Yes?"}], [{"text": "Why?"}, point]]
            assert exchange.body["system"] == [{"text": "Be brief."}, point]
        else:
            text, marked = {"type": "text"}, {"cache_control": {"type": "ephemeral"}}
            assert contents == ["Hi", "Yes?", [{**text, "text": "Why?", **marked}]]
            assert exchange.body["system"] == [{**text, "text": "Be brief.", **marked}]


def test_a_vendor_without_cache_points_is_sent_none(voices: Voices, simulator: Simulator) -> None:
    request = question(cache=True)
    assert collect(voices["chat"], request).ending
    (exchange,) = requests_for(simulator, request)
    assert "cache" not in json.dumps(exchange.body)


def test_a_model_that_takes_no_cache_points_is_asked_without_them_from_then_on(
    voices: Voices, simulator: Simulator
) -> None:
    request = replace(question(system="Be brief.", cache=True), model="us.meta.llama3-3.sim-instant-v1:0")
    heard = collect(voices["converse"], request)
    assert collect(voices["converse"], request).ending
    sent = ["cachePoint" in json.dumps(exchange.body) for exchange in requests_for(simulator, request)]
    assert (len(heard.retries), sent) == (1, [True, False, False])
    assert heard.ending.cached_tokens is None
    (exchange, *_) = requests_for(simulator, request)
    assert exchange.status == 403  # as AWS has it


@pytest.mark.parametrize(
    "words",
    [
        "Malformed input request: #/messages/0/content/1: extraneous key [cachePoint] is not permitted.",
        "system.0.cache_control: Extra inputs are not permitted",
    ],
)
@pytest.mark.parametrize("api", AWS)
def test_other_words_for_it_are_understood(stage: Stage, api: Api, words: str) -> None:
    error = stage({"message": words}, question(cache=True), api=api, status=400).failure
    assert "does not take cache points" not in error.message  # it was left out, and refused all the same
    marked = ["cache" in json.dumps(sent) for sent in stage.server.requests]
    assert marked == [True, False]


def test_openai_s_prompts_are_cached_unasked(voices: Voices) -> None:
    request = asked()
    one, two = (collect(voices["chat"], request).ending for _ in range(2))
    assert (told(one)[:3], told(two)[:3]) == ((TOKENS + 2, 0, None), (TOKENS + 2, 1536, None))
