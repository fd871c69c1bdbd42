"""Code that asks by OpenAI's SDK, or by curl, what the adapter asks."""

from __future__ import annotations

from urllib.parse import quote

from providers.base import Request
from providers.code import called, curl, in_double_quotes, literal
from providers.openai.adapter import OpenAI
from providers.openai.settings import OPENAI_URL, SECRET_NAME, OpenAISettings

KEY = "OPENAI_API_KEY"  # the one that the SDK finds by itself
PYTHON = """\
{imports}from openai import OpenAI

client = {client}
{answer} = {call}
{show}
"""
STREAMED = """\
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)"""
AWAITED = "print(answer.choices[0].message.content)"


def code(settings: OpenAISettings, request: Request, api: str) -> dict[str, str]:
    """The request as Python and as curl, by label."""
    body = OpenAI(settings, api, connected=False).arguments(request)
    client = _client(settings)
    python = PYTHON.format(
        imports="from os import environ\n\n" if "environ[" in client else "",
        client=client,
        answer="stream" if request.stream else "answer",
        call=called("client.chat.completions.create", body),
        show=STREAMED if request.stream else AWAITED,
    )
    return {"Python": python, "curl": _curl(settings, body, streamed=request.stream)}


def _variable(settings: OpenAISettings, name: str) -> str:
    """The variable for a value that is not to be shown."""
    return f"{settings.key_variable.removesuffix('_API_KEY')}_{name.upper().replace('-', '_')}"


def _base(settings: OpenAISettings) -> tuple[str, str, str]:
    """The address, cut where its password stands, and the variable for that; empty where it has none."""
    before, sign, after = settings.base_url.rpartition("@")
    if not sign:
        return settings.base_url, "", ""
    name, _, _ = before.removeprefix(scheme := before.partition("//")[0] + "//").partition(":")
    return f"{scheme}{name}:", _variable(settings, "password"), f"@{after}"


def _client(settings: OpenAISettings) -> str:
    lines = []
    if settings.base_url != OPENAI_URL:
        url, password, rest = _base(settings)
        lines.append(f"base_url={literal(url)}" + (f" + {_read(password)} + {literal(rest)}" if password else ""))
    if settings.key_variable != KEY or not (settings.api_key or settings.is_openai):
        lines.append(f"api_key={_read(settings.key_variable) if settings.api_key else literal('none')}")
    if settings.query:
        pairs = (
            f"{literal(name)}: {_read(_variable(settings, name)) if SECRET_NAME.search(name) else literal(value)}"
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


def _curl(settings: OpenAISettings, body: dict[str, object], *, streamed: bool) -> str:
    url, password, rest = map(in_double_quotes, _base(settings))
    query = "&".join(
        f"{quote(name)}={f'${_variable(settings, name)}' if SECRET_NAME.search(name) else quote(value)}"
        for name, value in settings.query
    )
    headers = [f"Authorization: Bearer ${settings.key_variable}"] if settings.api_key or settings.is_openai else []
    if settings.is_azure:
        headers.append(f"api-key: ${settings.key_variable}")
    if settings.organization:
        headers.append("OpenAI-Organization: $OPENAI_ORG_ID")
    if settings.project:
        headers.append("OpenAI-Project: $OPENAI_PROJECT_ID")
    headers += [f"{name}: ${_variable(settings, name)}" for name, _ in settings.headers]
    address = f"{url}{'$' if password else ''}{password}{rest}/chat/completions{'?' if query else ''}{query}"
    return curl(address, body, headers=headers, streamed=streamed)
