"""A vendor becomes a plain generator of text. Knows no Streamlit, no database.

provider = connect(load(os.environ)["openai"])
st.write_stream(provider.stream(Request.of("Tell me about history of Cricket in 200 words.", "gpt-5.4-mini")))
"""

from __future__ import annotations

import threading
from collections import defaultdict
from functools import lru_cache

from providers.base import End, FinishReason, Message, Provider, Reasoning, Request, TextStream
from providers.errors import ErrorFactory, ErrorKind, ProviderError
from providers.settings import Settings, SimulatorAddress
from providers.transport import redaction
from providers.transport.call import Call, Retry
from providers.vendors import VENDORS, load

__all__ = [
    "VENDORS",
    "Call",
    "End",
    "ErrorKind",
    "FinishReason",
    "Message",
    "Provider",
    "ProviderError",
    "Reasoning",
    "Request",
    "Retry",
    "Settings",
    "SimulatorAddress",
    "TextStream",
    "connect",
    "load",
]

# One at a time for each provider: boto3's clients must not be made by two threads at once, and whoever comes while a
# client is being made wants that one. Different vendors don't wait for each other.
_connecting: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def connect(settings: Settings, api: str | None = None) -> Provider:
    """The provider that `settings` describe, ready to speak; the same one for the same settings.

    Imports the vendor's SDK and makes its client, so that none of this is counted as waiting for the model. From now on
    no log of this process holds their keys. Raises ProviderError.
    """
    redaction.guard(settings.secrets, settings.secret_headers)
    with _connecting[settings.name]:
        return _connected(settings, api or settings.api)


@lru_cache(maxsize=64)
def _connected(settings: Settings, api: str) -> Provider:
    if api not in settings.apis:
        raise ProviderError("bad_request", f"{settings.label} has no API {api!r}; choose {' or '.join(settings.apis)}.")
    try:
        return settings.connect(api)
    except ProviderError:
        raise
    except Exception as failure:
        raise ErrorFactory(label=settings.label, keys=settings.key_names).own(failure) from failure
