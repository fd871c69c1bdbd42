"""Proxies and certificates by the environment's variables, in every shape that people give them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import providers
from providers import ProviderError, Settings, SimulatorAddress, connect, load
from providers.settings import on_this_machine
from providers.transport.proxies import Proxy, proxy_for
from providers.watsonx.adapter import connect_watsonx
from providers.watsonx.settings import WatsonxSettings
from simulator import Simulator
from tests.providers import servers
from tests.providers.asking import collect, question

ENV = {
    "OPENAI_API_KEY": "sk-0123456789",
    "AWS_ACCESS_KEY_ID": "AKIA0123456789",
    "AWS_SECRET_ACCESS_KEY": "a-secret-counterpart",
    "AWS_REGION": "us-east-1",
    "WATSONX_APIKEY": "ibm-0123456789",
    "WATSONX_PROJECT_ID": "11111111-2222-3333-4444-555555555555",
}
VOICES = [("openai", "chat"), ("bedrock", "converse"), ("watsonx", "chat"), ("watsonx", "generate")]
everybody = pytest.mark.parametrize(("name", "api"), VOICES)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """No client that one test made serves another."""
    yield
    providers._connected.cache_clear()


def error_of(settings: Settings, api: str) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        raise collect(connect(settings, api), question()).error or AssertionError("it was answered")
    return caught.value


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("socks5://127.0.0.1:7890", "SOCKS"),
        ("socks5h://ann:pa55@127.0.0.1:1080", "SOCKS"),
        ("socks4://127.0.0.1:1080", "SOCKS"),
        ("socks://127.0.0.1:1080", "SOCKS"),
        ("SOCKS5://127.0.0.1:1080", "SOCKS"),
        ("htp://x", "no address"),
        ("http://127.0.0.1:port", "no address"),
        ("http://127.0.0.1:0", "no address"),
        ("http://127.0.0.1:99999", "no address"),
        ("127.0.0.1:99999", "no address"),
        ("http://", "no address"),
        ("http://[::1", "no address"),
        ("http://a b:3128", "no address"),
        ("http://ann:pa55#1@proxy.example:3128", "no address"),
        ("http://ann:pa55/1@proxy.example:3128", "%2F"),
        ("http://ann:pa55?1@proxy.example:3128", "no address"),
        ("http://ann:pa55é@proxy.example:3128", "outside ASCII"),
        ("http://ann:pa55%FF@proxy.example:3128", "outside ASCII"),
        ("http://wpad.example/proxy.pac", "no address"),
        (f"http://{'x' * 70}.example", "no address"),
    ],
)
@pytest.mark.parametrize("variable", ["ALL_PROXY", "https_proxy"])
@everybody
def test_a_proxy_that_can_not_be_used_is_named_by_its_variable(
    name: str, api: str, variable: str, written: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, written)
    error = error_of(load(ENV)[name], api)
    assert (error.kind, error.retryable) == ("network", False)
    assert variable in error.message
    assert says in error.message
    assert "pa55" not in error.message


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("http://proxy.example:3128", "http://proxy.example:3128"),
        ("proxy.example:3128", "http://proxy.example:3128"),
        ("ann:pa55@proxy.example:3128", "http://ann:pa55@proxy.example:3128"),
        ("http://ann:p@s:s%@proxy.example", "http://ann:p%40s%3As%25@proxy.example"),
        ("http://ann:p%40s@proxy.example", "http://ann:p%40s@proxy.example"),
        ("http://ann@proxy.example/", "http://ann@proxy.example"),
        ("http://domain\\ann:x@proxy.example", "http://domain%5Cann:x@proxy.example"),
        ("https://proxy.example:443", "https://proxy.example:443"),
        ("HTTP://[::1]:3128", "http://[::1]:3128"),
        (" 'http://proxy.example' ", "http://proxy.example"),
    ],
)
def test_a_proxy_in_other_shapes(written: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", written)
    assert proxy_for("https://api.openai.com/v1") == Proxy("HTTPS_PROXY", url)


def test_the_scheme_s_own_proxy_goes_before_the_one_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:7890")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    assert proxy_for("https://api.openai.com") == Proxy("HTTPS_PROXY", "http://proxy.example")
    with pytest.raises(ValueError, match="ALL_PROXY"):
        proxy_for("http://models.example")
    monkeypatch.setenv("HTTPS_PROXY", "")
    monkeypatch.setenv("ALL_PROXY", "")
    assert proxy_for("https://api.openai.com") is None


@pytest.mark.parametrize(
    ("exceptions", "url", "excepted"),
    [
        ("*", "https://api.openai.com", True),
        ("openai.com", "https://api.openai.com", True),
        (".openai.com", "https://api.openai.com", True),
        ("*.openai.com", "https://api.openai.com", True),
        ("API.OpenAI.com.", "https://api.openai.com", True),
        ("https://api.openai.com", "https://api.openai.com", True),
        ("api.openai.com:443", "https://api.openai.com", True),
        ("api.openai.com:8443", "https://api.openai.com", False),
        ("penai.com", "https://api.openai.com", False),
        ("localhost api.openai.com", "https://api.openai.com", True),
        ("localhost, 127.0.0.0/8 ,api.openai.com", "https://api.openai.com", True),
        ("10.0.0.0/8", "https://10.1.2.3:8000/v1", True),
        ("10.0.0.7/8", "https://10.1.2.3:8000/v1", True),
        ("10.1.2.3:8000", "https://10.1.2.3:8000/v1", True),
        ("10.0.0.0/99,::1/x,[,]:,:,/,http://,10.*", "https://10.1.2.3", False),
        ("fd00::/8", "https://[fd00::7]/v1", True),
        ("[fd00::7]", "https://[fd00::7]/v1", True),
        ("[fd00::7]:443", "https://[fd00::7]/v1", True),
        ("fd00::8", "https://[fd00::7]/v1", False),
        ("", "https://api.openai.com", False),
        (",, ,", "https://api.openai.com", False),
    ],
)
def test_what_no_proxy_excepts(exceptions: str, url: str, excepted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example")
    monkeypatch.setenv("NO_PROXY", exceptions)
    assert (proxy_for(url) is None) is excepted


def test_what_is_excepted_need_not_have_a_proxy_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "models.invalid")
    assert proxy_for("http://models.invalid/v1") is None


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("ollama.localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("[::1]", True),
        ("[::ffff:127.0.0.1]", True),
        ("0.0.0.0", True),
        ("[::]", True),
        ("192.168.1.7", False),
        ("127.example", False),
        ("", False),
        ("localhost.example.com", False),
    ],
)
def test_what_is_on_this_machine(host: str, here: bool) -> None:
    assert on_this_machine(f"http://{host}:11434/v1") is here


@pytest.mark.parametrize("written", ["socks5://127.0.0.1:9", "htp://x", "http://127.0.0.1:9"])
@everybody
def test_no_proxy_leads_to_the_simulator(
    name: str, api: str, written: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(variable, written)
    address = SimulatorAddress(simulator.url, simulator.tls_url, simulator.ca_file)
    assert collect(connect(load(ENV)[name].simulated_by(address), api), question()).end is not None


def test_nor_to_another_server_on_this_machine(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    for host in ("localhost", "127.0.0.1", "0.0.0.0"):
        here = load({"ENDPOINT_HERE_URL": f"{simulator.url.replace('127.0.0.1', host)}/v1"})["here"]
        assert collect(connect(here), question()).end is not None
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", simulator.url)
    assert collect(connect(load(ENV)["bedrock"]), question()).end is not None


@everybody
def test_a_password_of_odd_characters_reaches_the_proxy_whole(
    name: str, api: str, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with servers.Proxy(simulator.url, tmp_path) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url.replace("//", "//ann:p@s%23:100%@"))
        settings: Any = replace(load(ENV)[name], ca_file=proxy.ca_file)
        collect(connect(settings, api), question())  # IBM's answers come over TLS, which this relay does not speak
        assert set(proxy.logins) == {"ann:p@s#:100%"}
        providers._connected.cache_clear()


@everybody
def test_a_proxy_that_is_not_there_is_named_by_its_variable(
    name: str, api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://ann:pa55@127.0.0.1:9")
    error = error_of(load(ENV)[name], api)
    assert error.kind == "network"
    assert "ALL_PROXY" in error.message
    assert "pa55" not in error.message


def test_ibm_s_hosts_are_excepted_each_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "iam.cloud.ibm.com")
    settings = load(ENV)["watsonx"]
    assert isinstance(settings, WatsonxSettings)
    monkeypatch.setattr("providers.watsonx.adapter.WatsonxSDK", lambda settings, http: None)
    provider: Any = connect_watsonx(settings, "chat")
    assert {host.pattern: transport is None for host, transport in provider._http._mounts.items()} == {
        "all://": False,
        "all://iam.cloud.ibm.com": True,
    }
    provider.close()


# Certificates


@pytest.mark.parametrize(
    ("env", "bedrock", "others"),
    [
        ({"SSL_CERT_FILE": "a", "AWS_CA_BUNDLE": "b"}, ("b", "AWS_CA_BUNDLE"), ("a", "SSL_CERT_FILE")),
        ({"REQUESTS_CA_BUNDLE": "a", "AWS_CA_BUNDLE": "b"}, ("b", "AWS_CA_BUNDLE"), ("a", "REQUESTS_CA_BUNDLE")),
        ({"SSL_CERT_FILE": "a", "REQUESTS_CA_BUNDLE": "b"}, ("a", "SSL_CERT_FILE"), ("a", "SSL_CERT_FILE")),
        ({"SSL_CERT_FILE": "a", "AWS_CA_BUNDLE": " "}, ("a", "SSL_CERT_FILE"), ("a", "SSL_CERT_FILE")),
        ({"AWS_CA_BUNDLE": "b"}, ("b", "AWS_CA_BUNDLE"), ("b", "AWS_CA_BUNDLE")),
        ({"SSL_CERT_DIR": "d"}, ("d", "SSL_CERT_DIR"), ("d", "SSL_CERT_DIR")),
        ({}, ("", "SSL_CERT_FILE"), ("", "SSL_CERT_FILE")),
    ],
)
def test_aws_s_own_variable_wins_for_aws(
    env: dict[str, str], bedrock: tuple[str, str], others: tuple[str, str]
) -> None:
    found = load(env | {"ENDPOINT_HERE_URL": "http://localhost"})
    assert {name: (one.ca_file, one.ca_variable) for name, one in found.items()} == {
        "openai": others,
        "bedrock": bedrock,
        "watsonx": others,
        "here": others,
    }


@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"\xff\xfe\0"])
@everybody
def test_certificates_that_can_not_be_read_are_named_by_their_variable(
    name: str, api: str, content: bytes | None, tmp_path: Path, simulator: Simulator
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    settings = load(ENV)[name]
    for variable in ("REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE"):
        settings = load(ENV | {variable: str(file)})[name]
        error = error_of(settings, api)
        assert (error.kind, error.retryable) == ("network", False)
        assert f"{file}, which {variable} names" in error.message
    address = SimulatorAddress(simulator.url, simulator.tls_url, simulator.ca_file)
    assert collect(connect(settings.simulated_by(address), api), question()).end is not None
