"""Proxies and certificates by the environment's variables, in every shape that people give them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from providers import Call, load
from providers.settings import on_this_machine
from providers.transport.proxies import Proxy, proxy_for
from providers.watsonx.adapter import connect_watsonx
from simulator import Simulator
from tests.providers import servers
from tests.providers.asking import (
    APIS,
    EVERY,
    IBM,
    Api,
    ask,
    at_simulator,
    collect,
    connected,
    error_of,
    question,
    requests_for,
    settings_for,
)

everywhere = pytest.mark.parametrize("api", EVERY)
HOSTS = dict.fromkeys(("chat", "responses"), "api.openai.com")
HOSTS |= dict.fromkeys(("converse", "invoke"), "bedrock-runtime.us-east-1.amazonaws.com")


# Proxies


BAD_PROXIES = [
    ("socks5://127.0.0.1:7890", "SOCKS"),
    ("socks5h://ann:pa55@127.0.0.1:1080", "SOCKS"),
    ("socks4://127.0.0.1:1080", "SOCKS"),
    ("socks://127.0.0.1:1080", "SOCKS"),
    ("SOCKS5://127.0.0.1:1080", "SOCKS"),
    ("htp://x", "no address"),
    ("http://127.0.0.1:port", "no address"),
    ("http://127.0.0.1:0", "no address"),
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
]


@pytest.mark.parametrize(("written", "says"), BAD_PROXIES)
def test_a_proxy_that_can_not_be_used_is_named_by_its_variable(
    written: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("ALL_PROXY", "https_proxy"):
        with monkeypatch.context() as environment:
            environment.setenv(variable, written)
            with pytest.raises(ValueError, match=says) as caught:
                proxy_for("https://api.openai.com/v1")
        assert variable in str(caught.value)
        assert "pa55" not in str(caught.value)


@pytest.mark.parametrize(("written", "says"), [BAD_PROXIES[1], BAD_PROXIES[5], ("http://ann:pa55@127.0.0.1:9", "")])
@everywhere
def test_so_is_one_that_can_not_be_used_or_is_not_there_when_somebody_asks(
    api: Api, written: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", written)
    error = error_of(settings_for(api))
    assert error.kind == "network"
    assert not (says and error.retryable)
    assert "ALL_PROXY" in error.message
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
@everywhere
def test_no_proxy_leads_to_the_simulator(
    api: Api, written: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(variable, written)
    assert ask(at_simulator(simulator, api)).end is not None


def test_nor_to_another_server_on_this_machine(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    for host in ("localhost", "127.0.0.1", "0.0.0.0"):
        here = load({"ENDPOINT_HERE_URL": f"{simulator.url.replace('127.0.0.1', host)}/v1"})["here"]
        assert ask(here).end is not None
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", simulator.url)
    assert ask(settings_for("converse")).end is not None


@everywhere
def test_the_vendor_itself_is_asked_through_the_proxy(
    api: Api, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over one connection, which is opened before the question; the password's odd characters reach the proxy whole."""
    request = question(max_tokens=16)
    with servers.Proxy(simulator.url, tmp_path) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url.replace("//", "//ann:p@s%23:100%@"))
        with connected(settings_for(api, ca_file=proxy.ca_file)) as provider:
            with provider.preconnect(Call(), alone=False):
                assert proxy.connections == 1 or api in IBM  # whose SDKs have fetched a token
            assert collect(provider, request).end is not None
        assert proxy.connections == 1 or api in IBM
        assert set(proxy.logins) == {"ann:p@s#:100%"}
        assert api in IBM or proxy.asked == [f"{HOSTS[api]}:443"]
    (exchange,) = requests_for(simulator, request)
    if api == "chat":
        limits = {name: value for name, value in exchange.body.items() if name.startswith("max")}
        assert limits == {"max_completion_tokens": 16}


