"""ibm-watsonx-ai, with none of its own retries, timeouts, checks or ideas of where credentials come from."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from providers.transport.proxies import trusted
from providers.watsonx.settings import DEPLOYMENT, WatsonxSettings

LOG = "ibm_watsonx_ai"
IAM = "https://iam.cloud.ibm.com"


class WatsonxSDK:
    """A client of ibm-watsonx-ai. Fetches its token at once, where it has a key; may raise anything."""

    name = "ibm-watsonx-ai"

    def __init__(self, settings: WatsonxSettings, http: Any) -> None:
        import httpx
        from ibm_watsonx_ai import APIClient
        from ibm_watsonx_ai.foundation_models import ModelInference

        logging.getLogger(LOG).setLevel(logging.CRITICAL)  # it logs each of its errors as well as raising it
        _silence()
        self._inference = ModelInference
        self._client = APIClient(
            _credentials(settings),
            project_id=settings.project_id or None,
            space_id=None if settings.project_id else settings.space_id or None,
            httpx_client=http,
            # Nobody uses it; left to itself, the SDK makes one by the environment's proxies, and may fall over them.
            async_httpx_client=httpx.AsyncClient(verify=trusted(settings), trust_env=False),
            scope_validation=False,
        )

    def chat(self, model: str, *, stream: bool, **asked: Any) -> Iterator[Any]:
        """The answer's events; one where it isn't streamed. Nothing is sent before the first is asked for."""
        made = self._model(model)
        yield from made.chat_stream(**asked) if stream else [made.chat(**asked)]

    def generate(self, model: str, *, stream: bool, **asked: Any) -> Iterator[Any]:
        made = self._model(model)
        yield from made.generate_text_stream(**asked, raw_response=True) if stream else [made.generate(**asked)]

    def headers(self) -> dict[str, str]:
        found: dict[str, str] = self._client.get_headers()
        return found

    def _model(self, model: str) -> Any:
        # Made for each answer: it sends nothing, and one that is shared would share its model.
        _silence()
        named = {"deployment_id" if DEPLOYMENT.fullmatch(model) else "model_id": model}
        return self._inference(**named, api_client=self._client, validate=False, max_retries=0)


def _silence() -> None:
    """No warning of what is meant, nor of what IBM says beside an answer, such as that this API is an old one."""
    from ibm_watsonx_ai.wml_resource import WatsonxAPIWarning

    warnings.filterwarnings("ignore", message=r"\s*When setting `scope_validation` to False")
    warnings.filterwarnings("ignore", category=WatsonxAPIWarning)


def _credentials(settings: WatsonxSettings) -> Any:
    from ibm_watsonx_ai import APIClient, Credentials

    # An address that is neither IBM's nor a Cloud Pak's, such as the simulator's, answers for all of IBM's. A region
    # that is younger than the SDK still has its tokens from where the others have theirs.
    alone = not settings.is_cloud_pak and settings.url not in APIClient.PLATFORM_URLS_MAP
    of_ibm = (urlsplit(settings.url).hostname or "").endswith(".cloud.ibm.com")
    given = {
        "url": settings.url,
        "api_key": settings.api_key or None,
        "token": settings.token or None,
        "username": settings.username or None,
        "password": settings.password if not settings.api_key else None,
        "version": ".".join(settings.version.split(".")[:2]) or None,
        "platform_url": settings.url if alone else None,
        "auth_url": f"{IAM if of_ibm else settings.url}/identity/token" if alone else None,
        "verify": None,
    }
    credentials = Credentials(**given)
    # It takes what it was not given from USER_ACCESS_TOKEN and others, which may be meant for something else.
    vars(credentials).update(given)
    return credentials
