"""watsonx.ai to the byte: streams that the simulator does not speak, from a server that says what it is told."""

from __future__ import annotations

import itertools
import json
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trustme

from providers import Call, End, Provider, ProviderError, Reasoning, Request
from providers.watsonx.adapter import connect_watsonx
from providers.watsonx.settings import WatsonxSettings
from tests.providers.asking import collect
from tests.providers.servers import Script
from tests.providers.watsonx.test_watsonx import GENERATORS

JSON = "application/json"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server(authority: trustme.CA) -> Iterator[Script]:
    """An address that gives the same answer to everything that is asked of a model."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with Script(context) as server:
        yield server


@pytest.fixture(scope="module")
def settings(server: Script, authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> WatsonxSettings:
    ca_file: Path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    return WatsonxSettings(url=server.url, ca_file=str(ca_file), token="a.b.c", project_id="my-project")


@pytest.fixture(scope="module")
def chat(settings: WatsonxSettings) -> Provider:
    return connect_watsonx(settings, "chat")


@pytest.fixture(scope="module", params=GENERATORS)
def generator(settings: WatsonxSettings, request: Any) -> Provider:
    return connect_watsonx(replace(settings, sdk=request.param[1]), "generate")


Listen = Callable[..., tuple[list[str], End | ProviderError | None]]


@pytest.fixture
def listen(server: Script) -> Listen:
    def listen(
        provider: Provider, body: bytes, call: Call | None = None, **played: Any
    ) -> tuple[list[str], End | ProviderError | None]:
        server.plays(body, **played)
        heard = collect(provider, Request.of("hi", "a-model"), call)
        return heard.pieces, heard.error or heard.end

    return listen


def event(data: object, kind: str = "message") -> bytes:
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return f"id: 1\nevent: {kind}\ndata: {text}\n\n".encode()


def said(text: str, finish: str | None = None, index: int = 0) -> bytes:
    return event({"id": "c", "choices": [{"index": index, "finish_reason": finish, "delta": {"content": text}}]})


def usage(given: int, made: int) -> bytes:
    return event({"id": "c", "choices": [], "usage": {"prompt_tokens": given, "completion_tokens": made}})


def generated(text: str, count: int = 1, given: int = 0, reason: str = "not_finished") -> bytes:
    result = {"generated_text": text, "generated_token_count": count, "input_token_count": given}
    return event({"model_id": "m", "results": [{**result, "stop_reason": reason}]})


def kind(heard: End | ProviderError | None) -> str:
    return heard.kind if isinstance(heard, ProviderError) else f"ended: {heard}"


FAILED = {"errors": [{"code": "rate_limit_reached_requests", "message": "too many"}], "status_code": 429}

HOSTILE = (
    "data: data: \ndata: [DONE]\r\n\r\nevent: error \u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e "
    '\\data: {"errors": [1]} "error": "errors" \\u0064ata: generated_text \u00e9\u4e2d\U0001f600'
)


def test_chat_text_arrives_to_the_letter(chat: Provider, listen: Listen) -> None:
    pieces, end = listen(chat, said(HOSTILE) + said("", "stop"))
    assert pieces == [HOSTILE]
    assert isinstance(end, End)


def test_generated_text_arrives_to_the_letter(generator: Provider, listen: Listen) -> None:
    pieces, end = listen(generator, generated(HOSTILE) + generated("", reason="eos_token"))
    assert pieces == [HOSTILE]
    assert isinstance(end, End)


def test_only_the_first_of_several_choices_is_heard(chat: Provider, listen: Listen) -> None:
    body = said("a") + said("x", index=1) + said("b") + said("", "length", 1) + said("", "stop")
    pieces, end = listen(chat, body)
    assert pieces == ["a", "b"]
    assert isinstance(end, End)
    assert end.finish_reason == "stop"


def test_reasoning_tokens_and_the_answer_s_name_are_told(chat: Provider, listen: Listen) -> None:
    counts = {"prompt_tokens": 3, "completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 5}}
    body = said("a", "stop") + event({"id": "c", "choices": [], "usage": counts})
    assert listen(chat, body)[1] == End("stop", 3, 9, 5, "c")


def test_generated_counts_add_up_by_themselves(generator: Provider, listen: Listen) -> None:
    body = generated("", 0, 8) + generated("a", 1) + generated("b", 2) + generated("", 3, reason="eos_token")
    heard = listen(generator, body, headers={"x-global-transaction-id": "t"})
    assert heard == (["a", "b"], End("stop", 8, 3, None, "t"))


@pytest.mark.parametrize("word", ["error", "cancelled", "not_finished", ""])
def test_an_answer_that_ibm_gave_up_is_interrupted(generator: Provider, listen: Listen, word: str) -> None:
    pieces, heard = listen(generator, generated("a", reason=word))
    assert pieces == ["a"]
    assert kind(heard) == "interrupted"


@pytest.mark.parametrize(
    "failure",
    [
        event(FAILED, "error"),
        event(FAILED),
        event({"error": {"code": "rate_limit_reached_requests", "message": "too many"}}),
        f"event:error\ndata:{json.dumps(FAILED)}\n\n".encode(),
        f"event: error\r\nid: 7\r\ndata: {json.dumps(FAILED)}".encode(),
    ],
    ids=["event", "data-alone", "singular", "without-blanks", "unended"],
)
def test_an_error_inside_a_stream_is_an_error_however_it_is_written(
    chat: Provider, generator: Provider, listen: Listen, failure: bytes
) -> None:
    for provider, word in ((chat, said("a")), (generator, generated("a"))):
        pieces, heard = listen(provider, word + failure)
        assert pieces == ["a"]
        assert kind(heard) == "rate_limit"
        assert "too many" in str(heard)


def test_an_error_after_an_unhappy_stop_reason_is_told_in_ibm_s_words(generator: Provider, listen: Listen) -> None:
    pieces, heard = listen(generator, generated("a", reason="error") + event(FAILED, "error"))
    assert pieces == ["a"]
    assert kind(heard) == "rate_limit"


def test_an_error_before_the_first_word_is_asked_again_once(
    chat: Provider, generator: Provider, listen: Listen, server: Script
) -> None:
    for provider in (chat, generator):
        assert kind(listen(provider, event(FAILED, "error"))[1]) == "rate_limit"
        assert len(server.requests) == 2


def test_a_last_event_without_its_line_break_counts(chat: Provider, generator: Provider, listen: Listen) -> None:
    assert isinstance(listen(chat, said("a", "stop").rstrip())[1], End)
    assert isinstance(listen(generator, generated("a", reason="eos_token").rstrip())[1], End)


def test_a_last_event_that_was_cut_is_an_interruption(chat: Provider, generator: Provider, listen: Listen) -> None:
    for provider, body in (
        (chat, said("a") + said("b", "stop")),
        (generator, generated("a") + generated("b", reason="eos_token")),
    ):
        pieces, heard = listen(provider, body[:-9])
        assert pieces == ["a"]
        assert kind(heard) == "interrupted"


def test_comments_and_carriage_returns_are_no_words(chat: Provider, generator: Provider, listen: Listen) -> None:
    for provider, body in (
        (chat, said("a", "stop")),
        (generator, generated("a", reason="eos_token")),
    ):
        pieces, end = listen(provider, b": ping\r\n\r\n" + body.replace(b"\n", b"\r\n"))
        assert pieces == ["a"]
        assert isinstance(end, End)


@pytest.mark.parametrize("ends", ["drop", "hold"])
def test_a_line_that_fails_after_the_finish_marker_costs_no_answer(
    chat: Provider, generator: Provider, listen: Listen, ends: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.parsing.answer.TAIL", 0.1)
    pieces, end = listen(chat, said("a", "stop"), **{ends: True})
    assert (pieces, end) == (["a"], End("stop", None, None, None, "c"))
    pieces, end = listen(chat, said("a", "stop") + usage(3, 1), **{ends: True})
    assert (pieces, end) == (["a"], End("stop", 3, 1, None, "c"))
    pieces, end = listen(generator, generated("a", 1, 3, "eos_token"), **{ends: True})
    assert (pieces, end) == (["a"], End("stop", 3, 1))


def test_keep_alives_after_the_finish_marker_are_not_listened_to_for_ever(
    chat: Provider, generator: Provider, listen: Listen
) -> None:
    for provider, body in ((chat, said("a", "stop")), (generator, generated("a", 1, 3, "eos_token"))):
        ticks = itertools.count()
        call = Call(clock=lambda ticks=ticks: next(ticks) / 10)  # type: ignore[misc]
        pieces, end = listen(provider, body, call, later=[b": ping\n\n"])
        assert (pieces, kind(end)[:10]) == (["a"], "ended: End")


FIELDS = b"retry: 3000\n\nid: 1\n\n: hello\n\ndata:\n\nevent: ping\ndata: x\n\n"


@pytest.mark.parametrize("ends", [b"\n", b"\r", b"\r\n"], ids=["LF", "CR", "CRLF"])
def test_events_are_read_as_the_standard_has_it(
    chat: Provider, generator: Provider, listen: Listen, ends: bytes
) -> None:
    for provider, body in (
        (chat, said("a") + FIELDS + said("", "stop")),
        (generator, generated("a") + FIELDS + generated("", reason="eos_token")),
    ):
        whole = b"\xef\xbb\xbf" + FIELDS + body + b"data: [DONE]\n\n"
        pieces, end = listen(provider, whole.replace(b"\n", ends))
        assert (pieces, kind(end)[:10]) == (["a"], "ended: End")


@pytest.mark.parametrize(
    ("word", "expected"),
    [("stop", "stop"), ("eos_token", "stop"), ("EOS_TOKEN", "stop"), ("stop_sequence", "stop"), ("length", "length"),
     ("max_tokens", "length"), ("token_limit", "length"), ("time_limit", "length"), ("content_filter", "filtered"),
     ("abort", "interrupted"), ("CANCELLED", "interrupted"), ("because", "other")],
)  # fmt: skip
def test_why_it_ended_is_told_by_the_table(
    chat: Provider, generator: Provider, listen: Listen, word: str, expected: str
) -> None:
    for provider, body in ((chat, said("a", word)), (generator, generated("a", reason=word))):
        pieces, end = listen(provider, body)
        assert pieces == ["a"]
        if isinstance(end, End):
            assert (end.finish_reason, end.word) == (expected, word if expected == "other" else None)
        else:
            assert end is not None
            assert (end.kind, word in end.message) == (expected, True)


def test_reasoning_in_tags_is_told_apart(chat: Provider, generator: Provider, listen: Listen) -> None:
    for provider, body in (
        (chat, said("<think>Hm.</th") + said("ink>\n4", "stop")),
        (generator, generated("<think>Hm.</th") + generated("ink>\n4", reason="eos_token")),
    ):
        pieces, _ = listen(provider, body)
        assert [(str(piece), type(piece)) for piece in pieces] == [("Hm.", Reasoning), ("4", str)]


def test_a_stream_that_came_as_one_document_is_read(chat: Provider, generator: Provider, listen: Listen) -> None:
    message = {"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}
    for provider, document in (
        (chat, {"id": "c", "choices": [message]}),
        (generator, {"results": [{"generated_text": "a", "stop_reason": "eos_token"}]}),
    ):
        pieces, end = listen(provider, json.dumps(document, indent=1).encode(), content_type=JSON)
        assert (pieces, kind(end)[:10]) == (["a"], "ended: End")


@pytest.mark.parametrize("counts", [{"prompt_tokens": "3", "completion_tokens": None}, {"prompt_tokens": -1}, [], "no"])
def test_counts_that_are_none_are_unknown(chat: Provider, listen: Listen, counts: Any) -> None:
    body = said("a", "stop") + event({"id": "c", "choices": [], "usage": counts})
    assert listen(chat, body)[1] == End("stop", None, None, None, "c")


def test_reasoning_that_was_left_out_of_the_count_is_counted(chat: Provider, listen: Listen) -> None:
    counts = {"prompt_tokens": 12, "completion_tokens": 2, "total_tokens": 331}
    body = said("a", "stop") + event({"id": "c", "choices": [], "usage": counts})
    assert listen(chat, body)[1] == End("stop", 12, 319, 317, "c")


class Answer(NamedTuple):
    body: bytes
    status: int
    content_type: str = JSON
    headers: dict[str, str] | None = None


def refused(status: int, code: str, message: str) -> Answer:
    body = {"errors": [{"code": code, "message": message}], "status_code": status, "trace": "t"}
    return Answer(json.dumps(body).encode(), status)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused(401, "authentication_token_expired", "expired"), "auth"),
        (refused(403, "no_associated_service_instance_error", "no instance"), "forbidden"),
        (refused(404, "project_not_found", "no such project"), "forbidden"),
        (refused(404, "model_not_supported", "no such model"), "unknown_model"),
        (refused(400, "model_no_support_for_function", "does not chat"), "unknown_model"),
        (refused(400, "invalid_request_entity", "max_new_tokens must be less than 4096"), "bad_request"),
        (refused(400, "invalid_input_argument", "the number of input tokens 9 cannot exceed 8"), "too_long"),
        (refused(400, "invalid_input_argument", "maximum context length is 8 tokens"), "too_long"),
        (refused(429, "token_quota_reached", "quota"), "quota"),
        (refused(429, "consumption_limit_reached", "limit"), "rate_limit"),
        (refused(418, "novel", "a teapot"), "bad_request"),
        (refused(500, "novel", "broken"), "overloaded"),
        (Answer(b"<html>", 404, "text/html"), "protocol"),
        (Answer(b"<html>welcome", 200, "text/html"), "protocol"),
        (Answer(b"{}", 200), "protocol"),
        (Answer(b"[]", 500), "overloaded"),
        (Answer(b"", 302, "text/html", {"location": "https://127.0.0.1:1/"}), "protocol"),
        (Answer(b"", 200, "text/event-stream"), "interrupted"),
    ],
)
def test_what_ibm_refuses_is_told_apart(
    chat: Provider, generator: Provider, listen: Listen, server: Script, answer: Answer, expected: str
) -> None:
    for provider in (chat, generator):
        pieces, heard = listen(provider, **answer._asdict())
        assert pieces == []
        assert kind(heard) == expected
        assert len(server.requests) == (2 if expected in ("rate_limit", "overloaded", "interrupted") else 1)


def test_requests_go_where_ibm_takes_them(chat: Provider, generator: Provider, listen: Listen, server: Script) -> None:
    listen(chat, said("a", "stop"))
    assert [head.split("?")[0] for head in server.heads] == ["POST /ml/v1/text/chat_stream"]
    listen(generator, generated("a", reason="eos_token"))
    assert [head.split("?")[0] for head in server.heads] == ["POST /ml/v1/text/generation_stream"]
