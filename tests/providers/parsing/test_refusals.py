"""What servers say instead of an answer, in their own words and shapes, through the real SDKs over real sockets."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from providers import ErrorKind, load
from providers.parsing.error_body import LONGEST, read
from simulator import Simulator
from tests.providers.asking import AWS, KEY, Api, Stage, at_simulator, collect, connected, question, staged
from tests.providers.servers import Script, chunk, sse


def error(message: Any, type_: Any = None, code: Any = None, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": type_, "param": None, "code": code} | more}


def behind(raw: Any, code: int = 429, by: str = "P") -> dict[str, Any]:
    """A refusal of OpenRouter's, which hands on what the provider behind it said."""
    metadata = {"raw": raw, "provider_name": by}
    return {"error": {"message": "Provider returned error", "code": code, "metadata": metadata}}


VLLM = "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens"
NOT_VALID = "API key not valid. Please pass a valid API key."
GEMINI = {"code": 400, "message": NOT_VALID, "status": "INVALID_ARGUMENT"}

# (status, body, kind, the server's words as they are to be shown)
REFUSED: list[tuple[int, Any, ErrorKind, str]] = [
    # Too long
    (400, error(VLLM, "BadRequestError", 400), "too_long", VLLM),
    (400, {"object": "error", "message": VLLM, "type": "BadRequestError", "code": 400}, "too_long", VLLM),
    (413, error("Request too large for model m on tokens per minute (TPM): Limit 6000, Requested 14810", "tokens",
                "rate_limit_exceeded"), "too_long", "Limit 6000"),
    (429, error("Request too large for gpt-x on tokens per min (TPM): Limit 9, Requested 10.", "tokens",
                "rate_limit_exceeded"), "too_long", "Limit 9"),
    (400, error("litellm.ContextWindowExceededError: litellm.BadRequestError: OpenAIException - This model's maximum "
                "context length is 8192 tokens.", "invalid_request_error", "400"), "too_long", "8192 tokens"),
    (400, error("request (4021 tokens) exceeds the available context size (512 tokens)", "exceed_context_size_error",
                400), "too_long", "4021 tokens"),
    (400, error("bedrock error: Input is too long for requested model."), "too_long", "Input is too long"),
    (400, {"code": "Client specified an invalid argument", "error": "This model's maximum prompt length is 131072 but "
           "the request contains 150000 tokens."}, "too_long", "131072"),
    (400, [{"error": {**GEMINI, "message": "The input token count (9) exceeds the maximum number of tokens allowed "
                      "(8)."}}], "too_long", "input token count (9)"),
    (422, {"error": "Input validation error: `inputs` must have less than 1024 tokens. Given: 2000",
           "error_type": "validation"}, "too_long", "less than 1024"),
    (400, {"object": "error", "message": "The input (5 tokens) is longer than the model's context length (4 tokens).",
           "type": "BadRequestError", "code": 400}, "too_long", "longer than"),
    (400, {"error": "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with"
           " context length of only 4096 tokens"}, "too_long", "only 4096"),
    (400, {"object": "error", "message": "Prompt contains 9 tokens, too large for model with 8 maximum context length",
           "type": "invalid_request_error", "code": "3051"}, "too_long", "Prompt contains 9"),
    (400, {"message": "too many tokens: total number of tokens in the prompt cannot exceed 4081"}, "too_long", "4081"),
    (400, error("prompt is too long: 208310 tokens > 200000 maximum", "invalid_request_error"), "too_long", "208310"),
    (400, error("the input length exceeds the context length"), "too_long", "input length"),
    (400, behind('{"error":{"message":"Input is too long.","code":"x"}}', 400), "too_long", "Input is too long."),
    # … and what only looks so
    (429, error("Rate limit reached for gpt-x on tokens per min (TPM): Limit 9, Used 8, Requested 2. Please try again "
                "in 6s.", "tokens", "rate_limit_exceeded"), "rate_limit", "Used 8"),
    (429, error("Too many tokens, please wait before trying again."), "rate_limit", "please wait"),
    (400, error("'max_tokens' or 'max_completion_tokens' is too large: 9. This model's maximum context length is 8 "
                "tokens and your request has 1 input tokens", "BadRequestError", 400), "bad_request", "too large: 9"),
    # The key
    (400, [{"error": GEMINI}], "auth", NOT_VALID),
    (400, {"error": GEMINI | {"message": "API key expired. Please renew the API key."}}, "auth", "expired"),
    (400, {"code": "invalid-argument", "error": "Incorrect API key provided: ab***yz."}, "auth", "provided: •••"),
    (401, error("Authentication Fails (no such user)", "authentication_error", "invalid_request_error"), "auth",
     "no such user"),
    (401, {"detail": "Unauthorized"}, "auth", "Unauthorized"),
    (403, {"status": 403, "title": "Forbidden", "detail": "Authorization failed"}, "auth", "Authorization failed"),
    (401, error("Incorrect API key provided: sk-ve****789.", "invalid_request_error", "invalid_api_key"), "auth",
     "provided: •••."),
    # The money, the rate, the filter
    (400, error("Your credit balance is too low to access the API", "invalid_request_error"), "quota", "too low"),
    (402, error("Insufficient Balance", "unknown_error", "invalid_request_error"), "quota", "Insufficient Balance"),
    (400, error("Budget has been exceeded! Current cost: 1, Max budget: 1", "budget_exceeded", "400"), "quota", "cost"),
    (429, behind("m is temporarily rate-limited upstream"), "rate_limit", "P, behind OpenAI, says: m is temporarily"),
    (429, behind("<html>"), "rate_limit", "Provider returned error"),
    (429, {"object": "error", "message": "Service tier capacity exceeded for this model.", "code": "3505",
           "type": "service_tier_capacity_exceeded"}, "rate_limit", "capacity"),
    (403, error('m requires moderation on P. Your input was flagged for "violence"', code=403), "filtered", "violence"),
    (400, error("The response was filtered due to Azure OpenAI's content management policy.", code="content_filter",
                innererror={"code": "ResponsibleAIPolicyViolation"}), "filtered", "filtered due"),
    # The address
    (404, error("Resource not found", code="404"), "protocol", "OPENAI_BASE_URL"),
    (404, error("File Not Found", "not_found_error", 404), "protocol", "File Not Found"),
    (404, error("Invalid URL (POST /v1/models/chat/completions)", "invalid_request_error"), "protocol", "Invalid URL"),
    (404, error("Unknown request URL: POST /openai/models/x. Please check the URL", "invalid_request_error",
                "unknown_url"), "protocol", "Unknown request URL"),
    (200, {"error": "Unexpected endpoint or method. (POST /chat/completions)"}, "protocol", ""),
    # The model
    (404, error("No endpoints found for m.", code=404), "unknown_model", "No endpoints"),
    (400, {"object": "error", "message": "Invalid model: m", "type": "invalid_model", "code": "1500"}, "unknown_model",
     "Invalid model: m"),
    (400, error("Model Not Exist", "invalid_request_error"), "unknown_model", "Model Not Exist"),
    (404, error("The model `m` does not exist.", "NotFoundError", 404), "unknown_model", "does not exist"),
    (404, [{"error": {"code": 404, "message": "models/m is not found for API version v1main", "status": "NOT_FOUND"}}],
     "unknown_model", "models/m is not found"),
    (404, {"type": "error", "error": {"type": "not_found_error", "message": "model: m"}}, "unknown_model", "model: m"),
    (404, error("This model is only supported in v1/responses and not in v1/chat/completions.",
                "invalid_request_error"), "unknown_model", "v1/responses"),
    (401, error("key not allowed to access model. This key can only access models=['a']", "key_model_access_denied",
                "401"), "forbidden", "can only access"),
    # JSON in the words
    (500, error("Error code: 400 - {'error': {'message': \"It's broken\", 'code': None}}"), "overloaded",
     "says: Error code: 400 - It's broken"),
    (400, error('litellm.BadRequestError: XaiException - {"code":"x","error":"No such thing"}', code="400"),
     "bad_request", "XaiException - No such thing"),
    (400, error("VertexAIException - b'{\\n  \"error\": {\\n \"message\": \"No way.\"\\n }\\n}'"), "bad_request",
     "VertexAIException - No way."),
    (400, {"success": False, "errors": [{"code": 7003, "message": "One."}, {"code": 7000, "message": "Two."}]},
     "bad_request", "says: One.; Two."),
    (400, {"statusCode": 400, "error": "Bad Request", "message": "Say please."}, "bad_request", "says: Say please."),
    (400, b"plain words", "bad_request", "says: plain words"),
    # A status and the words beside it
    (404, b"404 page not found", "protocol", "404 page not found"),
    (404, {"detail": "Not Found"}, "protocol", "Not Found"),
    (405, {"detail": "Method Not Allowed"}, "protocol", "Method Not Allowed"),
    (404, error("model 'x' not found, try pulling it first"), "unknown_model", "pulling"),
    (404, error("No such", code="DeploymentNotFound"), "unknown_model", "No such"),
    (400, {"error": "No model is loaded"}, "bad_request", "No model is loaded"),
    (429, error("Pay.", code="billing_not_active"), "quota", "Pay."),
    (401, b'{"error": {"message": "No."}}', "auth", "OPENAI_API_KEY"),
    (503, b"<html><h1>Busy</h1></html>", "overloaded", "status 503"),
    (500, b"", "overloaded", "status 500"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "kind", "words"), [row for row in REFUSED if row[0] != 200])
