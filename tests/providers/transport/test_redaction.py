"""No key in any log: what is blotted out, whoever logs it, and that all else is left alone."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from providers.transport import redaction

SECRET = "sk-a/secret+0123456789"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What a logger writes whose handler knows nothing of secrets."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("some.sdk")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    redaction.guard([SECRET, f" {SECRET}-and-more\n"])
    yield written
    logger.removeHandler(handler)


sdk = logging.getLogger("some.sdk")


@pytest.mark.parametrize(
    ("message", "arguments", "written"),
    [
        ("key %s", (SECRET,), "key •••"),
        (f"key {SECRET}", (), "key •••"),
        ("%(key)s", ({"key": SECRET},), "•••"),
        ("%s", ({"key": SECRET.encode()},), "{'key': b'•••'}"),
        ("longer %s", (f"{SECRET}-and-more",), "longer •••"),
        ("GET https://host/v1?key=%s", ("sk-a%2Fsecret%2B0123456789",), "GET https://host/v1?key=•••"),
        ("{'Authorization': b'Bearer a, token', 'Accept': '*/*'}", (), "{'Authorization': •••, 'Accept': '*/*'}"),
        ("x-amz-security-token:a-token/of=theirs\n\nhost", (), "x-amz-security-token:•••\n\nhost"),
        ("[(b'api-key', b'one'), (b'host', b'two')]", (), "[(b'api-key', •••), (b'host', b'two')]"),
        ('"Proxy-Authorization": "Basic c29tZWJvZHk="', (), '"Proxy-Authorization": •••'),
        ("signed: authorization was %d of %s", (1, 2), "signed: authorization was 1 of 2"),
        ("SignedHeaders=host;x-amz-security-token", (), "SignedHeaders=host;x-amz-security-token"),
    ],
)  # fmt: skip
def test_what_is_logged(log: io.StringIO, message: str, arguments: tuple[object, ...], written: str) -> None:
    sdk.debug(message, *arguments)
    assert log.getvalue() == f"{written}\n"


def test_the_headers_of_a_gateway_are_not_logged(log: io.StringIO) -> None:
    redaction.guard([], ["x-portkey-provider", "X-Gate"])
    sdk.debug("{'x-portkey-provider': 'openai', 'x-gate': b'hush', 'accept': '*/*'} of x-portkey-provider")
    assert log.getvalue() == "{'x-portkey-provider': •••, 'x-gate': •••, 'accept': '*/*'} of x-portkey-provider\n"


def test_a_short_key_is_blotted_out_where_it_stands_alone(log: io.StringIO) -> None:
    redaction.guard(["test", "ollama"])
    sdk.debug("test of the latest ollama: test=1, 'test'")
    assert log.getvalue() == "••• of the latest ollama: •••=1, '•••'\n"


def test_a_traceback(log: io.StringIO) -> None:
    try:
        raise ValueError(f"Illegal header value b'Bearer {SECRET}'")
    except ValueError:
        sdk.exception("It failed")
    assert "ValueError: Illegal header value b'Bearer •••'" in log.getvalue()
    assert SECRET not in log.getvalue()


def test_a_message_that_cannot_be_formatted_is_not_written_with_its_arguments(
    log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    sdk.debug("%d", SECRET)
    assert log.getvalue() == "DEBUG that can't be formatted\n"
    assert capsys.readouterr() == ("", "")


def test_a_logger_and_a_handler_that_come_later(capsys: pytest.CaptureFixture[str]) -> None:
    redaction.guard([SECRET])
    logger = logging.getLogger("some.later.sdk")
    logger.addHandler(logging.StreamHandler())
    logger.warning("key %s", SECRET)
    assert capsys.readouterr().err == "key •••\n"


def test_what_holds_no_secret_keeps_its_arguments() -> None:
    redaction.guard([SECRET])
    record = sdk.makeRecord("n", logging.INFO, "f", 1, "%d of %d", (1, 2), None)
    assert (record.msg, record.args) == ("%d of %d", (1, 2))


def test_a_word_is_no_secret() -> None:
    redaction.guard(["", "key"])
    assert redaction.redacted("no key here") == "no key here"


def test_the_newest_secrets_are_kept() -> None:
    redaction.guard(f"secret-number-{number}" for number in range(redaction.KEPT + 1))
    assert redaction.redacted("secret-number-0 and secret-number-500") == "secret-number-0 and •••"
    redaction.guard([SECRET])
    assert redaction.redacted(SECRET) == "•••"
