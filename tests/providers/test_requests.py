"""What each API is sent: nothing that was not set, and all that was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from providers import Message
from simulator import Simulator
from tests.providers.asking import AWS, EVERY, Api, Voices, collect, question, requests_for, streamed_or_not

TURNS = (Message("user", "Hi"), Message("assistant", "Yes?"), Message("user", "Why?"))
MESSAGES = [{"role": role, "content": content} for role, content in TURNS]
SYSTEM = [{"role": "system", "content": "Be brief."}]
HELLO = [{"role": "user", "content": "Hello!"}]
LIMITS = {"max_tokens": 16, "temperature": 0.0, "top_p": 0.5}
ANTHROPIC = {"anthropic_version": "bedrock-2023-05-31"}
KEPT = {"store": False, "reasoning": {"summary": "auto"}}
GREEDY = {"decoding_method": "greedy"}
PROMPT = "Be brief.\n\nUser: Hi\n\nAssistant: Yes?\n\nUser: Why?\n\nAssistant:"
STOPS = {"stop_sequences": ["\nUser:"], "include_stop_sequence": False}

# By API: the body of a plain question, and of one with all of it; without the model and what else stands in each.
PLAIN: dict[str, dict[str, Any]] = {
    "chat": {"messages": HELLO},
    "responses": {"input": HELLO, **KEPT},
    "converse": {"messages": [{"role": "user", "content": [{"text": "Hello!"}]}]},
    "invoke": {"messages": HELLO, "max_tokens": 4096, **ANTHROPIC},  # which must have a limit
    "watsonx": {"messages": HELLO},
    "generate": {"input": "Hello!", "parameters": {**GREEDY, "max_new_tokens": 1024}},
}
FULL: dict[str, dict[str, Any]] = {
    "chat": {"messages": SYSTEM + MESSAGES, **LIMITS},
    "responses": {"input": MESSAGES, "instructions": "Be brief.", **KEPT, "max_output_tokens": 16, "temperature": 0.0,
                  "top_p": 0.5},
    "converse": {"messages": [{"role": role, "content": [{"text": content}]} for role, content in TURNS],
                 "system": [{"text": "Be brief."}],
                 "inferenceConfig": {"maxTokens": 16, "temperature": 0.0, "topP": 0.5}},
    "invoke": {"messages": MESSAGES, "system": "Be brief.", **ANTHROPIC, **LIMITS},
    "watsonx": {"messages": SYSTEM + MESSAGES, **LIMITS},
    "generate": {"input": PROMPT, "parameters": {**GREEDY, "max_new_tokens": 16, **STOPS}},
}  # fmt: skip
ENDPOINTS = {"converse": "/converse", "invoke": "/invoke"}
STREAMED = {"converse": "/converse-stream", "invoke": "/invoke-with-response-stream"}


@streamed_or_not
@pytest.mark.parametrize("api", EVERY)
def test_a_body_is_what_was_set(voices: Voices, simulator: Simulator, api: Api, stream: bool) -> None:
    wire = "generate" if api == "older" else api
    for body, more in (
        (PLAIN[wire], {}),
        (FULL[wire], {"messages": TURNS, "system": "Be brief.", **LIMITS}),
    ):
        request = replace(question(stream=stream), **more)  # type: ignore[arg-type]
        heard = collect(voices[api], request)
        (exchange,) = requests_for(simulator, request)
        around: dict[str, Any] = {"model_id": request.model, "project_id": "my-project"}
        if wire in ("chat", "responses"):
            around = {"model": request.model, "stream": stream}
            around |= {"stream_options": {"include_usage": True}} if wire == "chat" and stream else {}
        elif api in AWS:
            around = {}
            assert exchange.path.endswith((STREAMED if stream else ENDPOINTS)[wire])
        assert exchange.body == body | around
        assert heard.end is not None
        assert heard.end.finish_reason == ("length" if more else "stop")
        assert heard.end.output_tokens == 16 or not more
        assert stream or len(heard.pieces) == 1