def test_a_refusal_in_a_server_s_own_words(stage: Stage, status: int, body: Any, kind: ErrorKind, words: str) -> None:
    error = stage(body, status=status).failure
    assert error.kind == kind
    assert error.message.count(words) == 1
    assert not set('{}[]"') & set(error.message.replace('"violence"', "").replace("['a']", ""))
    assert len(stage.server.requests) == (2 if error.retryable else 1)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [row for row in REFUSED if isinstance(row[1], dict) and "error" in row[1] and "statusCode" not in row[1]],
)
def test_the_same_as_an_event_of_a_stream(stage: Stage, status: int, body: Any, kind: ErrorKind, words: str) -> None:
    """There is no status then: where nothing but that told the kind, it is another."""
    heard = stage(sse(chunk("Hi"), body))
    assert heard.pieces == ["Hi"]
    assert heard.failure.kind in {kind, read(body).kind() or "overloaded"}
    if kind in {"too_long", "auth", "filtered", "unknown_model"}:
        assert heard.failure.kind == kind
    assert words in heard.failure.message


def test_what_a_gateway_says_of_the_service_behind_it_does_not_blame_our_key(stage: Stage) -> None:
    words = 'litellm.AuthenticationError: AnthropicException - {"error":{"message":"invalid x-api-key"}}'
    failure = stage(error(words, "auth_error", "401"), status=401).failure
    assert failure.kind == "auth"
    assert failure.message.startswith("OpenAI passed the question on, and the service behind it refused the key")
    assert "AnthropicException - invalid x-api-key" in failure.message


