"""The way to the vendor: certificates, proxies, connections that serve again, and the clients behind them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from providers import ProviderError, connect, load
from providers.bedrock.settings import BedrockSettings
from simulator import Simulator
from tests.providers.asking import APIS, KEY, SECRET, Api, collect, connected, question, requests_for, settings_for
from tests.providers.servers import Mute, Proxy, Relay
from tests.support.guard import guarded_environment

ROOT = Path(__file__).parents[3]
REAL = {"chat": "api.openai.com", "converse": "bedrock-runtime.us-east-1.amazonaws.com"}
REAL["invoke"] = REAL["converse"]
ENV = {
    "OPENAI_API_KEY": KEY,
    "AWS_ACCESS_KEY_ID": KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_REGION": "us-east-1",
}

everywhere = pytest.mark.parametrize("api", APIS)


# Certificates


@everywhere
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE"])
def test_a_certificate_authority_of_ones_own_is_trusted_by_any_of_its_variables(
    simulator: Simulator, api: Api, variable: str
) -> None:
    ca_file = load({variable: simulator.ca_file})["bedrock"].ca_file
    with connected(settings_for(api, simulator.tls_url, ca_file=ca_file)) as provider:
        assert collect(provider, question()).end is not None


@everywhere
def test_a_certificate_that_nobody_vouches_for_is_not_trusted(simulator: Simulator, api: Api) -> None:
    request = question()
    with connected(settings_for(api, simulator.tls_url)) as provider:
        heard = collect(provider, request)
    assert heard.error is not None
    assert (heard.error.kind, heard.retries) == ("network", [])
    assert "SSL_CERT_FILE" in heard.error.message
    assert requests_for(simulator, request) == []


# Proxies


@pytest.fixture
def proxy(simulator: Simulator, tmp_path: Path) -> Iterator[Proxy]:
    with Proxy(simulator.url, tmp_path) as proxy:
        yield proxy


def real(api: Api, **more: Any) -> Any:
    """The settings that lead to the vendor itself."""
    settings = load(ENV)["openai" if api == "chat" else "bedrock"]
    return replace(settings, **more) if api == "chat" else replace(settings, api=api, **more)


@everywhere
def test_the_vendor_itself_is_asked_through_the_proxy(
    proxy: Proxy, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, api: Api
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    request = question(max_tokens=5)
    with connected(real(api, ca_file=proxy.ca_file)) as provider:
        heard = collect(provider, request)
    assert heard.error is None
    assert heard.end is not None
    assert proxy.asked == [f"{REAL[api]}:443"]
    (exchange,) = requests_for(simulator, request)
    if api == "chat":
        limits = {name: value for name, value in exchange.body.items() if name.startswith("max")}
        assert limits == {"max_completion_tokens": 5}


@everywhere
def test_no_proxy_excepts_a_host(proxy: Proxy, monkeypatch: pytest.MonkeyPatch, api: Api) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "models.invalid")
    with connected(settings_for(api, "http://models.invalid")) as provider:
        heard = collect(provider, question())
    assert heard.error is not None
    assert heard.error.kind == "network"  # there is no such host: it was looked for without the proxy
    assert proxy.asked == []


@everywhere
def test_plain_http_goes_through_its_own_proxy(proxy: Proxy, monkeypatch: pytest.MonkeyPatch, api: Api) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    with connected(settings_for(api, "http://models.invalid")) as provider:
        assert collect(provider, question()).end is not None
    assert proxy.asked == ["models.invalid"]


@everywhere
def test_a_server_that_is_not_there_is_a_network_error_after_a_second_try(api: Api) -> None:
    with connected(settings_for(api, "http://127.0.0.1:9")) as provider:
        heard = collect(provider, question())
    assert heard.error is not None
    assert (heard.error.kind, [retry.kind for retry in heard.retries]) == ("network", ["network"])
    assert "refused" in heard.error.message or "Could not connect" in heard.error.message


@everywhere
def test_a_server_that_never_shakes_hands_is_given_up(api: Api) -> None:
    with Mute() as server:
        url = server.url.replace("http:", "https:")
        with connected(settings_for(api, url, connect_timeout=0.2, silence_timeout=600)) as provider:
            heard = collect(provider, question())
    assert heard.error is not None
    assert heard.error.kind == "network"


# Connections


@everywhere
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_one_connection_serves_one_answer_after_the_other(simulator: Simulator, api: Api, stream: bool) -> None:
    with Relay(simulator.url) as relay:
        with connected(settings_for(api, relay.url)) as provider:
            for _ in range(4):
                assert collect(provider, question(stream=stream)).end is not None
        assert relay.connections == 1


@everywhere
def test_a_connection_that_the_server_has_closed_is_not_missed(simulator: Simulator, api: Api) -> None:
    with Relay(simulator.url) as relay, connected(settings_for(api, relay.url)) as provider:
        assert collect(provider, question("sim-fault-reset")).error is not None
        assert collect(provider, question()).end is not None


# Clients


def test_the_same_settings_get_the_same_client(simulator: Simulator) -> None:
    settings = settings_for("chat", simulator.url)
    made = connect(settings)
    assert connect(settings_for("chat", simulator.url)) is made
    with connected(settings) as same, connected(replace(settings, model="another")) as other:
        assert same is made
        assert other is not made


def test_an_api_that_a_vendor_does_not_have_is_named() -> None:
    with pytest.raises(ProviderError) as caught:
        connect(load({})["bedrock"], "chat")
    assert caught.value.kind == "bad_request"
    assert "converse or invoke" in caught.value.message


def test_the_region_defaults_to_one_that_has_every_model() -> None:
    settings = load({"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET})["bedrock"]
    assert isinstance(settings, BedrockSettings)
    with connected(settings) as provider:
        assert provider._client.meta.region_name == "us-east-1"  # type: ignore[attr-defined]


def test_httpx_is_there_whole_before_an_answer_may_look_into_it(simulator: Simulator) -> None:
    """openai looks into a half imported httpx: watsonx's first use, in another thread, would break its answers."""
    program = (
        "import sys\nfrom providers import SimulatorAddress, connect, load\n"
        f"connect(load({{}})['openai'].simulated_by(SimulatorAddress({simulator.url!r}, '', '')))\n"
        "print(hasattr(sys.modules['httpx'], 'TimeoutException'))"
    )
    child = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, env=guarded_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (child.stdout, child.stderr) == ("True\n", "")


@pytest.mark.parametrize(("name", "sdk"), [("openai", "openai"), ("bedrock", "botocore")])
def test_an_sdk_is_loaded_when_its_provider_connects_and_no_other(simulator: Simulator, name: str, sdk: str) -> None:
    program = (
        "import json, sys\nfrom providers import SimulatorAddress, connect, load\n"
        "before = sorted(sys.modules)\n"
        f"connect(load({{}})[{name!r}].simulated_by(SimulatorAddress({simulator.url!r}, '', '')))\n"
        "print(json.dumps([before, sorted(sys.modules)]))"
    )
    child = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, env=guarded_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    before, after = (set(modules) for modules in json.loads(child.stdout))
    sdks = {"openai", "botocore", "ibm_watsonx_ai", "ibm_watson_machine_learning"}
    assert (before & sdks, after & sdks) == (set(), {sdk})
