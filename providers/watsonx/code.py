"""Code that asks by either of IBM's SDKs, or by curl, what the adapter asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from providers.base import Request
from providers.code import called, curl, in_double_quotes, literal, token_by_grant, token_from
from providers.watsonx import wml
from providers.watsonx.adapter import API_VERSION, connect_watsonx
from providers.watsonx.sdk import IAM
from providers.watsonx.settings import DEPLOYMENT, WatsonxSettings
from providers.watsonx.wml import WML

SDK = """\
from os import environ

from ibm_watsonx_ai import APIClient, Credentials
from ibm_watsonx_ai.foundation_models import ModelInference

credentials = Credentials(
{account}    verify=True,  # otherwise it goes on where a certificate is not valid
)
client = APIClient(credentials, {scope})
model = ModelInference({model}, api_client=client)
{ask}
"""
OLDER = """\
from os import environ

environ.setdefault("WML_CLIENT_VERIFY_REQUESTS", "True")  # or it goes on where a certificate is not valid
from ibm_watson_machine_learning.foundation_models import Model

# Where it is refused it asks again for ever; ibm-watsonx-ai does not.
model = Model(
    {model},
    credentials={{
{account}    }},
    {scope},
)
{ask}
"""
ASK = {  # by API and whether it is streamed: the SDK's function, and what is done with it
    ("chat", True): ("chat_stream", """\
for chunk in {call}:
    if chunk["choices"]:
        print(chunk["choices"][0]["delta"].get("content") or "", end="", flush=True)"""),
    ("chat", False): ("chat", """\
answer = {call}
print(answer["choices"][0]["message"]["content"])"""),
    ("generate", True): ("generate_text_stream", """\
for text in {call}:
    print(text, end="", flush=True)"""),
    ("generate", False): ("generate_text", "print({call})"),
}  # fmt: skip
GRANT = "urn:ibm:params:oauth:grant-type:apikey"


def code(settings: WatsonxSettings, request: Request, api: str) -> dict[str, str]:
    arguments = connect_watsonx(settings, api, connected=False).arguments(request)
    scope = "project_id" if settings.project_id or not settings.space_id else "space_id"
    streamed = request.stream
    function, template = ASK[api, streamed]
    if api == "chat":
        body = {"messages": arguments["messages"], **arguments["params"]}
    else:
        body = {"input": arguments["prompt"], "parameters": arguments["params"]}
    deployed, model = DEPLOYMENT.fullmatch(request.model), literal(request.model)
    fields = {
        "model": f"deployment_id={model}, validate=False" if deployed else f"model_id={model}",
        "scope": f'{scope}=environ["WATSONX_{scope.upper()}"]',
        "ask": template.format(call=called(f"model.{function}", arguments)),
    }
    found = {"Python": SDK.format(account=_lines(_account(settings), "    {}={},\n"), **fields)}
    if api == "generate" and wml.knows(settings) and not deployed:
        account = {"apikey" if name == "api_key" else name: value for name, value in _account(settings).items()}
        if settings.is_cloud_pak:
            account["instance_id"] = literal("openshift")
        found[f"Python, {WML.name}"] = OLDER.format(account=_lines(account, '        "{}": {},\n'), **fields)
    path = ("text/chat" if api == "chat" else "text/generation") + ("_stream" if streamed else "")
    if deployed:
        path = f"deployments/{request.model}/{path}"
    else:
        body = {"model_id": request.model, **body}
    return found | {"curl": _curl(settings, body, path, scope, streamed=streamed)}


def _lines(account: Mapping[str, str], line: str) -> str:
    return "".join(line.format(name, value) for name, value in account.items())


def _account(settings: WatsonxSettings) -> dict[str, str]:
    """What the SDKs want to know of the account, each as Python has it."""
    field, variable = settings.credential
    url = 'environ["WATSONX_URL"]' if _is_secret(settings.url) else literal(settings.url)
    account = {"url": url, field: f'environ["{variable}"]'}
    if settings.is_cloud_pak:
        account["username"] = 'environ["WATSONX_USERNAME"]'
        account["version"] = literal(".".join(settings.version.split(".")[:2]))
    return account


def _curl(settings: WatsonxSettings, body: dict[str, Any], path: str, scope: str, *, streamed: bool) -> str:
    url = "$WATSONX_URL" if _is_secret(settings.url) else in_double_quotes(settings.url)
    field, variable = settings.credential
    asked = curl(
        f"{url}/ml/v1/{path}?version={API_VERSION}",
        body,
        headers=[f"Authorization: Bearer ${variable if field == 'token' else 'token'}"],
        variables={} if path.startswith("deployments") else {scope: f"WATSONX_{scope.upper()}"},
        streamed=streamed,
    )
    if field == "token":
        return asked
    if settings.is_cloud_pak:
        login = f'{{\\"username\\": \\"$WATSONX_USERNAME\\", \\"{field}\\": \\"${variable}\\"}}'
        options = ('-H "Content-Type: application/json"', f'--data "{login}"')
        return token_from(f"{url}/icp4d-api/v1/authorize", "token", *options) + asked
    return token_by_grant(f"{IAM}/identity/token", GRANT, variable) + asked


def _is_secret(url: str) -> bool:
    return "@" in urlsplit(url).netloc