@pytest.mark.parametrize(
    "said",
    [f"Wrong: {KEY}", "Wrong: sk-w****ng", "Wrong: sk-...ab12", "Received=gsk_0123456789abc", "Hash " + "a1" * 32],
)
def test_no_key_and_no_part_of_one_is_shown(stage: Stage, said: str) -> None:
    message = stage(error(said), status=401).failure.message
    assert "•••" in message
    assert said.rsplit(maxsplit=1)[-1] not in message


@pytest.mark.parametrize(
    ("key", "said", "shown"),
    [
        ("x", "maximum context exceeded by x", "maximum context exceeded by x"),
        ("test", "a test of the latest", "a ••• of the latest"),
        ("EMPTY", "the list is EMPTY", "the list is EMPTY"),
        ("a-long-key", "xa-long-keyx", "x•••x"),
    ],
)
def test_only_what_is_long_enough_to_be_a_secret_is_blotted_out(key: str, said: str, shown: str) -> None:
    with staged("chat", api_key=key) as stage:
        assert stage(error(said), status=400).failure.message.endswith(f"OpenAI says: {shown}")


@pytest.mark.parametrize("body", [b"{}", b"[]", b"[1]", b"null", b'{"error": {}}', b"<html>Oh"])
def test_what_holds_no_sentence_is_not_shown(stage: Stage, body: bytes) -> None:
    assert stage(body, status=400).failure.message.endswith("(status 400)")


