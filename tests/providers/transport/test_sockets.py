"""Private parts of other libraries that `providers.transport.sockets` touches: a version that moves them fails here."""

from __future__ import annotations

from typing import Any

import boto3
import botocore.config
import httpx
import httpx2
import pytest

from providers import Call
from providers.adapter import HTTPX, httpx_names
from providers.transport.sockets import (
    botocore_is_open,
    by_botocore,
    by_httpx,
    httpx_is_open,
    watch_botocore,
    watch_httpx,
)
from simulator import Simulator

both = pytest.mark.parametrize("package", [httpx, httpx2], ids=lambda package: package.__name__)


@both
def test_a_client_of_httpx_tells_the_call_its_socket_and_when_bytes_come(package: Any, simulator: Simulator) -> None:
    url, call = f"{simulator.url}/v1/models", Call()
    with package.Client() as client:
        watch_httpx(client)
        assert not httpx_is_open(client, url)
        with call.sending(), client.stream("GET", url) as response:
            assert call.connected
            response.read()
        assert call.heard is not None
        assert httpx_is_open(client, url)


@both
def test_so_does_one_that_was_opened_before_and_one_that_is_mounted(package: Any, simulator: Simulator) -> None:
    url, call = f"{simulator.url}/v1/models", Call()
    with package.Client(mounts={"all://127.0.0.1": package.HTTPTransport(), "all://excepted": None}) as client:
        watch_httpx(client)
        with call.sending(), by_httpx(client, url):
            assert call.connected
        assert httpx_is_open(client, url)


@both
def test_the_classes_of_its_exceptions_are_those_of_the_table(package: Any) -> None:
    for name, _ in HTTPX:
        raised = getattr(package, name)
        assert name in httpx_names(raised.__new__(raised))


def test_a_client_of_boto3_does_as_well(simulator: Simulator) -> None:
    call = Call()
    client = boto3.client(
        "bedrock-runtime",
        endpoint_url=simulator.url,
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=botocore.config.Config(proxies={}),
    )
    watch_botocore(client)
    assert not botocore_is_open(client)
    with call.sending(), by_botocore(client):
        assert call.connected
    assert botocore_is_open(client)
    with call.sending():
        client.converse(modelId="sim-instant", messages=[{"role": "user", "content": [{"text": "Hi"}]}])
        assert call.connected
    assert call.heard is not None
    client.close()
