"""The columns: every API by every SDK that speaks it, as somebody with keys has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from providers import Settings, load
from tests.faults import wires
from tests.providers import asking
from tests.providers.asking import KEY, SECRET, Api, settings_for

ENDPOINT_URL = "https://lab.example/v1"
PROXY_PASSWORD = "a-very-secret-password"
SECRETS = (KEY, SECRET, PROXY_PASSWORD)
LAB = {"ENDPOINT_LAB_URL": ENDPOINT_URL}
KEYS = {**asking.KEYS, **LAB, "ENDPOINT_LAB_API_KEY": KEY, "PROXY_PASSWORD": PROXY_PASSWORD}
NO_KEYS = {**LAB, "AWS_REGION": "us-east-1", "WATSONX_PROJECT_ID": "my-project"}


@dataclass(frozen=True)
class Column:
    """One column. `key`: the field of the settings that holds its key; `lab`: an endpoint, not the vendor itself."""

    title: str
    api: Api
    wire: wires.Wire = field(compare=False)
    key: str = "api_key"
    lab: bool = False

    def __str__(self) -> str:
        return self.title.replace(" ", "-")

    @property
    def secure(self) -> bool:
        """Whether its SDK takes addresses with https alone."""
        return self.api in asking.IBM

    def at(self, url: str, env: Mapping[str, str], **more: Any) -> Settings:
        """The settings that are in `env`, but for the vendor's address."""
        if not self.lab:
            settings: Settings = settings_for(self.api, url, env, **more)
            return settings
        place: dict[str, Any] = {"base_url": f"{url}/v1"} if url else {}
        return replace(load(env)["lab"], **place, **more)


OPENAI = Column("OpenAI", "chat", wires.Completions())
RESPONSES = Column("OpenAI responses", "responses", wires.Responses())
ENDPOINT = Column("compatible endpoint", "chat", wires.Completions(), lab=True)
CONVERSE = Column("Bedrock converse", "converse", wires.Converse(), "secret_key")
INVOKE = Column("Bedrock invoke", "invoke", wires.Invoke(), "secret_key")
CHAT = Column("watsonx chat", "watsonx", wires.WatsonxChat())
GENERATE = Column("watsonx generate", "generate", wires.WatsonxGeneration())
GENERATE_OLDER = Column("watsonx generate, older SDK", "older", wires.WatsonxGeneration())

COLUMNS = (OPENAI, RESPONSES, ENDPOINT, CONVERSE, INVOKE, CHAT, GENERATE, GENERATE_OLDER)
COMPLETIONS = (OPENAI, ENDPOINT)
OPENAIS = (OPENAI, RESPONSES, ENDPOINT)
AWS = (CONVERSE, INVOKE)
IBM = (CHAT, GENERATE, GENERATE_OLDER)


def here() -> tuple[Column, ...]:
    """Those that can be had: IBM's older SDK refuses newer Pythons."""
    return tuple(column for column in COLUMNS if column.api in asking.EVERY)