@pytest.mark.parametrize("body", ["{" * 100_000, "[" * 100_000, "{'" * 50_000 + "}", "b'{" * 50_000 + "'"])
def test_a_body_that_is_built_to_be_slow_is_soon_read(body: str) -> None:
    assert read(body).message == body[:LONGEST]


# A parameter that the server does not know


SYSTEM = "Unsupported value: 'messages[0].role' does not support 'system' with this model."


def detail(*where: Any) -> dict[str, Any]:
    return {"type": "extra_forbidden", "loc": ["body", *where], "msg": "Extra inputs are not permitted", "input": True}


@pytest.mark.parametrize(
    ("status", "body", "left_out"),
    [
        (422, {"message": json.dumps({"detail": [detail("stream_options", "include_usage")]})}, {"stream_options"}),
        (422, {"object": "error", "message": {"detail": [detail("stream_options")]}}, {"stream_options"}),
        (422, {"detail": [detail("stream_options"), detail("top_p")]}, {"stream_options", "top_p"}),
        (400, [error("Invalid JSON payload received. Unknown name \"stream_options\": Cannot find field.")],
         {"stream_options"}),
        (400, behind('{"error":{"message":"Unsupported parameter: \'top_p\'","param":"top_p"}}', 400), {"top_p"}),
        (429, behind('{"error":{"message":"Unknown parameter: \'top_p\'.","code":400}}', 400), {"top_p"}),
        (400, error("azure does not support parameters: ['stream_options', 'top_p'], for model=m."),
         {"stream_options", "top_p"}),
        (400, error("`temperature` and `top_p` cannot both be specified for this model."), {"top_p"}),
        (400, error("`temperature` is deprecated for this model."), {"temperature"}),
        (400, error("invalid temperature: only 1 is allowed for this model"), {"temperature"}),
        (500, error("create() got an unexpected keyword argument 'stream_options'"), {"stream_options"}),
        (400, error("Unrecognized request argument supplied: stream_options"), {"stream_options"}),
        (400, error("top_p: unknown field"), {"top_p"}),
        (400, error("No.", code="unsupported_value", param="temperature"), {"temperature"}),
        (400, error("temperature must be at most 1; higher is not supported"), None),
        (400, error("max_tokens is too large: 5. This model supports at most 4."), None),
        (400, error("This model does not support images."), None),
        (401, error("Unsupported parameter: 'top_p'"), None),
    ],
)  # fmt: skip
def test_it_is_left_out_and_asked_once_more(stage: Stage, status: int, body: Any, left_out: set[str] | None) -> None:
    request = question(temperature=0.1, top_p=0.2, max_tokens=5)
    assert stage(body, request, status=status).error is not None
    if left_out is None:
        assert len(stage.server.requests) == 1
        return
    first, second = stage.server.requests
    assert set(first) - set(second) == left_out
    stage(sse(chunk("Hi", "stop")), request)
    assert not left_out & set(stage.server.requests[0])


def test_it_is_left_out_where_it_is_refused_inside_a_stream(stage: Stage) -> None:
    request = question(top_p=0.2)
    stage(sse(error("Unsupported parameter: 'top_p'", code=400)), request)
    assert ["top_p" in sent for sent in stage.server.requests] == [True, False]


@pytest.mark.parametrize(
    "body",
    [error(SYSTEM, code="unsupported_value"), error("System role not supported"),
     [error("Developer instruction is not enabled for models/gemma-x")]],
)  # fmt: skip
def test_a_system_prompt_that_is_refused_stands_before_the_first_question(stage: Stage, body: Any) -> None:
    stage(body, question(system="Be brief."), status=400)
    assert [turn["role"] for turn in stage.server.requests[0]["messages"]] == ["system", "user"]
    assert stage.server.requests[1]["messages"] == [{"role": "user", "content": "Be brief.\n\nHello!"}]


