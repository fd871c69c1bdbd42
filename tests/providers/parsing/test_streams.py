"""Chat completions as servers in the wild send them: what becomes of each, streamed and awaited."""

from __future__ import annotations

import itertools
import json
from typing import Any, NamedTuple

import pytest

from providers import Call, End, ErrorKind, FinishReason
from providers.parsing.finish_reason import MEANING_OF
from tests.providers.asking import Heard, Stage, collect, connected, question, settings_for, streamed_or_not
from tests.providers.servers import USAGE, Script, chunk, sse

STOP = chunk(finish="stop")
HI = chunk("Hi")
PING = b": ping\n\n"
COUNTED = End("stop", 3, 2)


def choice(index: int | None = 0, finish: Any = None, **delta: Any) -> dict[str, Any]:
    return {"id": "c", "choices": [{"index": index, "delta": delta, "finish_reason": finish}]}


def whole(content: Any = "Hi", finish: Any = "stop", usage: Any = USAGE["usage"], **message: Any) -> dict[str, Any]:
    said = {"index": 0, "message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion", "choices": [said], "usage": usage}


def by_lines(*said: Any) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in said)


class Row(NamedTuple):
    body: bytes
    text: str = "Hi"
    end: End = End("stop")
    reasoning: str = ""
    content_type: str = "text/event-stream"
    whole: bool = False  # holds for an awaited answer as well


def events(*said: Any, done: bool = True, **more: Any) -> Row:
    return Row(sse(*said, done=done), **more)


def document(body: Any, **more: Any) -> Row:
    return Row(json.dumps(body).encode(), **{"end": COUNTED, "content_type": AS_JSON, "whole": True, **more})


def thinking(text: str) -> dict[str, Any]:
    return chunk([{"type": "thinking", "thinking": [{"type": "text", "text": text}]}])


