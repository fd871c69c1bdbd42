"""OpenAI's own SDK, unchanged, against the simulator: its helper puts a response together from its events, and fails
where one is out of its place. The vendors' other APIs are asked by their SDKs in tests/providers, and by code to take
home."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from simulator import Simulator
from simulator.answers import answer_to

PUZZLE = answer_to("a puzzle", ["a puzzle"])


@pytest.fixture
def openai_client(sim: Simulator) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key="any", base_url=f"{sim.url}/v1", max_retries=0, timeout=5) as client:
        yield client


SUMMARY: Any = {"summary": "auto"}


@pytest.mark.parametrize("asked", [True, False], ids=["asked", "unasked"])
def test_openai_s_responses_reason_where_they_are_asked(openai_client: openai.OpenAI, asked: bool) -> None:
    more = {"reasoning": SUMMARY} if asked else {}
    with openai_client.responses.stream(model="sim-instant", input="a puzzle", **more) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = list(dict.fromkeys(event.type for event in events))
    thought = [f"response.reasoning_summary_{name}" for name in ("part.added", "text.delta", "text.done", "part.done")]
    assert kinds == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        *(thought if asked else []),
        *(["response.output_item.done"] if asked else []),
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        *([] if asked else ["response.output_item.done"]),
        "response.completed",
    ]
    whole = openai_client.responses.create(model="sim-instant", input="a puzzle", **more)
    response: Any
    for response in (final, whole):
        assert response.status == "completed"
        assert response.output_text == PUZZLE.text
        summaries = [item.summary[0].text for item in response.output if item.type == "reasoning"]
        assert summaries == ([PUZZLE.reasoning] if asked else [])
        assert response.usage is not None
        assert response.usage.output_tokens_details.reasoning_tokens == (PUZZLE.reasoning_tokens if asked else 0)


@pytest.mark.parametrize(
    ("fault", "status", "reason", "last"),
    [
        ("length", "incomplete", "max_output_tokens", "message"),
        ("filtered", "incomplete", "content_filter", "message"),
        ("tool", "completed", None, "function_call"),
    ],
)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_openai_s_responses_say_why_they_ended(
    openai_client: openai.OpenAI, fault: str, status: str, reason: str | None, last: str, stream: bool
) -> None:
    asked: Any = {"model": f"sim-fault-{fault}.sim-instant", "input": "hi"}
    if stream:
        *_, event = openai_client.responses.create(**asked, stream=True)
        response: Any = event.response
    else:
        response = openai_client.responses.create(**asked)
    assert response.status == status
    assert (response.incomplete_details and response.incomplete_details.reason) == reason
    assert response.output[-1].type == last