@pytest.mark.parametrize("api", AWS)
@pytest.mark.parametrize(
    ("words", "left_out"),
    [
        ("`temperature` and `top_p` cannot both be specified for this model.", "top_p"),
        ("This model doesn't support the topP field. Remove topP and try again.", "top_p"),
        ("This model doesn't support system messages. Try again without a system message.", "system"),
    ],
)
def test_bedrock_leaves_it_out_as_well(stage: Stage, api: Api, words: str, left_out: str) -> None:
    body = {"message": words, "__type": "ValidationException"}
    assert stage(body, question(temperature=0.1, top_p=0.2, system="S."), api=api, status=400).error is not None
    _, second = stage.server.requests
    text = json.dumps(second)
    assert ("topP" in text or "top_p" in text, '"system"' in text) == (left_out != "top_p", left_out != "system")
    assert "S." in text
    assert "temperature" in text


# Bedrock


@pytest.mark.parametrize("name", ["message", "Message"])
@pytest.mark.parametrize("api", AWS)
def test_a_key_that_bedrock_refuses_with_403_is_a_wrong_key(stage: Stage, api: Api, name: str) -> None:
    words = "Authentication failed: Please make sure your API Key is valid."
    error = stage({name: words}, api=api, status=403).failure
    assert error.kind == "auth"
    assert f"AWS Bedrock says: {words}" in error.message


def test_a_bearer_token_that_is_refused_is_named(simulator: Simulator) -> None:
    with connected(at_simulator(simulator, "converse", tls=True, bearer_token="a-wrong-token")) as provider:
        assert "AWS_BEARER_TOKEN_BEDROCK" in collect(provider, question()).failure.message


@pytest.mark.parametrize("model", ["", "us.amazon.nova-2-lite-v1:0"])
def test_what_was_never_sent_is_not_said_to_be_aws_s_words(stage: Stage, model: str) -> None:
    message = stage({}, replace(question(), model=model), api="invoke").failure.message
    assert message.startswith("Nothing was sent to AWS Bedrock")
    assert "says" not in message
    assert stage.server.requests == []


@pytest.mark.parametrize(
    "model", ["arn:aws:bedrock:us-east-1:1:application-inference-profile/a1b2", "claude-for-the-team", "router/m"]
)
def test_an_id_that_names_no_vendor_is_asked_by_invoke(stage: Stage, model: str) -> None:
    words = "Malformed input request, please reformat your input and try again."
    body = {"message": words, "__type": "ValidationException"}
    error = stage(body, replace(question(), model=model), api="invoke", status=400).failure
    assert (error.kind, len(stage.server.requests)) == ("bad_request", 1)
    assert f"AWS Bedrock says: {words}" in error.message
    assert load({"BEDROCK_MODEL": model})["bedrock"].model_for("invoke") == model


# A gateway's own headers


def test_a_gateway_gets_its_headers_and_no_log_has_them(
    caplog: pytest.LogCaptureFixture,
) -> None:
    headers = "x-portkey-provider: openai, x-gate-key: hush, Helicone-Auth: Bearer sk-hel-0123456789"
    caplog.set_level("DEBUG")
    with Script() as server:
        env = {"ENDPOINT_GATE_URL": f"{server.url}/v1", "ENDPOINT_GATE_HEADERS": headers}
        with connected(load(env)["gate"]) as provider:
            server.plays(json.dumps(error("Who is hush? Who is sk-hel-0123456789?")).encode(), status=401)
            heard = collect(provider, question())
            for line in ("x-portkey-provider: openai", "x-gate-key: hush", "helicone-auth: bearer sk-hel-0123456789"):
                assert line in server.heads[0].lower()
    assert "Who is •••? Who is •••?" in heard.failure.message
    for value in ("hush", "sk-hel"):
        assert value not in caplog.text
