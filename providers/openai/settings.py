"""OpenAI's settings, and those of any server that speaks its chat completions or its Responses API."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self
from urllib.parse import unquote, urlsplit

from providers.base import Provider, Request
from providers.parameters import same
from providers.settings import KeyField, PriceKey, Settings, SimulatorAddress, Variables, set_by, web_address

OPENAI_URL = "https://api.openai.com/v1"
IBM_IAM = "https://iam.cloud.ibm.com/identity/token"
LABELS = {
    "azure": "Azure OpenAI",
    "bedrock_openai": "Bedrock by OpenAI's protocol",
    "deepseek": "DeepSeek",
    "groq": "Groq",
    "lmstudio": "LM Studio",
    "mistral": "Mistral",
    "ollama": "Ollama",
    "openrouter": "OpenRouter",
    "together": "Together",
    "vllm": "vLLM",
    "watsonx_gateway": "watsonx.ai's model gateway",
}
HOSTED = {"groq": {"gpt-oss-120b": "openai/gpt-oss-120b"}}

# The names that genai-prices has for hosts: a provider's name is the user's choice and says nothing. Azure is not among
# them, since what it is asked for is the name of a deployment, whatever the model behind it.
PRICES = {
    "api.cerebras.ai": "cerebras",
    "api.deepseek.com": "deepseek",
    "api.fireworks.ai": "fireworks",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral",
    "api.openai.com": "openai",
    "api.together.xyz": "together",
    "openrouter.ai": "openrouter",
}
AZURE = "Azure is asked by a deployment's name, which does not tell the model."

SECRET_NAME = re.compile(
    r"key|token|secret|password|pwd|auth|cookie|credential|signature|^(code|sig|pass|jwt)$", re.IGNORECASE
)
LONG_VALUE = 16  # characters; a value that is as long may be a secret, whatever its name


def is_secret(name: str, value: str) -> bool:
    """Whether a parameter in an address, or a header, may hold a key."""
    return bool(SECRET_NAME.search(name)) or (len(value) >= LONG_VALUE and "version" not in name.lower())


@dataclass(frozen=True, kw_only=True)
class OpenAISettings(Settings):
    apis: ClassVar[Mapping[str, str]] = {
        "chat": "chat completions, which every compatible server has.",
        "responses": "the Responses API. What OpenAI's own models reason streams only there: ask one, by either API, "
        "how many letters r there are in strawberry.",
    }
    parameters: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "chat": {
            "system": "messages",
            **same("max_tokens", "temperature", "top_p", "seed", "stop", "presence_penalty", "frequency_penalty"),
            **same("verbosity"),
            "effort": "reasoning_effort",
            "tier": "service_tier",
            "extra": "",
        },
        "responses": {
            "system": "instructions",
            "max_tokens": "max_output_tokens",
            "temperature": "temperature",
            "top_p": "top_p",
            "effort": "reasoning.effort",
            "verbosity": "text.verbosity",
            "tier": "service_tier",
            "extra": "",
        },
    }
    sdks: ClassVar[tuple[str, ...]] = ("openai",)

    name: str = "openai"
    label: str = "OpenAI"
    model: str = set_by("OPENAI_MODEL", default="gpt-5.4-mini")
    api: str = set_by("OPENAI_API", default="chat")
    base_url: str = field(default=OPENAI_URL, repr=False)  # may hold a password
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # e.g. Azure's api-version; for some, a key
    api_key: str = set_by("OPENAI_API_KEY", secret=True)
    organization: str = set_by("OPENAI_ORG_ID")
    project: str = set_by("OPENAI_PROJECT_ID")
    key_variable: str = "OPENAI_API_KEY"
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # a gateway's own, sent with each request

    @classmethod
    def load(cls, variables: Variables) -> Self:
        base_url, query = web_address("OPENAI_BASE_URL", variables.value("OPENAI_BASE_URL", default=OPENAI_URL))
        return replace(super().load(variables), base_url=base_url, query=query)

    def connect(self, api: str) -> Provider:
        from providers.openai.adapter import connect_openai

        return connect_openai(self, api)

    def code(self, request: Request, api: str) -> dict[str, str]:
        from providers.openai import code

        return code.code(self, request, api)

    def at_simulator(self, address: SimulatorAddress) -> dict[str, str]:
        return {"base_url": f"{address.url}/v1", "api_key": "simulated"}

    @property
    def key_fields(self) -> tuple[KeyField, ...]:
        return (KeyField(self.key_variable, "From platform.openai.com, API keys." if self.is_openai else ""),)

    @property
    def is_openai(self) -> bool:
        return f".{urlsplit(self.base_url).hostname}".endswith(".api.openai.com")  # a region has a name before it

    @property
    def is_azure(self) -> bool:
        return (urlsplit(self.base_url).hostname or "").endswith((".azure.com", ".azure.us"))

    @property
    def iam_url(self) -> str:
        """Where the key is exchanged for a token: at IBM's model gateway. Empty elsewhere."""
        parts = urlsplit(self.base_url)
        if "/ml/gateway/" not in f"{parts.path}/":
            return ""
        if (parts.hostname or "").endswith(".cloud.ibm.com"):
            return IBM_IAM
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/identity/token"

    @property
    def missing(self) -> tuple[str, ...]:
        # A server of one's own often wants no key at all, so only OpenAI itself is known to.
        return (self.key_variable,) if (self.is_openai or self.iam_url) and not self.api_key.strip() else ()

    @property
    def keys(self) -> tuple[str, ...]:
        named = []
        for name, value in (*self.query, *self.headers):
            if is_secret(name, value):
                named += [value, value.rpartition(" ")[2]]  # the whole, and what stands behind "Bearer"
        parts = urlsplit(self.base_url)
        return *super().keys, *named, unquote(parts.password or parts.username or "")  # a name alone may be a key

    @property
    def secret_headers(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.headers)

    @property
    def address(self) -> str:
        return self.base_url

    @property
    def address_name(self) -> str:
        variable = "OPENAI_BASE_URL" if self.name == "openai" else f"ENDPOINT_{self.name.upper()}_URL"
        return f"{variable}, which mostly ends in /v1"

    @property
    def hosted(self) -> Mapping[str, str]:
        return HOSTED.get(self.name, {})

    def price_key(self, model: str) -> PriceKey:
        host = urlsplit(self.base_url).hostname or ""
        if self.is_azure:
            return PriceKey(unknown=AZURE)
        return PriceKey(PRICES.get(host, ""), model, unknown=f"There is no price list for {host}.")


