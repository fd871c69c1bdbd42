"""Bedrock's settings: region, credentials or none, default models by region, prices."""

from __future__ import annotations

import configparser
import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

from providers.base import Provider, Request
from providers.settings import KeyField, PriceKey, Settings, SimulatorAddress, Variables, set_by

# Nova 2 Lite has inference profiles for these parts of the world, and one for all of AWS's commercial regions; the
# government's have neither it nor a global profile: docs.aws.amazon.com/bedrock, "Supported Regions and models for
# inference profiles".
NOVA = "{}.amazon.nova-2-lite-v1:0"
NOVA_OF_REGION = {
    "us-gov-": "us-gov.amazon.nova-pro-v1:0",
    "us-": NOVA.format("us"),
    "eu-": NOVA.format("eu"),
    "ap-northeast-1": NOVA.format("jp"),
    "ap-northeast-3": NOVA.format("jp"),
}
CLAUDE = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
CLAUDE_OF_GOVERNMENT = "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0"

# Ids that name a vendor whose models don't take Anthropic's body; others, such as an alias, may stand for any model.
OTHER_BODY = re.compile(
    r"(^|/|\.)(ai21|amazon|cohere|deepseek|google|luma|meta|minimax|mistral|moonshotai?|nvidia|openai|qwen|stability"
    r"|twelvelabs|writer|zai)\.[^/]*$"
)

