"""Where keys and endpoints come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from providers import SimulatorAddress, load
from providers.openai.settings import OpenAISettings

ADDRESS = SimulatorAddress("http://127.0.0.1:1", "https://127.0.0.1:2", "/ca.pem")
KEYS = {
    "OPENAI_API_KEY": "secret-openai",
    "AWS_ACCESS_KEY_ID": "secret-id",
    "AWS_SECRET_ACCESS_KEY": "secret-counterpart",
    "AWS_SESSION_TOKEN": "secret-session",
    "AWS_BEARER_TOKEN_BEDROCK": "secret-bearer",
    "WATSONX_APIKEY": "secret-ibm",
    "WATSONX_TOKEN": "secret-token",
    "ENDPOINT_LAB_URL": "https://me:secret-pass%2Fword@lab.example/v1?api_key=secret-query&api-version=1",
    "ENDPOINT_LAB_API_KEY": "secret-lab",
}

VALUES: list[tuple[dict[str, str], str, dict[str, Any]]] = [
    ({}, "openai", {"model": "gpt-5.4-mini", "base_url": "https://api.openai.com/v1", "label": "OpenAI"}),
    ({"OPENAI_MODEL": "gpt-x"}, "openai", {"model": "gpt-x"}),
    ({"OPENAI_API_KEY": " sk-1\n"}, "openai", {"api_key": "sk-1"}),
    ({"OPENAI_BASE_URL": "https://eu.api.openai.com/v1"}, "openai", {"is_openai": True}),
    ({"OPENAI_BASE_URL": "http://host/v1/"}, "openai", {"base_url": "http://host/v1", "is_openai": False}),
    (
        {"OPENAI_BASE_URL": "https://x.openai.azure.com/openai/v1?api-version=1"},
        "openai",
        {"base_url": "https://x.openai.azure.com/openai/v1", "query": (("api-version", "1"),), "is_azure": True},
    ),
    *(
        ({"OPENAI_BASE_URL": f"http://host{path}"}, "openai", {"base_url": f"http://host{kept}"})
        for path, kept in {
            "/v1/chat/completions": "/v1",
            "/v1//chat/completions/": "/v1",
            "/v1/completions": "/v1",
            "/v1/responses": "/v1",
            "/v1/models": "/v1",
            "/v1/models/m": "/v1",
            "/v1/Chat/Completions?x=1#top": "/v1",
            "/openai/deployments/m/chat/completions?api-version=1": "/openai/deployments/m",
            "/models": "/models",  # Azure's model inference lives there
            "/models/chat/completions": "/models",
            "/v1beta/openai/": "/v1beta/openai",
        }.items()
    ),
    ({"OPENAI_ORG_ID": "org", "OPENAI_PROJECT_ID": "p"}, "openai", {"organization": "org", "project": "p"}),
    ({}, "bedrock", {"model": "us.amazon.nova-2-lite-v1:0", "api": "converse", "region": ""}),
    ({"BEDROCK_API": "invoke", "BEDROCK_MODEL": "m"}, "bedrock", {"api": "invoke", "model": "m"}),
    ({"AWS_REGION": "eu-west-1"}, "bedrock", {"region": "eu-west-1"}),
    ({"AWS_DEFAULT_REGION": "eu-west-2"}, "bedrock", {"region": "eu-west-2"}),
    ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, "bedrock", {"region": "eu-west-1"}),
    ({"AWS_REGION": " ", "AWS_DEFAULT_REGION": "eu-west-2"}, "bedrock", {"region": "eu-west-2"}),
    *(
        ({"AWS_REGION": region}, "bedrock", {"model": model})
        for region, model in {
            "us-west-2": "us.amazon.nova-2-lite-v1:0",
            "eu-central-1": "eu.amazon.nova-2-lite-v1:0",
            "ap-northeast-1": "jp.amazon.nova-2-lite-v1:0",
            "ap-southeast-2": "global.amazon.nova-2-lite-v1:0",
            "ca-central-1": "global.amazon.nova-2-lite-v1:0",
            "us-gov-west-1": "us-gov.amazon.nova-pro-v1:0",
        }.items()
    ),
    ({}, "openai", {"missing": ("OPENAI_API_KEY",)}),
    ({"OPENAI_BASE_URL": "http://lab/v1"}, "openai", {"missing": ()}),
    ({}, "bedrock", {"missing": ()}),
    ({"AWS_ACCESS_KEY_ID": "id"}, "bedrock", {"missing": ("AWS_SECRET_ACCESS_KEY",)}),
    ({"AWS_SECRET_ACCESS_KEY": "s"}, "bedrock", {"missing": ("AWS_ACCESS_KEY_ID",)}),
    ({}, "watsonx", {"missing": ("WATSONX_APIKEY", "WATSONX_PROJECT_ID")}),
    ({"WATSONX_APIKEY": "k"}, "watsonx", {"missing": ("WATSONX_PROJECT_ID",)}),
    ({"WATSONX_APIKEY": "k", "PROJECT_ID": "p", "WATSONX_VERSION": "5"}, "watsonx", {"missing": ("WATSONX_USERNAME",)}),
    ({"WATSONX_PASSWORD": "k", "PROJECT_ID": "p"}, "watsonx", {"missing": ("WATSONX_USERNAME",)}),
    ({"AWS_PROFILE": "work"}, "bedrock", {"profile": "work"}),
    ({"AWS_BEARER_TOKEN_BEDROCK": "t"}, "bedrock", {"bearer_token": "t"}),
    ({}, "watsonx", {"model": "ibm/granite-4-h-small", "url": "https://us-south.ml.cloud.ibm.com", "api": "chat"}),
    ({"WATSONX_URL": "https://eu-de.ml.cloud.ibm.com/"}, "watsonx", {"url": "https://eu-de.ml.cloud.ibm.com"}),
    ({"IBM_CLOUD_URL": "https://other"}, "watsonx", {"url": "https://other"}),
    *(
        ({"WATSONX_URL": url}, "watsonx", {"url": kept})
        for url, kept in {
            "https://eu-de.ml.cloud.ibm.com/ml/v1/text/generation?version=2023-05-29": "https://eu-de.ml.cloud.ibm.com",
            "https://eu-de.ml.cloud.ibm.com/ml/": "https://eu-de.ml.cloud.ibm.com",
            "eu-de.ml.cloud.ibm.com": "https://eu-de.ml.cloud.ibm.com",
            "https://cpd.example/zen/ml/v1/text/chat": "https://cpd.example/zen",
        }.items()
    ),
    ({"API_KEY": "a", "PROJECT_ID": "p"}, "watsonx", {"api_key": "a", "project_id": "p", "missing": ()}),
    ({"WATSONX_API_KEY": "b", "API_KEY": "a"}, "watsonx", {"api_key": "b"}),
    ({"WATSONX_APIKEY": "c", "WATSONX_API_KEY": "b"}, "watsonx", {"api_key": "c"}),
    ({"WATSONX_APIKEY": "", "API_KEY": "a"}, "watsonx", {"api_key": "a"}),
    ({"WATSONX_SPACE_ID": "s", "WATSONX_TOKEN": "t"}, "watsonx", {"missing": ()}),
    ({"STREAMSIDE_CONNECT_TIMEOUT": "2.5"}, "bedrock", {"connect_timeout": 2.5, "silence_timeout": 120.0}),
    ({"STREAMSIDE_SILENCE_TIMEOUT": "600"}, "openai", {"connect_timeout": 10.0, "silence_timeout": 600.0}),
    ({"SSL_CERT_FILE": "/a"}, "openai", {"ca_file": "/a"}),
    ({"REQUESTS_CA_BUNDLE": "/b"}, "bedrock", {"ca_file": "/b"}),
    ({"AWS_CA_BUNDLE": "/c"}, "watsonx", {"ca_file": "/c"}),
    ({"ENDPOINT_GROQ_URL": "https://api.groq.com/openai/v1"}, "groq", {"label": "Groq", "missing": ()}),
    (
        {"ENDPOINT_MY_LAB_URL": "http://lab:8000/v1", "ENDPOINT_MY_LAB_API_KEY": "k", "ENDPOINT_MY_LAB_MODEL": "m"},
        "my_lab",
        {"label": "My lab", "api_key": "k", "model": "m", "key_variable": "ENDPOINT_MY_LAB_API_KEY"},
    ),
]


@pytest.mark.parametrize(("env", "name", "expected"), VALUES)
def test_what_is_set_arrives(env: dict[str, str], name: str, expected: dict[str, Any]) -> None:
    settings = load(env)[name]
    assert settings.name == name
    assert {attribute: getattr(settings, attribute) for attribute in expected} == expected


def test_a_variable_that_is_set_to_nothing_counts_as_not_set() -> None:
    names = [*KEYS, "OPENAI_MODEL", "OPENAI_BASE_URL", "BEDROCK_API", "WATSONX_URL", "STREAMSIDE_SILENCE_TIMEOUT"]
    assert load(dict.fromkeys(names, " ")) == load({})


def test_the_vendors_come_first_and_the_endpoints_by_name() -> None:
    urls = {f"ENDPOINT_{name}_URL": "http://host/v1" for name in ("VLLM", "GROQ")}
    assert list(load(urls)) == ["openai", "bedrock", "watsonx", "groq", "vllm"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OPENAI_BASE_URL", "api.openai.com/v1"),
        ("OPENAI_BASE_URL", "http://"),
        ("OPENAI_BASE_URL", "http://host:port/v1"),
        ("OPENAI_BASE_URL", "http://[::1/v1"),
        ("BEDROCK_API", "conserve"),
        ("WATSONX_API", "Chat"),
        ("WATSONX_URL", "ftp://eu-de.ml.cloud.ibm.com"),
        ("WATSONX_URL", "your url"),
        ("STREAMSIDE_CONNECT_TIMEOUT", "ten"),
        ("STREAMSIDE_CONNECT_TIMEOUT", "0"),
        ("STREAMSIDE_SILENCE_TIMEOUT", "-1"),
        ("STREAMSIDE_SILENCE_TIMEOUT", "nan"),
        ("STREAMSIDE_SILENCE_TIMEOUT", "3601"),
        ("ENDPOINT_LAB_URL", "localhost:8000/v1"),
        ("ENDPOINT_LAB_URL", "ftp://lab/v1"),
        ("ENDPOINT_LAB_URL", "lab.example/v1?api_key=secret"),
        ("ENDPOINT_OPENAI_URL", "http://host/v1"),
        ("ENDPOINT_WATSONX_URL", "http://host/v1"),
    ],
)
def test_a_value_that_cannot_be_meant_is_named_by_its_variable(variable: str, value: str) -> None:
    with pytest.raises(ValueError, match=variable) as caught:
        load({variable: value})
    assert "secret" not in str(caught.value)  # a key may stand in an address that is none


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("x-portkey-provider: openai", [("x-portkey-provider", "openai")]),
        ("a: b, c: d", [("a", "b"), ("c", "d")]),
        ("a=b,c=d", [("a", "b"), ("c", "d")]),
        ("a: b\nc: d\n", [("a", "b"), ("c", "d")]),
        ("a: b\\nc: d", [("a", "b"), ("c", "d")]),
        ("Referer: https://host/a,b; X-Title: My app", [("Referer", "https://host/a,b"), ("X-Title", "My app")]),
        ('{"a": "b, c: d", "n": 1}', [("a", "b, c: d"), ("n", "1")]),
        ("", []),
    ],
)
def test_headers_are_written_in_a_few_ways(text: str, headers: list[tuple[str, str]]) -> None:
    lab = load({"ENDPOINT_LAB_URL": "http://host/v1", "ENDPOINT_LAB_HEADERS": text})["lab"]
    assert isinstance(lab, OpenAISettings)
    assert list(lab.headers) == headers
    assert lab.simulated_by(ADDRESS).headers == ()
    assert "headers" not in repr(lab)


@pytest.mark.parametrize(
    "text", ["hush", "a b: hush", "a: hüsh", '{"a": ["hush"]}', '{"hush', '{"a\\n": "hush"}', "a:"]
)
def test_headers_that_cannot_be_meant_are_named_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="ENDPOINT_LAB_HEADERS") as caught:
        load({"ENDPOINT_LAB_URL": "http://host/v1", "ENDPOINT_LAB_HEADERS": text})
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("file", "model"),
    [
        ("[default]\nregion = eu-north-1\n[profile work]\nregion=ap-northeast-3\n", "jp.amazon.nova-2-lite-v1:0"),
        ("[work]\nregion = eu-north-1\n", "eu.amazon.nova-2-lite-v1:0"),
        ("no section\n", "us.amazon.nova-2-lite-v1:0"),
    ],
)
def test_the_default_model_follows_the_region_of_the_profile(tmp_path: Path, file: str, model: str) -> None:
    config = tmp_path / "config"
    config.write_text(file)
    env = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none")}
    assert load(env | {"AWS_PROFILE": "work"})["bedrock"].model == model


def test_two_endpoints_cannot_have_one_name() -> None:
    with pytest.raises(ValueError, match="ENDPOINT_lab_URL"):
        load({"ENDPOINT_LAB_URL": "http://a/v1", "ENDPOINT_lab_URL": "http://b/v1"})


@pytest.mark.parametrize("name", ["openai", "bedrock", "watsonx", "lab"])
def test_no_secret_shows_in_settings_and_none_goes_to_a_simulator(name: str) -> None:
    settings = load(KEYS)[name]
    assert settings.secrets
    assert "secret" not in repr(settings).replace("'", "")
    simulated = settings.simulated_by(ADDRESS)
    assert simulated.secrets == ()
    assert simulated.missing == ()
    assert (simulated.simulated, simulated.name, simulated.model) == (True, settings.name, settings.model)
    values = [value for value in vars(simulated).values() if isinstance(value, str)]
    assert not any(secret in value for value in values for secret in KEYS.values())


def test_every_key_is_among_the_secrets() -> None:
    found = load(KEYS)
    assert {found["lab"]: 1}[load(KEYS)["lab"]] == 1  # settings can be looked up by
    secrets = {secret for settings in found.values() for secret in settings.secrets}
    keys = {value for variable, value in KEYS.items() if not variable.endswith("_URL")}
    assert secrets == {*keys, "secret-query", "secret-pass/word"}


@pytest.mark.parametrize(
    ("api", "model", "chosen"),
    [
        ("converse", "us.amazon.nova-2-lite-v1:0", "us.amazon.nova-2-lite-v1:0"),
        ("invoke", "us.amazon.nova-2-lite-v1:0", "global.anthropic.claude-haiku-4-5-20251001-v1:0"),
        ("invoke", "us-gov.amazon.nova-pro-v1:0", "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("invoke", "eu.anthropic.claude-x", "eu.anthropic.claude-x"),
    ],
)
def test_invoke_defaults_to_a_claude(api: str, model: str, chosen: str) -> None:
    assert load({"BEDROCK_MODEL": model})["bedrock"].model_for(api) == chosen
