"""What is there without being asked for."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from providers import ProviderError, load
from providers.openai.local import LOCAL_SERVERS, find_local
from providers.openai.parsing import chat_models
from tests.providers.asking import connected
from tests.providers.servers import Script

Answer = Callable[[bytes], str]


@pytest.fixture
def local_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answer]:
    """Puts a model server on this machine, which answers as told; returns its address."""
    with Script() as server:
        monkeypatch.setitem(LOCAL_SERVERS, "ollama", f"{server.url}/v1")

        def start(body: bytes) -> str:
            server.plays(body, content_type="application/json")
            return f"{server.url}/v1"

        yield start
        assert all(head.startswith("GET /v1/models ") for head in server.heads)


def listing(*models: str) -> bytes:
    return json.dumps({"object": "list", "data": [{"id": model} for model in models]}).encode()


def lists(*models: Any) -> bytes:
    return json.dumps({"data": models}).encode()


@pytest.mark.parametrize(
    ("body", "model"),
    [
        (listing("text-embedding-nomic", "llama-x"), "llama-x"),
        (listing("bge-m3", "mxbai-embed-large", "all-minilm:22m", "snowflake-arctic-embed2", "qwen3"), "qwen3"),
        (listing("whisper-large-v3", "kokoro-tts", "flux.1-dev", "bge-reranker-v2", "gemma3:4b"), "gemma3:4b"),
        (listing("llama3.2:3b-instruct-q4", "e5-mistral"), "llama3.2:3b-instruct-q4"),
        (b'[{"id": "a-vector", "type": "embedding"}, {"id": "m", "type": "chat"}]', "m"),
        (b'["bge-m3", "m"]', "m"),
        (b'{"models": [{"name": "bge-m3:latest"}, {"name": "m"}], "object": "list"}', "m"),
        (b'{"data": null, "models": [{"name": "m"}]}', "m"),
        (lists({"object": "model"}, {"id": None}, {"id": "m"}), "m"),
        (lists({"id": "v", "capabilities": {"completion_chat": False}}, {"id": "m"}), "m"),
        (lists({"id": "v", "capabilities": ["embedding"]}, {"id": "m", "capabilities": ["completion"]}), "m"),
        (lists({"id": "p", "architecture": {"output_modalities": ["image"]}}, {"id": "m", "architecture": None}), "m"),
        (lists({"id": "v", "type": "embeddings"}, {"id": "m", "type": "llm"}), "m"),
    ],
)
def test_the_default_of_a_server_of_one_s_own_is_a_model_that_chats(
    local_server: Answer, body: bytes, model: str
) -> None:
    url = local_server(body)
    found = find_local("ollama", timeout=10)
    assert found is not None
    assert (found.name, found.label, found.base_url, found.model) == ("ollama", "Ollama", url, model)
    assert found.missing == ()
    with connected(load({"ENDPOINT_LAB_URL": url})["lab"]) as provider:
        assert provider.models() == [model]


@pytest.mark.parametrize(
    ("offered", "refused"),
    [
        (["gpt-5.4-mini", "o3", "gpt-4o-search-preview", "chatgpt-4o-latest", "gpt-5-2025-08-07"], []),
        ([], ["gpt-5-codex", "codex-mini-latest", "o1-pro", "gpt-5.2-pro-2026-01-01", "gpt-3.5-turbo-instruct"]),
        ([], ["o3-deep-research", "computer-use-preview", "gpt-image-1", "gpt-4o-mini-tts", "gpt-realtime", "sora-2"]),
        ([], ["text-embedding-3-small", "omni-moderation-latest", "whisper-1", "gpt-4o-transcribe", "davinci-002"]),
    ],
)
def test_of_openai_s_own_list_those_are_offered_that_chat_completions_take(
    offered: list[str], refused: list[str]
) -> None:
    models = {"data": [{"id": model} for model in offered + refused]}
    assert chat_models(models, of_openai=True) == offered


def test_another_server_may_offer_what_openai_does_not() -> None:
    names = ["gemini-2.5-pro", "llama-3-8b-instruct", "openai/gpt-5-codex"]
    assert chat_models([{"id": name} for name in names]) == names


def test_a_null_is_a_list_of_no_models(local_server: Answer) -> None:
    with connected(load({"ENDPOINT_LAB_URL": local_server(b'{"object": "list", "data": null}')})["lab"]) as provider:
        assert provider.models() == []


@pytest.mark.parametrize("body", [listing(), listing("nomic-embed-text"), b"<html>", b"[]", b'{"data": null}', b""])
def test_a_server_without_a_model_is_not_found(local_server: Answer, body: bytes) -> None:
    local_server(body)
    assert find_local("ollama", timeout=10) is None


def test_no_proxy_leads_to_a_model_server(local_server: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    local_server(listing("llama-x"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert find_local("ollama", timeout=10) is not None


def test_nothing_is_found_where_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LOCAL_SERVERS, "lmstudio", "http://127.0.0.1:9/v1")
    assert find_local("lmstudio") is None
    assert find_local("nobody") is None


@pytest.mark.parametrize(
    ("env", "name", "found"),
    [
        ({}, "openai", False),
        ({"OPENAI_API_KEY": "k"}, "openai", True),
        ({"OPENAI_BASE_URL": "http://lab/v1"}, "openai", True),
        ({}, "watsonx", False),
        ({"WATSONX_APIKEY": "k"}, "watsonx", True),
        ({"WATSONX_PROJECT_ID": "p"}, "watsonx", False),
        ({"ENDPOINT_LAB_URL": "http://lab/v1"}, "lab", True),
        ({}, "bedrock", False),
        ({"AWS_ACCESS_KEY_ID": "k"}, "bedrock", True),
        ({"AWS_BEARER_TOKEN_BEDROCK": "t"}, "bedrock", True),
        ({"AWS_REGION": "us-east-1"}, "bedrock", False),
        ({"AWS_PROFILE": "work"}, "bedrock", True),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "f"}, "bedrock", True),
        ({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/u"}, "bedrock", True),
    ],
)
def test_credentials_are_found_by_a_look_at_the_environment(env: dict[str, str], name: str, found: bool) -> None:
    files = {name: os.environ[name] for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}
    assert load(env)[name].credentials_found(env | files) == found


def test_a_credentials_file_of_aws_is_found_by_its_chain_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, bedrock = tmp_path / "credentials", load({})["bedrock"]
    env = {"AWS_SHARED_CREDENTIALS_FILE": str(file), "AWS_CONFIG_FILE": str(tmp_path / "none")}
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    assert not bedrock.credentials_found(env)
    assert not bedrock.credentials_found()
    file.write_text("[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
    assert bedrock.credentials_found(env)
    assert bedrock.credentials_found()


@pytest.mark.parametrize(
    "file",
    [
        "",
        "[profile work]\ncredential_process = false\n",
        "[profile work]\naws_access_key_id = a\n",
        "[profile work]\nrole_arn = r\nsource_profile = gone\n",
        "no section\n",
    ],
)
def test_a_chain_that_breaks_is_an_error_in_our_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: str
) -> None:
    config = tmp_path / "config"
    config.write_text(file)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with pytest.raises(ProviderError) as caught:
        load({"AWS_PROFILE": "work"})["bedrock"].credentials_found()
    assert caught.value.kind in ({"missing_credentials", "bad_request"} if file else {"missing_credentials"})
    assert "work" in caught.value.message or file
