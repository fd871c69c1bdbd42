"""The vendors' own SDKs, unchanged, against the simulator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import boto3
import openai
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

from simulator import Simulator
from simulator.answers import answer_to
from simulator.watsonx.account import token
from tests.simulator.wire import CRICKET

ANSWER = answer_to(CRICKET, [CRICKET])
PUZZLE = answer_to("a puzzle", ["a puzzle"])


@pytest.fixture
def openai_client(sim: Simulator) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key="any", base_url=f"{sim.url}/v1", max_retries=0, timeout=5) as client:
        yield client


@pytest.fixture
def aws(sim: Simulator) -> Iterator[Any]:
    with closing(_aws(sim, "bedrock-runtime")) as client:
        yield client


def _aws(sim: Simulator, service: str, key: str = "any") -> Any:
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=sim.url,
        aws_access_key_id=key,
        aws_secret_access_key="any",
        config=Config(connect_timeout=5, read_timeout=5, retries={"total_max_attempts": 1}),
    )


def test_openai_streams(openai_client: openai.OpenAI) -> None:
    stream = openai_client.chat.completions.create(
        model="sim-instant",
        messages=[{"role": "user", "content": CRICKET}],
        max_tokens=512,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == ANSWER.text
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == ANSWER.output_tokens


def test_openai_reasons(openai_client: openai.OpenAI) -> None:
    answer = openai_client.chat.completions.create(
        model="sim-instant", messages=[{"role": "user", "content": "a puzzle"}]
    )
    assert getattr(answer.choices[0].message, "reasoning_content", None) == PUZZLE.reasoning
    assert answer.usage is not None
    assert answer.usage.completion_tokens_details is not None
    assert answer.usage.completion_tokens_details.reasoning_tokens == PUZZLE.reasoning_tokens


SUMMARY: Any = {"summary": "auto"}


@pytest.mark.parametrize("asked", [True, False], ids=["asked", "unasked"])
def test_openai_s_responses_reason_where_they_are_asked(openai_client: openai.OpenAI, asked: bool) -> None:
    """The SDK's own helper puts a response together from its events, and fails where one is out of its place."""
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


def test_openai_raises_what_it_raises(openai_client: openai.OpenAI) -> None:
    def ask(model: str) -> Any:
        return openai_client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "hi"}], stream=True
        )

    with pytest.raises(openai.RateLimitError) as limited:
        ask("sim-fault-429-after-3")
    assert limited.value.response.headers["retry-after"] == "3"
    with pytest.raises(openai.NotFoundError, match="does not exist"):
        ask("sim-fault-404")
    with pytest.raises(openai.APIError, match="error while it processed"):
        list(ask("sim-fault-error-event.sim-instant"))
    with pytest.raises(openai.APIConnectionError):
        list(ask("sim-fault-cut.sim-instant"))
    with pytest.raises(openai.AuthenticationError):
        openai_client.with_options(api_key="wrong").models.list()


def test_openai_lists_models(openai_client: openai.OpenAI) -> None:
    assert "sim-typical" in {model.id for model in openai_client.models.list()}
    assert openai_client.models.retrieve("gpt-5").id == "gpt-5"


def test_bedrock_converses(aws: Any) -> None:
    question = {"messages": [{"role": "user", "content": [{"text": "a puzzle"}]}], "system": [{"text": "be kind"}]}
    events = list(aws.converse_stream(modelId="us.anthropic.sim-instant-v1:0", **question)["stream"])
    deltas = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
    whole = aws.converse(modelId="sim-instant", **question)
    blocks = whole["output"]["message"]["content"]
    assert "".join(delta.get("text", "") for delta in deltas) == blocks[1]["text"] == PUZZLE.text
    reasoning = "".join(delta["reasoningContent"]["text"] for delta in deltas if "reasoningContent" in delta)
    assert reasoning == blocks[0]["reasoningContent"]["reasoningText"]["text"] == PUZZLE.reasoning
    assert events[-2]["messageStop"]["stopReason"] == whole["stopReason"] == "end_turn"
    assert events[-1]["metadata"]["usage"] == whole["usage"]


def test_bedrock_invokes(aws: Any) -> None:
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 512}
    body["messages"] = [{"role": "user", "content": CRICKET}]
    request = {"modelId": "anthropic.sim-instant", "body": json.dumps(body)}
    chunks = [json.loads(event["chunk"]["bytes"]) for event in aws.invoke_model_with_response_stream(**request)["body"]]
    text = "".join(chunk["delta"].get("text", "") for chunk in chunks if chunk["type"] == "content_block_delta")
    whole = json.loads(aws.invoke_model(**request)["body"].read())
    assert text == whole["content"][0]["text"] == ANSWER.text
    assert chunks[-1]["amazon-bedrock-invocationMetrics"]["outputTokenCount"] == ANSWER.output_tokens


