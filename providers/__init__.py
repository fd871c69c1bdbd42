"""A vendor becomes a plain generator of text. Knows no Streamlit, no database.

provider = connect(load(os.environ)["openai"])
st.write_stream(provider.stream(Request.of("Tell me about history of Cricket in 200 words.", "gpt-5.4-mini")))
"""

from __future__ import annotations

import threading
from collections import defaultdict
from functools import lru_cache

from providers.base import (
    End,
    ErrorKind,
    FinishReason,
    Message,
    Provider,
    ProviderError,
    Reasoning,
    Request,
    TextStream,
)
from providers.settings import (
    AnySettings,
    BedrockSettings,
    OpenAISettings,
    SimulatorAddress,
    WatsonxSettings,
    load,
)
from providers.transport import redaction
from providers.transport.call import Call, Retry

__all__ = [
    "AnySettings",
    "BedrockSettings",
    "Call",
    "End",
    "ErrorKind",
    "FinishReason",
    "Message",
    "OpenAISettings",
    "Provider",
    "ProviderError",
    "Reasoning",
    "Request",
    "Retry",
    "SimulatorAddress",
    "TextStream",
    "WatsonxSettings",
    "connect",
    "load",
]

# One at a time for each provider: boto3's clients must not be made by two threads at once, and whoever comes while a
# client is being made wants that one. Different vendors don't wait for each other.
_connecting: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def connect(settings: AnySettings, api: str | None = None) -> Provider:
    """The provider that `settings` describe, ready to speak; the same one for the same settings.

    Imports the vendor's SDK, makes its client and, for watsonx, fetches a token, so that none of this is counted as
    waiting for the model. From now on no log of this process holds their keys. Raises ProviderError.
    """
    headers = settings.headers if isinstance(settings, OpenAISettings) else ()
    redaction.guard(settings.secrets, (name for name, _ in headers))
    with _connecting[settings.name]:
        return _connected(settings, api or settings.api)


@lru_cache(maxsize=64)
def _connected(settings: AnySettings, api: str) -> Provider:
    if api not in settings.apis:
        raise ProviderError("bad_request", f"{settings.label} has no API {api!r}; choose {' or '.join(settings.apis)}.")
    if isinstance(settings, OpenAISettings):
        from providers.openai import OpenAI

        return OpenAI(settings)
    if isinstance(settings, BedrockSettings):
        from providers.bedrock import Bedrock

        return Bedrock(settings, api)
    from providers.watsonx.adapter import connect_watsonx

    watsonx: Provider = connect_watsonx(settings, api)
    return watsonx
