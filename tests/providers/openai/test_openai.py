"""OpenAI's chat completions: parameters that a server refuses, keys, and lists of models."""

from __future__ import annotations

from typing import Any

import pytest

from providers import ErrorKind, Provider, ProviderError, Request, load
from simulator import Simulator
from tests.providers.asking import KEY, Stage, collect, connected, question, requests_for, settings_for


def bodies(simulator: Simulator, request: Request) -> list[dict[str, Any]]:
    return [exchange.body for exchange in requests_for(simulator, request)]


# A parameter that the server does not support


def test_the_token_limit_gets_its_other_name(simulator: Simulator, provider: Provider) -> None:
    request = question("sim-fault-400-parameter", max_tokens=5)
    for _ in range(2):
        assert collect(provider, request).end is not None
    limits = [{name: sent[name] for name in sent if name.startswith("max")} for sent in bodies(simulator, request)]
    assert limits == [{"max_tokens": 5}, {"max_completion_tokens": 5}, {"max_completion_tokens": 5}]


def test_two_refusals_are_two_questions(simulator: Simulator, provider: Provider) -> None:
    """At most one second try: the next question profits from both refusals."""
    request = question("sim-fault-400-parameter", temperature=0.3, max_tokens=5)
    first = collect(provider, request)
    assert first.error is not None
    assert first.error.kind == "bad_request"
    assert "ask again" in first.error.message
    assert collect(provider, request).end is not None
    assert len(requests_for(simulator, request)) == 3


def test_a_base_url_without_its_path_is_named_as_such(simulator: Simulator) -> None:
    with connected(settings_for("chat", simulator.url, base_url=simulator.url)) as provider:
        heard = collect(provider, question())
    assert heard.failure.kind == "protocol"


# Its client


def test_blanks_around_a_key_are_not_sent_and_a_server_without_keys_is_asked_without_one(simulator: Simulator) -> None:
    lab = load({"ENDPOINT_LAB_URL": f"{simulator.url}/v1"})["lab"]
    for settings in (settings_for("chat", simulator.url, api_key=f" {KEY}\r\n"), lab):
        with connected(settings) as provider:
            assert collect(provider, question()).end is not None


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [(401, b"{}", "auth"), (404, b"", "protocol"), (200, b"[1]", "protocol"), (200, b"<html>", "protocol")],
)
def test_a_list_that_is_none_is_an_error(stage: Stage, status: int, body: bytes, kind: ErrorKind) -> None:
    stage.server.plays(body, status=status, content_type="application/json")
    with pytest.raises(ProviderError) as caught:
        stage.voices["chat"].models()
    assert caught.value.kind == kind