AS_JSON = "application/json"
BY_LINES = "application/x-ndjson"
COUNTS = USAGE["usage"]
USUAL = sse(HI, STOP)
ANSWERED: dict[str, Row] = {
    # The standard's ways
    "retry": events(b"retry: 3000\n\n", HI, STOP, whole=True),
    "fields without data": events(b"id: 1\n\n", b"event: ping\n\n", b"data:\n\n", b"data\n\n", HI, STOP),
    "ids and comments": events(b": hello\n\nid: 1\n", HI, b": \xff between\nid: 2\n", STOP),
    "named events": events(b"event: completion\n", HI, b"event: completion\n", STOP),
    "pings with data": events(b"event: ping\ndata: now\n\n", HI, b'event: ping\ndata: {"type": "ping"}\n\n', STOP),
    "pings that are chunks": events({}, HI, {"type": "ping"}, {"id": "c", "choices": []}, STOP),
    "CR": Row(USUAL.replace(b"\n", b"\r")),
    "CRLF": Row(USUAL.replace(b"\n", b"\r\n")),
    "all kinds of ends": Row(sse(HI, done=False).replace(b"\n\n", b"\r\n\r") + sse(STOP).replace(b"\n\n", b"\n\r\n")),
    "signs that end no line": events(chunk("a\x0b\x0c\x85\u2028b"), STOP, text="a\x0b\x0c\x85\u2028b"),
    "a mark at the start": Row(b"\xef\xbb\xbf" + USUAL),
    "data in two lines": events(b'data: {"choices": [\ndata: {"delta": {"content": "Hi"}}]}\n\n', STOP),
    "no blank after the colon": Row(USUAL.replace(b"data: ", b"data:")),
    "no blank lines": Row(USUAL.replace(b"\n\n", b"\n")),
    "a line that is no field": events(HI, b'{"id": "c", "choices": []}\n', STOP),
    "no end marker": events(HI, STOP, done=False),
    "no last blank line": Row(sse(HI, STOP, done=False).rstrip(b"\n")),
    "an end marker in quotes": events(HI, STOP, b'data: "[DONE]"\n\n', done=False),
    "words after the end": Row(USUAL + b"data: bye\n\n"),
    "a header of its own": Row(USUAL, content_type="text/plain; charset=utf-8"),
    "a header that is wrong": Row(USUAL, content_type=AS_JSON),
    # Another choice
    "the text in another choice": events(
        choice(0, reasoning_content="Hm."), choice(1, content="H"), choice(1, "stop", content="i"), reasoning="Hm."
    ),
    "another choice, the first finishes": events(
        choice(0, reasoning="Hm."), choice(1, content="Hi"), choice(0, "stop"), reasoning="Hm."
    ),
    "choices counted from one": events(choice(1, role="assistant"), choice(1, content="Hi"), choice(1, "stop")),
    "no index": events({"choices": [{"delta": {"content": "Hi"}}]}, choice(None, "stop")),
    "the second choice first": events(
        choice(1, content="no"), choice(0, content="Hi"), choice(1, "length"), choice(0, "stop")
    ),
    # Streaming that is none, and the other way round
    "one document": document(whole()),
    "one document in many lines": Row(json.dumps(whole(), indent=1).encode(), end=COUNTED, whole=True),
    "one document as an event": events(whole(), end=COUNTED, whole=True),
    "one document as text": document(whole(), content_type="text/plain"),
    "message for delta": events(
        {"choices": [{"message": {"content": "H"}, "finish_reason": None}]},
        {"choices": [{"message": {"content": "i"}, "finish_reason": "stop"}]},
        whole=True,
    ),
    "a message beside the delta": events(
        {"choices": [{"delta": {"content": "Hi"}, "message": {"content": "Hi"}}]}, whole(None), end=COUNTED
    ),
    "the whole message at the end": events(chunk("H"), chunk("i"), whole(), end=COUNTED),
    "text for delta": events({"choices": [{"text": "Hi", "finish_reason": "stop"}]}),
    "JSON by lines": Row(by_lines(HI, STOP, USAGE), end=COUNTED, content_type=BY_LINES, whole=True),
    "JSON by lines with CR": Row(by_lines(HI, STOP).replace(b"\n", b"\r\r"), content_type=BY_LINES),
    "events for one who waits": events(chunk("H"), chunk("i"), STOP, USAGE, end=COUNTED, whole=True),
    # Reasoning in tags: however they are cut, see test_thoughts.py
    "tags": events(chunk("<think>\nHm.\n"), chunk("</think>\n\n"), HI, STOP, reasoning="Hm.", whole=True),
    "a tag that is only closed, in a document": document(whole("Hm.\n</think>\n\nHi"), reasoning="Hm."),
    "a tag in the midst": events(chunk("Use <think>"), chunk("x</think>."), STOP, text="Use <think>x</think>."),
    "tags beside a field of its own": events(
        choice(reasoning_content="Hm."), chunk("</think>\n\nHi"), STOP, reasoning="Hm."
    ),
    # Counts: what they mean, see test_usage.py
    "zeros after a count": events(
        chunk("Hi", usage=COUNTS), chunk(None, "stop", usage={"prompt_tokens": 0, "completion_tokens": 0}), end=COUNTED
    ),
    "usage that is none": events(HI, STOP, {"choices": [], "usage": "2"}),
    "the input first, the output last": events(
        chunk("H", usage={"prompt_tokens": 3, "completion_tokens": 0}),
        chunk("i", usage={"prompt_tokens": 3, "completion_tokens": 1}),
        chunk(None, "stop", usage={"completion_tokens": 2}),
        end=COUNTED,
    ),
    "usage of a choice": events(
        HI, {"choices": [{"delta": {}, "finish_reason": "stop", "usage": COUNTS}]}, end=COUNTED
    ),
    "x_groq": events(HI, {**STOP, "x_groq": {"id": "r", "usage": COUNTS}}, end=COUNTED),
    "usage and a finish in one": events(HI, {**STOP, "usage": COUNTS}, end=COUNTED),
    "usage before the finish": events(USAGE, HI, STOP, end=COUNTED),
    # Odd shapes of a chunk
    "nulls": events(
        {"choices": None}, {"choices": [{"index": 0, "delta": None}]}, HI, chunk(None), chunk(None, ""), STOP
    ),
    "a finish that is no word": events(chunk("Hi", {"type": "stop"}), end=End("other")),
    "a refusal": events(choice(refusal="Hi", finish="stop")),
    "content in parts": events(
        thinking("Hm."),
        chunk([{"type": "text", "text": "Hi"}, {"type": "reference", "reference_ids": [1]}], "stop"),
        reasoning="Hm.",
    ),
    "bytes that are no text": events(
        b'data: {"choices": [{"delta": {"content": "x\xffy"}}]}\n\n', STOP, text="x\ufffdy"
    ),
    "half characters": events(chunk("\ud83d"), chunk("\ude00", "stop"), text="😀"),
    "a finish in each chunk": events(chunk("H", "stop"), chunk("i", "stop"), chunk("", "length"), end=End("length")),
}


