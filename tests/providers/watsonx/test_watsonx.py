"""watsonx.ai: what only IBM has, by both of its SDKs as they are installed, over real sockets to the simulator."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from providers import Message, Request
from simulator import Exchange, Simulator
from tests.providers.asking import (
    IBM,
    KEY,
    SDKS,
    Api,
    ask,
    at_simulator,
    collect,
    connected,
    error_of,
    eventually,
    question,
    settings_for,
    streamed_or_not,
)
from tests.support.since import Since

Asked = Callable[[], list[Exchange]]

every_sdk = pytest.mark.parametrize("api", IBM)
generators = pytest.mark.parametrize("api", IBM[1:])
older = pytest.mark.skipif("older" not in IBM, reason="IBM's older SDK refuses this Python")


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    eventually(lambda: threading.active_count() <= before)


@pytest.fixture
def asked(simulator: Simulator) -> Asked:
    """What reached the simulator since the test began."""
    return Since(simulator).exchanges


# What is sent


@streamed_or_not
@generators
def test_generate_sends_one_prompt_by_the_model_s_template(
    simulator: Simulator, api: Api, stream: bool, asked: Asked
) -> None:
    turns = (Message("user", "I am Ada."), Message("assistant", "Hello Ada."), Message("user", "Who am I?"))
    model = "mistralai/mixtral-8x7b-instruct-v01.sim-5xmax"
    ask(at_simulator(simulator, api), Request(messages=turns, system="Be brief.", model=model, stream=stream))
    assert asked()[-1].body == {
        "model_id": model,
        "input": "[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nI am Ada. [/INST] Hello Ada.</s>[INST] Who am I? [/INST]",
        "parameters": {"decoding_method": "greedy", "max_new_tokens": 1024},
        "project_id": "my-project",
    }


@generators
def test_generate_samples_only_when_it_is_told_how(simulator: Simulator, api: Api, asked: Asked) -> None:
    with connected(at_simulator(simulator, api)) as provider:
        given: Any
        for given, method in (
            ({"temperature": 0.7}, "sample"), ({"top_p": 0.9}, "sample"), ({"temperature": 0.0, "top_p": 0.9}, "greedy")
        ):  # fmt: skip
            collect(provider, question(**given))
            sent = {} if method == "greedy" else given
            assert asked()[-1].body["parameters"] == {"decoding_method": method, "max_new_tokens": 1024, **sent}


def test_a_refusal_names_the_next_step_and_ibm_s_own_words(simulator: Simulator) -> None:
    error = ask(at_simulator(simulator, "watsonx"), question("sim-fault-403")).error
    assert "WATSONX_PROJECT_ID" in str(error)
    assert "not authorized to use this project" in str(error)


# Connecting


@every_sdk
def test_a_wrong_key_and_a_wrong_token_are_refused(simulator: Simulator, api: Api) -> None:
    error = error_of(at_simulator(simulator, api, api_key="wrong-key"))
    assert error.kind == "auth"
    assert "WATSONX_APIKEY" in error.message
    assert "Provided API key could not be found" in error.message
    error = error_of(at_simulator(simulator, api, token="a.wrong.token"))
    assert error.kind == "auth"
    assert "WATSONX_TOKEN" in error.message


@every_sdk
def test_stray_variables_do_not_win_over_the_settings(
    simulator: Simulator, api: Api, monkeypatch: pytest.MonkeyPatch, asked: Asked
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
    settings = at_simulator(simulator, api)
    assert ask(settings).end is not None
    left = [name for name in os.environ if "VERIFY" in name or "TOKEN" in name or name.startswith("DEPLOYMENT_")]
    assert left == []
    for name, value in stray.items():
        monkeypatch.setenv(name, value)
    with connected(settings) as provider:
        assert asked()[0].api in ("iam", "models")
        assert collect(provider, question()).end is not None
        assert asked()[-1].body["project_id"] == "my-project"
        failing = question("sim-fault-503")
        assert collect(provider, failing).error is not None
    assert [exchange.model for exchange in asked()].count(failing.model) == 2
    assert error_of(replace(settings, ca_file="")).kind == "network"


@every_sdk
@pytest.mark.parametrize("key", ["api_key", "password"])
def test_a_cloud_pak_takes_a_name_beside_key_or_password(
    simulator: Simulator, api: Api, key: str, asked: Asked
) -> None:
    cloud_pak = at_simulator(simulator, api, version="5.0", username="ada", api_key="")
    assert ask(replace(cloud_pak, **{key: KEY})).end is not None
    assert "/icp4d-api/v1/authorize" in [exchange.path for exchange in asked()]
    error = error_of(replace(cloud_pak, **{key: "wrong"}))
    assert error.kind == "auth"
    assert ("WATSONX_PASSWORD" if key == "password" else "WATSONX_APIKEY") in error.message


@streamed_or_not
@every_sdk
@pytest.mark.parametrize("place", [{"project_id": "p"}, {"project_id": "", "space_id": "s"}], ids=["project", "space"])
def test_a_deployment_s_id_stands_in_the_place_of_a_model_s(
    simulator: Simulator, api: Api, place: Any, stream: bool, asked: Asked
) -> None:
    deployment = "0d1a5ee3-7d3e-4c1b-9d0e-3f7f2f4b1a11"
    with connected(at_simulator(simulator, api, **place)) as provider:
        request = replace(Request.of("hi", deployment), stream=stream, max_tokens=2)
        assert collect(provider, request).end is not None
        assert f"/deployments/{deployment}/text/" in asked()[-1].path
        assert not {"model_id", "project_id", "space_id"} & set(asked()[-1].body)
        assert collect(provider, question(stream=stream)).end is not None
    sent = asked()[-1].body
    assert {name: sent.get(name, "") for name in place} == place


# Which SDK speaks


@older
def test_the_article_s_sdk_speaks_unless_another_is_named(simulator: Simulator, asked: Asked) -> None:
    with connected(at_simulator(simulator, "generate", sdk="")):
        assert "instance" in [exchange.api for exchange in asked()]  # only the older one asks for it


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"sdk": "langchain"}, " or ".join(reversed(SDKS.values()))),
        ({"sdk": SDKS["older"], "url": "https://au-syd.ml.cloud.ibm.com"}, SDKS["older"]),
    ],
)
def test_a_named_sdk_that_can_not_ask_is_an_error(fields: Any, words: str) -> None:
    error = error_of(settings_for("generate", **fields))
    assert error.kind == "bad_request"
    assert words in error.message


def test_where_the_older_sdk_is_not_installed_the_newer_one_generates_unless_it_was_named(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, asked: Asked
) -> None:
    monkeypatch.setattr("providers.watsonx.wml.PACKAGE", "ibm_no_such_package")
    assert "not installed" in error_of(settings_for("generate", sdk=SDKS["older"])).message
    with connected(at_simulator(simulator, "generate", sdk="")) as provider:
        assert [exchange.api for exchange in asked()] == ["iam"]
        assert collect(provider, question()).end is not None
