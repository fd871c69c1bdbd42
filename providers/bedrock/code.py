"""Code that asks by AWS's SDK, or by curl, what the adapter asks."""

from __future__ import annotations

import json
import os
from urllib.parse import quote

from providers.base import Request
from providers.bedrock.adapter import DEFAULT_REGION, Bedrock
from providers.bedrock.settings import BedrockSettings, region_of_profile
from providers.code import called, curl, literal

CONVERSE = """\
import boto3

client = boto3.client("bedrock-runtime", region_name={region})  # reads AWS's usual credentials
response = {call}
{show}
"""
CONVERSE_STREAMED = """\
for event in response["stream"]:
    delta = event.get("contentBlockDelta", {}).get("delta", {})
    print(delta.get("text", ""), end="", flush=True)"""
CONVERSE_AWAITED = """\
for block in response["output"]["message"]["content"]:
    print(block.get("text", ""), end="")"""
INVOKE = """\
import json

import boto3

client = boto3.client("bedrock-runtime", region_name={region})  # reads AWS's usual credentials
body = {body}
response = client.{function}(
    modelId={model},
    contentType="application/json",
    body=json.dumps(body),{more}
)
{show}
"""
HEADERS = {
    "serviceTier": "X-Amzn-Bedrock-Service-Tier",
    "performanceConfigLatency": "X-Amzn-Bedrock-PerformanceConfig-Latency",
}
INVOKE_STREAMED = """\
for event in response["body"]:
    chunk = json.loads(event["chunk"]["bytes"])
    print(chunk.get("delta", {}).get("text", ""), end="", flush=True)"""
INVOKE_AWAITED = """\
for block in json.load(response["body"])["content"]:
    print(block.get("text", ""), end="")"""
OPERATIONS = {  # by API and whether it is streamed: the SDK's function, and the end of the path
    ("converse", True): ("converse_stream", "converse-stream"),
    ("converse", False): ("converse", "converse"),
    ("invoke", True): ("invoke_model_with_response_stream", "invoke-with-response-stream"),
    ("invoke", False): ("invoke_model", "invoke"),
}
SIGNED = (
    '--aws-sigv4 "aws:amz:{region}:bedrock"',
    '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
    '${AWS_SESSION_TOKEN:+-H "x-amz-security-token: $AWS_SESSION_TOKEN"}',
)
# AWS encodes what is signed of a path once more than what is sent; curl 7.88 does not, so "%3A" is refused.
COLON = "# With an API key of Bedrock: not every curl can sign a model's name that has a colon.\n"
FRAMES = "# The events come in frames of AWS's own: their JSON stands between bytes that are no text.\n"


def code(settings: BedrockSettings, request: Request, api: str) -> dict[str, str]:
    """The request as Python and as curl, by label. Raises ProviderError where the API can't ask that model."""
    arguments = Bedrock(settings, api, connected=False).arguments(request)
    region = settings.region or region_of_profile(os.environ) or DEFAULT_REGION
    function, path = OPERATIONS[api, request.stream]
    model = arguments["modelId"]
    apart = {name: arguments[name] for name in HEADERS if name in arguments and api == "invoke"}
    if api == "converse":
        body = {name: value for name, value in arguments.items() if name != "modelId"}
        python = CONVERSE.format(
            region=literal(region),
            call=called(f"client.{function}", arguments),
            show=CONVERSE_STREAMED if request.stream else CONVERSE_AWAITED,
        )
    else:
        body = json.loads(arguments["body"])
        python = INVOKE.format(
            region=literal(region),
            body=literal(body),
            function=function,
            model=literal(model, 12),
            more="".join(f"\n    {name}={literal(value, 4)}," for name, value in apart.items()),
            show=INVOKE_STREAMED if request.stream else INVOKE_AWAITED,
        )
    name = quote(model, safe="")
    by_token = bool(settings.bearer_token) or name != model
    options = [] if by_token else [option.replace("{region}", region) for option in SIGNED]
    asked = curl(
        f"https://bedrock-runtime.{region}.amazonaws.com/model/{name}/{path}",
        body,
        headers=[
            *(["Authorization: Bearer $AWS_BEARER_TOKEN_BEDROCK"] if by_token else []),
            *(f"{HEADERS[name]}: {value}" for name, value in apart.items()),
        ],
        options=[*options, *(["--output -"] if request.stream else [])],
        streamed=request.stream,
    )
    notes = (COLON if by_token and not settings.bearer_token else "") + (FRAMES if request.stream else "")
    return {"Python": python, "curl": notes + asked}
