"""Settings: what is known of a provider, in one shape for all vendors, and how variables are read.

A vendor is a subclass of `Settings` in a file of its own, and one row of `providers.vendors`. Keys and addresses come
from variables: of the environment, of .env, or typed on the page. One that is set to nothing counts as not set, so that
a plain copy of .env.example changes nothing.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from typing import Any, ClassVar, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from providers.base import Provider, Request

# What people copy behind the address of an API, from an example that asks it. Some APIs do live under /models.
TOO_MUCH = re.compile(
    r"/+((chat/+)?completions|responses)/*$|(?<=/v1)/+(chat|embeddings|messages|models(/[^/]*)?)/*$|/+$", re.IGNORECASE
)
LOCAL = "Its server is on your own machine, which has no price per token."


class SimulatorAddress(NamedTuple):
    """Where a simulator listens: plain, with TLS, and the certificate authority that vouches for the latter."""

    url: str
    tls_url: str
    ca_file: str


class KeyField(NamedTuple):
    """A variable that a person may type on the page. `replaces`: variables that no longer count then."""

    variable: str
    help: str = ""
    secret: bool = True
    replaces: tuple[str, ...] = ()


class PriceKey(NamedTuple):
    """Where the price of a model is found: in genai-prices, or in the list that ships with the app."""

    provider: str = ""  # the list's name for the vendor; empty where no list holds
    model: str = ""
    shipped: bool = False
    unknown: str = ""  # why there is no price, where there is none
    note: str = ""  # beside the price
    caches: bool = True  # whether the vendor caches input unasked


def set_by(*names: str, default: str = "", secret: bool = False) -> Any:
    """A field whose value is that of the first of these variables that is set. A `secret` one is shown nowhere."""
    return field(default=default, repr=not secret, metadata={"variables": names, "secret": secret})


@dataclass(frozen=True, kw_only=True)
class Settings(ABC):
    """A provider: a vendor, or a server that speaks a vendor's API. Hashable: a client is kept for each."""

    apis: ClassVar[Mapping[str, str]]  # each with a sentence about it
    api_notes: ClassVar[Mapping[str, str]] = {}  # what has to be known where one of them is chosen
    # The parameters that each API takes, by our names: where its request has them, see `parameters.placed`.
    parameters: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    sdks: ClassVar[tuple[str, ...]] = ()  # distributions that it is asked by
    cache_points: ClassVar[bool] = False  # whether it caches what a request marks, as `Request.cache` does
    # Variables that may name certificate authorities to trust instead of the usual ones, the first that is set.
    ca_variables: ClassVar[tuple[str, ...]] = (
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "SSL_CERT_DIR",
        "AWS_CA_BUNDLE",
    )

    name: str = ""
    label: str = ""
    model: str = ""  # the default, where the person asking names none
    api: str = ""  # the default API, one of `apis`
    connect_timeout: float = 10.0  # seconds
    silence_timeout: float = 120.0  # seconds without a byte, where the answer is streamed
    awaited_timeout: float = 600.0  # seconds for all of an answer that comes in one piece
    ca_file: str = ""  # or a folder: a company's authorities, or the simulator's
    ca_variable: str = "SSL_CERT_FILE"  # that names it
    simulated: bool = False

    @classmethod
    def load(cls, variables: Variables) -> Self:
        """The vendor as these variables have it. Raises ValueError, with the variable's name, for an invalid value."""
        values: dict[str, Any] = {}
        for each in fields(cls):
            if names := each.metadata.get("variables"):
                values[each.name] = variables.value(*names, default=f"{each.default}")
                if each.name == "api":
                    variables.choice(names[0], cls.apis, cls.api)
        return cls(**values, **variables.shared(cls.ca_variables))

    @abstractmethod
    def connect(self, api: str) -> Provider:
        """The provider for one of `apis`. Imports the vendor's SDK, which takes a moment. Raises ProviderError."""

    @abstractmethod
    def at_simulator(self, address: SimulatorAddress) -> dict[str, str]:
        """The fields by which a simulator is asked, besides those of all settings."""

    def simulated_by(self, address: SimulatorAddress) -> Self:
        """The same provider and model, answered by the simulator at `address`. The real keys stay out of it."""
        same = ("name", "label", "model", "api", "connect_timeout", "silence_timeout", "awaited_timeout")
        fields: dict[str, Any] = {name: getattr(self, name) for name in same} | self.at_simulator(address)
        return type(self)(simulated=True, **fields)

    def takes(self, api: str) -> Mapping[str, str]:
        return self.parameters.get(api, {})

    @property
    def key_fields(self) -> tuple[KeyField, ...]:
        """What a person types to have it answer live."""
        return ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The variables that must be set before the real service can be asked; empty when nothing is missing."""
        return ()

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys and passwords; some may be empty."""
        return tuple(getattr(self, each.name) for each in fields(self) if each.metadata.get("secret"))

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that must never be shown, logged or kept."""
        return () if self.simulated else tuple(dict.fromkeys(filter(None, self.keys)))

    @property
    def secret_headers(self) -> tuple[str, ...]:
        """Names of headers whose values are secret, besides those that are known to be."""
        return ()

    @property
    def key_names(self) -> str:
        """The settings where its credentials belong, for a sentence."""
        return " and ".join(field.variable for field in self.key_fields)

    @property
    def address(self) -> str:
        """The URL that is asked; empty where the SDK has it."""
        return ""

    @property
    def address_name(self) -> str:
        """The setting where the address belongs, for a sentence."""
        return "its address"

    def credentials_found(self, env: Mapping[str, str] | None = None) -> bool:
        """Whether the real service is meant to be asked: a key is there, or a part of what belongs to one.

        Without `env` the SDK's own search for credentials may run, which may take a second. Raises ProviderError where
        that search fails.
        """
        return bool(self.secrets) or not self.missing

    def model_for(self, api: str) -> str:
        """The model to ask where the person asking names none."""
        return self.model

    def simulated_model(self, name: str, api: str) -> str:
        """The id by which an API asks for a model of the simulator."""
        return name

    @property
    def hosted(self) -> Mapping[str, str]:
        """Its ids of open models that several providers have, by a name that is the same for all."""
        return {}

    def code(self, request: Request, api: str) -> dict[str, str]:
        """Code that asks the real service the same, by a label for each language or SDK; its keys are environment
        variables. Empty where the vendor has none. Raises ProviderError where the request can't be asked."""
        return {}

    @property
    def unbilled(self) -> str:
        """Why nothing is paid per token, in a sentence; empty where something is."""
        return LOCAL if on_this_machine(self.address) else ""

    def price_key(self, model: str) -> PriceKey:
        """Where the price of a model is found."""
        return PriceKey(unknown=f"There is no price list for {self.label}.")


