"""watsonx.ai's settings: IBM's cloud, or a Cloud Pak for Data of one's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self
from urllib.parse import urlsplit

from providers.base import Provider, Request
from providers.settings import KeyField, PriceKey, Settings, SimulatorAddress, Variables, web_address

WATSONX_URL = "https://us-south.ml.cloud.ibm.com"
TOO_MUCH = re.compile(r"/+(ml|v\d+)(/.*)?$|/+$", re.IGNORECASE)  # an API's path, which the SDKs append
CLUSTER = "Cloud Pak for Data runs on a cluster of one's own, which has no price per token."

HOSTED = {
    "gpt-oss-120b": "openai/gpt-oss-120b",
    "llama-3.3-70b": "meta-llama/llama-3-3-70b-instruct",
}

DEPLOYMENT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)  # an id that no model has


@dataclass(frozen=True, kw_only=True)
class WatsonxSettings(Settings):
    """IBM watsonx.ai, in the cloud or on Cloud Pak for Data (then with `version`, a username, and a key or a password).

    A model can be a deployment: its id stands in the place of a model's.
    """

    apis: ClassVar[Mapping[str, str]] = {
        "chat": "the chat API.",
        "generate": "the text generation API, with a prompt template for the model's family.",
    }
    api_notes: ClassVar[Mapping[str, str]] = {
        "generate": "IBM ends text generation on its cloud on 14 March 2027. Use chat instead.",
    }
    parameters: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "chat": {
            "system": "messages",
            "max_tokens": "max_tokens",
            "temperature": "temperature",
            "top_p": "top_p",
            "effort": "reasoning_effort",
            "seed": "seed",
            "stop": "stop",
            "presence_penalty": "presence_penalty",
            "frequency_penalty": "frequency_penalty",
            "extra": "",
        },
        "generate": {
            "system": "input",
            "max_tokens": "max_new_tokens",
            "temperature": "temperature",
            "top_p": "top_p",
            "seed": "random_seed",
            "stop": "stop_sequences",
            "extra": "",
        },
    }
    sdks: ClassVar[tuple[str, ...]] = ("ibm-watsonx-ai", "ibm-watson-machine-learning")

    name: str = "watsonx"
    label: str = "IBM watsonx.ai"
    api: str = "chat"
    url: str = WATSONX_URL
    api_key: str = field(default="", repr=False)
    token: str = field(default="", repr=False)  # instead of a key: a bearer token that the person fetched
    username: str = ""
    password: str = field(default="", repr=False)  # instead of a key, on Cloud Pak for Data
    version: str = ""
    project_id: str = ""
    space_id: str = ""
    sdk: str = ""  # for `generate`: ibm-watson-machine-learning, ibm-watsonx-ai, or empty for the first that is there

    @classmethod
    def load(cls, variables: Variables) -> Self:
        value = variables.value
        url = WATSONX_URL
        if variable := next((name for name in ("WATSONX_URL", "IBM_CLOUD_URL") if value(name)), ""):
            written = value(variable)
            url, _ = web_address(variable, written if "://" in written else f"https://{written}")
        return cls(
            model=value("WATSONX_MODEL", default="ibm/granite-4-h-small"),
            api=variables.choice("WATSONX_API", cls.apis, "chat"),
            url=TOO_MUCH.sub("", url),
            api_key=value("WATSONX_APIKEY", "WATSONX_API_KEY", "API_KEY"),
            token=value("WATSONX_TOKEN"),
            username=value("WATSONX_USERNAME"),
            password=value("WATSONX_PASSWORD"),
            version=value("WATSONX_VERSION"),
            project_id=value("WATSONX_PROJECT_ID", "PROJECT_ID"),
            space_id=value("WATSONX_SPACE_ID"),
            sdk=value("WATSONX_SDK"),
            **variables.shared(),
        )

    def connect(self, api: str) -> Provider:
        from providers.watsonx.adapter import connect_watsonx

        return connect_watsonx(self, api)

    def code(self, request: Request, api: str) -> dict[str, str]:
        from providers.watsonx import code

        return code.code(self, request, api)

    def at_simulator(self, address: SimulatorAddress) -> dict[str, str]:
        project = "00000000-0000-0000-0000-000000000000"
        place = {"url": address.tls_url, "ca_file": address.ca_file, "sdk": self.sdk}
        return {"api_key": "simulated", "project_id": project, **place}

    @property
    def key_fields(self) -> tuple[KeyField, ...]:
        return (
            KeyField("WATSONX_APIKEY", "From cloud.ibm.com, Manage, Access (IAM), API keys."),
            KeyField("WATSONX_PROJECT_ID", "In the project, tab Manage, General.", secret=False),
        )

    @property
    def missing(self) -> tuple[str, ...]:
        names = []
        if not any(key.strip() for key in self.keys):
            names.append("WATSONX_APIKEY")
        if not (self.project_id or self.space_id):
            names.append("WATSONX_PROJECT_ID")
        if self.is_cloud_pak and (self.api_key or self.password) and not (self.token or self.username):
            names.append("WATSONX_USERNAME")
        return tuple(names)

    @property
    def keys(self) -> tuple[str, ...]:
        return self.api_key, self.token, self.password

    @property
    def key_names(self) -> str:
        if self.token:
            return "WATSONX_TOKEN"
        return "WATSONX_USERNAME and WATSONX_PASSWORD" if self.password and not self.api_key else "WATSONX_APIKEY"

    @property
    def address(self) -> str:
        return self.url

    @property
    def address_name(self) -> str:
        return "WATSONX_URL"

    @property
    def is_cloud_pak(self) -> bool:
        """Whether the address is a Cloud Pak for Data of one's own, which has its own token exchange."""
        return bool(self.version or self.username or self.password)

    @property
    def unbilled(self) -> str:
        return super().unbilled or (CLUSTER if self.is_cloud_pak else "")

    @property
    def hosted(self) -> Mapping[str, str]:
        return HOSTED

    def price_key(self, model: str) -> PriceKey:
        unknown = f"Streamside knows no price of {model} on watsonx.ai."
        # Regions on AWS have a list of their own.
        in_the_list = (urlsplit(self.url).hostname or "").endswith(".ml.cloud.ibm.com")
        return PriceKey("watsonx" if in_the_list else "", model, shipped=True, unknown=unknown)
