"""Other vendors' addresses that speak OpenAI's protocol: Bedrock's, and the model gateway of watsonx."""

from __future__ import annotations

import httpx2
import pytest

from providers import ErrorKind, ProviderError, connect, load
from providers.openai.iam import EARLY, IamToken
from providers.openai.parsing import access_token
from simulator import Simulator
from tests.providers.asking import collect, connected, question
from tests.support.since import Since


@pytest.mark.parametrize("path", ["/openai/v1", "/openai/v1/chat/completions"])
def test_bedrocks_compatible_address_is_an_endpoint(simulator: Simulator, path: str) -> None:
    env = {"ENDPOINT_MANTLE_URL": f"{simulator.url}{path}", "ENDPOINT_MANTLE_API_KEY": "bedrock-api-key"}
    for api in ("chat", "responses"):
        with connected(load(env)["mantle"], api) as provider:
            assert collect(provider, question()).end is not None
            assert "sim-brisk" in provider.models()


GATEWAY = {"ENDPOINT_GATEWAY_API_KEY": "ibm-cloud-key"}


def test_watsonxs_gateway_gets_a_token_for_the_key(simulator: Simulator) -> None:
    env = {**GATEWAY, "ENDPOINT_GATEWAY_URL": f"{simulator.url}/ml/gateway/v1"}
    since = Since(simulator)
    with connected(load(env)["gateway"]) as provider:
        for _ in range(2):
            assert collect(provider, question()).end is not None
    assert [exchange.api for exchange in since.exchanges()] == ["iam", "chat", "chat"]


@pytest.mark.parametrize(("key", "kind"), [("wrong", "auth"), ("", "missing_credentials")])
def test_a_key_that_no_token_is_given_for(simulator: Simulator, key: str, kind: ErrorKind) -> None:
    url = f"{simulator.url}/ml/gateway/v1"
    with pytest.raises(ProviderError) as caught:
        connect(load({"ENDPOINT_GATEWAY_URL": url, "ENDPOINT_GATEWAY_API_KEY": key})["gateway"])
    assert caught.value.kind == kind
    assert "ENDPOINT_GATEWAY_API_KEY" in caught.value.message


def test_a_token_is_renewed_before_it_ends(simulator: Simulator) -> None:
    now = 0.0
    with httpx2.Client() as http:
        token = IamToken(f"{simulator.url}/identity/token", "key", http, clock=lambda: now)
        since = Since(simulator)
        now = 3600 - EARLY - 1
        token()
        assert not since.exchanges()
        now = 3600 - EARLY
        token()
        assert len(since.exchanges()) == 1


def test_a_token_that_is_refused_is_renewed(simulator: Simulator) -> None:
    env = {**GATEWAY, "ENDPOINT_GATEWAY_URL": f"{simulator.url}/ml/gateway/v1"}
    since = Since(simulator)
    with connected(load(env)["gateway"]) as provider:
        heard = collect(provider, question("sim-fault-401"))
        assert heard.failure.kind == "auth"
        assert collect(provider, question()).end is not None
    assert [exchange.api for exchange in since.exchanges()] == ["iam", "chat", "iam", "chat"]


def test_a_token_that_no_header_can_carry_is_shown_nowhere() -> None:
    with pytest.raises(ValueError, match="no token"):
        access_token(b'{"access_token": "a\\nb"}')


@pytest.mark.parametrize(
    ("url", "iam"),
    [
        ("https://us-south.ml.cloud.ibm.com/ml/gateway/v1", "https://iam.cloud.ibm.com/identity/token"),
        ("https://us-south.ml.cloud.ibm.com:443/ml/gateway", "https://iam.cloud.ibm.com/identity/token"),
        ("https://me:secret@lab.example:8443/ml/gateway/v1", "https://lab.example:8443/identity/token"),
        ("https://lab.example/v1", ""),
    ],
)
def test_tokens_come_from_ibm_for_its_gateway_alone(url: str, iam: str) -> None:
    assert getattr(load({**GATEWAY, "ENDPOINT_GATEWAY_URL": url})["gateway"], "iam_url") == iam  # noqa: B009
