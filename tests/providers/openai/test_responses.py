"""OpenAI's Responses API: what is left out where it is refused, and the shapes in which servers answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from providers import End, ErrorKind, Reasoning, Request, load
from providers.openai.parsing import chat_models
from simulator import Simulator
from tests.providers.asking import PUZZLE, Stage, collect, connected, question, settings_for, staged
from tests.providers.servers import chunk, sse

COUNTED = {
    "input_tokens": 9,
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 5},
    "total_tokens": 16,
}
FULL = End("stop", 9, 7, 5)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged("responses", silence_timeout=600) as stage:
        yield stage


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", **fields}


def text(delta: Any, item: int = 0, part: int = 0) -> dict[str, Any]:
    return event("output_text.delta", output_index=item, content_index=part, delta=delta)


def summary(delta: str, item: int = 0, part: int = 0) -> dict[str, Any]:
    return event("reasoning_summary_text.delta", output_index=item, summary_index=part, delta=delta)


def message(*texts: str, kind: str = "output_text") -> dict[str, Any]:
    name = "refusal" if kind == "refusal" else "text"
    return {"type": "message", "role": "assistant", "content": [{"type": kind, name: said} for said in texts]}


def response(*output: Any, status: str = "completed", **more: Any) -> dict[str, Any]:
    return {"id": "r", "object": "response", "status": status, "output": list(output), "usage": COUNTED, **more}


def over(*output: Any, status: str = "completed", **more: Any) -> dict[str, Any]:
    return event(status, response=response(*output, status=status, **more))


# What is sent


@pytest.mark.parametrize(
    ("model", "asks"),
    [("gpt-4o", False), ("gpt-4.1-mini", False), ("chatgpt-4o-latest", False), ("o4-mini", True), ("gpt-6-sol", True)],
)
def test_models_that_do_not_reason_are_not_asked_what(stage: Stage, model: str, asks: bool) -> None:
    stage(sse(text("Hi"), over()), Request.of("hi", model))
    (sent,) = stage.server.requests
    assert ("reasoning" in sent) == asks


def refusal(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None} | more}


@pytest.mark.parametrize(
    ("body", "left_out"),
    [
        (refusal("Your organization must be verified to generate reasoning summaries.", code="unsupported_value",
                 param="reasoning.summary"), "reasoning"),
        (refusal("Unsupported parameter: 'reasoning.summary' is not supported with this model."), "reasoning"),
        (refusal("Unknown parameter: 'reasoning'.", param="reasoning"), "reasoning"),
        (refusal("Unsupported parameter: 'temperature' is not supported with this model."), "temperature"),
        (refusal("store: unknown field"), "store"),
        (refusal("Unsupported parameter: 'reasoning.effort' is not supported.", param="reasoning.effort"), None),
        (refusal("Your organization must be verified to stream this model.", code="unsupported_value",
                 param="stream"), None),
    ],
)  # fmt: skip
def test_what_a_server_does_not_take_is_left_out(stage: Stage, body: dict[str, Any], left_out: str | None) -> None:
    request = question(temperature=0.3)
    stage(body, request, status=400)
    sent = stage.server.requests
    assert len(sent) == (2 if left_out else 1)
    assert set(sent[0]) - set(sent[-1]) == ({left_out} if left_out else set())


def test_instructions_that_are_refused_stand_before_the_question(stage: Stage) -> None:
    body = refusal("Unknown parameter: 'instructions'.", param="instructions")
    stage(body, question(system="Be brief."), status=400)
    assert [request["input"][0]["content"] for request in stage.server.requests] == ["Hello!", "Be brief.\n\nHello!"]


def test_a_server_without_it_is_named_as_such(stage: Stage) -> None:
    error = stage({"detail": "Not Found"}, status=404).failure
    assert error.kind == "protocol"
    assert "no Responses API" in error.message
    assert "Not Found" in error.message


@pytest.mark.parametrize("name", ["OPENAI_API", "ENDPOINT_LAB_API"])
def test_either_api_can_be_the_first(name: str) -> None:
    env = {"ENDPOINT_LAB_URL": "http://localhost:1/v1"}
    provider = "openai" if name == "OPENAI_API" else "lab"
    assert load(env)[provider].api == "chat"
    assert load({**env, name: "responses"})[provider].api == "responses"
    with pytest.raises(ValueError, match=name):
        load({**env, name: "completions"})


def test_models_that_only_this_api_has_are_listed() -> None:
    models = [{"id": name} for name in ("gpt-5.5", "gpt-5.5-pro", "gpt-5.3-codex", "o4-mini-deep-research")]
    assert chat_models(models, of_openai=True, api="responses") == ["gpt-5.5", "gpt-5.5-pro", "gpt-5.3-codex"]
    assert chat_models(models, of_openai=True) == ["gpt-5.5"]


# Shapes in which servers answer

HELLO = (text("Hel"), text("lo"))
CALL = {"type": "function_call", "name": "f", "arguments": "{}"}
THOUGHT = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}
NAMED = b'event: response.output_text.delta\ndata: {"output_index": 0, "content_index": 0, "delta": "Hi"}\n\n'
ANSWERED: dict[str, tuple[Any, list[str], End]] = {
    "the usual": (sse(event("created", response=response(status="in_progress")), *HELLO, over(message("Hello"))),
     ["Hel", "lo"], FULL),
    "no [DONE]": (sse(*HELLO, over(), done=False), ["Hel", "lo"], FULL),
    "types in the event lines": (sse(NAMED, b'event: response.completed\ndata: {"response": {}}\n\n'), ["Hi"],
     End("stop")),
    "text in the last event alone": (sse(over(THOUGHT, message("Hello"))), ["Hm.", "Hello"], FULL),
    "text where a part is done": (sse(event("output_text.done", output_index=0, content_index=0, text="Hello"),
     event("output_item.done", output_index=0, item=message("Hello")), over(message("Hello"))), ["Hello"], FULL),
    "text where an item is done": (sse(event("output_item.done", output_index=0, item=message("Hello")), over()),
     ["Hello"], FULL),
    "the rest of a text in the last event": (sse(*HELLO, over(message("Hello!"))), ["Hel", "lo", "!"], FULL),
    "places that differ": (sse(text("Hel", 7, 3), text("lo", 7, 3), over(THOUGHT, message("Hello"))),
     ["Hel", "lo", "Hm."], FULL),
    "no places": (sse(event("output_text.delta", delta="Hi"), over(message("Hi"))), ["Hi"], FULL),
    "two messages": (sse(text("A"), text("B", 1), over(message("A"), message("B"))), ["A", "B"], FULL),
    "the same twice": (sse(over(message("A"), message("A"))), ["A", "A"], FULL),
    "a refusal": (sse(event("refusal.delta", output_index=0, content_index=0, delta="No."),
     over(message("No.", kind="refusal"))), ["No."], FULL),
    "a refusal in the last event alone": (sse(over(message("No.", kind="refusal"))), ["No."], FULL),
    "the model's own reasoning": (sse(event("reasoning_text.delta", output_index=0, content_index=0, delta="Hm."),
     text("Hi", 1), over()), ["Hm.", "Hi"], FULL),
    "reasoning by both events": (sse(*(each for word in ("Hm,", " so.") for each in (
        event("reasoning_text.delta", output_index=0, content_index=0, delta=word), summary(word))), text("Hi", 1),
        over({**THOUGHT, "content": [{"type": "reasoning_text", "text": "Hm, so."}]}, message("Hi"))),
     ["Hm,", " so.", "Hi"], FULL),
    "reasoning by another kind at another place": (sse(event("reasoning.delta", delta="Hm."), text("Hi", 1),
     over(THOUGHT, message("Hi"))), ["Hm.", "Hi"], FULL),
    "whole, with neither object nor status": (json.dumps({"output": [message("Hi")], "usage": COUNTED}).encode(),
     ["Hi"], FULL),
    "OpenRouter's events": (sse(b": OPENROUTER PROCESSING\n\n", event("reasoning.delta", delta="Hm."),
     event("content_part.delta", output_index=0, content_index=0, delta="Hi"),
     event("done", response=response(message("Hi")))), ["Hm.", "Hi"], FULL),
    "events that nobody knows": (sse(event("code_interpreter_call_code.delta", delta="1+1"), event("queued"),
     event("telepathy.delta", delta="?"), {"type": "keepalive"}, text("Hi"), over()), ["Hi"], FULL),
    "nulls": (sse(event("output_item.added", item=None), text(None), event("in_progress", response=None), text("Hi"),
     event("completed", response=None)), ["Hi"], End("stop")),
    "no usage": (sse(text("Hi"), over(usage=None)), ["Hi"], End("stop")),
    "zeros for usage": (sse(text("Hi"), over(usage=dict.fromkeys(("input_tokens", "output_tokens"), 0))), ["Hi"],
     End("stop")),
    "the token limit": (sse(text("Hi"), over(status="incomplete", incomplete_details={"reason": "max_output_tokens"})),
     ["Hi"], FULL._replace(finish_reason="length")),
    "a filter": (sse(text("Hi"), over(status="incomplete", incomplete_details={"reason": "content_filter"})),
     ["Hi"], FULL._replace(finish_reason="filtered")),
    "another limit": (sse(text("Hi"), over(status="incomplete", incomplete_details={"reason": "steered"})),
     ["Hi"], FULL._replace(finish_reason="other", word="steered")),
    "a limit without a reason": (sse(text("Hi"), over(status="incomplete", incomplete_details=None)),
     ["Hi"], FULL._replace(finish_reason="other", word="incomplete")),
    "a status that the event does not have": (sse(text("Hi"), event("completed", response=response(
        status="incomplete", incomplete_details={"reason": "max_output_tokens"}))),
     ["Hi"], FULL._replace(finish_reason="length")),
    "a call": (sse(text("Hi"), over(message("Hi"), CALL)), ["Hi"], FULL._replace(finish_reason="tool")),
    "a call, told before": (sse(event("output_item.added", output_index=0, item=CALL), over()), [],
     FULL._replace(finish_reason="tool")),
    "a message after a call": (sse(text("Hi", 1), over(CALL, message("Hi"))), ["Hi"], FULL),
    "a built-in tool": (sse(text("Hi", 1), over({"type": "web_search_call"}, message("Hi"))), ["Hi"], FULL),
    "half characters": (sse(text("\ud83d"), text("\ude00"), over()), ["😀"], FULL),
    "whole where it was streamed": (json.dumps(response(message("Hi"))).encode(), ["Hi"], FULL),
}  # fmt: skip


@pytest.mark.parametrize(("body", "pieces", "end"), ANSWERED.values(), ids=ANSWERED)
def test_an_answer_in_a_shape_of_its_own(stage: Stage, body: bytes, pieces: list[str], end: End) -> None:
    heard = stage(body)
    assert heard.error is None
    assert (heard.pieces, heard.end) == (pieces, end)


def test_between_parts_of_reasoning_stands_a_blank_line(stage: Stage) -> None:
    parts = (summary("A"), summary("B"), summary("", part=1), summary("C", part=2), text("Hi", 1), summary("D", item=2))
    heard = stage(sse(*parts, over()))
    assert (heard.reasoning, heard.text) == ("AB\n\nC\n\nD", "Hi")
    assert [type(piece) for piece in heard.pieces] == [Reasoning, Reasoning, Reasoning, str, Reasoning]
    whole = {"type": "reasoning", "summary": [{"type": "summary_text", "text": text} for text in ("AB", "", "C")]}
    awaited = stage(json.dumps(response(whole, message("Hi"))).encode(), question(stream=False))
    assert (awaited.reasoning, awaited.text) == ("AB\n\nC", "Hi")


BOOM = {"code": "server_error", "message": "Boom"}
FAILED: dict[str, tuple[Any, list[str], ErrorKind, str]] = {
    "a failed response": (sse(*HELLO, over(status="failed", error=BOOM)), ["Hel", "lo"], "overloaded", "Boom"),
    "a rate limit": (sse(text("Hi"), over(status="failed", error={"code": "rate_limit_exceeded", "message": "Slow"})),
     ["Hi"], "rate_limit", "Slow"),
    "a prompt that is refused": (sse(over(status="failed", error={"code": "invalid_prompt", "message": "Flagged"})),
     [], "filtered", "Flagged"),
    "a failure without a word": (sse(text("Hi"), over(status="failed")), ["Hi"], "interrupted", "failed"),
    "a response that was cancelled": (sse(text("Hi"), over(status="cancelled")), ["Hi"], "interrupted", "cancelled"),
    "an error event": (sse(text("Hi"), {"type": "error", "sequence_number": 5, **BOOM}), ["Hi"], "overloaded", "Boom"),
    "an error event that is named": (sse(text("Hi"), b'event: error\ndata: {"type": "error", "code": '
     b'"invalid_api_key", "message": "Who?"}\n\n'), ["Hi"], "auth", "Who?"),
    "a nested error": (sse(text("Hi"), {"type": "error", "error": BOOM}), ["Hi"], "overloaded", "Boom"),
    "an error event without words": (sse(text("Hi"), {"type": "error", "code": "insufficient_quota"}), ["Hi"],
     "quota", ""),
    "an error of another protocol": (sse(text("Hi"), {"error": {"message": "Busy", "code": 429}}), ["Hi"],
     "rate_limit", "Busy"),
    "an end before the last event": (sse(*HELLO, event("output_text.done", text="Hello")), ["Hel", "lo"],
     "interrupted", ""),
    "an answer that is not over": (json.dumps(response(message("Hi"), status="in_progress")).encode(), ["Hi"],
     "interrupted", ""),
    "a failed response, whole": (json.dumps(response(status="failed", error=BOOM)).encode(), [], "overloaded", "Boom"),
    "a response without output": (b'{"object": "response", "status": "completed"}', [], "protocol", ""),
    "a list": (sse(text("Hi"), [1]), ["Hi"], "protocol", ""),
    "text that is a number": (sse(text("Hi"), text(5)), ["Hi"], "protocol", ""),
    "no JSON in a named event": (sse(text("Hi"), b"event: response.output_text.delta\ndata: {\n\n"), ["Hi"],
     "protocol", ""),
    "chat completions": (sse(chunk("Hi", "stop")), [], "interrupted", ""),
}  # fmt: skip


@pytest.mark.parametrize(("body", "pieces", "kind", "words"), FAILED.values(), ids=FAILED)
def test_an_error_in_a_shape_of_its_own(
    stage: Stage, body: bytes, pieces: list[str], kind: ErrorKind, words: str
) -> None:
    heard = stage(body)
    assert (heard.pieces, heard.failure.kind) == (pieces, kind)
    assert words in heard.failure.message


def test_an_awaited_answer_that_failed_says_nothing(stage: Stage) -> None:
    heard = stage(response(message("Hi"), status="failed", error=BOOM), question(stream=False))
    assert (heard.pieces, heard.failure.kind, heard.failure.retryable) == ([], "overloaded", True)


def test_a_server_that_holds_a_finished_answer_open_is_not_waited_for(stage: Stage) -> None:
    heard = stage(sse(*HELLO, over(), done=False), hold=True)
    assert (heard.pieces, heard.end) == (["Hel", "lo"], FULL)


def test_openai_s_own_models_show_by_this_api_alone_what_they_reason(simulator: Simulator) -> None:
    request = replace(Request.of(PUZZLE, "gpt-5.4-mini.n0"), max_tokens=16)
    for api in ("chat", "responses"):
        with connected(settings_for("chat", simulator.url), api) as provider:
            assert bool(collect(provider, request).reasoning) == (api == "responses")
