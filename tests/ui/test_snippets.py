"""The code that the page shows is run as it stands, by the vendor's real SDK, against the simulator."""

import subprocess
import sys

import pytest

from providers import VENDORS
from providers.settings import Snippet
from simulator import Simulator
from simulator.answers import answer_to
from tests.support.guard import guarded_environment
from tests.support.since import Since

CRICKET = "Tell me about history of Cricket in 200 words."
# Where IBM's accounts are is no setting of the environment: the SDK derives it from the addresses that it knows.
ELSEWHERE = """
import functools, os, ibm_watsonx_ai
url = os.environ["WATSONX_URL"]
ibm_watsonx_ai.Credentials = functools.partial(
    ibm_watsonx_ai.Credentials, platform_url=url, auth_url=url + "/oidc/token"
)
"""
by_vendor = pytest.mark.parametrize(
    "snippet", [pytest.param(vendor.snippet, id=vendor.label) for vendor in VENDORS if vendor.snippet]
)


@by_vendor
def test_what_is_shown_prints_the_answer_as_it_streams(snippet: Snippet, simulator: Simulator) -> None:
    since = Since(simulator)
    program = (ELSEWHERE if "ibm_watsonx_ai" in snippet.code else "") + snippet.code
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env=guarded_environment(**simulator.environment(), PYTHONIOENCODING="utf-8"),
        capture_output=True,
        encoding="utf-8",
        timeout=90,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    (asked,) = since.streamed()
    assert ran.stdout == answer_to(CRICKET, [CRICKET], vendor=asked.vendor).text


@by_vendor
def test_it_is_four_lines_that_need_no_scrolling(snippet: Snippet) -> None:
    lines = snippet.lines.splitlines()
    assert len(lines) == 4
    assert max(map(len, lines)) <= 100
    assert snippet.code.endswith(snippet.lines)
