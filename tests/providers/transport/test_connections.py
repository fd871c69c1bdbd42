"""Clients behind the adapters: one for the same settings, and each SDK loaded when it is needed."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest

from providers import ProviderError, connect, load
from providers.adapter import HTTPX, httpx_names
from simulator import Simulator
from tests.providers.asking import connected, settings_for
from tests.support.guard import guarded_environment

ROOT = Path(__file__).parents[3]


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


SDKS = {"openai", "botocore", "ibm_watsonx_ai", "ibm_watson_machine_learning"}


@pytest.mark.parametrize(("name", "sdk"), [("openai", "openai"), ("bedrock", "botocore")])
def test_an_sdk_is_loaded_when_its_provider_connects_and_no_other(simulator: Simulator, name: str, sdk: str) -> None:
    """And httpx is there whole before an answer may look into it: openai looks into a half imported one, so watsonx's
    first use, in another thread, would break its answers."""
    program = (
        "import json, sys\nfrom providers import SimulatorAddress, connect, load\n"
        "before = sorted(sys.modules)\n"
        f"connect(load({{}})[{name!r}].simulated_by(SimulatorAddress({simulator.url!r}, '', '')))\n"
        "print(json.dumps([before, sorted(sys.modules), hasattr(sys.modules.get('httpx'), 'TimeoutException')]))"
    )
    child = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, env=guarded_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (child.returncode, child.stderr) == (0, "")
    before, after, whole = json.loads(child.stdout)
    assert (SDKS & {*before}, SDKS & {*after}) == (set(), {sdk})
    assert whole or name != "openai"


@pytest.mark.parametrize("package", [httpx, httpx2], ids=lambda package: package.__name__)
def test_the_classes_of_httpx_s_exceptions_are_those_of_the_table(package: Any) -> None:
    for name, _ in HTTPX:
        raised = getattr(package, name)
        assert name in httpx_names(raised.__new__(raised))