def endpoint(name: str, url: str, **more: Any) -> OpenAISettings:
    """An OpenAI-compatible server as a provider of its own. Raises ValueError where `url` is no web address."""
    base_url, query = web_address(f"ENDPOINT_{name.upper()}_URL", url)
    label = LABELS.get(name, name.replace("_", " ").capitalize())
    own = {"model": "", "key_variable": f"ENDPOINT_{name.upper()}_API_KEY"}
    return OpenAISettings(name=name, label=label, base_url=base_url, query=query, **own | more)


def endpoints(variables: Variables) -> Iterator[tuple[str, OpenAISettings]]:
    """The servers that variables name, each with its variable. Raises ValueError."""
    for variable in sorted(variables.env):
        named = re.fullmatch(r"ENDPOINT_([A-Za-z0-9_]+)_URL", variable)
        if named and (url := variables.value(variable)):
            prefix = f"ENDPOINT_{named[1]}"
            yield (
                variable,
                endpoint(
                    named[1].lower(),
                    url,
                    api_key=variables.value(f"{prefix}_API_KEY"),
                    model=variables.value(f"{prefix}_MODEL"),
                    api=variables.choice(f"{prefix}_API", OpenAISettings.apis, "chat"),
                    headers=variables.headers(f"{prefix}_HEADERS"),
                    **variables.shared(OpenAISettings.ca_variables),
                ),
            )