@pytest.mark.parametrize("row", ANSWERED.values(), ids=ANSWERED)
def test_an_answer_is_heard(stage: Stage, row: Row) -> None:
    heard = stage(row.body, content_type=row.content_type)
    assert heard.error is None
    assert (heard.reasoning, heard.text, heard.end) == (row.reasoning, row.text, row.end)
    assert len(stage.server.requests) == 1


@pytest.mark.parametrize(
    "row", [row for row in ANSWERED.values() if row.whole], ids=[n for n, r in ANSWERED.items() if r.whole]
)
def test_an_awaited_answer_is_heard_in_one(stage: Stage, row: Row) -> None:
    heard = stage(row.body, question(stream=False), content_type=row.content_type)
    assert heard.error is None
    assert heard.pieces == [piece for piece in (row.reasoning, row.text) if piece]
    assert (heard.reasoning, heard.end) == (row.reasoning, row.end)


@pytest.mark.parametrize("row", ANSWERED.values(), ids=ANSWERED)
def test_it_may_come_byte_by_byte(stage: Stage, row: Row) -> None:
    heard = stage(row.body, content_type=row.content_type, cuts=range(1, len(row.body)))
    assert heard.error is None
    assert (heard.reasoning, heard.text, heard.end) == (row.reasoning, row.text, row.end)


# Errors with status 200


LIMIT = "Rate limit exceeded: free-models-per-day"
LIMITED = {"message": LIMIT, "code": 429}
ERRORS: dict[str, tuple[Any, ErrorKind, str]] = {
    "OpenRouter's": ({"error": LIMITED}, "rate_limit", LIMIT),
    "a code in quotes": ({"error": {**LIMITED, "code": "429"}}, "rate_limit", LIMIT),
    "a code of words": ({"error": {**LIMITED, "code": "insufficient_quota"}}, "quota", LIMIT),
    "a status": ({"error": {"message": LIMIT, "status": 429}}, "rate_limit", LIMIT),
    "a type": ({"error": {"message": "No.", "type": "invalid_request_error", "code": None}}, "bad_request", "No."),
    "words alone": ({"error": "The model crashed"}, "overloaded", "The model crashed"),
    "true": ({"error": True, "message": "Slow down", "code": 429}, "rate_limit", "Slow down"),
    "vLLM's": (
        {"object": "error", "message": "Not that.", "type": "BadRequestError", "param": None, "code": 400},
        "bad_request",
        "Not that.",
    ),
    "FastAPI's": ({"detail": "Too busy"}, "overloaded", "Too busy"),
    "Anthropic's": (
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        "overloaded",
        "Overloaded",
    ),
    "Google's": (
        [{"error": {"code": 429, "message": "Quota!", "status": "RESOURCE_EXHAUSTED"}}],
        "rate_limit",
        "Quota!",
    ),
    "of another alphabet": ({"error": {"code": "1113", "message": "余额不足"}}, "overloaded", "余额不足"),
    "msg": ({"code": 429, "msg": "Slow down", "success": False}, "rate_limit", "Slow down"),
    "beside choices": (
        {"choices": None, "base_resp": {"status_code": 1000, "status_msg": "an unknown thing"}},
        "overloaded",
        "an unknown thing",
    ),
    "in a choice": (
        {"choices": [{"delta": {"content": ""}, "finish_reason": "error", "error": {"code": 429, "message": LIMIT}}]},
        "rate_limit",
        LIMIT,
    ),
}

every_error = pytest.mark.parametrize(("body", "kind", "words"), ERRORS.values(), ids=ERRORS)


def check(heard: Heard, kind: ErrorKind, words: str) -> None:
    assert heard.failure.kind == kind
    assert words in heard.failure.message
    assert "{" not in heard.failure.message


@streamed_or_not
@every_error
def test_an_error_with_status_200_is_as_with_its_own(
    stage: Stage, body: Any, kind: ErrorKind, words: str, stream: bool
) -> None:
    heard = stage(json.dumps(body).encode(), question(stream=stream), content_type=AS_JSON)
    check(heard, kind, words)
    assert len(stage.server.requests) == (2 if kind in ("rate_limit", "overloaded") else 1)


@every_error
def test_an_error_as_an_event(stage: Stage, body: Any, kind: ErrorKind, words: str) -> None:
    check(stage(sse(body)), kind, words)
    check(stage(b"event: error\n" + sse(body, done=False)), kind, words)
    heard = stage(sse(HI, body))
    check(heard, kind, words)
    assert (heard.pieces, len(stage.server.requests)) == (["Hi"], 1)


