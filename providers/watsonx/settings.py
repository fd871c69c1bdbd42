"""watsonx.ai's settings: IBM's cloud, or a Cloud Pak for Data of one's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self
from urllib.parse import urlsplit

from providers.base import Provider, Request
from providers.parameters import same
from providers.settings import KeyField, PriceKey, Settings, SimulatorAddress, Variables, set_by, web_address

TOO_MUCH = re.compile(r"/+(ml|v\d+)(/.*)?$|/+$", re.IGNORECASE)  # an API's path, which the SDKs append
CLUSTER = "Cloud Pak for Data runs on a cluster of one's own, which has no price per token."

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
            **same("max_tokens", "temperature", "top_p", "seed", "stop", "presence_penalty", "frequency_penalty"),
            "effort": "reasoning_effort",
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
    key_fields: ClassVar[tuple[KeyField, ...]] = (
        KeyField("WATSONX_APIKEY", "From cloud.ibm.com, Manage, Access (IAM), API keys."),
        KeyField("WATSONX_PROJECT_ID", "In the project, tab Manage, General.", secret=False),
    )
    address_name: ClassVar[str] = "WATSONX_URL"
    hosted: ClassVar[Mapping[str, str]] = {
        "gpt-oss-120b": "openai/gpt-oss-120b",
        "llama-3.3-70b": "meta-llama/llama-3-3-70b-instruct",
    }

    name: str = "watsonx"
    label: str = "IBM watsonx.ai"
    model: str = set_by("WATSONX_MODEL", default="ibm/granite-4-h-small")
    api: str = set_by("WATSONX_API", default="chat")
    url: str = set_by("WATSONX_URL", "IBM_CLOUD_URL", default="https://us-south.ml.cloud.ibm.com")
    api_key: str = set_by("WATSONX_APIKEY", "WATSONX_API_KEY", "API_KEY", secret=True)
    token: str = set_by("WATSONX_TOKEN", secret=True)  # instead of a key: a bearer token that the person fetched
    username: str = set_by("WATSONX_USERNAME")
    password: str = set_by("WATSONX_PASSWORD", secret=True)  # instead of a key, on Cloud Pak for Data
    version: str = set_by("WATSONX_VERSION")
    project_id: str = set_by("WATSONX_PROJECT_ID", "PROJECT_ID")
    space_id: str = set_by("WATSONX_SPACE_ID")
    # For `generate`: ibm-watson-machine-learning, ibm-watsonx-ai, or empty for the first that is there.
    sdk: str = set_by("WATSONX_SDK")

    @classmethod
    def load(cls, variables: Variables) -> Self:
        found = super().load(variables)
        written = found.url if "://" in found.url else f"https://{found.url}"
        url, _ = web_address("WATSONX_URL" if variables.value("WATSONX_URL") else "IBM_CLOUD_URL", written)
        return replace(found, url=TOO_MUCH.sub("", url))

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
    def key_names(self) -> str:
        field, variable = self.credential
        return f"WATSONX_USERNAME and {variable}" if field == "password" else variable

    @property
    def credential(self) -> tuple[str, str]:
        """The field that it signs in by, and its variable: a token before a key, and a key before a password."""
        if self.token:
            return "token", "WATSONX_TOKEN"
        return ("password", "WATSONX_PASSWORD") if self.password and not self.api_key else ("api_key", "WATSONX_APIKEY")

    @property
    def address(self) -> str:
        return self.url

    @property
    def is_cloud_pak(self) -> bool:
        """Whether the address is a Cloud Pak for Data of one's own, which has its own token exchange."""
        return bool(self.version or self.username or self.password)

    @property
    def unbilled(self) -> str:
        return super().unbilled or (CLUSTER if self.is_cloud_pak else "")

    def price_key(self, model: str) -> PriceKey:
        unknown = f"Streamside knows no price of {model} on watsonx.ai."
        # Regions on AWS have a list of their own.
        in_the_list = (urlsplit(self.url).hostname or "").endswith(".ml.cloud.ibm.com")
        return PriceKey("watsonx" if in_the_list else "", model, shipped=True, unknown=unknown)
