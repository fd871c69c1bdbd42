"""Vendors: one row each. All that is known of a vendor stands in the file that its row names."""

from __future__ import annotations

from collections.abc import Mapping

from providers.bedrock.settings import BedrockSettings
from providers.openai.local import LOCAL_SERVERS, find_local
from providers.openai.settings import OpenAISettings, endpoint, endpoints
from providers.settings import Settings, Variables
from providers.watsonx.settings import WatsonxSettings

__all__ = ["LOCAL_SERVERS", "VENDORS", "endpoint", "find_local", "load"]

VENDORS: list[type[Settings]] = [
    OpenAISettings,
    BedrockSettings,
    WatsonxSettings,
]


def load(env: Mapping[str, str]) -> dict[str, Settings]:
    """Every provider that `env` knows of, by name: the vendors first, then the endpoints that it names.

    Raises ValueError, with the variable's name, for an invalid value.
    """
    variables = Variables(env)
    found: dict[str, Settings] = {settings.name: settings for settings in (each.load(variables) for each in VENDORS)}
    for variable, settings in endpoints(variables):
        if settings.name in found:
            raise ValueError(f"{variable} names a provider that is there already; choose another name.")
        found[settings.name] = settings
    return found
