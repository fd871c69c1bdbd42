"""Where keys and endpoints come from: variables, of the environment or of .env, or typed on the page.

    endpoints = load(os.environ)                    # {"openai": OpenAISettings(…), "bedrock": …, "watsonx": …, …}
    endpoints["openai"].missing                     # ("OPENAI_API_KEY",) where no key is set
    endpoints["openai"].simulated_by(address)       # the same provider and model, answered by a simulator

A variable that is set to nothing counts as not set, so that a plain copy of .env.example changes nothing.
"""

from __future__ import annotations

import configparser
import contextlib
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

OPENAI_URL = "https://api.openai.com/v1"
WATSONX_URL = "https://us-south.ml.cloud.ibm.com"
LABELS = {
    "azure": "Azure OpenAI",
    "deepseek": "DeepSeek",
    "groq": "Groq",
    "lmstudio": "LM Studio",
    "mistral": "Mistral",
    "ollama": "Ollama",
    "openrouter": "OpenRouter",
    "together": "Together",
    "vllm": "vLLM",
}


SECRET_NAME = re.compile(  # of a parameter in an address, or of a header
    r"key|token|secret|password|auth|cookie|credential|^(code|sig)$", re.IGNORECASE
)
LONG_VALUE = 16  # characters; the value of a header that is as long may be a secret, whatever its name

# What people copy behind the address of an API, from an example that asks it. Some APIs do live under /models.
TOO_MUCH = re.compile(
    r"/+((chat/+)?completions|responses)/*$|(?<=/v1)/+(chat|embeddings|messages|models(/[^/]*)?)/*$|/+$", re.IGNORECASE
)
WATSONX_TOO_MUCH = re.compile(r"/+(ml|v\d+)(/.*)?$|/+$", re.IGNORECASE)

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
AWS_FILES = {"AWS_CONFIG_FILE": "~/.aws/config", "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials"}
CLAUDE = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
CLAUDE_OF_GOVERNMENT = "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0"

# Ids that name a vendor whose models don't take Anthropic's body; others, such as an alias, may stand for any model.
OTHER_BODY = re.compile(
    r"(^|/|\.)(ai21|amazon|cohere|deepseek|google|luma|meta|minimax|mistral|moonshotai?|nvidia|openai|qwen|stability"
    r"|twelvelabs|writer|zai)\.[^/]*$"
)


class SimulatorAddress(NamedTuple):
    """Where a simulator listens: plain, with TLS, and the certificate authority that vouches for the latter."""

    url: str
    tls_url: str
    ca_file: str


