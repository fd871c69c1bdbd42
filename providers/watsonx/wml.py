"""ibm-watson-machine-learning, IBM's older SDK, with our HTTP client put under it.

Left to itself it posts for ever where the answer is neither a success nor one of four failures, stops
verifying certificates at the first failed connection, waits without limit, overlooks errors inside a stream, and
deletes `data: ` from answers. All its requests go through the functions of one module; here they lead to the
client of whoever is asking on this thread.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import logging
import threading
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from providers.watsonx.settings import DEPLOYMENT, WatsonxSettings

if TYPE_CHECKING:
    import httpx

PACKAGE = "ibm_watson_machine_learning"
REGIONS = ("us-south", "eu-de", "eu-gb", "jp-tok")  # of IBM's cloud; it refuses the younger ones
CLOUD_PAKS = ("4.7", "4.8", "5.0")  # that have these models, and that it knows
IBM_HOSTS = (".cloud.ibm.com", ".wxai.ibm.com", "ibmforusgov.com")
TEST_IAM = "https://iam.test.cloud.ibm.com/oidc/token"  # where it takes a key whose address it does not know

_asking = threading.local()  # .client and .token_url, for what this thread asks


class WML:
    """A client of ibm-watson-machine-learning. Makes its half dozen requests at once; may raise anything."""

    name = "ibm-watson-machine-learning"

    def __init__(self, settings: WatsonxSettings, http: Any) -> None:
        from ibm_watson_machine_learning.foundation_models.inference import (
            deployment_model_inference,
            fm_model_inference,
        )

        _tame()
        self._inference = fm_model_inference
        self._deployed = deployment_model_inference.DeploymentModelInference
        self._http = http
        self._token_url = f"{settings.url}/identity/token"
        with self._asking():
            self._client = _client(settings)
            if settings.project_id:
                self._client.set.default_project(settings.project_id)
            else:
                self._client.set.default_space(settings.space_id)

    def generate(self, model: str, *, stream: bool, **asked: Any) -> Iterator[Any]:
        if not stream:
            with self._asking():
                whole = self._model(model).generate(**asked)
            yield whole
            return
        events = self._model(model).generate_text_stream(**asked, raw_response=True)
        with contextlib.closing(events):
            while True:
                with self._asking():
                    event = next(events, None)
                if event is None:
                    return
                yield event

    def headers(self) -> dict[str, str]:
        with self._asking():
            headers: dict[str, str] = self._client._get_headers()
        return headers

    def _model(self, model: str) -> Any:
        # Without its constructor, which asks for the list of all models, twice, whenever one is named; of a
        # deployment it asks what it is, each time.
        deployed = DEPLOYMENT.fullmatch(model)
        made = object.__new__(self._deployed if deployed else self._inference.FMModelInference)
        self._inference.BaseModelInference.__init__(made, __name__, self._client)
        made.model_id = made.deployment_id = model
        made.params, made._deployment_type_validation = None, lambda params: False
        return made

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        _asking.client, _asking.token_url = self._http, self._token_url
        try:
            yield
        finally:
            del _asking.client, _asking.token_url


def is_installed() -> bool:
    return importlib.util.find_spec(PACKAGE) is not None


def knows(settings: WatsonxSettings) -> bool:
    """Whether this SDK can ask at that address: of IBM's own it knows four."""
    if settings.is_cloud_pak:
        return settings.version.startswith(CLOUD_PAKS)
    host = urlsplit(settings.url).hostname or ""
    region = host.removeprefix("private.").removesuffix(".ml.cloud.ibm.com")
    return not host.endswith(IBM_HOSTS) or region in REGIONS


def _client(settings: WatsonxSettings) -> Any:
    from ibm_watson_machine_learning import APIClient

    field, _ = settings.credential
    key = {field.replace("_", ""): getattr(settings, field)}
    if settings.is_cloud_pak:
        version = ".".join(settings.version.split(".")[:2])
        cloud_pak = {"instance_id": "openshift", "version": version, "username": settings.username}
        return APIClient({"url": settings.url, **key, **cloud_pak})
    host = urlsplit(settings.url).hostname or ""
    if not host.endswith(IBM_HOSTS):
        # Its own name for an address that answers for all of IBM's, as the simulator's does.
        APIClient = type("APIClient", (APIClient,), {"_internal": True})
    return APIClient({"url": settings.url, **key})


def _tame() -> None:
    """Lead all its requests to `_send`, and keep its hands off what belongs to the whole process."""
    logging.getLogger(PACKAGE).setLevel(logging.CRITICAL)  # it logs each of its errors as well as raising it
    requests = importlib.import_module(f"{PACKAGE}._wrappers.requests")
    methods = ("get", "options", "head", "post", "put", "patch", "delete")
    vars(requests).update({method: partial(_send, method) for method in methods})
    vars(requests).update(
        Session=lambda: SimpleNamespace(post=partial(_send, "post")),
        packages=SimpleNamespace(urllib3=SimpleNamespace(disable_warnings=lambda: None)),
    )


def _send(
    method: str,
    url: str,
    params: dict[str, Any] | None = None,
    *,
    data: str | None = None,
    json: Any = None,
    headers: dict[str, str] | None = None,
    stream: bool = False,
) -> _Response:
    """What `requests` would do, by the client of whoever is asking on this thread."""
    import httpx

    client: httpx.Client = _asking.client
    # Parameters are added to those in the address, which httpx would drop.
    target = httpx.URL(_asking.token_url if url == TEST_IAM else url).copy_merge_params(params or {})
    request = client.build_request(method.upper(), target, content=data, json=json, headers=headers)
    return _Response(client.send(request, stream=stream))


class _Response:
    """An answer of httpx with the manners of one of requests."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)

    def __enter__(self) -> _Response:
        return self

    def __exit__(self, *exception: object) -> None:
        self._response.close()

    def iter_lines(self, decode_unicode: bool = False) -> Iterator[bytes]:
        for line in self._response.iter_lines():
            field, space, value = line.partition(": ")
            # The SDK removes each `data: `; inside JSON the first letter can be written so that it won't.
            yield (field + space + value.replace("data: ", "\\u0064ata: ")).encode()
