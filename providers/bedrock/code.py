"""Code that asks by AWS's SDK, or by curl, what the adapter asks."""

from __future__ import annotations

import json
import os
from urllib.parse import quote

from providers.base import Request
from providers.bedrock.adapter import DEFAULT_REGION, OPERATIONS, Bedrock
from providers.bedrock.settings import BedrockSettings, region_of_profile
from providers.code import called, curl, literal

PYTHON = """\
{imports}import boto3

client = boto3.client("bedrock-runtime", region_name={region})  # reads AWS's usual credentials
{body}response = {call}
{show}
"""
SHOW = {  # by API and whether it is streamed
    ("converse", True): """\
for event in response["stream"]:
    delta = event.get("contentBlockDelta", {}).get("delta", {})
    print(delta.get("text", ""), end="", flush=True)""",
    ("converse", False): """\
for block in response["output"]["message"]["content"]:
    print(block.get("text", ""), end="")""",
    ("invoke", True): """\
for event in response["body"]:
    chunk = json.loads(event["chunk"]["bytes"])
    print(chunk.get("delta", {}).get("text", ""), end="", flush=True)""",
    ("invoke", False): """\
for block in json.load(response["body"])["content"]:
    print(block.get("text", ""), end="")""",
}
HEADERS = {
    "serviceTier": "X-Amzn-Bedrock-Service-Tier",
    "performanceConfigLatency": "X-Amzn-Bedrock-PerformanceConfig-Latency",
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
    arguments = Bedrock(settings, api, connected=False).arguments(request)
    region = settings.region or region_of_profile(os.environ) or DEFAULT_REGION
    function, path = OPERATIONS[api, request.stream]
    model = arguments["modelId"]
    apart = {name: arguments[name] for name in HEADERS if name in arguments and api == "invoke"}
    if api == "converse":
        body = {name: value for name, value in arguments.items() if name != "modelId"}
        call = called(f"client.{function}", arguments)
    else:
        body = json.loads(arguments.pop("body"))
        call = called(f"client.{function}", arguments).removesuffix(")") + "    body=json.dumps(body),\n)"
    python = PYTHON.format(
        imports="" if api == "converse" else "import json\n\n",
        region=literal(region),
        body="" if api == "converse" else f"body = {literal(body)}\n",
        call=call,
        show=SHOW[api, request.stream],
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