@dataclass(frozen=True, kw_only=True)
class Settings(ABC):
    """What every provider has. Hashable: a client is kept for each."""

    apis: ClassVar[tuple[str, ...]]

    name: str
    label: str
    model: str = ""  # the default, where the person asking names none
    api: str = ""  # the default API, one of `apis`
    connect_timeout: float = 10.0  # seconds
    silence_timeout: float = 120.0  # seconds without a byte, where the answer is streamed
    awaited_timeout: float = 600.0  # seconds for all of an answer that comes in one piece
    ca_file: str = ""  # certificate authorities to trust instead of the usual ones: a company's, or the simulator's
    ca_variable: str = "SSL_CERT_FILE"  # that names it
    simulated: bool = False

    @property
    @abstractmethod
    def variables(self) -> tuple[str, ...]:
        """What holds the credentials, in the order in which a person sets it."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The variables that must be set before the real service can be asked; empty when nothing is missing."""
        return ()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that must never be shown, logged or kept."""
        return ()

    def model_for(self, api: str) -> str:
        """The model to ask where the person asking names none."""
        return self.model

    @abstractmethod
    def simulated_by(self, address: SimulatorAddress) -> Self:
        """The same provider and model, answered by the simulator at `address`. The real keys stay out of it."""


@dataclass(frozen=True, kw_only=True)
class OpenAISettings(Settings):
    """OpenAI, or any server that speaks its chat completions."""

    apis: ClassVar[tuple[str, ...]] = ("chat",)

    api: str = "chat"
    base_url: str = field(default=OPENAI_URL, repr=False)  # may hold a password
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # e.g. Azure's api-version; for some, a key
    api_key: str = field(default="", repr=False)
    organization: str = ""
    project: str = ""
    key_variable: str = "OPENAI_API_KEY"
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # a gateway's own, sent with each request

    @property
    def url_variable(self) -> str:
        """Where the address is set."""
        return "OPENAI_BASE_URL" if self.name == "openai" else f"ENDPOINT_{self.name.upper()}_URL"

    @property
    def variables(self) -> tuple[str, ...]:
        return (self.key_variable,)

    @property
    def is_openai(self) -> bool:
        return urlsplit(self.base_url).hostname == "api.openai.com"

    @property
    def is_azure(self) -> bool:
        return (urlsplit(self.base_url).hostname or "").endswith((".azure.com", ".azure.us"))

    @property
    def missing(self) -> tuple[str, ...]:
        # A server of one's own often wants no key at all, so only OpenAI itself is known to.
        return (self.key_variable,) if self.is_openai and not self.api_key.strip() else ()

    @property
    def secrets(self) -> tuple[str, ...]:
        named = [value for name, value in self.query if SECRET_NAME.search(name)]
        for name, value in self.headers:
            if SECRET_NAME.search(name) or len(value) >= LONG_VALUE:
                named += [value, value.rpartition(" ")[2]]  # the whole, and what stands behind "Bearer"
        keys = dict.fromkeys((self.api_key, *named, unquote(urlsplit(self.base_url).password or "")))
        return () if self.simulated else tuple(key for key in keys if key)

    def simulated_by(self, address: SimulatorAddress) -> Self:
        return replace(
            self,
            simulated=True,
            base_url=f"{address.url}/v1",
            ca_file="",
            query=(),
            headers=(),
            api_key="simulated",
            organization="",
            project="",
        )


@dataclass(frozen=True, kw_only=True)
class BedrockSettings(Settings):
    """AWS Bedrock. Empty credentials leave the search to AWS's own chain (profiles, SSO, roles)."""

    apis: ClassVar[tuple[str, ...]] = ("converse", "invoke")
    api: str = "converse"
    region: str = ""
    profile: str = ""
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    session_token: str = field(default="", repr=False)
    bearer_token: str = field(default="", repr=False)
    endpoint_url: str = ""  # empty: AWS's own, or what AWS_ENDPOINT_URL_BEDROCK_RUNTIME says

    @property
    def variables(self) -> tuple[str, ...]:
        return ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")

    @property
    def missing(self) -> tuple[str, ...]:
        """Half a key pair is missing its other half. Whether the chain finds anything, only boto3 can tell."""
        access_key, secret_key = self.access_key.strip(), self.secret_key.strip()
        if bool(access_key) != bool(secret_key):
            return ("AWS_SECRET_ACCESS_KEY",) if access_key else ("AWS_ACCESS_KEY_ID",)
        return ()

    @property
    def secrets(self) -> tuple[str, ...]:
        keys = (self.access_key, self.secret_key, self.session_token, self.bearer_token)
        return () if self.simulated else tuple(key for key in keys if key)

    def model_for(self, api: str) -> str:
        """InvokeModel takes a body per family; the one that is spoken here is Anthropic's."""
        if api != "invoke" or takes_anthropic_body(self.model):
            return self.model
        return CLAUDE_OF_GOVERNMENT if self.model.startswith("us-gov.") else CLAUDE

    def simulated_by(self, address: SimulatorAddress) -> Self:
        return replace(
            self,
            simulated=True,
            endpoint_url=address.url,
            ca_file="",
            region="us-east-1",
            profile="",
            access_key="AKIASIMULATED",
            secret_key="simulated",
            session_token="",
            bearer_token="",
        )


@dataclass(frozen=True, kw_only=True)
class WatsonxSettings(Settings):
    """IBM watsonx.ai, in the cloud or on Cloud Pak for Data (then with `version`, and a username beside its key)."""

    apis: ClassVar[tuple[str, ...]] = ("chat", "generate")

    api: str = "chat"
    url: str = WATSONX_URL
    api_key: str = field(default="", repr=False)
    token: str = field(default="", repr=False)  # instead of a key: a bearer token that the person fetched
    username: str = ""
    version: str = ""
    project_id: str = ""
    space_id: str = ""
    sdk: str = ""  # for `generate`: ibm-watson-machine-learning, ibm-watsonx-ai, or empty for the first that is there

    @property
    def variables(self) -> tuple[str, ...]:
        return ("WATSONX_APIKEY", "WATSONX_PROJECT_ID", "WATSONX_URL")

    @property
    def missing(self) -> tuple[str, ...]:
        names = []
        if not (self.api_key.strip() or self.token.strip()):
            names.append("WATSONX_APIKEY")
        if not (self.project_id or self.space_id):
            names.append("WATSONX_PROJECT_ID")
        return tuple(names)

    @property
    def secrets(self) -> tuple[str, ...]:
        return () if self.simulated else tuple(key for key in (self.api_key, self.token) if key)

    def simulated_by(self, address: SimulatorAddress) -> Self:
        return replace(
            self,
            simulated=True,
            url=address.tls_url,
            ca_file=address.ca_file,
            api_key="simulated",
            token="",
            username="",
            version="",
            project_id="00000000-0000-0000-0000-000000000000",
            space_id="",
        )


