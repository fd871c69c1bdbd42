"""The frame encoder against botocore's own parser."""

from __future__ import annotations

import pytest
from botocore.eventstream import EventStreamBuffer

from simulator.bedrock import eventstream
from tests.simulator.wire import frames


def test_an_event_comes_back_as_it_was() -> None:
    (message,) = frames(eventstream.event("contentBlockDelta", b'{"a":1}'))
    assert message.headers == {
        ":event-type": "contentBlockDelta",
        ":content-type": "application/json",
        ":message-type": "event",
    }
    assert message.payload == b'{"a":1}'


def test_exceptions_and_errors_come_back_as_what_they_are() -> None:
    exception, error = frames(eventstream.exception("throttlingException", b"{}") + eventstream.error("Oops", "Ouch"))
    assert exception.headers[":exception-type"] == "throttlingException"
    assert exception.to_response_dict()["status_code"] == 400
    assert (error.headers[":error-code"], error.headers[":error-message"]) == ("Oops", "Ouch")


@pytest.mark.parametrize("payload", [b"", b"x", "日本語 👩🏽‍🔬".encode(), b"\x00" * 1_000_000])
def test_any_payload(payload: bytes) -> None:
    assert [message.payload for message in frames(eventstream.frame({"name": "wért"}, payload))] == [payload]


def test_every_chunk_boundary() -> None:
    data = eventstream.event("a", b"first") + eventstream.event("b", b"second")
    for cut in range(len(data)):
        buffer = EventStreamBuffer()
        found = []
        for part in (data[:cut], data[cut:]):
            buffer.add_data(part)
            found += [message.payload for message in buffer]
        assert found == [b"first", b"second"]