class Variables:
    """Variables, read with care: values are stripped, and errors name the variable."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env

    def value(self, *names: str, default: str = "") -> str:
        return next((found for name in names if (found := self.env.get(name, "").strip())), default)

    def choice(self, name: str, options: Mapping[str, str], default: str) -> str:
        """Raises ValueError where it is none of the options."""
        chosen = self.value(name, default=default)
        if chosen not in options:
            raise ValueError(f"{name} is {chosen!r}; it can be {' or '.join(options)}.")
        return chosen

    def seconds(self, name: str, default: float) -> float:
        """Raises ValueError where it is no number of seconds up to an hour."""
        text = self.value(name)
        try:
            seconds = float(text) if text else default
        except ValueError:
            seconds = -1.0
        if not 0 < seconds <= 3600:
            raise ValueError(f"{name} is {text!r}; it is a number of seconds, more than 0 and at most 3600.")
        return seconds

    def shared(self, ca_variables: Sequence[str]) -> dict[str, Any]:
        ca_variable = next(filter(self.value, ca_variables), "SSL_CERT_FILE")
        return {
            "connect_timeout": self.seconds("STREAMSIDE_CONNECT_TIMEOUT", 10.0),
            "silence_timeout": self.seconds("STREAMSIDE_SILENCE_TIMEOUT", 120.0),
            "ca_file": self.value(ca_variable),
            "ca_variable": ca_variable,
        }

    def headers(self, name: str) -> tuple[tuple[str, str], ...]:
        """Headers, written as JSON or as `name: value` with commas or line breaks between. Raises ValueError."""
        try:
            return tuple(_headers(self.value(name)))
        except ValueError:  # its text may hold a key
            raise ValueError(
                f"{name} can't be read; write it as name: value, name: value, or as a JSON object."
            ) from None


def _headers(text: str) -> Iterator[tuple[str, str]]:
    if text.startswith("{"):
        pairs = list(json.loads(text).items())
    else:
        parts = re.split(r"\s*(?:[,;\n]|\\n)\s*(?=[\w.!#$%&'*+^`|~-]+\s*[:=]|$)", text)
        pairs = [re.split(r"\s*[:=]\s*", part, maxsplit=1) for part in parts if part]
    for name, value in pairs:
        named = re.fullmatch(r"[\w.!#$%&'*+^`|~-]+", name, re.ASCII) and isinstance(value, (str, int, float))
        if not (named and re.fullmatch(r"[ -~]+", written := str(value).strip())):
            raise ValueError
        yield name, written


def web_address(variable: str, url: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The address without its query, and the query: SDKs append paths to the one and send the other along.

    Raises ValueError, with the variable's name, where it is no web address.
    """
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


def on_this_machine(url: str) -> bool:
    """Whether the address is a loopback one, to which no proxy leads."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified  # 0.0.0.0 leads here too
