"""watsonx.ai, by both of IBM's SDKs as they are installed, over real sockets to the simulator."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeAlias

import pytest

from providers import Message, Provider, ProviderError, Reasoning, Request
from providers.settings import SimulatorAddress
from providers.transport.call import Call
from providers.watsonx.adapter import connect_watsonx
from providers.watsonx.settings import WatsonxSettings
from providers.watsonx.wml import is_installed
from simulator import Exchange, Simulator
from tests.providers.asking import Heard, collect, eventually, listening
from tests.support.since import Since

Voice: TypeAlias = tuple[str, str]
Connected: TypeAlias = Callable[[Voice], Provider]
Asked: TypeAlias = Callable[[], list[Exchange]]

CRICKET = "Tell me about history of Cricket in 200 words."
PUZZLE = "Solve a puzzle: a bat and a ball cost 1.10 together, the bat costs 1.00 more. What is the ball?"
KEY = "a-key-that-nobody-must-see"
OLDER, NEWER = "ibm-watson-machine-learning", "ibm-watsonx-ai"
LIVE = WatsonxSettings(api_key=KEY, project_id="my-project")

older = pytest.mark.skipif(not is_installed(), reason=f"{OLDER} refuses this Python")
VOICES = [
    pytest.param(("chat", ""), id="chat"),
    pytest.param(("generate", NEWER), id="generate-newer"),
    pytest.param(("generate", OLDER), id="generate-older", marks=older),
]
GENERATORS = VOICES[1:]
STREAMED = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "in-one"])


@pytest.fixture(scope="module")
def simulated(simulator: Simulator) -> WatsonxSettings:
    return LIVE.simulated_by(SimulatorAddress(simulator.url, simulator.tls_url, simulator.ca_file))


@pytest.fixture(scope="module")
def connected(simulated: WatsonxSettings) -> Connected:
    """The provider for an API and an SDK, connected once for all tests."""
    made: dict[Voice, Provider] = {}

    def connect(voice: Voice) -> Provider:
        if voice not in made:
            made[voice] = connect_watsonx(replace(simulated, sdk=voice[1]), voice[0])
        return made[voice]

    return connect


@pytest.fixture(params=VOICES)
def provider(request: Any, connected: Connected) -> Provider:
    return connected(request.param)


@pytest.fixture(params=GENERATORS)
def generator(request: Any, connected: Connected) -> Provider:
    return connected(request.param)


@pytest.fixture
def chat(connected: Connected) -> Provider:
    return connected(("chat", ""))


@pytest.fixture
def asked(simulator: Simulator) -> Asked:
    """What reached the simulator since the test began."""
    return Since(simulator).exchanges


# Answers


@STREAMED
def test_an_answer_is_heard_whole_and_says_how_it_ended(provider: Provider, stream: bool, asked: Asked) -> None:
    request = replace(Request.of(CRICKET, "ibm/granite-4-h-small.sim-instant"), stream=stream)
    heard = collect(provider, request)
    (exchange,) = asked()
    assert exchange.streamed is stream
    assert heard.text == "".join(text for _, text in exchange.sends)
    assert heard.text.startswith("Cricket grew up")
    assert heard.end is not None
    assert heard.end.finish_reason == "stop"
    assert heard.end.input_tokens
    assert heard.end.output_tokens
    assert heard.end.request_id


@STREAMED
def test_reasoning_is_told_from_the_answer(chat: Provider, stream: bool) -> None:
    heard = collect(chat, replace(Request.of(PUZZLE, "sim-instant"), stream=stream))
    assert heard.reasoning
    assert heard.text
    assert isinstance(heard.pieces[0], Reasoning)
    assert heard.end is not None
    assert heard.end.finish_reason == "stop"


@pytest.mark.parametrize("model", ["sim-fault-drip.sim-40xmax", "sim-fault-huge-piece.sim-instant"])
def test_it_does_not_matter_how_the_bytes_are_cut(provider: Provider, model: str, asked: Asked) -> None:
    heard = collect(provider, Request.of(CRICKET, model))
    assert heard.text == "".join(text for _, text in asked()[-1].sends)
    assert heard.end is not None


def test_one_provider_serves_many_threads(provider: Provider) -> None:
    def ask(count: int) -> Heard:
        return collect(provider, Request.of("hi", f"sim-{count}xmax"))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(20, 60)))
    assert [len(heard.pieces) for heard in answers] == list(range(20, 60))
    assert [heard.end and heard.end.output_tokens for heard in answers] == list(range(20, 60))


def test_connections_are_used_again(provider: Provider, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    collect(provider, Request.of("hi", "sim-5xmax"))
    dialled: list[Any] = []
    connect = socket.create_connection

    def dial(*where: Any, **more: Any) -> socket.socket:
        dialled.append(where)
        return connect(*where, **more)

    monkeypatch.setattr(socket, "create_connection", dial)
    collect(provider, Request.of("hi", "sim-5xmax"))
    assert len(asked()) == 2
    assert dialled == []


# What is sent

CONVERSATION = (
    Message("user", "My name is Ada."),
    Message("assistant", "Hello Ada."),
    Message("user", "What is my name?"),
)


@STREAMED
def test_chat_sends_every_turn_and_only_what_was_set(
    chat: Provider, stream: bool, asked: Asked, simulated: WatsonxSettings
) -> None:
    request = Request(messages=CONVERSATION, system="Be brief.", model="sim-5xmax", stream=stream)
    collect(chat, request)
    collect(chat, replace(request, max_tokens=7, temperature=0.0, top_p=0.5))
    plain, full = (exchange.body for exchange in asked())
    assert plain == {
        "model_id": "sim-5xmax",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "My name is Ada."},
            {"role": "assistant", "content": "Hello Ada."},
            {"role": "user", "content": "What is my name?"},
        ],
        "project_id": simulated.project_id,
    }
    assert full == {**plain, "max_tokens": 7, "temperature": 0.0, "top_p": 0.5}


@STREAMED
def test_generate_sends_one_prompt_by_the_model_s_template(
    generator: Provider, stream: bool, asked: Asked, simulated: WatsonxSettings
) -> None:
    model = "mistralai/mixtral-8x7b-instruct-v01.sim-5xmax"
    collect(generator, Request(messages=CONVERSATION, system="Be brief.", model=model, stream=stream))
    assert asked()[-1].body == {
        "model_id": model,
        "input": "[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nMy name is Ada. [/INST] Hello Ada.</s>"
        "[INST] What is my name? [/INST]",
        "parameters": {"decoding_method": "greedy", "max_new_tokens": 1024},
        "project_id": simulated.project_id,
    }


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, {"decoding_method": "greedy", "max_new_tokens": 1024}),
        ({"max_tokens": 9}, {"decoding_method": "greedy", "max_new_tokens": 9}),
        (
            {"temperature": 0.7},
            {"decoding_method": "sample", "max_new_tokens": 1024, "temperature": 0.7},
        ),
        ({"top_p": 0.9}, {"decoding_method": "sample", "max_new_tokens": 1024, "top_p": 0.9}),
        ({"temperature": 0.0, "top_p": 0.9}, {"decoding_method": "greedy", "max_new_tokens": 1024}),
    ],
)
def test_generate_samples_only_when_it_is_told_how(generator: Provider, given: Any, sent: Any, asked: Asked) -> None:
    collect(generator, replace(Request.of("hi", "sim-5xmax"), **given))
    assert asked()[-1].body["parameters"] == sent


def test_models_are_those_on_offer(provider: Provider) -> None:
    names = provider.models()
    assert "ibm/granite-4-h-small" in names
    assert names == sorted(names)
    assert not [name for name in names if "sim-fault" in name]  # listed as withdrawn


# How it ended


@STREAMED
@pytest.mark.parametrize(("fault", "finish"), [("length", "length"), ("filtered", "filtered")])
def test_the_vendor_s_finish_marker_is_told(provider: Provider, fault: str, finish: str, stream: bool) -> None:
    request = replace(Request.of(CRICKET, f"sim-fault-{fault}.sim-instant"), stream=stream)
    heard = collect(provider, request)
    assert heard.text
    assert heard.end is not None
    assert heard.end.finish_reason == finish


@STREAMED
def test_a_tool_call_ends_chat_as_one(chat: Provider, stream: bool) -> None:
    heard = collect(chat, replace(Request.of(CRICKET, "sim-fault-tool.sim-instant"), stream=stream))
    assert heard.text == "Let me look that up."
    assert heard.end is not None
    assert heard.end.finish_reason == "tool"


@STREAMED
def test_without_counts_an_answer_is_still_complete(provider: Provider, stream: bool) -> None:
    request = replace(Request.of(CRICKET, "sim-fault-no-usage.sim-instant"), stream=stream)
    heard = collect(provider, request)
    assert heard.end is not None
    assert heard.end[:4] == ("stop", None, None, None)


# Failures


def test_the_wait_that_ibm_asks_for_is_told_and_kept(provider: Provider) -> None:
    waits: list[float] = []
    heard = collect(provider, Request.of("hi", "sim-fault-429-after-7"), Call(sleep=waits.append))
    assert waits == [7.0]
    assert heard.error is not None
    assert heard.error.retry_after == 7.0
    assert "7 s" in heard.error.message


def test_a_refusal_names_the_next_step_and_ibm_s_own_words(chat: Provider) -> None:
    heard = collect(chat, Request.of("hi", "sim-fault-403"))
    assert "WATSONX_PROJECT_ID" in str(heard.error)
    assert "not authorized to use this project" in str(heard.error)


# Hanging up


@STREAMED
@pytest.mark.parametrize("fault", ["stall-first", "stall-headers", "stall-middle"])
def test_cancelling_cuts_the_connection_while_ibm_is_silent(
    provider: Provider, fault: str, stream: bool, asked: Asked
) -> None:
    call = Call()
    request = replace(Request.of(CRICKET, f"sim-fault-{fault}.sim-instant"), stream=stream)
    with listening(provider, request, call) as (_, heard):
        eventually(lambda: len(asked()) == 1)
        (exchange,) = asked()
        if fault != "stall-first":
            eventually(lambda: exchange.status == 200)
        if fault == "stall-middle" and stream:
            eventually(lambda: len(exchange.sends) >= 12)
    eventually(lambda: exchange.cancelled)
    assert heard.error is not None
    assert len(asked()) == 1


def test_a_reader_that_turns_away_closes_the_connection(provider: Provider, asked: Asked) -> None:
    answer = provider.stream(Request.of(CRICKET, "sim-brisk"))
    next(answer)
    answer.close()
    (exchange,) = asked()
    eventually(lambda: exchange.cancelled)


def test_a_call_that_was_cancelled_before_asking_hears_nothing(provider: Provider) -> None:
    call = Call()
    call.cancel()
    heard = collect(provider, Request.of(CRICKET, "sim-slow"), call)
    assert heard.pieces == []
    assert heard.error is not None


# Connecting


def refusal(settings: WatsonxSettings, api: str = "chat") -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        connect_watsonx(settings, api)
    return caught.value


@pytest.mark.parametrize(
    ("lacking", "names"),
    [
        ({"api_key": ""}, ["WATSONX_APIKEY"]),
        ({"project_id": ""}, ["WATSONX_PROJECT_ID"]),
        ({"api_key": "", "project_id": ""}, ["WATSONX_APIKEY", "WATSONX_PROJECT_ID"]),
        ({"version": "5.0"}, ["WATSONX_USERNAME"]),
        ({"api_key": "", "password": "p"}, ["WATSONX_USERNAME"]),
    ],
)
def test_what_is_missing_is_named_before_anything_is_sent(lacking: Any, names: list[str]) -> None:
    error = refusal(replace(LIVE, **lacking))
    assert error.kind == "missing_credentials"
    everything = ["WATSONX_APIKEY", "WATSONX_PROJECT_ID", "WATSONX_USERNAME"]
    assert [name for name in everything if name in error.message] == names


@pytest.mark.parametrize("voice", VOICES)
def test_a_wrong_key_is_refused_while_connecting(simulated: WatsonxSettings, voice: Voice) -> None:
    error = refusal(replace(simulated, api_key="wrong-key", simulated=False, sdk=voice[1]), voice[0])
    assert error.kind == "auth"
    assert "WATSONX_APIKEY" in error.message
    assert "Provided API key could not be found" in error.message


@pytest.mark.parametrize("voice", VOICES)
def test_a_wrong_token_is_refused(simulated: WatsonxSettings, voice: Voice) -> None:
    settings = replace(simulated, token="a.wrong.token", simulated=False, sdk=voice[1])
    try:
        heard = collect(connect_watsonx(settings, voice[0]), Request.of("hi", "sim-5xmax"))
    except ProviderError as error:  # one SDK uses it at once
        heard = Heard([], error=error)
    assert heard.error is not None
    assert heard.error.kind == "auth"
    assert "WATSONX_TOKEN" in heard.error.message


@pytest.mark.parametrize("key", [f"{KEY}\u00e9", f"{KEY} {KEY}", f"{KEY}\n{KEY}"])
def test_a_key_that_no_header_can_carry_is_not_sent_and_not_shown(key: str) -> None:
    error = refusal(replace(LIVE, api_key=key))
    assert error.kind == "auth"
    assert KEY not in f"{error} {error!r}"


@pytest.mark.parametrize("voice", VOICES)
def test_an_address_where_nobody_listens_is_a_network_error(simulated: WatsonxSettings, voice: Voice) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = refusal(replace(simulated, url=f"https://127.0.0.1:{port}", sdk=voice[1]), voice[0])
    assert error.kind == "network"


@pytest.mark.parametrize("voice", VOICES)
def test_an_address_that_keeps_silent_does_not_hold_the_connecting_up(simulated: WatsonxSettings, voice: Voice) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        settings = replace(simulated, url=url, sdk=voice[1], connect_timeout=0.2, silence_timeout=0.2)
        assert refusal(settings, voice[0]).kind in ("network", "timeout")


@pytest.mark.parametrize("voice", VOICES)
def test_a_certificate_that_nobody_vouches_for_is_refused_whatever_came_before(
    simulated: WatsonxSettings, voice: Voice, connected: Connected
) -> None:
    trusting = connected(voice)
    for _ in range(2):  # left to themselves, both SDKs give verification up after the first failure
        error = refusal(replace(simulated, ca_file="", simulated=False, sdk=voice[1]), voice[0])
        assert error.kind == "network"
        assert not error.retryable
        assert "SSL_CERT_FILE" in error.message
    assert collect(trusting, Request.of("hi", "sim-5xmax")).end is not None


@pytest.mark.parametrize("voice", VOICES)
def test_nothing_is_left_behind_in_the_environment(simulated: WatsonxSettings, voice: Voice) -> None:
    connect_watsonx(replace(simulated, sdk=voice[1]), voice[0])
    left = [name for name in os.environ if "VERIFY" in name or "TOKEN" in name or name.startswith("DEPLOYMENT_")]
    assert left == []


@pytest.mark.parametrize("voice", VOICES)
def test_stray_variables_do_not_win_over_the_settings(
    simulated: WatsonxSettings,
    voice: Voice,
    monkeypatch: pytest.MonkeyPatch,
    asked: Asked,
) -> None:
    stray = {
        "PROJECT_ID": "stray",
        "SPACE_ID": "stray",
        "USER_ACCESS_TOKEN": "a.wrong.token",
        "RUNTIME_ENV_APSX_URL": "https://stray.invalid",
        "WX_CLIENT_VERIFY_REQUESTS": "False",
        "WML_CLIENT_VERIFY_REQUESTS": "False",
        "WATSONX_MAX_RETRIES": "5",
        "HTTPS_PROXY": "http://127.0.0.1:1",
    }
    for name, value in stray.items():
        monkeypatch.setenv(name, value)
    provider = connect_watsonx(replace(simulated, sdk=voice[1]), voice[0])
    assert asked()[0].api in ("iam", "models")
    assert collect(provider, Request.of("hi", "sim-5xmax")).end is not None
    assert asked()[-1].body["project_id"] == simulated.project_id
    assert collect(provider, Request.of("hi", "sim-fault-503")).error is not None
    assert [exchange.model for exchange in asked()].count("sim-fault-503") == 2
    assert refusal(replace(simulated, ca_file="", sdk=voice[1]), voice[0]).kind == "network"


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("key", ["api_key", "password"])
def test_a_cloud_pak_takes_a_name_beside_key_or_password(
    simulated: WatsonxSettings, voice: Voice, key: str, asked: Asked
) -> None:
    cloud_pak = replace(simulated, version="5.0", username="ada", api_key="", simulated=False, sdk=voice[1])
    provider = connect_watsonx(replace(cloud_pak, **{key: KEY}), voice[0])  # type: ignore[arg-type]
    assert "/icp4d-api/v1/authorize" in [exchange.path for exchange in asked()]
    assert collect(provider, Request.of("hi", "sim-5xmax")).end is not None
    error = refusal(replace(cloud_pak, **{key: "wrong"}), voice[0])  # type: ignore[arg-type]
    assert error.kind == "auth"
    assert ("WATSONX_PASSWORD" if key == "password" else "WATSONX_APIKEY") in error.message


# Deployments and spaces

DEPLOYMENT = "0d1a5ee3-7d3e-4c1b-9d0e-3f7f2f4b1a11"


@STREAMED
@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("place", [{"project_id": "p"}, {"project_id": "", "space_id": "s"}], ids=["project", "space"])
def test_a_deployment_s_id_stands_in_the_place_of_a_model_s(
    simulated: WatsonxSettings, voice: Voice, place: Any, stream: bool, asked: Asked
) -> None:
    provider = connect_watsonx(replace(simulated, sdk=voice[1], **place), voice[0])
    assert collect(provider, replace(Request.of("hi", DEPLOYMENT), stream=stream, max_tokens=2)).end is not None
    assert f"/deployments/{DEPLOYMENT}/text/" in asked()[-1].path
    assert not {"model_id", "project_id", "space_id"} & set(asked()[-1].body)
    assert collect(provider, replace(Request.of("hi", "sim-5xmax"), stream=stream)).end is not None
    sent = asked()[-1].body
    assert {name: sent.get(name, "") for name in place} == place


# Which SDK speaks


@older
def test_the_article_s_sdk_speaks_unless_another_is_named(simulated: WatsonxSettings, asked: Asked) -> None:
    connect_watsonx(simulated, "generate")
    assert "instance" in [exchange.api for exchange in asked()]  # only the older one asks for it


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (replace(LIVE, sdk="langchain"), f"{OLDER} or {NEWER}"),
        (replace(LIVE, sdk=OLDER, url="https://au-syd.ml.cloud.ibm.com"), OLDER),
    ],
)
def test_a_named_sdk_that_can_not_ask_is_an_error(settings: WatsonxSettings, words: str) -> None:
    error = refusal(settings, "generate")
    assert error.kind == "bad_request"
    assert words in error.message


def test_a_named_sdk_that_is_not_installed_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.watsonx.wml.PACKAGE", "ibm_no_such_package")
    assert "not installed" in refusal(replace(LIVE, sdk=OLDER), "generate").message


def test_without_the_older_sdk_the_newer_one_generates(
    simulated: WatsonxSettings, monkeypatch: pytest.MonkeyPatch, asked: Asked
) -> None:
    monkeypatch.setattr("providers.watsonx.wml.PACKAGE", "ibm_no_such_package")
    provider = connect_watsonx(simulated, "generate")
    assert [exchange.api for exchange in asked()] == ["iam"]
    assert collect(provider, Request.of("hi", "sim-5xmax")).end is not None


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    eventually(lambda: threading.active_count() <= before)