AnySettings: TypeAlias = OpenAISettings | BedrockSettings | WatsonxSettings


def load(env: Mapping[str, str]) -> dict[str, AnySettings]:
    """Every provider that `env` knows of, by name: the three vendors first, then the endpoints it names.

    Raises ValueError, with the variable's name, where a value can't be meant.
    """

    def value(*names: str, default: str = "") -> str:
        return next((found for name in names if (found := env.get(name, "").strip())), default)

    def choice(name: str, options: tuple[str, ...], default: str) -> str:
        chosen = value(name, default=default)
        if chosen not in options:
            raise ValueError(f"{name} is {chosen!r}; it can be {' or '.join(options)}.")
        return chosen

    def certificates(*names: str) -> dict[str, str]:
        """By the first of the variables that is set; nothing where none is."""
        return next(({"ca_file": found, "ca_variable": name} for name in names if (found := value(name))), {})

    shared: dict[str, Any] = {
        "connect_timeout": _seconds(env, "STREAMSIDE_CONNECT_TIMEOUT", 10.0),
        "silence_timeout": _seconds(env, "STREAMSIDE_SILENCE_TIMEOUT", 120.0),
        **certificates("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR", "AWS_CA_BUNDLE"),
    }
    base_url, query = _web_address("OPENAI_BASE_URL", value("OPENAI_BASE_URL", default=OPENAI_URL))
    region = value("AWS_REGION", "AWS_DEFAULT_REGION")
    found: dict[str, AnySettings] = {
        "openai": OpenAISettings(
            name="openai",
            label="OpenAI",
            model=value("OPENAI_MODEL", default="gpt-5.4-mini"),
            base_url=base_url,
            query=query,
            api_key=value("OPENAI_API_KEY"),
            organization=value("OPENAI_ORG_ID"),
            project=value("OPENAI_PROJECT_ID"),
            **shared,
        ),
        "bedrock": BedrockSettings(
            name="bedrock",
            label="AWS Bedrock",
            model=value("BEDROCK_MODEL", default=_nova(region or _region_of_profile(env))),
            api=choice("BEDROCK_API", BedrockSettings.apis, "converse"),
            region=region,
            profile=value("AWS_PROFILE"),
            access_key=value("AWS_ACCESS_KEY_ID"),
            secret_key=value("AWS_SECRET_ACCESS_KEY"),
            session_token=value("AWS_SESSION_TOKEN"),
            bearer_token=value("AWS_BEARER_TOKEN_BEDROCK"),
            **(shared | certificates("AWS_CA_BUNDLE")),
        ),
        "watsonx": WatsonxSettings(
            name="watsonx",
            label="IBM watsonx.ai",
            model=value("WATSONX_MODEL", default="ibm/granite-4-h-small"),
            api=choice("WATSONX_API", WatsonxSettings.apis, "chat"),
            url=_watsonx_address(*(name for name in ("WATSONX_URL", "IBM_CLOUD_URL") if value(name)), env=env),
            api_key=value("WATSONX_APIKEY", "WATSONX_API_KEY", "API_KEY"),
            token=value("WATSONX_TOKEN"),
            username=value("WATSONX_USERNAME"),
            version=value("WATSONX_VERSION"),
            project_id=value("WATSONX_PROJECT_ID", "PROJECT_ID"),
            space_id=value("WATSONX_SPACE_ID"),
            sdk=value("WATSONX_SDK"),
            **shared,
        ),
    }
    for variable in sorted(env):
        named = re.fullmatch(r"ENDPOINT_([A-Za-z0-9_]+)_URL", variable)
        if named is None or not value(variable):
            continue
        upper = named.group(1)
        found[_endpoint_name(upper, found)] = endpoint(
            upper.lower(),
            value(variable),
            api_key=value(f"ENDPOINT_{upper}_API_KEY"),
            model=value(f"ENDPOINT_{upper}_MODEL"),
            headers=_headers(f"ENDPOINT_{upper}_HEADERS", value(f"ENDPOINT_{upper}_HEADERS")),
            **shared,
        )
    return found


