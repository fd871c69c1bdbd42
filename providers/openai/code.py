"""Code that asks by OpenAI's SDK, or by curl, what the adapter asks."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from providers.base import Request
from providers.code import called, curl, in_double_quotes, literal, token_by_grant
from providers.openai.adapter import connect_openai
from providers.openai.iam import GRANT
from providers.openai.settings import OPENAI_URL, OpenAISettings, is_secret
from providers.transport.redaction import blotted

KEY = "OPENAI_API_KEY"  # the one that the SDK finds by itself
PYTHON = """\
{imports}from openai import OpenAI

{token}client = {client}
{answer} = {call}
{show}
"""
SHOW = {  # by API and whether it is streamed
    ("chat", True): """\
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)""",
    ("responses", True): """\
for event in stream:
    if event.type == "response.output_text.delta":
        print(event.delta, end="", flush=True)""",
    ("chat", False): "print(answer.choices[0].message.content)",
    ("responses", False): "print(answer.output_text)",
}
TOKEN = """\
account = {{"grant_type": "{grant}", "apikey": environ["{key}"]}}
token = httpx2.post("{url}", data=account).json()["access_token"]  # for an hour
"""


def code(settings: OpenAISettings, request: Request, api: str) -> dict[str, str]:
    adapter = connect_openai(settings, api, connected=False)
    body = adapter.arguments(request)
    client, iam = _client(settings), settings.iam_url
    python = PYTHON.format(
        imports=("from os import environ\n\n" if "environ[" in client or iam else "")
        + ("import httpx2\n" if iam else ""),
        token=TOKEN.format(grant=GRANT, key=settings.key_variable, url=iam) if iam else "",
        client=client,
        answer="stream" if request.stream else "answer",
        call=called(f"client.{adapter.resource}.create", body),
        show=SHOW[api, request.stream],
    )
    body |= body.pop("extra_body", {})
    path = adapter.resource.replace(".", "/")
    return {"Python": python, "curl": _curl(settings, body, path, streamed=request.stream)}


def _variable(settings: OpenAISettings, name: str) -> str:
    """The variable for a value that is not to be shown."""
    plain = re.sub(r"\W", "_", name.upper(), flags=re.ASCII)
    return f"{settings.key_variable.removesuffix('_API_KEY')}_{plain}"


def _base(settings: OpenAISettings) -> tuple[str, str, str]:
    """The address, cut where its password stands, and the variable for that; empty where it has none. A name without a
    password may be a key."""
    parts = urlsplit(blotted(settings.base_url, ()))  # a key may stand in its path
    before, sign, host = parts.netloc.rpartition("@")
    if not sign:
        return parts.geturl(), "", ""
    name, _, password = before.partition(":")
    begin = f"{parts.scheme}://{name}:" if password else f"{parts.scheme}://"
    return begin, _variable(settings, "password"), f"@{host}{parts.path}"


def _client(settings: OpenAISettings) -> str:
    lines = []
    if settings.base_url != OPENAI_URL:
        url, password, rest = _base(settings)
        lines.append(f"base_url={literal(url)}" + (f" + {_read(password)} + {literal(rest)}" if password else ""))
    if settings.iam_url:
        lines.append("api_key=token")
    elif settings.key_variable != KEY or not (settings.api_key or settings.is_openai):
        lines.append(f"api_key={_read(settings.key_variable) if settings.api_key else literal('none')}")
    if settings.query:
        pairs = (
            f"{literal(name)}: {_read(_variable(settings, name)) if is_secret(name, value) else literal(value)}"
            for name, value in settings.query
        )
        lines.append(f"default_query={{{', '.join(pairs)}}}")
    headers = {name: _variable(settings, name) for name, _ in settings.headers}
    if settings.is_azure:
        headers = {"api-key": settings.key_variable} | headers
    if headers:
        pairs = (f"{literal(name)}: {_read(variable)}" for name, variable in headers.items())
        lines.append(f"default_headers={{{', '.join(pairs)}}}")
    if not lines:
        return f"OpenAI()  # reads {KEY}"
    return "OpenAI(\n" + "".join(f"    {line},\n" for line in lines) + ")"


def _read(variable: str) -> str:
    return f'environ["{variable}"]'


def _curl(settings: OpenAISettings, body: dict[str, object], path: str, *, streamed: bool) -> str:
    url, password, rest = map(in_double_quotes, _base(settings))
    query = "&".join(
        f"{quote(name)}={f'${_variable(settings, name)}' if is_secret(name, value) else quote(value)}"
        for name, value in settings.query
    )
    iam, key = settings.iam_url, settings.key_variable
    others = password or any(name.lower() == "authorization" for name, _ in settings.headers)  # sent in its place
    keyed = (settings.api_key or settings.is_openai or iam) and not others
    headers = [f"Authorization: Bearer ${'token' if iam else key}"] if keyed else []
    if settings.is_azure:
        headers.append(f"api-key: ${key}")
    if settings.organization:
        headers.append("OpenAI-Organization: $OPENAI_ORG_ID")
    if settings.project:
        headers.append("OpenAI-Project: $OPENAI_PROJECT_ID")
    headers += [f"{name}: ${_variable(settings, name)}" for name, _ in settings.headers]
    address = f"{url}{'$' if password else ''}{password}{rest}/{path}{'?' if query else ''}{query}"
    asked = curl(address, body, headers=headers, streamed=streamed)
    return token_by_grant(iam, GRANT, key) + asked if iam else asked
