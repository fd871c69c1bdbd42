"""The columns: every API by every SDK that speaks it, as somebody with keys has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import providers
from providers import Provider, Settings, connect, load
from providers.bedrock.settings import BedrockSettings
from providers.openai.settings import OpenAISettings
from providers.watsonx import wml
from providers.watsonx.settings import WatsonxSettings
from tests.faults import wires
from tests.providers.asking import KEY, SECRET

OLDER, NEWER = "ibm-watson-machine-learning", "ibm-watsonx-ai"
ENDPOINT_URL = "https://lab.example/v1"
PROXY_PASSWORD = "a-very-secret-password"
SECRETS = (KEY, SECRET, PROXY_PASSWORD)
KEYS = {
    "OPENAI_API_KEY": KEY,
    "ENDPOINT_LAB_URL": ENDPOINT_URL,
    "ENDPOINT_LAB_API_KEY": KEY,
    "AWS_ACCESS_KEY_ID": KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_REGION": "us-east-1",
    "WATSONX_APIKEY": KEY,
    "WATSONX_PROJECT_ID": "my-project",
    "PROXY_PASSWORD": PROXY_PASSWORD,
}
NO_KEYS = {"ENDPOINT_LAB_URL": ENDPOINT_URL, "AWS_REGION": "us-east-1", "WATSONX_PROJECT_ID": "my-project"}


@dataclass(frozen=True)
class Column:
    """One column. `settings` is the provider's name in the settings; `key` the field that holds its key there."""

    title: str
    settings: str
    api: str
    wire: wires.Wire = field(compare=False)
    key: str = "api_key"
    sdk: str = ""

    def __str__(self) -> str:
        return self.title.replace(" ", "-")

    @property
    def secure(self) -> bool:
        """Whether its SDK takes addresses with https alone."""
        return self.settings == "watsonx"

    def at(self, url: str, env: Mapping[str, str], **more: Any) -> Settings:
        """The settings that are in `env`, but for the vendor's address."""
        settings = load(env)[self.settings]
        match settings:
            case OpenAISettings() if url:
                settings = replace(settings, base_url=f"{url}/v1")
            case BedrockSettings() if url:
                settings = replace(settings, endpoint_url=url)
            case WatsonxSettings():
                settings = replace(settings, sdk=self.sdk, url=url or settings.url)
        return replace(settings, **more)

    def connect(self, settings: Settings) -> Provider:
        """Raises ProviderError. The provider is the caller's own, to be closed by `close`."""
        try:
            return connect(settings, self.api)
        finally:
            providers._connected.cache_clear()


def close(provider: Provider) -> None:
    """Close the connections of a provider."""
    provider.close()  # type: ignore[attr-defined]


OPENAI = Column("OpenAI", "openai", "chat", wires.Completions())
RESPONSES = Column("OpenAI responses", "openai", "responses", wires.Responses())
ENDPOINT = Column("compatible endpoint", "lab", "chat", wires.Completions())
CONVERSE = Column("Bedrock converse", "bedrock", "converse", wires.Converse(), "secret_key")
INVOKE = Column("Bedrock invoke", "bedrock", "invoke", wires.Invoke(), "secret_key")
CHAT = Column("watsonx chat", "watsonx", "chat", wires.WatsonxChat(), sdk=NEWER)
GENERATE = Column("watsonx generate", "watsonx", "generate", wires.WatsonxGeneration(), sdk=NEWER)
GENERATE_OLDER = Column("watsonx generate, older SDK", "watsonx", "generate", wires.WatsonxGeneration(), sdk=OLDER)

COLUMNS = (OPENAI, RESPONSES, ENDPOINT, CONVERSE, INVOKE, CHAT, GENERATE, GENERATE_OLDER)
COMPLETIONS = (OPENAI, ENDPOINT)
OPENAIS = (OPENAI, RESPONSES, ENDPOINT)
AWS = (CONVERSE, INVOKE)
IBM = (CHAT, GENERATE, GENERATE_OLDER)


def here() -> tuple[Column, ...]:
    """Those that can be had: IBM's older SDK refuses Python 3.13 and newer."""
    return tuple(column for column in COLUMNS if column.sdk != OLDER or wml.is_installed())