BROKEN: dict[str, tuple[bytes, ErrorKind, str]] = {
    "an error outside the protocol": (json.dumps({"error": LIMITED}).encode() + b"\n", "rate_limit", LIMIT),
    "an error event without JSON": (b"event: error\ndata: CUDA out of memory\n\n", "overloaded", "CUDA out of memory"),
    "a flat message": (b'event: error\ndata: {"message": "Boom"}\n\n', "overloaded", "Boom"),
    "a flat message with a code": (b'data: {"message": "No", "code": "insufficient_quota"}\n\n', "quota", "No"),
    "null": (sse(None), "protocol", ""),
    "content of other parts": (sse(chunk(["x"])), "protocol", ""),
    "no JSON": (b"data: {\n\n", "protocol", ""),
    "more than JSON": (b"data: {}x\ndata: y\n\n", "protocol", ""),
    "no UTF-8": (b"data: \xff\n\n", "protocol", ""),
    "deep nesting": (b"data: " + b"[" * 100_000 + b"\n\n", "protocol", ""),
    "an event that is cut": (sse(STOP, done=False)[:-9], "interrupted", ""),
    "nothing more": (b"", "interrupted", ""),
    "[DONE] without a finish": (sse(), "interrupted", ""),
}


@pytest.mark.parametrize(("body", "kind", "words"), BROKEN.values(), ids=BROKEN)
def test_a_stream_that_breaks_keeps_its_words(stage: Stage, body: bytes, kind: ErrorKind, words: str) -> None:
    heard = stage(sse(HI, done=False) + body)
    check(heard, kind, words)
    assert heard.pieces == ["Hi"]


@streamed_or_not
def test_a_parameter_refused_with_status_200_is_left_out(stage: Stage, stream: bool) -> None:
    body = {"error": {"message": "Unsupported parameter: 'top_p'", "code": 400}}
    stage(json.dumps(body).encode(), question(stream=stream, top_p=0.5), content_type=AS_JSON)
    assert ["top_p" in request for request in stage.server.requests] == [True, False]


PAGES = {
    "a page": b"<html><body>Welcome!</body></html>",
    "a page with a mark": b"\xef\xbb\xbf\r\n<!DOCTYPE html><p>data: x</p>",
    "words": b"Welcome!",
    "a document that is none": b'{"hello": ',
    "a completion without choices": json.dumps({"id": "c", "object": "chat.completion", "choices": []}).encode(),
}


@streamed_or_not
@pytest.mark.parametrize("content_type", ["text/html", "text/plain", AS_JSON])
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_what_is_no_answer_never_counts_as_one(stage: Stage, page: bytes, content_type: str, stream: bool) -> None:
    heard = stage(page, question(stream=stream), content_type=content_type)
    check(heard, "protocol", "check that the address")
    assert len(stage.server.requests) == 1


def test_a_page_is_no_stream_whatever_its_header_says(stage: Stage) -> None:
    check(stage(PAGES["a page"]), "protocol", "address")


# Why it ended


FINISHES: dict[str, FinishReason] = {
    "STOP": "stop", "end_turn": "stop", "eos": "stop", "COMPLETE": "stop", "FinishReason.STOP": "stop",
    "model_length": "length", "max_tokens": "length", "MAX_TOKENS": "length",
    "safety": "filtered", "SAFETY": "filtered", "recitation": "filtered", "sensitive": "filtered",
    "tool_use": "tool", "TOOL_CALL": "tool",
}  # fmt: skip


@pytest.mark.parametrize(("word", "finish"), FINISHES.items())
def test_a_finish_has_many_words(stage: Stage, word: str, finish: FinishReason) -> None:
    heard = stage(sse(HI, chunk(finish=word)))
    assert (heard.pieces, heard.error, heard.end) == (["Hi"], None, End(finish))


@pytest.mark.parametrize(
    "word", ["insufficient_system_resource", "error", "abort", "cancelled", "network_error", "TIMEOUT"]
)
@streamed_or_not
def test_a_server_that_gave_up_broke_off(stage: Stage, word: str, stream: bool) -> None:
    body = (
        sse(chunk("The first half of"), chunk(finish=word))
        if stream
        else json.dumps(whole("The first half of", word)).encode()
    )
    heard = stage(body, question(stream=stream))
    check(heard, "interrupted", word)
    assert (heard.pieces, len(stage.server.requests)) == (["The first half of"], 1)


