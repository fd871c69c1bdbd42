"""Every API's happy path, as bytes."""

from __future__ import annotations

from typing import Any

import pytest

from simulator import PROMPTS, Simulator
from simulator.answers import answer_to
from simulator.canned.texts import find
from tests.simulator.wire import Client

STOP = {
    "openai": "stop",
    "converse": "end_turn",
    "invoke": "end_turn",
    "chat": "stop",
    "generate": "eos_token",
}
LENGTH = {
    "openai": "length",
    "converse": "max_tokens",
    "invoke": "max_tokens",
    "chat": "length",
    "generate": "max_tokens",
}
PUZZLE = "Solve a puzzle."


def usage(api: str, events: list[Any]) -> tuple[int, int]:
    match api:
        case "openai" | "chat":
            counts = next(event["usage"] for event in events if event.get("usage"))
            return counts["prompt_tokens"], counts["completion_tokens"]
        case "converse":
            counts = events[-1]["metadata"]["usage"]
            return counts["inputTokens"], counts["outputTokens"]
        case "invoke":
            counts = events[-1]["amazon-bedrock-invocationMetrics"]
            return counts["inputTokenCount"], counts["outputTokenCount"]
    results = [event["results"][0] for event in events]
    return results[0]["input_token_count"], results[-1]["generated_token_count"]


def test_a_stream_says_the_whole_answer_and_that_it_is_whole(client: Client, api: str) -> None:
    wire = client.ask(api, "sim-instant")
    expected = answer_to("cricket", ["cricket"])
    assert wire.status == 200
    assert wire.text == expected.text
    assert wire.finish == STOP[api]


def test_every_piece_is_an_event_of_its_own(client: Client, api: str) -> None:
    wire = client.ask(api, "sim-instant")
    texts = [piece.text for piece in answer_to("cricket", []).pieces]
    assert wire.body.count(b"Hambledon") == (0 if api == "invoke" else 1)
    assert len(wire.events) >= len(texts)


def test_the_token_limit_counts_pieces(client: Client, api: str) -> None:
    wire = client.ask(api, "sim-instant", limit=7)
    assert wire.finish == LENGTH[api]
    assert usage(api, wire.events)[1] == 7
    assert wire.text == "".join(piece.text for piece in answer_to("cricket", []).pieces[:7])


def test_counts_are_the_pieces_that_were_sent(client: Client, sim: Simulator, api: str) -> None:
    wire = client.ask(api, "sim-instant")
    sent, exchange = usage(api, wire.events), sim.log[-1]
    assert sent == (10, len(exchange.sends))
    assert "".join(text for _, text in exchange.sends) == wire.text


def test_reasoning_comes_first_and_apart_where_there_is_a_place_for_it(client: Client, api: str) -> None:
    wire = client.ask(api, "sim-instant", prompt=PUZZLE)
    expected = answer_to(PUZZLE, [])
    assert wire.text == expected.text
    assert wire.reasoning == ("" if api == "generate" else expected.reasoning)


def test_a_call_that_does_not_stream_gets_the_same_words_at_once(client: Client, api: str) -> None:
    wire = client.ask(api, "sim-instant", stream=False, prompt=PUZZLE)
    expected = answer_to(PUZZLE, [])
    body = wire.json
    match api:
        case "openai" | "chat":
            message = body["choices"][0]["message"]
            said = message["content"], message["reasoning_content"]
        case "converse":
            blocks = body["output"]["message"]["content"]
            said = blocks[1]["text"], blocks[0]["reasoningContent"]["reasoningText"]["text"]
        case "invoke":
            said = body["content"][1]["text"], body["content"][0]["thinking"]
        case _:
            said = body["results"][0]["generated_text"], expected.reasoning
    assert said == (expected.text, expected.reasoning)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_suggested_prompt_arrives_letter_for_letter(client: Client, api: str, prompt: str) -> None:
    assert client.ask(api, "sim-instant", prompt=prompt).text == answer_to(prompt, []).text


def test_a_model_of_the_vendors_answers_in_the_vendors_words(client: Client, api: str) -> None:
    vendor = {"openai": "openai", "converse": "bedrock", "invoke": "bedrock"}.get(api, "watsonx")
    wire = client.ask(api, "anthropic.claude-fine", limit=20)
    assert len(wire.text) > 40
    assert find("cricket", vendor).text.startswith(wire.text)


def test_the_last_user_message_decides(client: Client) -> None:
    messages = [
        {"role": "user", "content": "cricket"},
        {"role": "assistant", "content": "…"},
        {"role": "user", "content": [{"type": "text", "text": "a table, please"}]},
    ]
    body = {"model": "sim-instant", "stream": True, "messages": messages}
    assert "| OpenAI |" in client.ask("openai", "", body=body).text


@pytest.mark.parametrize(
    ("prompt", "start"),
    [
        (
            "[INST] <<SYS>>\nAnswer with a table of code.\n<</SYS>>\n\nTell me about cricket [/INST]",
            "Cricket",
        ),
        ("<s>[INST] cricket? [/INST] Yes. </s>[INST] a puzzle [/INST]", "**The ball"),
        ("system: no code\nuser: cricket\nassistant: ok\nuser: an essay\nassistant:", "# The post"),
    ],
)
def test_a_prompt_template_is_seen_through(client: Client, prompt: str, start: str) -> None:
    assert client.ask("generate", "sim-instant", prompt=prompt).text.startswith(start)


def test_benchmarks_speak_exactly_so_many_distinct_pieces(client: Client, sim: Simulator, api: str) -> None:
    wire = client.ask(api, "sim-500xmax")
    texts = [text for _, text in sim.log[-1].sends]
    assert len(texts) == len(set(texts)) == 500
    assert wire.text == "".join(texts)


def test_openai_sends_usage_only_when_asked_to(client: Client) -> None:
    body = {"model": "sim-instant", "stream": True, "messages": [{"role": "user", "content": "cricket"}]}
    wire = client.ask("openai", "", body=body)
    assert all(event["choices"] for event in wire.events)
    assert wire.body.endswith(b"data: [DONE]\n\n")


def test_every_answer_names_its_request(client: Client, api: str) -> None:
    headers = client.ask(api, "sim-instant").headers
    assert headers["x-amzn-requestid" if api in ("converse", "invoke") else "x-request-id"]


def test_model_lists_name_the_speeds(client: Client) -> None:
    _, openai, _ = client.request("openai", "")
    _, aws, _ = client.request("converse", "")
    ids = {model["id"] for model in client.send("GET", "/v1/models", openai).json["data"]}
    models = client.send("GET", "/foundation-models?byOutputModality=TEXT", aws).json["modelSummaries"]
    profiles = client.send("GET", "/inference-profiles", aws).json["inferenceProfileSummaries"]
    specs = client.send("GET", "/ml/v1/foundation_model_specs?version=2026-01-01").json["resources"]
    assert "sim-typical" in ids
    assert "anthropic.sim-typical" in {model["modelId"] for model in models}
    assert "us.anthropic.sim-typical" in {profile["inferenceProfileId"] for profile in profiles}
    assert "simulator/sim-typical" in {spec["model_id"] for spec in specs}


def test_faults_are_listed_for_sdks_that_insist_and_hidden_from_people(client: Client) -> None:
    path = "/ml/v1/foundation_model_specs?version=2026-01-01&limit=200"
    everything = {spec["model_id"] for spec in client.send("GET", path).json["resources"]}
    shown = client.send("GET", f"{path}&filters=function_text_chat,!lifecycle_withdrawn:and").json["resources"]
    assert "sim-fault-cut" in everything
    assert not any("fault" in spec["model_id"] for spec in shown)
