"""What a real service would refuse is refused, in its words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.wire import SIGNATURE, Client

MESSAGES = [{"role": "user", "content": "hi"}]
INVALID = "ValidationException"
OF_IBM = {"model_id": "m", "project_id": "p"}
POINT = {"cachePoint": {"type": "default"}}
BLOCKS = [{"role": "user", "content": [{"text": "hi"}]}]


def code(client: Client, api: str, body: Any) -> tuple[int, Any]:
    wire = client.ask(api, "sim-instant", body=body)
    if api in ("openai", "responses"):
        error = wire.json["error"]
        return wire.status, error["code"] or error["message"]
    if api in ("converse", "invoke"):
        return wire.status, wire.headers["x-amzn-errortype"].partition(":")[0]
    return wire.status, wire.json["errors"][0]["code"]


REFUSED: dict[str, list[tuple[Any, str]]] = {
    "openai": [
        (b"{", "We could not parse"),
        (b"[1]", "We could not parse"),
        ({"messages": MESSAGES}, "you must provide a model parameter"),
        ({"model": "m"}, "missing_required_parameter"),
        ({"model": "m", "messages": "hi"}, "invalid_type"),
        ({"model": "m", "messages": []}, "empty_array"),
        ({"model": "m", "messages": ["hi"]}, "invalid_type"),
        ({"model": "m", "messages": [{"role": "robot", "content": "hi"}]}, "invalid_value"),
        ({"model": "m", "messages": [{"role": "user"}]}, "invalid_type"),
        ({"model": "m", "messages": [{"role": "user", "content": 1}]}, "invalid_type"),
        ({"model": "m", "messages": MESSAGES, "max_tokens": "5"}, "invalid_type"),
        ({"model": "m", "messages": MESSAGES, "max_tokens": 0}, "integer_below_min_value"),
        ({"model": "m", "messages": MESSAGES, "max_tokens": 1, "max_completion_tokens": 1}, "Setting 'max_tokens'"),
        ({"model": "m", "messages": MESSAGES, "temperature": 9}, "decimal_out_of_range"),
        ({"model": "m", "messages": MESSAGES, "stream": "yes"}, "invalid_type"),
        ({"model": "m", "messages": MESSAGES, "stream_options": {"include_usage": True}}, "The 'stream_options'"),
    ],
    "responses": [
        (b"{", "We could not parse"),
        ({"model": "", "input": "hi"}, "missing_required_parameter"),
        ({"instructions": "hi"}, "missing_required_parameter"),
        ({"messages": MESSAGES}, "unsupported_parameter"),
        ({"input": "hi", "max_tokens": 20}, "unsupported_parameter"),
        ({"input": "hi", "seed": 1}, "unknown_parameter"),
        ({"input": 1}, "invalid_type"),
        ({"input": ["hi"]}, "invalid_type"),
        ({"input": [{"role": "tool", "content": "hi"}]}, "invalid_value"),
        ({"input": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]}, "invalid_value"),
        ({"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "hi"}]}]}, "invalid_value"),
        ({"input": "hi", "max_output_tokens": 15}, "integer_below_min_value"),
        ({"input": "hi", "temperature": 2.1}, "decimal_out_of_range"),
        ({"input": "hi", "top_p": -1}, "decimal_out_of_range"),
        ({"input": "hi", "store": "no"}, "invalid_type"),
        ({"input": "hi", "stream": "yes"}, "invalid_type"),
        ({"input": "hi", "stream_options": {"include_obfuscation": False}}, "The 'stream_options'"),
        ({"input": "hi", "reasoning": "auto"}, "invalid_type"),
        ({"input": "hi", "reasoning": {"summary": "yes"}}, "invalid_value"),
        ({"input": "hi", "reasoning": {"depth": 1}}, "unknown_parameter"),
        ({"model": "gpt-4o", "input": "hi", "reasoning": {"summary": "auto"}}, "unsupported_parameter"),
    ],
    "chat": [
        (b"{", "invalid_request_entity"),
        ({"project_id": "p", "messages": MESSAGES}, "invalid_request_entity"),
        ({"model_id": "m", "messages": MESSAGES}, "invalid_request_entity"),
        ({**OF_IBM}, "invalid_request_entity"),
        ({**OF_IBM, "messages": []}, "json_validation_error"),
        ({"model_id": "m", "space_id": "s", "messages": [{"role": "x"}]}, "json_validation_error"),
        ({**OF_IBM, "messages": MESSAGES, "max_tokens": "5"}, "json_type_error"),
    ],
    "generate": [
        ({**OF_IBM}, "invalid_request_entity"),
        ({**OF_IBM, "input": 1}, "json_type_error"),
        ({**OF_IBM, "input": "i", "parameters": 1}, "json_type_error"),
        ({**OF_IBM, "input": "i", "parameters": {"temperature": 3}}, "json_validation_error"),
    ],
    "converse": [
        (b"{", "SerializationException"),
        ({"inferenceConfig": {}}, INVALID),
        ({"messages": []}, INVALID),
        ({"messages": MESSAGES}, INVALID),
        ({"messages": [{"role": "assistant", "content": [{"text": "hi"}]}]}, INVALID),
        ({"messages": [{"role": "user", "content": [{"text": " "}]}]}, INVALID),
        ({"messages": [{"role": "user", "content": [POINT]}]}, INVALID),
        ({"messages": [{"role": "user", "content": [{"text": "hi"}, {"cachePoint": {}}]}]}, INVALID),
        ({"messages": [{"role": "user", "content": [{"text": "hi"}, {"text": "hi", **POINT}]}]}, INVALID),
        ({"messages": [{"role": "user", "content": [{"text": "hi"}, POINT]}] * 5}, INVALID),
        ({"messages": [{"role": "user", "content": []}]}, INVALID),
        ({"messages": BLOCKS, "system": [{"text": ""}]}, INVALID),
        ({"messages": BLOCKS, "inferenceConfig": {"maxTokens": 0}}, INVALID),
        ({"messages": BLOCKS, "inferenceConfig": {"temperature": 1.5}}, INVALID),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("api", "body", "expected"), [(api, body, expected) for api, rows in REFUSED.items() for body, expected in rows]
)
def test_an_invalid_body_is_refused(client: Client, api: str, body: Any, expected: str) -> None:
    if api == "responses" and isinstance(body, dict):
        body = {"model": "m", **body}
    status, found = code(client, api, body)
    assert status == 400
    assert found.startswith(expected)


@pytest.mark.parametrize(
    "change",
    [
        {"anthropic_version": None},
        {"anthropic_version": "2023-06-01"},
        {"system": [{"type": "text", "text": "hi", "cache_control": {"type": "forever"}}]},
        {"max_tokens": None},
        {"max_tokens": 0},
        {"messages": None},
        {"messages": []},
        {"messages": [{"role": "system", "content": "hi"}]},
        {"messages": [{"role": "assistant", "content": "hi"}]},
        {"messages": [{"role": "user", "content": ""}]},
        {"messages": [{"role": "user", "content": [{"text": "hi"}]}]},
        {"model": "claude"},
        {"stream": True},
        {"temperature": 2},
    ],
)
def test_invoke_refuses(client: Client, change: dict[str, Any]) -> None:
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 5, "messages": MESSAGES, **change}
    body = {name: value for name, value in body.items() if value is not None}
    assert code(client, "invoke", body) == (400, "ValidationException")


def test_watsonx_wants_a_version(client: Client) -> None:
    path, headers, body = client.request("chat", "sim-instant")
    wire = client.send("POST", path.partition("?")[0], headers, body)
    assert (wire.status, wire.json["status_code"]) == (400, 400)


def test_a_key_with_wrong_in_it_is_a_wrong_key(client: Client, api: str) -> None:
    wire = client.ask(api, "sim-instant", key="wrong-key-000")
    assert wire.status == (403 if api in ("converse", "invoke") else 401)
    path, headers, body = client.request(api, "sim-instant")
    del headers["Authorization"]  # and so is none at all
    assert client.send("POST", path, headers, body, api=api).status == wire.status
    assert b"wrong-key-000" not in wire.body


@pytest.mark.parametrize(
    "authorization",
    ["AWS4-HMAC-SHA256", SIGNATURE.format(key="k")[:-4], SIGNATURE.format(key="k").replace("bedrock", "s3"), "Bearer "],
)
def test_an_aws_signature_must_have_its_shape(client: Client, authorization: str) -> None:
    path, headers, body = client.request("converse", "sim-instant")
    wire = client.send("POST", path, {**headers, "Authorization": authorization}, body)
    assert wire.status == 403


def test_aws_takes_an_api_key_as_bearer(client: Client) -> None:
    path, headers, body = client.request("converse", "sim-instant")
    headers = {"Authorization": "Bearer some-key", "Content-Type": "application/json"}
    assert client.send("POST", path, headers, body).status == 200


@pytest.mark.parametrize("token", ["Bearer x", "Basic a.b.c", "Bearer a.b", "Bearer a.wrong.c"])
def test_a_watsonx_token_must_look_like_a_jwt(client: Client, token: str) -> None:
    path, headers, body = client.request("chat", "sim-instant")
    assert client.send("POST", path, {**headers, "Authorization": token}, body).status == 401


@pytest.mark.parametrize("path", ["/identity/token", "/oidc/token"])
def test_the_token_exchange_gives_a_token_that_works(client: Client, path: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    grant = "grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey"
    got = client.send("POST", path, form, f"{grant}&apikey=any".encode()).json
    text_path, headers, body = client.request("chat", "sim-instant")
    headers["Authorization"] = f"Bearer {got['access_token']}"
    assert client.send("POST", text_path, headers, body).status == 200
    bad = client.send("POST", path, form, f"{grant}&apikey=wrong".encode())
    assert (bad.status, bad.json["errorCode"]) == (400, "BXNIM0415E")
    empty = client.send("POST", path, form, f"{grant}&apikey=".encode())
    assert (empty.status, empty.json["errorCode"]) == (400, "BXNIM0109E")
    assert client.send("POST", path, form, b"apikey=any").json["errorCode"] == "BXNIM0108E"


@pytest.mark.parametrize(
    ("method", "path", "status", "inside"),
    [
        ("POST", "/chat/completions", 404, b"Invalid URL (POST /chat/completions)"),
        ("POST", "/v1/completely/other", 404, b"Invalid URL"),
        ("GET", "/v1/chat/completions", 405, b"method_not_supported"),
        ("POST", "/model/m/converse-streams", 404, b'{"message"'),
        ("GET", "/model/m/converse", 404, b'{"message"'),
        ("POST", "/ml/v1/text/chats", 404, b'"errors"'),
        ("GET", "/ml/v1/text/chat", 405, b'"errors"'),
        ("GET", "/", 404, b"Invalid URL"),
    ],
)
def test_wrong_paths_and_methods(client: Client, method: str, path: str, status: int, inside: bytes) -> None:
    wire = client.send(method, path, {"Content-Type": "application/json"}, b"{}" if method == "POST" else None)
    assert wire.status == status
    assert inside in wire.body


def test_a_stray_path_is_answered_in_the_tongue_of_its_credentials(client: Client) -> None:
    wire = client.send("GET", "/elsewhere", {"Authorization": SIGNATURE.format(key="k")})
    assert wire.headers["x-amzn-errortype"].startswith("UnknownOperationException")


@pytest.mark.parametrize("model", ["gpt-5", "us.anthropic.claude-x-v1:0", "ibm/granite-4-h-small", "arn:aws:b/x.y"])
def test_any_model_id_is_accepted(client: Client, api: str, model: str) -> None:
    assert client.ask(api, f"{model}.sim-instant", limit=3).status == 200


def test_messages_in_every_allowed_form_are_accepted(client: Client) -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    messages = [
        {"role": "developer", "content": "be brief"},
        {"role": "user", "content": parts},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "tool_call_id": "1", "content": "42"},
        {"role": "user", "content": "go on"},
    ]
    body = {"model": "sim-instant", "messages": messages, "max_completion_tokens": 3, "stream": False}
    assert client.ask("openai", "", body=body).json["usage"]["completion_tokens"] == 3
    of_ibm = {name: value for name, value in body.items() if name not in ("model", "stream")}
    wire = client.ask("chat", "", stream=False, body={"model_id": "sim-instant", "project_id": "p", **of_ibm})
    assert wire.json["usage"]["completion_tokens"] == 3
