"""A fault of this program is logged with its place, and is never called the vendor's answer."""

from __future__ import annotations

import logging
import sys
from typing import Any

import pytest

from providers import ProviderError, Request, SimulatorAddress, connect, load
from providers.adapter import is_ours
from simulator import Simulator
from tests.providers.asking import connected

APIS = [
    ("openai", "chat", "openai"),
    ("bedrock", "converse", "boto3"),
    ("bedrock", "invoke", "boto3"),
    ("watsonx", "chat", "ibm_watsonx_ai"),
    ("watsonx", "generate", "ibm_watson_machine_learning.foundation_models.inference"),
]
by_api = pytest.mark.parametrize(("name", "api", "sdk"), APIS)


def settings_of(name: str, simulator: Simulator) -> Any:
    address = SimulatorAddress(simulator.url, simulator.tls_url, simulator.ca_file)
    return load({})[name].simulated_by(address)


def told(error: ProviderError, fault: str, log: pytest.LogCaptureFixture) -> None:
    assert f"Streamside itself failed ({fault})" in error.message
    assert not error.retryable
    (record,) = [record for record in log.records if record.name == "providers.errors"]
    assert record.levelno == logging.ERROR
    assert 'File "' in record.getMessage()


@by_api
def test_a_fault_while_asking(
    name: str, api: str, sdk: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    with connected(settings_of(name, simulator), api) as provider:
        monkeypatch.setattr(type(provider), "_events", lambda: None)
        with pytest.raises(ProviderError) as raised:
            next(provider.stream(Request.of("Hi", "anthropic.sim-instant")))
    told(raised.value, "TypeError", caplog)


@by_api
def test_an_sdk_that_can_t_be_imported(
    name: str, api: str, sdk: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    settings = settings_of(name, simulator)
    with connected(settings, api):
        pass
    for module in [module for module in sys.modules if module == sdk or module.startswith(f"{sdk}.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, sdk, None)
    with pytest.raises(ProviderError) as raised:
        connect(settings, api)
    told(raised.value, "ModuleNotFoundError", caplog)


def fault(program: str, module: str) -> Exception:
    """What this program raises as a part of the module."""
    try:
        exec(program, {"__name__": module})
    except Exception as raised:  # noqa: BLE001
        return raised
    raise AssertionError("it raised nothing")


@pytest.mark.parametrize(
    ("program", "module", "ours"),
    [
        ("None.get", "providers.adapter", True),
        ("import json; json.loads(None)", "providers.adapter", True),
        ("None.get", "providers.parsing.usage", False),
        ("import json; json.loads('{')", "providers.bedrock.parsing", False),
        ("{}['results']", "ibm_watsonx_ai.client", False),
        ("import no_such_sdk", "ibm_watsonx_ai.client", True),
        ("nobody", "providers.parsing.usage", True),
    ],
)
def test_what_reads_answers_fails_by_their_shape_and_all_else_by_itself(program: str, module: str, ours: bool) -> None:
    assert is_ours(fault(program, module)) == ours