def test_bedrock_raises_what_it_raises(aws: Any, sim: Simulator) -> None:
    def ask(client: Any, model: str) -> Any:
        return client.converse_stream(modelId=model, messages=[{"role": "user", "content": [{"text": "hi"}]}])

    with pytest.raises(aws.exceptions.ThrottlingException):
        ask(aws, "sim-fault-429")
    with pytest.raises(aws.exceptions.ServiceQuotaExceededException):
        ask(aws, "sim-fault-quota")
    with (
        closing(_aws(sim, "bedrock-runtime", "wrong")) as stranger,
        pytest.raises(ClientError, match="UnrecognizedClientException"),
    ):
        ask(stranger, "sim-instant")
    with (
        closing(ask(aws, "sim-fault-error-event-throttlingException.sim-instant")["stream"]) as stream,
        pytest.raises(EventStreamError, match="throttlingException"),
    ):
        list(stream)


def test_bedrock_lists_models(sim: Simulator) -> None:
    with closing(_aws(sim, "bedrock")) as control:
        models = control.list_foundation_models(byOutputModality="TEXT")["modelSummaries"]
        profiles = control.list_inference_profiles()["inferenceProfileSummaries"]
    assert all(model["responseStreamingSupported"] for model in models)
    assert "us.anthropic.sim-typical" in {profile["inferenceProfileId"] for profile in profiles}


def in_a_process(sim: Simulator, code: str) -> Any:
    """Run `code` with the simulator's environment; IBM's SDKs read theirs at import. Its last line is JSON."""
    environment = {**os.environ, **sim.environment(), "TOKEN": token()}
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


def test_watsonx_chats_and_generates_by_the_current_sdk(sim: Simulator) -> None:
    code = f"""
import json, os
from ibm_watsonx_ai import APIClient, Credentials
from ibm_watsonx_ai.foundation_models import ModelInference
url = os.environ["WATSONX_URL"]
credentials = Credentials(
    url=url, platform_url=url, auth_url=url + "/oidc/token", api_key=os.environ["WATSONX_APIKEY"],
    verify=os.environ["SSL_CERT_FILE"],
)
client = APIClient(credentials, project_id=os.environ["WATSONX_PROJECT_ID"])
model = ModelInference(model_id="simulator/sim-instant", api_client=client)
messages = [{{"role": "user", "content": {CRICKET!r}}}]
print(json.dumps({{
    "chat": list(model.chat_stream(messages=messages, params={{"max_tokens": 512}})),
    "whole": model.chat(messages=messages),
    "generate": list(model.generate_text_stream({CRICKET!r}, params={{"max_new_tokens": 512}}, raw_response=True)),
    "text": model.generate_text({CRICKET!r}, params={{"max_new_tokens": 512}}),
    "specs": [spec["model_id"] for spec in client.foundation_models.get_chat_model_specs()["resources"]],
}}))
"""
    got = in_a_process(sim, code)
    chunks = [chunk["choices"][0]["delta"].get("content", "") for chunk in got["chat"] if chunk["choices"]]
    assert "".join(chunks) == got["whole"]["choices"][0]["message"]["content"] == got["text"] == ANSWER.text
    assert got["chat"][-1]["usage"]["completion_tokens"] == ANSWER.output_tokens
    assert "".join(event["results"][0]["generated_text"] for event in got["generate"]) == ANSWER.text
    assert got["generate"][-1]["results"][0]["stop_reason"] == "eos_token"
    assert "simulator/sim-typical" in got["specs"]
    assert "sim-fault-cut" not in got["specs"]


def test_watsonx_generates_by_the_sdk_of_the_article(sim: Simulator) -> None:
    code = f"""
import json, os
from ibm_watson_machine_learning.foundation_models import Model
credentials = {{"url": os.environ["WATSONX_URL"], "token": os.environ["TOKEN"]}}
credentials |= {{"instance_id": "openshift", "version": "5.0"}}
model = Model("simulator/sim-instant", credentials, {{"max_new_tokens": 512}}, os.environ["WATSONX_PROJECT_ID"])
prompt = "[INST] <<SYS>>\\nAnswer with care.\\n<</SYS>>\\n\\n" + {CRICKET!r} + " [/INST]"
print(json.dumps(list(model.generate_text_stream(prompt=prompt))))
"""
    assert "".join(in_a_process(sim, code)) == ANSWER.text