FILES = {"AWS_CONFIG_FILE": "~/.aws/config", "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials"}
CREDENTIALS = (  # what AWS's chain looks at besides keys, without asking the network
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
PRICED_REGIONS = ("us-east-1", "us-east-2", "us-west-2")  # those with the prices that genai-prices has
REGIONS = "Bedrock's prices differ by region; these are those of us-east-1."


@dataclass(frozen=True, kw_only=True)
class BedrockSettings(Settings):
    """AWS Bedrock. Empty credentials leave the search to AWS's own chain (profiles, SSO, roles)."""

    apis: ClassVar[Mapping[str, str]] = {
        "converse": "ConverseStream, for every model.",
        "invoke": "InvokeModelWithResponseStream with Anthropic's messages body, for Claude models.",
    }
    parameters: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "converse": {
            "system": "system",
            "max_tokens": "inferenceConfig.maxTokens",
            "temperature": "inferenceConfig.temperature",
            "top_p": "inferenceConfig.topP",
            "effort": "outputConfig.effort",
            "tier": "serviceTier.type",
            "latency": "performanceConfig.latency",
            "stop": "inferenceConfig.stopSequences",
            "extra": "additionalModelRequestFields",
        },
        "invoke": {
            "system": "body.system",
            "max_tokens": "body.max_tokens",
            "temperature": "body.temperature",
            "top_p": "body.top_p",
            "effort": "body.output_config.effort",
            "tier": "serviceTier",
            "latency": "performanceConfigLatency",
            "stop": "body.stop_sequences",
            "extra": "body",
        },
    }
    sdks: ClassVar[tuple[str, ...]] = ("boto3",)
    cache_points: ClassVar[bool] = True
    ca_variables: ClassVar[tuple[str, ...]] = ("AWS_CA_BUNDLE", *Settings.ca_variables)
    key_fields: ClassVar[tuple[KeyField, ...]] = (
        # AWS's SDK would rather take a token of the environment.
        KeyField(
            "AWS_ACCESS_KEY_ID", "Of a user or role that may call Bedrock.", replaces=("AWS_BEARER_TOKEN_BEDROCK",)
        ),
        KeyField("AWS_SECRET_ACCESS_KEY"),
        KeyField("AWS_REGION", "For instance us-east-1.", secret=False),
    )
    address_name: ClassVar[str] = "AWS_REGION, and AWS_ENDPOINT_URL_BEDROCK_RUNTIME where that is set"
    hosted: ClassVar[Mapping[str, str]] = {
        "gpt-oss-120b": "openai.gpt-oss-120b-1:0",
        "llama-3.3-70b": "us.meta.llama3-3-70b-instruct-v1:0",
    }

    name: str = "bedrock"
    label: str = "AWS Bedrock"
    model: str = set_by("BEDROCK_MODEL")
    api: str = set_by("BEDROCK_API", default="converse")
    region: str = set_by("AWS_REGION", "AWS_DEFAULT_REGION")
    profile: str = set_by("AWS_PROFILE")
    access_key: str = set_by("AWS_ACCESS_KEY_ID", secret=True)
    secret_key: str = set_by("AWS_SECRET_ACCESS_KEY", secret=True)
    session_token: str = set_by("AWS_SESSION_TOKEN", secret=True)
    bearer_token: str = set_by("AWS_BEARER_TOKEN_BEDROCK", secret=True)
    endpoint_url: str = ""  # empty: AWS's own, or what AWS_ENDPOINT_URL_BEDROCK_RUNTIME says

    @classmethod
    def load(cls, variables: Variables) -> Self:
        found = super().load(variables)
        region = found.region or region_of_profile(variables.env)
        return found if found.model else replace(found, model=_nova(region))

    def connect(self, api: str) -> Provider:
        from providers.bedrock.adapter import Bedrock

        return Bedrock(self, api)

    def code(self, request: Request, api: str) -> dict[str, str]:
        from providers.bedrock import code

        return code.code(self, request, api)

    def at_simulator(self, address: SimulatorAddress) -> dict[str, str]:
        keys = {"access_key": "AKIASIMULATED", "secret_key": "simulated"}
        return {"endpoint_url": address.url, "region": "us-east-1", **keys}

    @property
    def missing(self) -> tuple[str, ...]:
        """Half a key pair is missing its other half. Whether the chain finds anything, only boto3 can tell."""
        access_key, secret_key = self.access_key.strip(), self.secret_key.strip()
        if bool(access_key) != bool(secret_key):
            return ("AWS_SECRET_ACCESS_KEY",) if access_key else ("AWS_ACCESS_KEY_ID",)
        return ()

    @property
    def key_names(self) -> str:
        if self.bearer_token:
            return "AWS_BEARER_TOKEN_BEDROCK"
        if self.profile and not self.access_key:
            return "AWS_PROFILE"
        return "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or AWS_PROFILE)"

    @property
    def address(self) -> str:
        return self.endpoint_url

    def credentials_found(self, env: Mapping[str, str] | None = None) -> bool:
        """Goes through AWS's own chain, which may ask the machine's metadata service; with `env` it only looks for what
        the chain would find there and in AWS's files."""
        if self.secrets:
            return True
        if env is not None:
            files = (env.get(variable) or usual for variable, usual in FILES.items())
            return any(env.get(name) for name in CREDENTIALS) or any(Path(file).expanduser().exists() for file in files)
        from providers.bedrock.adapter import Bedrock

        return Bedrock(self, self.api, connected=False).finds_credentials()

    def model_for(self, api: str) -> str:
        """InvokeModel takes a body per family; the one that is spoken here is Anthropic's."""
        if api != "invoke" or takes_anthropic_body(self.model):
            return self.model
        return CLAUDE_OF_GOVERNMENT if self.model.startswith("us-gov.") else CLAUDE

    def simulated_model(self, name: str, api: str) -> str:
        return f"anthropic.{name}" if api == "invoke" else name

    def price_key(self, model: str) -> PriceKey:
        """By the model's id, or the one at the end of a foundation model's or an inference profile's ARN."""
        id = re.sub(r"^arn:aws:bedrock:[^:]*:\d*:(foundation-model|inference-profile)/", "", model)
        if id.startswith(("arn:", "us-gov.")) or self.region.startswith(("us-gov-", "cn-")):
            return PriceKey(unknown=f"There is no price list for {model} of Bedrock in its region.")
        return PriceKey("aws", id, note="" if self.region in PRICED_REGIONS else REGIONS, caches=False)


def takes_anthropic_body(model: str) -> bool:
    """Whether a model of Bedrock may take Anthropic's messages body: its id names Anthropic, or nobody."""
    return "anthropic." in model or not OTHER_BODY.search(model)


def _nova(region: str) -> str:
    """The default model in a region of AWS; no region is us-east-1, as for the SDK's client."""
    region = region or "us-"
    return next((model for part, model in NOVA_OF_REGION.items() if region.startswith(part)), NOVA.format("global"))


def region_of_profile(env: Mapping[str, str]) -> str:
    """The region that AWS's files name for the profile; empty where they name none, or can't be read."""
    profile = env.get("AWS_PROFILE", "").strip() or "default"
    files = configparser.RawConfigParser(strict=False)
    for variable, usual in FILES.items():
        with contextlib.suppress(OSError, UnicodeError, configparser.Error, RuntimeError):
            files.read(Path(env.get(variable) or usual).expanduser())
    sections = (f"profile {profile}", profile)
    return next((files.get(name, "region") for name in sections if files.has_option(name, "region")), "").strip()
