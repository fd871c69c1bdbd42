"""watsonx.ai to the byte: streams that the simulator does not speak, from a server that says what it is told."""

import contextlib
import itertools
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from providers import End, Provider, ProviderError, Reasoning, Request
from providers.transport.call import Call
from providers.watsonx.adapter import connect_watsonx
from providers.watsonx.settings import WatsonxSettings
from providers.watsonx.wml import is_installed

OLDER, NEWER = "ibm-watson-machine-learning", "ibm-watsonx-ai"
GENERATORS = [
    pytest.param(NEWER, id="newer"),
    pytest.param(OLDER, id="older", marks=pytest.mark.skipif(not is_installed(), reason="refuses this Python")),
]
FOUND = {"resources": [], "entity": {"storage": {"type": "none"}}}


@dataclass
class Answer:
    body: bytes = b""
    status: int = 200
    kind: str = "text/event-stream"
    headers: dict[str, str] = field(default_factory=dict)
    ends: str = "properly"  # or "cut", or "never", or with "pings" for ever


@dataclass
class Server:
    """An address that gives the same answer to everything that is asked of a model."""

    url: str
    ca_file: str
    answer: Answer = field(default_factory=Answer)
    asked: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    over = threading.Event()
    told = Server("", "")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None: ...

        def do_GET(self) -> None:
            self._whole(200, json.dumps(FOUND).encode(), "application/json")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            told.asked.append(self.path.partition("?")[0])
            answer = told.answer
            if answer.kind != "text/event-stream":
                self._whole(answer.status, answer.body, answer.kind, answer.headers)
                return
            self.send_response(answer.status)
            for name, value in {"content-type": answer.kind, "transfer-encoding": "chunked"}.items():
                self.send_header(name, value)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(answer.body), answer.body) if answer.body else b"")
            if answer.ends == "properly":
                self.wfile.write(b"0\r\n\r\n")
            else:
                self.close_connection = True
            if answer.ends == "never":
                over.wait(30)
            with contextlib.suppress(OSError):  # the client has gone
                while answer.ends == "pings" and not over.wait(0.01):
                    self.wfile.write(b"8\r\n: ping\n\n\r\n")

        def _whole(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"content-type": kind, **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    authority = trustme.CA()
    ca_file: Path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    told.url, told.ca_file = f"https://127.0.0.1:{listening.server_address[1]}", str(ca_file)
    serving = threading.Thread(target=listening.serve_forever, daemon=True)
    serving.start()
    yield told
    over.set()
    listening.shutdown()
    listening.server_close()
    serving.join()


def settings(server: Server, **more: Any) -> WatsonxSettings:
    return WatsonxSettings(
        name="watsonx",
        label="IBM watsonx.ai",
        url=server.url,
        ca_file=server.ca_file,
        token="a.b.c",
        project_id="my-project",
        **more,
    )


@pytest.fixture(scope="module")
def chat(server: Server) -> Provider:
    return connect_watsonx(settings(server), "chat")


@pytest.fixture(scope="module", params=GENERATORS)
def generator(server: Server, request: Any) -> Provider:
    return connect_watsonx(settings(server, sdk=request.param), "generate")


@pytest.fixture
def listen(server: Server) -> Callable[..., tuple[list[str], End | ProviderError]]:
    def listen(
        provider: Provider, answer: Answer, clock: Callable[[], float] = time.monotonic
    ) -> tuple[list[str], End | ProviderError]:
        server.answer = answer
        server.asked.clear()
        pieces: list[str] = []
        heard = provider.stream(Request.of("hi", "a-model"), Call(sleep=lambda seconds: None, clock=clock))
        try:
            while True:
                pieces.append(next(heard))
        except StopIteration as over:
            end: End = over.value
            return pieces, end
        except ProviderError as error:
            return pieces, error

    return listen


Listen = Callable[..., tuple[list[str], End | ProviderError]]


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


def kind(heard: End | ProviderError) -> str:
    return heard.kind if isinstance(heard, ProviderError) else f"ended: {heard}"


FAILED = {"errors": [{"code": "rate_limit_reached_requests", "message": "too many"}], "status_code": 429}

HOSTILE = (
    "data: data: \ndata: [DONE]\r\n\r\nevent: error \u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e "
    '\\data: {"errors": [1]} "error": "errors" \\u0064ata: generated_text \u00e9\u4e2d\U0001f600'
)


def test_chat_text_arrives_to_the_letter(chat: Provider, listen: Listen) -> None:
    pieces, end = listen(chat, Answer(said(HOSTILE) + said("", "stop")))
    assert pieces == [HOSTILE]
    assert isinstance(end, End)


def test_generated_text_arrives_to_the_letter(generator: Provider, listen: Listen) -> None:
    pieces, end = listen(generator, Answer(generated(HOSTILE) + generated("", reason="eos_token")))
    assert pieces == [HOSTILE]
    assert isinstance(end, End)


def test_only_the_first_of_several_choices_is_heard(chat: Provider, listen: Listen) -> None:
    body = said("a") + said("x", index=1) + said("b") + said("", "length", 1) + said("", "stop")
    pieces, end = listen(chat, Answer(body))
    assert pieces == ["a", "b"]
    assert isinstance(end, End)
    assert end.finish_reason == "stop"


def test_reasoning_tokens_and_the_answer_s_name_are_told(chat: Provider, listen: Listen) -> None:
    counts = {"prompt_tokens": 3, "completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 5}}
    body = said("a", "stop") + event({"id": "c", "choices": [], "usage": counts})
    assert listen(chat, Answer(body))[1] == End("stop", 3, 9, 5, "c")


def test_generated_counts_add_up_by_themselves(generator: Provider, listen: Listen) -> None:
    body = generated("", 0, 8) + generated("a", 1) + generated("b", 2) + generated("", 3, reason="eos_token")
    answer = Answer(body, headers={"x-global-transaction-id": "t"})
    assert listen(generator, answer) == (["a", "b"], End("stop", 8, 3, None, "t"))


@pytest.mark.parametrize(
    ("word", "finish"),
    [("stop", "stop"), ("length", "length"), ("content_filter", "filtered"), ("novel", "other")],
)
def test_chat_s_finish_reasons(chat: Provider, listen: Listen, word: str, finish: str) -> None:
    _, end = listen(chat, Answer(said("a", word)))
    assert isinstance(end, End)
    assert end.finish_reason == finish


@pytest.mark.parametrize(
    ("word", "finish"),
    [
        ("eos_token", "stop"),
        ("EOS_TOKEN", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("token_limit", "length"),
        ("time_limit", "length"),
        ("novel", "other"),
    ],
)
def test_text_generation_s_stop_reasons(generator: Provider, listen: Listen, word: str, finish: str) -> None:
    _, end = listen(generator, Answer(generated("a", reason=word)))
    assert isinstance(end, End)
    assert end.finish_reason == finish


@pytest.mark.parametrize("word", ["error", "cancelled", "not_finished", ""])
def test_an_answer_that_ibm_gave_up_is_interrupted(generator: Provider, listen: Listen, word: str) -> None:
    pieces, heard = listen(generator, Answer(generated("a", reason=word)))
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
        pieces, heard = listen(provider, Answer(word + failure))
        assert pieces == ["a"]
        assert kind(heard) == "rate_limit"
        assert "too many" in str(heard)


def test_an_error_after_an_unhappy_stop_reason_is_told_in_ibm_s_words(generator: Provider, listen: Listen) -> None:
    pieces, heard = listen(generator, Answer(generated("a", reason="error") + event(FAILED, "error")))
    assert pieces == ["a"]
    assert kind(heard) == "rate_limit"


def test_an_error_before_the_first_word_is_asked_again_once(
    chat: Provider, generator: Provider, listen: Listen, server: Server
) -> None:
    for provider in (chat, generator):
        assert kind(listen(provider, Answer(event(FAILED, "error")))[1]) == "rate_limit"
        assert len(server.asked) == 2


def test_a_last_event_without_its_line_break_counts(chat: Provider, generator: Provider, listen: Listen) -> None:
    assert isinstance(listen(chat, Answer(said("a", "stop").rstrip()))[1], End)
    assert isinstance(listen(generator, Answer(generated("a", reason="eos_token").rstrip()))[1], End)


def test_a_last_event_that_was_cut_is_an_interruption(chat: Provider, generator: Provider, listen: Listen) -> None:
    for provider, body in (
        (chat, said("a") + said("b", "stop")),
        (generator, generated("a") + generated("b", reason="eos_token")),
    ):
        pieces, heard = listen(provider, Answer(body[:-9]))
        assert pieces == ["a"]
        assert kind(heard) == "interrupted"


def test_comments_and_carriage_returns_are_no_words(chat: Provider, generator: Provider, listen: Listen) -> None:
    for provider, body in (
        (chat, said("a", "stop")),
        (generator, generated("a", reason="eos_token")),
    ):
        pieces, end = listen(provider, Answer(b": ping\r\n\r\n" + body.replace(b"\n", b"\r\n")))
        assert pieces == ["a"]
        assert isinstance(end, End)


@pytest.mark.parametrize("ends", ["cut", "never"])
def test_a_line_that_fails_after_the_finish_marker_costs_no_answer(
    chat: Provider, generator: Provider, listen: Listen, ends: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.parsing.answer.TAIL", 0.1)
    pieces, end = listen(chat, Answer(said("a", "stop"), ends=ends))
    assert (pieces, end) == (["a"], End("stop", None, None, None, "c"))
    pieces, end = listen(chat, Answer(said("a", "stop") + usage(3, 1), ends=ends))
    assert (pieces, end) == (["a"], End("stop", 3, 1, None, "c"))
    pieces, end = listen(generator, Answer(generated("a", 1, 3, "eos_token"), ends=ends))
    assert (pieces, end) == (["a"], End("stop", 3, 1))


def test_keep_alives_after_the_finish_marker_are_not_listened_to_for_ever(
    chat: Provider, generator: Provider, listen: Listen
) -> None:
    for provider, body in ((chat, said("a", "stop")), (generator, generated("a", 1, 3, "eos_token"))):
        ticks = itertools.count()
        pieces, end = listen(provider, Answer(body, ends="pings"), lambda ticks=ticks: next(ticks) / 10)
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
        pieces, end = listen(provider, Answer(whole.replace(b"\n", ends)))
        assert (pieces, kind(end)[:10]) == (["a"], "ended: End")


@pytest.mark.parametrize(
    ("word", "expected"),
    [("EOS_TOKEN", "stop"), ("MAX_TOKENS", "length"), ("abort", "interrupted"), ("CANCELLED", "interrupted"),
     ("because", "other")],
)  # fmt: skip
def test_why_it_ended_is_told_by_the_table(
    chat: Provider, generator: Provider, listen: Listen, word: str, expected: str
) -> None:
    for provider, body in ((chat, said("a", word)), (generator, generated("a", reason=word))):
        pieces, end = listen(provider, Answer(body))
        assert pieces == ["a"]
        if isinstance(end, End):
            assert (end.finish_reason, end.word) == (expected, word if expected == "other" else None)
        else:
            assert (end.kind, word in end.message) == (expected, True)


def test_reasoning_in_tags_is_told_apart(chat: Provider, generator: Provider, listen: Listen) -> None:
    for provider, body in (
        (chat, said("<think>Hm.</th") + said("ink>\n4", "stop")),
        (generator, generated("<think>Hm.</th") + generated("ink>\n4", reason="eos_token")),
    ):
        pieces, _ = listen(provider, Answer(body))
        assert [(str(piece), type(piece)) for piece in pieces] == [("Hm.", Reasoning), ("4", str)]


def test_a_stream_that_came_as_one_document_is_read(chat: Provider, generator: Provider, listen: Listen) -> None:
    message = {"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}
    for provider, document in (
        (chat, {"id": "c", "choices": [message]}),
        (generator, {"results": [{"generated_text": "a", "stop_reason": "eos_token"}]}),
    ):
        pieces, end = listen(provider, Answer(json.dumps(document, indent=1).encode(), kind="application/json"))
        assert (pieces, kind(end)[:10]) == (["a"], "ended: End")


@pytest.mark.parametrize("counts", [{"prompt_tokens": "3", "completion_tokens": None}, {"prompt_tokens": -1}, [], "no"])
def test_counts_that_are_none_are_unknown(chat: Provider, listen: Listen, counts: Any) -> None:
    body = said("a", "stop") + event({"id": "c", "choices": [], "usage": counts})
    assert listen(chat, Answer(body))[1] == End("stop", None, None, None, "c")


def test_reasoning_that_was_left_out_of_the_count_is_counted(chat: Provider, listen: Listen) -> None:
    counts = {"prompt_tokens": 12, "completion_tokens": 2, "total_tokens": 331}
    body = said("a", "stop") + event({"id": "c", "choices": [], "usage": counts})
    assert listen(chat, Answer(body))[1] == End("stop", 12, 319, 317, "c")


def refused(status: int, code: str, message: str) -> Answer:
    body = {"errors": [{"code": code, "message": message}], "status_code": status, "trace": "t"}
    return Answer(json.dumps(body).encode(), status, "application/json")


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
        (Answer(b"{}", 200, "application/json"), "protocol"),
        (Answer(b"[]", 500, "application/json"), "overloaded"),
        (Answer(b"", 302, "text/html", {"location": "https://127.0.0.1:1/"}), "protocol"),
        (Answer(b""), "interrupted"),
    ],
)
def test_what_ibm_refuses_is_told_apart(
    chat: Provider, generator: Provider, listen: Listen, server: Server, answer: Answer, expected: str
) -> None:
    for provider in (chat, generator):
        pieces, heard = listen(provider, answer)
        assert pieces == []
        assert kind(heard) == expected
        assert len(server.asked) == (2 if expected in ("rate_limit", "overloaded", "interrupted") else 1)


def test_requests_go_where_ibm_takes_them(chat: Provider, generator: Provider, listen: Listen, server: Server) -> None:
    listen(chat, Answer(said("a", "stop")))
    assert server.asked == ["/ml/v1/text/chat_stream"]
    listen(generator, Answer(generated("a", reason="eos_token")))
    assert server.asked == ["/ml/v1/text/generation_stream"]
