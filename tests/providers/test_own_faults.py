"""A fault of this program is logged with its place, and is never called the vendor's answer."""

from __future__ import annotations

import logging
import sys

import pytest

from providers import ProviderError, connect
from providers.adapter import is_ours
from simulator import Simulator
from tests.providers.asking import EVERY, Api, at_simulator, collect, connected, question

IBM_OLDER = "ibm_watson_machine_learning.foundation_models.inference"
SDK = {"converse": "boto3", "invoke": "boto3", "watsonx": "ibm_watsonx_ai", "generate": "ibm_watsonx_ai"}


def told(error: ProviderError | None, fault: str, log: pytest.LogCaptureFixture) -> None:
    assert error is not None
    assert f"Streamside itself failed ({fault})" in error.message
    assert not error.retryable
    (record,) = [record for record in log.records if record.name == "providers.errors"]
    assert record.levelno == logging.ERROR
    assert 'File "' in record.getMessage()


@pytest.mark.parametrize("api", EVERY)
def test_a_fault_while_asking_and_an_sdk_that_can_t_be_imported(
    api: Api, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings = at_simulator(simulator, api)
    with connected(settings) as provider, monkeypatch.context() as broken:
        broken.setattr(type(provider), "_events", lambda: None)
        told(collect(provider, question()).error, "TypeError", caplog)
    caplog.clear()
    sdk = IBM_OLDER if api == "older" else SDK.get(api, "openai")
    for module in [module for module in sys.modules if module == sdk or module.startswith(f"{sdk}.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, sdk, None)
    with pytest.raises(ProviderError) as raised:
        connect(settings)
    told(raised.value, "ModuleNotFoundError", caplog)


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
    with pytest.raises(Exception, match=r".") as caught:
        exec(program, {"__name__": module})
    assert is_ours(caught.value) == ours