@pytest.mark.parametrize("api", APIS)
def test_plain_http_goes_through_its_own_proxy_but_for_what_is_excepted(
    api: Api, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with servers.Proxy(simulator.url, tmp_path) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert ask(settings_for(api, "http://models.invalid")).end is not None
        assert proxy.asked == ["models.invalid"]
        monkeypatch.setenv("NO_PROXY", "models.invalid")
        assert error_of(settings_for(api, "http://models.invalid")).kind == "network"  # there is no such host
        assert proxy.asked == ["models.invalid"]


def test_ibm_s_hosts_are_excepted_each_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "iam.cloud.ibm.com")
    monkeypatch.setattr("providers.watsonx.adapter.WatsonxSDK", lambda settings, http: None)
    provider: Any = connect_watsonx(settings_for("watsonx"), "chat")
    assert {host.pattern: transport is None for host, transport in provider._http._mounts.items()} == {
        "all://": False,
        "all://iam.cloud.ibm.com": True,
    }
    provider.close()


@pytest.mark.parametrize("api", APIS)
def test_a_server_that_is_not_there_is_a_network_error_after_a_second_try(api: Api) -> None:
    """The connection before the question is left to the question; that it can't be made is not waited for twice."""
    with connected(settings_for(api, "http://127.0.0.1:9")) as provider:
        with provider.preconnect(Call(), alone=False):
            pass
        heard = collect(provider, question())
    assert (heard.failure.kind, [retry.kind for retry in heard.retries]) == ("network", ["network"])
    assert "refused" in heard.failure.message or "Could not connect" in heard.failure.message


@pytest.mark.parametrize("url", ["http://bad..host:80", "http://" + "a" * 300])
def test_an_address_that_cannot_be_one_is_left_to_the_question(url: str) -> None:
    with connected(settings_for("chat", url)) as provider:
        with provider.preconnect(Call(), alone=False):
            pass
        assert collect(provider, question()).error is not None


# Certificates


@pytest.mark.parametrize(
    ("env", "bedrock", "others"),
    [
        ("SSL_CERT_FILE=a AWS_CA_BUNDLE=b", "b AWS_CA_BUNDLE", "a SSL_CERT_FILE"),
        ("REQUESTS_CA_BUNDLE=a AWS_CA_BUNDLE=b", "b AWS_CA_BUNDLE", "a REQUESTS_CA_BUNDLE"),
        ("SSL_CERT_FILE=a REQUESTS_CA_BUNDLE=b", "a SSL_CERT_FILE", "a SSL_CERT_FILE"),
        ("SSL_CERT_FILE=a AWS_CA_BUNDLE=", "a SSL_CERT_FILE", "a SSL_CERT_FILE"),
        ("AWS_CA_BUNDLE=b", "b AWS_CA_BUNDLE", "b AWS_CA_BUNDLE"),
        ("SSL_CERT_DIR=d", "d SSL_CERT_DIR", "d SSL_CERT_DIR"),
        ("X=", " SSL_CERT_FILE", " SSL_CERT_FILE"),
    ],
)
def test_aws_s_own_variable_wins_for_aws(env: str, bedrock: str, others: str) -> None:
    variables = dict(each.split("=") for each in env.split())
    found = load({**variables, "ENDPOINT_HERE_URL": "http://localhost"})
    assert {name: f"{one.ca_file} {one.ca_variable}" for name, one in found.items()} == {
        **dict.fromkeys(("openai", "watsonx", "here"), others),
        "bedrock": bedrock,
    }


@everywhere
def test_certificates_that_can_not_be_read_or_do_not_vouch_are_named_by_their_variable(
    api: Api, tmp_path: Path, simulator: Simulator
) -> None:
    for content in (None, b"", b"no certificate", b"\xff\xfe\0"):
        file = tmp_path / "ca.pem"
        if content is not None:
            file.write_bytes(content)
        error = error_of(settings_for(api, ca_file=str(file), ca_variable="REQUESTS_CA_BUNDLE"))
        assert (error.kind, error.retryable) == ("network", False)
        assert f"{file}, which REQUESTS_CA_BUNDLE names" in error.message
    trusting = at_simulator(simulator, api, tls=True)
    for _ in range(2):  # left to themselves, both SDKs of IBM give verification up after the first failure
        error = error_of(at_simulator(simulator, api, tls=True, ca_file=""))
        assert (error.kind, error.retryable) == ("network", False)
        assert "SSL_CERT_FILE" in error.message
    assert ask(trusting).end is not None
