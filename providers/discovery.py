"""What is there without being asked for: credentials in AWS's chain, a model server on this machine."""

from __future__ import annotations

import http.client
import json
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from providers.settings import AnySettings, BedrockSettings, OpenAISettings, endpoint

LOCAL_SERVERS = {"ollama": "http://127.0.0.1:11434/v1", "lmstudio": "http://127.0.0.1:1234/v1"}


AWS_CREDENTIALS = (  # what AWS's chain looks at besides keys, without asking the network
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
AWS_FILES = {"AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials", "AWS_CONFIG_FILE": "~/.aws/config"}


def credentials_found(settings: AnySettings, env: Mapping[str, str] | None = None) -> bool:
    """Whether the real service is meant to be asked: a key is there, or a part of what belongs to one.

    For AWS this goes through its own chain, which may ask the machine's metadata service and take a second; with `env`
    it only looks for what the chain would find there and in AWS's files. Raises ProviderError where a profile is named
    that isn't there.
    """
    if settings.secrets:
        return True
    if not isinstance(settings, BedrockSettings):
        return not settings.missing
    if env is not None:
        files = (env.get(variable) or usual for variable, usual in AWS_FILES.items())
        return any(env.get(name) for name in AWS_CREDENTIALS) or any(Path(file).expanduser().exists() for file in files)
    from providers.bedrock import chain_has_credentials

    return chain_has_credentials(settings)


def find_local(name: str, timeout: float = 0.4) -> OpenAISettings | None:
    """Ollama or LM Studio, where it answers on its usual port within `timeout` seconds and has a model; else None."""
    url = LOCAL_SERVERS.get(name)
    if url is None:
        return None
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy leads to this machine
    try:
        with direct.open(f"{url}/models", timeout=timeout) as answer:
            models = [str(model["id"]) for model in json.load(answer)["data"]]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None  # nobody there, or somebody else
    # LM Studio lists an embedding model even where no other is there.
    chatting = next((model for model in models if "embed" not in model), None)
    return endpoint(name, url, model=chatting) if chatting else None
