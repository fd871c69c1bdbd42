"""watsonx.ai to the byte: streams that the simulator does not speak, from a server that says what it is told."""

from __future__ import annotations

import itertools
import json
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trustme

from providers import Call, End, ErrorKind, Provider, Reasoning, Request
from tests.providers.asking import IBM, Api, Heard, collect, connected, settings_for
from tests.providers.servers import Script

JSON = "application/json"


def event(data: object, kind: str = "message") -> bytes:
    return f"id: 1\nevent: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


class Speaker(NamedTuple):
    """One of IBM's APIs by one SDK, at a server that says what it is told."""

    api: Api
    provider: Provider
    server: Script

    def __call__(self, body: bytes, call: Call | None = None, **played: Any) -> Heard:
        self.server.plays(body, **played)
        return collect(self.provider, Request.of("hi", "a-model"), call)

    def piece(self, text: str, finish: str = "", *, count: int = 0, given: int = 0) -> bytes:
        """An event with a text, and why it ended there."""
        if self.api == "watsonx":
            choice = {"index": 0, "finish_reason": finish or None, "delta": {"content": text}}
            return event({"id": "c", "choices": [choice]})
        counts = {"generated_token_count": count, "input_token_count": given}
        result = {"generated_text": text, "stop_reason": finish or "not_finished", **counts}
        return event({"model_id": "m", "results": [result]})


@pytest.fixture(scope="module")
def speakers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Api, Speaker]]:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    ca_file: Path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    with ExitStack() as stack:
        server = stack.enter_context(Script(context))
        more: Any = {"ca_file": str(ca_file), "api_key": "", "token": "a.b.c"}
        settings = {api: settings_for(api, server.url, **more) for api in IBM}
        yield {api: Speaker(api, stack.enter_context(connected(one)), server) for api, one in settings.items()}


@pytest.fixture(params=IBM)
def ibm(request: Any, speakers: dict[Api, Speaker]) -> Speaker:
    return speakers[request.param]


@pytest.fixture
def chat(speakers: dict[Api, Speaker]) -> Speaker:
    return speakers["watsonx"]


@pytest.fixture(params=IBM[1:])
def generator(request: Any, speakers: dict[Api, Speaker]) -> Speaker:
    return speakers[request.param]


FAILED = {"errors": [{"code": "rate_limit_reached_requests", "message": "too many"}], "status_code": 429}
HOSTILE = (
    "data: data: \ndata: [DONE]\r\n\r\nevent: error \u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e "
    '\\data: {"errors": [1]} "error": "errors" \\u0064ata: generated_text \u00e9\u4e2d\U0001f600'
)
FIELDS = b"retry: 3000\n\nid: 1\n\n: hello\n\ndata:\n\nevent: ping\ndata: x\n\n"


@pytest.mark.parametrize("ends", [b"\n", b"\r", b"\r\n"], ids=["LF", "CR", "CRLF"])
def test_text_arrives_to_the_letter_and_events_are_read_as_the_standard_has_it(ibm: Speaker, ends: bytes) -> None:
    whole = b"\xef\xbb\xbf" + FIELDS + ibm.piece(HOSTILE) + FIELDS + ibm.piece("", "eos_token") + b"data: [DONE]\n\n"
    heard = ibm(whole.replace(b"\n", ends))
    assert heard.pieces == [HOSTILE]
    assert heard.end is not None


def test_only_the_first_of_several_choices_is_heard(chat: Speaker) -> None:
    def other(text: str, finish: str = "") -> bytes:
        return chat.piece(text, finish).replace(b'"index": 0', b'"index": 1')

    heard = chat(chat.piece("a") + other("x") + chat.piece("b") + other("", "length") + chat.piece("", "stop"))
    assert (heard.pieces, heard.end) == (["a", "b"], End("stop", request_id="c"))


