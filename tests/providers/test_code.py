"""Code to take home is run as it stands: by the vendors' real SDKs and curl, to the vendors' real addresses, where a
proxy leads to the simulator. It sends what the adapter sends."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from providers import Message, Request, connect, load
from providers.base import Reasoning
from providers.code import literal
from simulator import Simulator
from simulator.log import Exchange
from tests.providers.servers import Proxy, Script
from tests.support.guard import guarded_environment
from tests.support.since import Since

KEYS = {
    "OPENAI_API_KEY": "sk-planted-openai",
    "AWS_ACCESS_KEY_ID": "AKIAPLANTED",
    "AWS_SECRET_ACCESS_KEY": "planted-secret",
    "AWS_SESSION_TOKEN": "planted-session",
    "WATSONX_APIKEY": "planted-watsonx",
    "WATSONX_PROJECT_ID": "planted-project",
    "ENDPOINT_VLLM_API_KEY": "planted-vllm",
    "ENDPOINT_VLLM_X_TEAM": "planted-team",
    "ENDPOINT_VLLM_SIG": "planted-sig",
    "ENDPOINT_AZURE_API_KEY": "planted-azure",
    "ENDPOINT_GATEWAY_API_KEY": "planted-gateway",
}
ENDPOINTS = {
    "ENDPOINT_VLLM_URL": f"https://vllm.example/v1?version=2&sig={KEYS['ENDPOINT_VLLM_SIG']}",
    "ENDPOINT_VLLM_HEADERS": f"X-Team: {KEYS['ENDPOINT_VLLM_X_TEAM']}",
    "ENDPOINT_AZURE_URL": "https://ours.openai.azure.com/v1?api-version=preview",
    "ENDPOINT_GATEWAY_URL": "https://us-south.ml.cloud.ibm.com/ml/gateway/v1",
}
TOKEN = {"AWS_BEARER_TOKEN_BEDROCK": "planted-bedrock-token"}
CLUSTER = {
    "WATSONX_URL": "https://cpd-cpd.apps.ours.example",
    "WATSONX_USERNAME": "planted-user",
    "WATSONX_VERSION": "5.0",
}
PASSWORD = CLUSTER | {"WATSONX_APIKEY": "", "WATSONX_PASSWORD": "planted-password"}
DEPLOYED = {"WATSONX_MODEL": "0d1a5ee3-7d3e-4c1b-9d0e-3f7f2f4b1a11"}
NASTY = (
    'He said "it\'s $5 \\ `date` $(date) ${HOME}" \'\'\' """ \\" \\\' and\n\n\tthen 🏏 \\n\r\nJSON\nEOF %s {x} {{}} <b>'
    "\u2028\u202e\x7f\ud83c" + " a sentence that does not want to end" * 9
)
ASKED = Request(
    messages=(Message("user", NASTY), Message("assistant", NASTY[::-1]), Message("user", NASTY)),
    model="",
    system=f"Be 'kind'. {NASTY}",
    effort="low",
    tier="priority",
    latency="optimized",
    seed=7,
    max_tokens=40,
    temperature=0.5,
    top_p=0.9,
    cache=True,
)
# Three seconds of words: however busy a machine is, their first is printed before the last is sent.
MODELS = {"bedrock": "us.anthropic.sim-typical", "watsonx": "simulator/sim-typical"}
VARIANTS = [
    pytest.param("openai", "chat", {}, id="openai"),
    pytest.param("vllm", "chat", {}, id="vllm"),
    pytest.param("azure", "chat", {}, id="azure"),
    pytest.param("openai", "responses", {}, id="responses"),
    pytest.param("gateway", "chat", {}, id="gateway"),
    pytest.param("bedrock", "converse", {}, id="converse"),
    pytest.param("bedrock", "invoke", {}, id="invoke"),
    pytest.param("bedrock", "invoke", TOKEN, id="token"),
    pytest.param("watsonx", "chat", {}, id="chat"),
    pytest.param("watsonx", "generate", {}, id="generate"),
    pytest.param("watsonx", "chat", CLUSTER, id="cluster"),
    pytest.param("watsonx", "chat", PASSWORD, id="password"),
    pytest.param("watsonx", "chat", DEPLOYED, id="deployment"),
]