@pytest.mark.parametrize("word", ["", "null", "None", "NOT_FINISHED"])
def test_a_word_for_not_yet_is_no_end(stage: Stage, word: str) -> None:
    check(stage(sse(chunk("Hi", word))), "interrupted", "broke off")
    assert stage(sse(chunk("H", word), chunk("i", "stop"))).end == End("stop")


def test_a_word_that_nobody_knows_is_kept(stage: Stage) -> None:
    assert stage(sse(chunk("Hi", " Because-I-say-so "))).end == End("other", word="Because-I-say-so")


def test_a_word_means_one_thing() -> None:
    assert all(word == word.lower() for word in MEANING_OF)


# After the finish marker


def ticking(step: float) -> Call:
    """A call whose clock goes on by so many seconds whenever it is looked at."""
    ticks = itertools.count()
    return Call(clock=lambda: next(ticks) * step, sleep=lambda seconds: None)


@pytest.mark.parametrize(
    "ping", [PING, b"\n", b": ", b'data: {"id": "c", "choices": []}\n\n', b"event: ping\ndata: {}\n\n"]
)
def test_keep_alives_after_the_end_are_not_listened_to_for_ever(stage: Stage, ping: bytes) -> None:
    stage.server.plays(sse(HI, STOP, done=False), later=[ping])
    heard = collect(stage.voices["chat"], question(), ticking(0.1))
    assert (heard.pieces, heard.error, heard.end) == (["Hi"], None, End("stop"))
    assert len(stage.server.requests) == 1


def test_a_silence_after_the_end_is_none(stage: Stage) -> None:
    stage.server.plays(sse(HI, STOP, done=False), hold=True)
    assert collect(stage.voices["chat"], question(), ticking(1.9)).end == End("stop")


def test_a_silence_after_the_end_of_an_answer_that_never_finished_is_no_timeout(stage: Stage) -> None:
    stage.server.plays(sse(HI), hold=True)
    heard = collect(stage.voices["chat"], question(), Call())
    assert (heard.pieces, heard.error and heard.error.kind) == (["Hi"], "interrupted")


def test_counts_that_come_a_moment_later_are_taken(stage: Stage) -> None:
    stage.server.plays(sse(HI, STOP, done=False), later=[PING, PING, sse(USAGE, done=False), PING])
    assert collect(stage.voices["chat"], question(), Call()).end == COUNTED


def test_keep_alives_before_the_end_are_waited_through(stage: Stage) -> None:
    stage.server.plays(sse(HI, done=False), later=[*[PING] * 50, sse(STOP)])
    assert collect(stage.voices["chat"], question(), ticking(10)).end == End("stop")


def test_a_server_that_says_stop_with_each_word_is_heard_to_its_end(stage: Stage) -> None:
    said = [sse(chunk(letter, "stop"), done=False) for letter in "i there"]
    stage.server.plays(sse(chunk("H", "stop"), done=False), later=[said[0], *[PING] * 20, *said[1:], sse()])
    assert collect(stage.voices["chat"], question(), ticking(0.01)).text == "Hi there"


def test_keep_alives_after_the_end_take_no_time_of_the_answer(stage: Stage) -> None:
    stage.server.plays(sse(HI, STOP, done=False), later=[PING])
    call = ticking(0.1)
    heard = [call.heard for _ in stage.voices["chat"].stream(question(), call)]
    assert call.heard == heard[-1]


# The connection


REUSED = {
    "the usual": sse(HI, STOP, USAGE),
    "usage in a chunk with a choice": sse(HI, {**STOP, "usage": USAGE["usage"]}),
    "usage in a chunk of its own, with a choice": sse(HI, STOP, chunk("", usage=USAGE["usage"])),
    "no usage": sse(HI, STOP),
    "no end marker": sse(HI, STOP, done=False),
    "comments after the end": sse(HI, STOP, PING, PING) + PING,
}


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "in one"])
@pytest.mark.parametrize("body", REUSED.values(), ids=REUSED)
def test_the_connection_is_used_again(body: bytes, chunked: bool) -> None:
    with Script() as server, connected(settings_for("chat", server.url)) as provider:
        server.plays(body, cuts=[len(body) // 2] if chunked else None)
        for _ in range(3):
            assert collect(provider, question()).text == "Hi"
        assert (len(server.requests), server.connections) == (3, 1)