def endpoint(name: str, url: str, **more: Any) -> OpenAISettings:
    """An OpenAI-compatible server as a provider of its own. Raises ValueError where `url` is no web address."""
    base_url, query = _web_address(f"ENDPOINT_{name.upper()}_URL", url)
    label = LABELS.get(name, name.replace("_", " ").capitalize())
    more.setdefault("key_variable", f"ENDPOINT_{name.upper()}_API_KEY")
    return OpenAISettings(name=name, label=label, base_url=base_url, query=query, **more)


def takes_anthropic_body(model: str) -> bool:
    """Whether a model of Bedrock may take Anthropic's messages body: its id names Anthropic, or nobody."""
    return "anthropic." in model or not OTHER_BODY.search(model)


def _nova(region: str) -> str:
    """The default model in a region of AWS; no region is us-east-1, as for the SDK's client."""
    region = region or "us-"
    return next((model for part, model in NOVA_OF_REGION.items() if region.startswith(part)), NOVA.format("global"))


def _region_of_profile(env: Mapping[str, str]) -> str:
    """The region that AWS's files name for the profile; empty where they name none, or can't be read."""
    profile = env.get("AWS_PROFILE", "").strip() or "default"
    files = configparser.RawConfigParser(strict=False)
    for variable, usual in (
        ("AWS_CONFIG_FILE", "~/.aws/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
    ):
        with contextlib.suppress(OSError, UnicodeError, configparser.Error, RuntimeError):
            files.read(Path(env.get(variable) or usual).expanduser())
    sections = (f"profile {profile}", profile)
    return next((files.get(name, "region") for name in sections if files.has_option(name, "region")), "").strip()


def _watsonx_address(*names: str, env: Mapping[str, str]) -> str:
    """The address that the first of these variables holds, without an API's path, which the SDKs append."""
    if not names:
        return WATSONX_URL
    url = env[names[0]].strip()
    base_url, _ = _web_address(names[0], url if "://" in url else f"https://{url}")  # IBM's own is never another
    return WATSONX_TOO_MUCH.sub("", base_url)


def _headers(variable: str, text: str) -> tuple[tuple[str, str], ...]:
    """Headers, written as JSON or as `name: value` with commas or line breaks between. Raises ValueError."""
    wrong = f"{variable} can't be read; write it as name: value, name: value, or as a JSON object."  # not what it is
    if text.startswith("{"):
        try:
            pairs = list(json.loads(text).items())
        except ValueError:
            raise ValueError(wrong) from None
    else:
        parts = re.split(r"\s*(?:[,;\n]|\\n)\s*(?=[\w.!#$%&'*+^`|~-]+\s*[:=]|$)", text)
        pairs = [tuple(re.split(r"\s*[:=]\s*", part, maxsplit=1)) for part in parts if part]
    found = []
    for pair in pairs:
        name, value = pair if len(pair) == 2 else ("", "")
        if not (re.fullmatch(r"[\w.!#$%&'*+^`|~-]+", str(name), re.ASCII) and isinstance(value, (str, int, float))):
            raise ValueError(wrong)
        if not re.fullmatch(r"[ -~]+", str(value).strip()):
            raise ValueError(wrong)
        found.append((str(name), str(value).strip()))
    return tuple(found)


def _endpoint_name(upper: str, taken: Mapping[str, object]) -> str:
    name = upper.lower()
    if name in taken:
        raise ValueError(f"ENDPOINT_{upper}_URL names a provider that is there already; choose another name.")
    return name


def on_this_machine(url: str) -> bool:
    """Whether the address is a loopback one, to which no proxy leads."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified  # 0.0.0.0 leads here too


def _web_address(variable: str, url: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The address without its query, and the query: SDKs append paths to the one and send the other along."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        usable = usable and not re.search(r"\s", url)
    except ValueError:
        parts, usable = urlsplit(""), False
    if not usable:
        # Not what it is instead: a key may stand in it.
        raise ValueError(f"{variable} is no web address; it must begin with http:// or https:// and name a server.")
    plain = parts._replace(path=TOO_MUCH.sub("", parts.path), query="", fragment="")
    return urlunsplit(plain), tuple(parse_qsl(parts.query))


def _seconds(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name, "").strip()
    try:
        seconds = float(text) if text else default
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 3600:
        raise ValueError(f"{name} is {text!r}; it is a number of seconds, more than 0 and at most 3600.")
    return seconds