@pytest.fixture(scope="module")
def proxy(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with Proxy(simulator.url, tmp_path_factory.mktemp("proxy")) as running:
        yield running


def environment(proxy: Proxy, more: dict[str, str]) -> dict[str, str]:
    """A developer's, who has keys and sits behind a company's proxy."""
    authorities = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE")
    verified = dict.fromkeys((*authorities, "WML_CLIENT_VERIFY_REQUESTS"), proxy.ca_file)
    return {"HTTPS_PROXY": proxy.url, "AWS_REGION": "eu-central-1", **verified, **KEYS, **more}


def asked(since: Since) -> Exchange:
    (found,) = (one for one in since.exchanges() if one.api in ("chat", "responses", "converse", "invoke", "generate"))
    assert found.status == 200
    return found


def run(code: str, label: str, variables: dict[str, str], streamed: bool, since: Since) -> str:
    """What it prints. A streamed answer's first sign is there before its end was sent."""
    command = ["sh", "-c", code] if label == "curl" else [sys.executable, "-W", "ignore", "-c", code]
    with subprocess.Popen(
        command,
        env=guarded_environment(**variables, PYTHONIOENCODING="utf-8"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    ) as child:
        assert child.stdout
        begin = child.stdout.read(1)
        if streamed and begin:
            assert asked(since).ended is None
        rest, errors = child.communicate(timeout=90)
    assert child.returncode == 0, errors.decode()
    return (begin + rest).decode("utf-8", "replace")


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "awaited"])
@pytest.mark.parametrize(("name", "api", "more"), VARIANTS)
def test_the_code_sends_what_the_app_sends(
    name: str,
    api: str,
    more: dict[str, str],
    streamed: bool,
    proxy: Proxy,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    variables = environment(proxy, more)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    vendor = load(variables | ENDPOINTS)[name]
    model = more.get("WATSONX_MODEL") or MODELS.get(name, "sim-typical")
    request = replace(ASKED, model=model if streamed else model.replace("typical", "instant"), stream=streamed)
    since = Since(simulator)
    text = "".join(piece for piece in connect(vendor, api).stream(request) if not isinstance(piece, Reasoning))
    assert text.strip()
    app = asked(since)
    shown = vendor.code(request, api)
    assert next(iter(shown)) == "Python"
    assert list(shown)[-1] == "curl"
    for label, code in shown.items():
        assert "planted" not in code
        since = Since(simulator)
        printed = run(code, label, variables, streamed, since)
        sent = asked(since)
        assert (sent.path, sent.model, sent.streamed, sent.body) == (app.path, app.model, app.streamed, app.body), label
        if label != "curl":  # which prints the vendor's own events
            assert printed.removesuffix("\n") == text.removesuffix("\n")
        elif not streamed:
            assert text.split()[-1] in printed
    assert (api == "generate") == (len(shown) == 3)


@pytest.mark.parametrize(
    ("url", "headers", "shown"),
    [
        ("https://sk-planted@ours.example/v1", "", "https://$ENDPOINT_OURS_PASSWORD@ours.example/v1/chat"),
        ("https://sk-planted:@ours.example/v1", "", "https://$ENDPOINT_OURS_PASSWORD@ours.example/v1/chat"),
        ("https://me:planted@ours.example:8443/@cf/v1", "", "https://me:$ENDPOINT_OURS_PASSWORD@ours.example:8443/@cf"),
        ("https://ours.example/@cf/v1", "", '"https://ours.example/@cf/v1/chat'),
        ("https://me:planted@ours.example/ml/gateway/v1", "", '"https://ours.example/identity/token"'),
        ("https://ours.example/sk-planted-in-a-path/v1", "", "https://ours.example/•••/v1"),
        ("https://ours.example/v1?signature=planted&jwt=planted&v=2", "", "?signature=$ENDPOINT_OURS_SIGNATURE&jwt=$"),
        ("https://ours.example/v1?k=planted-of-some-length", "", "?k=$ENDPOINT_OURS_K"),
        ("https://ours.example/v1?api-version=2025-04-01-preview", "", "?api-version=2025-04-01-preview"),
        ("https://ours.example/v1", "X.Team: planted", "X.Team: $ENDPOINT_OURS_X_TEAM"),
    ],
)
def test_no_key_of_an_address_is_in_the_code(url: str, headers: str, shown: str) -> None:
    variables = {"ENDPOINT_OURS_URL": url, "ENDPOINT_OURS_API_KEY": "planted", "ENDPOINT_OURS_HEADERS": headers}
    ours = load(variables)["ours"]
    code = ours.code(ASKED, "chat")
    assert shown in code["curl"]
    assert "planted" not in "".join(code.values())
    assert ("Bearer" in code["curl"]) == ("PASSWORD" not in code["curl"])  # as httpx has it
    named = 'base_url="https://me:" + environ["ENDPOINT_OURS_PASSWORD"] + "@ours.example:8443/@cf/v1"'
    assert (named in code["Python"]) == ("8443" in url)


@pytest.mark.parametrize("name", ["openai", "bedrock", "watsonx"])
def test_it_needs_no_key_to_be_shown(name: str) -> None:
    bare, keyed = load({})[name], load(KEYS)[name]
    assert bare.code(ASKED, bare.api) == keyed.code(ASKED, keyed.api)


@pytest.mark.parametrize("token", ["", "planted/session+=="])
def test_curl_signs_as_aws_does(token: str) -> None:
    variables = {**KEYS, "AWS_SESSION_TOKEN": token}
    code = load(variables)["bedrock"].code(replace(ASKED, model="anthropic.claude"), "converse")["curl"]
    with Script() as server:
        server.plays(b"{}")
        here = code.replace("https://bedrock-runtime.us-east-1.amazonaws.com", server.url)
        subprocess.run(["sh", "-c", here], env=guarded_environment(**variables), check=True, capture_output=True)
    lines = [line.split(": ", 1) for line in server.heads[0].splitlines()[1:] if line]
    sent = {name.lower(): value for name, value in lines}
    signed = [name for name in sent if name.startswith("x-amz-") or name == "content-type"]
    body = code.partition("<<'JSON'\n")[2].removesuffix("JSON\n").encode()
    url = f"{server.url}/model/anthropic.claude/converse-stream"
    request = AWSRequest("POST", url, data=body, headers={name: sent[name] for name in signed})
    request.context["timestamp"] = sent["x-amz-date"]
    aws = SigV4Auth(Credentials(KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"]), "bedrock", "us-east-1")
    signature = aws.signature(aws.string_to_sign(request, aws.canonical_request(request)), request)
    assert sent["authorization"].endswith(f"Signature={signature}")
    assert ("x-amz-security-token" in sent) == bool(token)


def test_a_model_that_curl_can_not_sign_is_asked_by_an_api_key() -> None:
    code = load(KEYS)["bedrock"].code(replace(ASKED, model="us.amazon.nova-2-lite-v1:0"), "converse")["curl"]
    assert "Bearer $AWS_BEARER_TOKEN_BEDROCK" in code
    assert "sigv4" not in code


def test_it_can_be_read() -> None:
    """No line is too wide for the page, and no sign is there that can't be seen."""
    for code in load(KEYS)["openai"].code(ASKED, "chat").values():
        assert all(sign.isprintable() for sign in code if sign != "\n")
    python = load(KEYS)["openai"].code(ASKED, "chat")["Python"]
    assert max(map(len, python.splitlines())) <= 110
    compile(python, "snippet", "exec")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=50)
@given(values)
def test_a_literal_is_the_value(value: object) -> None:
    assert ast.literal_eval(literal(value)) == value
