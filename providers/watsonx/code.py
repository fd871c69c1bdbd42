"""Code that asks by either of IBM's SDKs, or by curl, what the adapter asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from providers.base import Request
from providers.code import called, curl, in_double_quotes, literal
from providers.watsonx import wml
from providers.watsonx.adapter import API_VERSION, Chat, Generation
from providers.watsonx.sdk import IAM
from providers.watsonx.settings import WatsonxSettings
from providers.watsonx.wml import WML

SDK = """\
from os import environ

from ibm_watsonx_ai import APIClient, Credentials
from ibm_watsonx_ai.foundation_models import ModelInference

credentials = Credentials(
{account}    verify=True,  # otherwise it goes on where a certificate is not valid
)
client = APIClient(credentials, {scope})
model = ModelInference(model_id={model}, api_client=client)
{ask}
"""
OLDER = """\
from os import environ

environ.setdefault("WML_CLIENT_VERIFY_REQUESTS", "True")  # or it goes on where a certificate is not valid
from ibm_watson_machine_learning.foundation_models import Model

# Where it is refused it asks again for ever; ibm-watsonx-ai does not.
model = Model(
    model_id={model},
    credentials={{
{account}    }},
    {scope},
)
{ask}
"""
CHAT_STREAMED = """\
for chunk in {call}:
    if chunk["choices"]:
        print(chunk["choices"][0]["delta"].get("content") or "", end="", flush=True)"""
CHAT_AWAITED = """\
answer = {call}
print(answer["choices"][0]["message"]["content"])"""
GENERATE_STREAMED = """\
for text in {call}:
    print(text, end="", flush=True)"""
GENERATE_AWAITED = "print({call})"
ACCESS = """ | sed 's/.*"{field}" *: *"\\([^"]*\\)".*/\\1/')"""
FROM_IAM = """\
token=$(curl -sS --fail-with-body "{iam}/identity/token" \\
  --data-urlencode "grant_type=urn:ibm:params:oauth:grant-type:apikey" \\
  --data-urlencode "apikey=$WATSONX_APIKEY" \\
 """ + ACCESS.replace("{field}", "access_token")
FROM_CLUSTER = """\
token=$(curl -sS --fail-with-body "{url}/icp4d-api/v1/authorize" \\
  -H "Content-Type: application/json" \\
  --data "{{\\"username\\": \\"$WATSONX_USERNAME\\", \\"api_key\\": \\"$WATSONX_APIKEY\\"}}" \\
 """ + ACCESS.replace("{field}", "token")


def code(settings: WatsonxSettings, request: Request, api: str) -> dict[str, str]:
    """The request as Python, by each SDK that can ask it, and as curl, by label."""
    adapter = (Chat if api == "chat" else Generation)(settings, api, connected=False)
    arguments = adapter.arguments(request)
    scope = "project_id" if settings.project_id or not settings.space_id else "space_id"
    streamed = request.stream
    if api == "chat":
        function, template = ("chat_stream", CHAT_STREAMED) if streamed else ("chat", CHAT_AWAITED)
        body = {"messages": arguments["messages"], **arguments["params"]}
    else:
        function = "generate_text_stream" if streamed else "generate_text"
        template = GENERATE_STREAMED if streamed else GENERATE_AWAITED
        body = {"input": arguments["prompt"], "parameters": arguments["params"]}
    fields = {
        "model": literal(request.model),
        "scope": f'{scope}=environ["WATSONX_{scope.upper()}"]',
        "ask": template.format(call=called(f"model.{function}", arguments)),
    }
    found = {"Python": SDK.format(account=_lines(_account(settings), "    {}={},\n"), **fields)}
    if api == "generate" and wml.knows(settings):
        account = {"apikey" if name == "api_key" else name: value for name, value in _account(settings).items()}
        if settings.is_cloud_pak:
            account["instance_id"] = literal("openshift")
        found[f"Python, {WML.name}"] = OLDER.format(account=_lines(account, '        "{}": {},\n'), **fields)
    return found | {"curl": _curl(settings, api, {"model_id": request.model, **body}, scope, streamed=streamed)}


def _lines(account: Mapping[str, str], line: str) -> str:
    return "".join(line.format(name, value) for name, value in account.items())


def _account(settings: WatsonxSettings) -> dict[str, str]:
    """What the SDKs want to know of the account, each as Python has it."""
    secret = "@" in urlsplit(settings.url).netloc
    account = {"url": 'environ["WATSONX_URL"]' if secret else literal(settings.url)}
    if settings.token:
        account["token"] = 'environ["WATSONX_TOKEN"]'
    else:
        account["api_key"] = 'environ["WATSONX_APIKEY"]'
    if settings.is_cloud_pak:
        account["username"] = 'environ["WATSONX_USERNAME"]'
        account["version"] = literal(".".join(settings.version.split(".")[:2]))
    return account


def _curl(settings: WatsonxSettings, api: str, body: dict[str, Any], scope: str, *, streamed: bool) -> str:
    secret = "@" in urlsplit(settings.url).netloc
    url = "$WATSONX_URL" if secret else in_double_quotes(settings.url)
    path = ("chat" if api == "chat" else "generation") + ("_stream" if streamed else "")
    asked = curl(
        f"{url}/ml/v1/text/{path}?version={API_VERSION}",
        body,
        headers=[f"Authorization: Bearer ${'WATSONX_TOKEN' if settings.token else 'token'}"],
        variables={scope: f"WATSONX_{scope.upper()}"},
        streamed=streamed,
    )
    if settings.token:
        return asked
    return (FROM_CLUSTER if settings.is_cloud_pak else FROM_IAM).format(url=url, iam=IAM) + f"\n{asked}"
