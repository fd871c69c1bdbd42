"""Token of IBM Cloud: what an API key is exchanged for, an hour at a time. IBM's model gateway takes nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from providers.openai.parsing import access_token
from providers.parsing.error_body import Refused

GRANT = "urn:ibm:params:oauth:grant-type:apikey"
EARLY = 300.0  # seconds before its end at which it is renewed


class IamToken:
    """Called for each request, it returns the token, renewed where it is due; may raise Refused, or what httpx raises.

    The first is fetched at once.
    """

    def __init__(self, url: str, key: str, http: Any, clock: Callable[[], float] = time.time) -> None:
        self._url = url
        self._key = key
        self._http = http
        self._clock = clock
        self._lock = threading.Lock()
        self.forget()
        self()

    def forget(self) -> None:
        self._due = 0.0

    def __call__(self) -> str:
        with self._lock:
            if self._clock() >= self._due:
                asked = self._clock()
                response = self._http.post(self._url, data={"grant_type": GRANT, "apikey": self._key})
                if not response.is_success:
                    raise Refused(response.text, response.status_code, path=urlsplit(self._url).path)
                self._token, lifetime = access_token(response.content)
                self._due = asked + lifetime - EARLY
            return self._token
