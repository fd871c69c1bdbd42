"""Every API's happy path, as bytes."""

from __future__ import annotations

import pytest

from simulator import PROMPTS, Simulator
from simulator.answers import answer_to
from simulator.canned.texts import find
from tests.simulator.wire import Client

STOP = {"openai": "stop", "converse": "end_turn", "invoke": "end_turn", "chat": "stop", "generate": "eos_token"}


@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_suggested_prompt_is_answered_letter_for_letter(client: Client, api: str, prompt: str) -> None:
    wire, expected = client.ask(api, "sim-instant", prompt=prompt), answer_to(prompt, [])
    assert wire.text == expected.text
    assert wire.reasoning == ("" if api == "generate" else expected.reasoning)
    assert wire.finish == STOP[api]


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


def test_model_lists_name_the_speeds(client: Client) -> None:
    _, openai, _ = client.request("openai", "")
    _, aws, _ = client.request("converse", "")
    ids = {model["id"] for model in client.send("GET", "/v1/models", openai).json["data"]}
    assert client.send("GET", "/v1/models/gpt-5", openai).json["id"] == "gpt-5"
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
