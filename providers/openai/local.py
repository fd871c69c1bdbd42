"""Model servers on this machine, where they answer on their usual ports."""

from __future__ import annotations

import http.client
import json
import urllib.request

from providers.openai.parsing import chat_models
from providers.openai.settings import OpenAISettings, endpoint

LOCAL_SERVERS = {"ollama": "http://127.0.0.1:11434/v1", "lmstudio": "http://127.0.0.1:1234/v1"}


def find_local(name: str, timeout: float = 0.4) -> OpenAISettings | None:
    """Ollama or LM Studio, where it answers on its usual port within `timeout` seconds and has a model; else None."""
    url = LOCAL_SERVERS.get(name)
    if url is None:
        return None
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy leads to this machine
    try:
        with direct.open(f"{url}/models", timeout=timeout) as answer:
            models = chat_models(json.load(answer))
    except (OSError, http.client.HTTPException, ValueError, TypeError, RecursionError):
        return None  # nobody there, or somebody else
    return endpoint(name, url, model=models[0]) if models else None