COUNTS: list[tuple[Any, tuple[int | None, int | None, int | None]]] = [
    ({"prompt_tokens": 3, "completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 5}}, (3, 9, 5)),
    ({"prompt_tokens": 12, "completion_tokens": 2, "total_tokens": 331}, (12, 319, 317)),  # reasoning was left out
    ({"prompt_tokens": "3", "completion_tokens": None}, (None, None, None)),
    ([], (None, None, None)),
]


@pytest.mark.parametrize(("counts", "known"), COUNTS)
def test_what_chat_counts(chat: Speaker, counts: Any, known: tuple[int | None, int | None, int | None]) -> None:
    end = chat(chat.piece("a", "stop") + event({"id": "c", "choices": [], "usage": counts})).end
    assert end == End("stop", *known, "c")


def test_generated_counts_add_up_by_themselves(generator: Speaker) -> None:
    body = generator.piece("", given=8) + generator.piece("a", count=1) + generator.piece("b", count=2)
    heard = generator(body + generator.piece("", "eos_token", count=3), headers={"x-global-transaction-id": "t"})
    assert (heard.pieces, heard.end) == (["a", "b"], End("stop", 8, 3, None, "t"))


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
def test_an_error_inside_a_stream_is_an_error_however_it_is_written(ibm: Speaker, failure: bytes) -> None:
    heard = ibm(ibm.piece("a", "" if ibm.api == "watsonx" else "error") + failure)
    assert (heard.pieces, heard.failure.kind) == (["a"], "rate_limit")
    assert "too many" in heard.failure.message
    assert ibm(failure).error is not None  # before the first word it is asked again, once
    assert len(ibm.server.requests) == 2


def test_an_error_beside_words_costs_none_of_them(ibm: Speaker) -> None:
    said = json.loads(ibm.piece("b").partition(b"data: ")[2])
    heard = ibm(ibm.piece("a") + event(said | FAILED))
    assert (heard.pieces, heard.failure.kind) == (["a", "b"], "rate_limit")


def test_a_last_event_counts_without_its_line_break_and_not_where_it_was_cut(ibm: Speaker) -> None:
    body = ibm.piece("a") + ibm.piece("b", "eos_token")
    heard = ibm(body.rstrip())
    assert (heard.pieces, heard.error) == (["a", "b"], None)
    heard = ibm(body[:-9])
    assert (heard.pieces, heard.error and heard.error.kind) == (["a"], "interrupted")


@pytest.mark.parametrize("ends", [{"drop": True}, {"hold": True}, {"later": [b": ping\n\n"]}], ids=str)
def test_what_comes_after_the_finish_marker_costs_no_answer(
    ibm: Speaker, ends: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.parsing.answer.TAIL", 0.1)
    usage = event({"id": "c", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1}})
    ticks = itertools.count()
    call = Call(clock=lambda: next(ticks) / 10) if "later" in ends else None
    body = ibm.piece("a", "eos_token", count=1, given=3) + (usage if ibm.api == "watsonx" else b"")
    heard = ibm(body, call, **ends)
    assert (heard.pieces, heard.end and heard.end[:3]) == (["a"], ("stop", 3, 1))


@pytest.mark.parametrize(
    ("word", "expected"),
    [("stop", "stop"), ("EOS_TOKEN", "stop"), ("stop_sequence", "stop"), ("length", "length"), ("max_tokens", "length"),
     ("token_limit", "length"), ("time_limit", "length"), ("content_filter", "filtered"), ("error", "interrupted"),
     ("CANCELLED", "interrupted"), ("not_finished", "interrupted"), ("", "interrupted"), ("because", "other")],
)  # fmt: skip
def test_why_it_ended_is_told_by_the_table(ibm: Speaker, word: str, expected: str) -> None:
    heard = ibm(ibm.piece("a", word))
    assert heard.pieces == ["a"]
    if expected == "interrupted":
        assert (heard.failure.kind, word in heard.failure.message) == (expected, word != "not_finished")
    else:
        assert heard.end is not None
        assert (heard.end.finish_reason, heard.end.word) == (expected, word if expected == "other" else None)


def test_reasoning_in_tags_is_told_apart(ibm: Speaker) -> None:
    heard = ibm(ibm.piece("<think>Hm.</th") + ibm.piece("ink>\n4", "eos_token"))
    assert [(str(piece), type(piece)) for piece in heard.pieces] == [("Hm.", Reasoning), ("4", str)]


def test_a_stream_that_came_as_one_document_is_read(ibm: Speaker) -> None:
    message = {"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}
    result = {"generated_text": "a", "stop_reason": "eos_token"}
    document = {"id": "c", "choices": [message]} if ibm.api == "watsonx" else {"results": [result]}
    heard = ibm(json.dumps(document, indent=1).encode(), content_type=JSON)
    assert (heard.pieces, heard.error) == (["a"], None)


def refused(status: int, code: str, message: str) -> tuple[bytes, int, str]:
    body = {"errors": [{"code": code, "message": message}], "status_code": status, "trace": "t"}
    return json.dumps(body).encode(), status, JSON


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused(404, "project_not_found", "no such project"), "forbidden"),
        (refused(400, "invalid_request_entity", "max_new_tokens must be less than 4096"), "bad_request"),
        (refused(400, "invalid_input_argument", "the number of input tokens 9 cannot exceed 8"), "too_long"),
        (refused(400, "invalid_input_argument", "maximum context length is 8 tokens"), "too_long"),
        (refused(429, "consumption_limit_reached", "limit"), "rate_limit"),
        (refused(418, "novel", "a teapot"), "bad_request"),
        (refused(500, "novel", "broken"), "overloaded"),
        ((b"<html>", 404, "text/html"), "protocol"),
        ((b"<html>welcome", 200, "text/html"), "protocol"),
        ((b"{}", 200, JSON), "protocol"),
        ((b"[]", 500, JSON), "overloaded"),
        ((b"", 302, "text/html\r\nlocation: https://127.0.0.1:1/"), "protocol"),
        ((b"", 200, "text/event-stream"), "interrupted"),
    ],
)
def test_what_ibm_refuses_is_told_apart(ibm: Speaker, answer: tuple[bytes, int, str], expected: ErrorKind) -> None:
    body, status, content_type = answer
    heard = ibm(body, status=status, content_type=content_type)
    assert (heard.pieces, heard.failure.kind) == ([], expected)
    assert len(ibm.server.requests) == (2 if expected in ("rate_limit", "overloaded", "interrupted") else 1)


def test_requests_go_where_ibm_takes_them(ibm: Speaker) -> None:
    ibm(ibm.piece("a", "stop"))
    name = "chat_stream" if ibm.api == "watsonx" else "generation_stream"
    assert [head.split("?")[0] for head in ibm.server.heads] == [f"POST /ml/v1/text/{name}"]
