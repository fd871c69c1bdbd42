"""Chat completions as servers in the wild send them: what becomes of each, streamed and awaited."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from providers import Call, End, ErrorKind, FinishReason
from providers.parsing.finish_reason import MEANING_OF
from tests.providers.asking import Heard, Stage, collect, connected, question, settings_for, staged
from tests.providers.servers import USAGE, Script, chunk, sse

STOP = chunk(finish="stop")
HI = chunk("Hi")
PING = b": ping\n\n"
COUNTED = End("stop", 3, 2)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged("chat", silence_timeout=600) as stage:
        yield stage


def choice(index: int | None = 0, finish: Any = None, **delta: Any) -> dict[str, Any]:
    return {"id": "c", "choices": [{"index": index, "delta": delta, "finish_reason": finish}]}


def whole(content: Any = "Hi", finish: Any = "stop", usage: Any = USAGE["usage"], **message: Any) -> dict[str, Any]:
    said = {"index": 0, "message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion", "choices": [said], "usage": usage}


def counted(**usage: Any) -> bytes:
    return sse(HI, STOP, {"id": "c", "choices": [], "usage": usage})


class Row(NamedTuple):
    body: bytes
    text: str = "Hi"
    end: End = End("stop")
    reasoning: str = ""
    content_type: str = "text/event-stream"
    whole: bool = False  # holds for an awaited answer as well


AS_JSON = "application/json"
ANSWERED: dict[str, Row] = {
    # The standard's ways
    "retry": Row(sse(b"retry: 3000\n\n", HI, STOP), whole=True),
    "fields without data": Row(sse(b"id: 1\n\n", b"event: ping\n\n", b"data:\n\n", b"data\n\n", HI, STOP)),
    "ids and comments": Row(sse(b": hello\n\nid: 1\n", HI, b": between\nid: 2\n", STOP)),
    "named events": Row(sse(b"event: completion\n", HI, b"event: completion\n", STOP)),
    "pings with data": Row(sse(b"event: ping\ndata: 1\n\n", HI, b'event: ping\ndata: {"type": "ping"}\n\n', STOP)),
    "pings that are chunks": Row(sse({}, HI, {"type": "ping"}, {"id": "c", "choices": []}, STOP)),
    "CR": Row(sse(HI, STOP).replace(b"\n", b"\r")),
    "CRLF": Row(sse(HI, STOP).replace(b"\n", b"\r\n")),
    "a mark": Row(b"\xef\xbb\xbf" + sse(HI, STOP)),
    "data in two lines": Row(sse(b'data: {"choices": [\ndata: {"delta": {"content": "Hi"}}]}\n\n', STOP)),
    "no blank after the colon": Row(sse(HI, STOP).replace(b"data: ", b"data:")),
    "no blank lines": Row(sse(HI, STOP).replace(b"\n\n", b"\n")),
    "no end marker": Row(sse(HI, STOP, done=False)),
    "no last blank line": Row(sse(HI, STOP, done=False).rstrip(b"\n")),
    "an end marker in quotes": Row(sse(HI, STOP, b'data: "[DONE]"\n\n', done=False)),
    "words after the end": Row(sse(HI, STOP) + b"data: bye\n\n"),
    "a header of its own": Row(sse(HI, STOP), content_type="text/plain; charset=utf-8"),
    "a header that is wrong": Row(sse(HI, STOP), content_type=AS_JSON),
    # Another choice
    "the text in another choice": Row(
        sse(choice(0, reasoning_content="Hm."), choice(1, content="H"), choice(1, content="i"), choice(1, "stop")),
        reasoning="Hm.",
    ),
    "another choice, the first finishes": Row(
        sse(choice(0, reasoning="Hm."), choice(1, content="Hi"), choice(0, "stop")), reasoning="Hm."
    ),
    "choices counted from one": Row(
        sse(choice(1, role="assistant"), choice(1, content="H"), choice(1, "stop", content="i"))
    ),
    "one piece in another choice": Row(sse(choice(1, content="Hi"), choice(1, "stop"))),
    "no index": Row(sse({"choices": [{"delta": {"content": "Hi"}}]}, choice(None, "stop"))),
    "two choices": Row(
        sse(
            choice(0, content="H"),
            choice(1, content="no"),
            choice(1, "length"),
            choice(0, content="i"),
            choice(0, "stop"),
        )
    ),
    "the second choice first": Row(
        sse(choice(1, content="no"), choice(0, content="Hi"), choice(1, "length"), choice(0, "stop"))
    ),
    # Streaming that is none, and the other way round
    "one document": Row(json.dumps(whole()).encode(), end=COUNTED, content_type=AS_JSON, whole=True),
    "one document in many lines": Row(
        json.dumps(whole(), indent=1).encode(), end=COUNTED, content_type=AS_JSON, whole=True
    ),
    "one document as an event": Row(sse(whole()), end=COUNTED, whole=True),
    "one document as text": Row(json.dumps(whole()).encode(), end=COUNTED, content_type="text/plain", whole=True),
    "message for delta": Row(
        sse(
            *(
                {"choices": [{"message": {"content": text}, "finish_reason": finish}]}
                for text, finish in (("H", None), ("i", "stop"))
            )
        ),
        whole=True,
    ),
    "a message beside the delta": Row(
        sse(
            *({"choices": [{"delta": {"content": text}, "message": {"content": "Hi"}}]} for text in ("H", "i")),
            whole(None),
        ),
        end=COUNTED,
    ),
    "the whole message at the end": Row(sse(chunk("H"), chunk("i"), whole()), end=COUNTED),
    "text for delta": Row(sse({"choices": [{"text": "Hi", "finish_reason": "stop"}]})),
    "JSON by lines": Row(
        b"".join(json.dumps(one).encode() + b"\n" for one in (HI, STOP, USAGE)),
        end=COUNTED,
        content_type="application/x-ndjson",
        whole=True,
    ),
    "events for one who waits": Row(sse(chunk("H"), chunk("i"), STOP, USAGE), end=COUNTED, whole=True),
    # Reasoning in tags
    "tags": Row(sse(chunk("<think>\nHm.\n"), chunk("</think>\n\n"), HI, STOP), reasoning="Hm.", whole=True),
    "tags in pieces": Row(sse(*map(chunk, "<thinking>Hm.</thinking>\n\nHi"), STOP), reasoning="Hm.", whole=True),
    "tags in one": Row(sse(chunk("<reasoning>Hm.</reasoning>Hi"), STOP), reasoning="Hm.", whole=True),
    "tags in a document": Row(
        json.dumps(whole("<think>Hm.</think>Hi")).encode(), end=COUNTED, reasoning="Hm.", whole=True
    ),
    "a tag that is only closed, in a document": Row(
        json.dumps(whole("Hm.\n</think>\n\nHi")).encode(), end=COUNTED, reasoning="Hm.", whole=True
    ),
    "a tag in the midst": Row(
        sse(chunk("Write <think>"), chunk("x</think>."), STOP), text="Write <think>x</think>.", whole=True
    ),
    "tags beside a field of its own": Row(
        sse(choice(reasoning_content="Hm."), chunk("</think>\n\nHi"), STOP), reasoning="Hm."
    ),
    # Counts
    "reasoning left out": Row(
        counted(prompt_tokens=12, completion_tokens=2, total_tokens=331, reasoning_tokens=317),
        end=End("stop", 12, 319, 317),
        whole=True,
    ),
    "reasoning left out, in details": Row(
        counted(
            prompt_tokens=12, completion_tokens=2, total_tokens=331, completion_tokens_details={"reasoning_tokens": 317}
        ),
        end=End("stop", 12, 319, 317),
    ),
    "reasoning in the total alone": Row(
        counted(prompt_tokens=12, completion_tokens=2, total_tokens=331), end=End("stop", 12, 319, 317)
    ),
    "reasoning counted in": Row(
        counted(prompt_tokens=12, completion_tokens=319, total_tokens=331, reasoning_tokens=317),
        end=End("stop", 12, 319, 317),
    ),
    "more reasoning than output": Row(
        counted(prompt_tokens=12, completion_tokens=2, reasoning_tokens=317), end=End("stop", 12, 319, 317)
    ),
    "no reasoning, and a larger total": Row(
        counted(
            prompt_tokens=12, completion_tokens=2, total_tokens=331, completion_tokens_details={"reasoning_tokens": 0}
        ),
        end=End("stop", 12, 2, 0),
    ),
    "a cache beside the input": Row(
        counted(prompt_tokens=12, completion_tokens=2, total_tokens=331, cache_read_input_tokens=317),
        end=End("stop", 329, 2, cached_tokens=317),
    ),
    "a total that is too small": Row(
        counted(prompt_tokens=12, completion_tokens=2, total_tokens=0), end=End("stop", 12, 2)
    ),
    "no output but a total": Row(counted(prompt_tokens=12, total_tokens=14), end=End("stop", 12, 2)),
    "Anthropic's names": Row(counted(input_tokens=3, output_tokens=2), end=COUNTED),
    "nulls": Row(counted(prompt_tokens=None, completion_tokens=None, completion_tokens_details=None), end=End("stop")),
    "texts and truths": Row(counted(prompt_tokens="many", completion_tokens=True, total_tokens=[]), end=End("stop")),
    "floats": Row(counted(prompt_tokens=3.0, completion_tokens=2.0), end=COUNTED),
    "halves and less than none": Row(counted(prompt_tokens=1.5, completion_tokens=-2), end=End("stop")),
    "all zeros": Row(counted(prompt_tokens=0, completion_tokens=0, total_tokens=0), end=End("stop")),
    "zeros after a count": Row(
        sse(
            chunk("Hi", usage=USAGE["usage"]), chunk(finish="stop", usage={"prompt_tokens": 0, "completion_tokens": 0})
        ),
        end=COUNTED,
    ),
    "details that are none": Row(
        counted(prompt_tokens=3, completion_tokens=2, completion_tokens_details=[1]), end=COUNTED
    ),
    "usage that is none": Row(sse(HI, STOP, {"choices": [], "usage": "2"})),
    "more with each chunk": Row(
        sse(*(chunk(text, usage={"prompt_tokens": 3, "completion_tokens": n}) for n, text in enumerate("Hi", 1)), STOP),
        end=COUNTED,
    ),
    "the input first, the output last": Row(
        sse(
            chunk("Hi", usage={"prompt_tokens": 3, "completion_tokens": 0}),
            chunk(finish="stop", usage={"completion_tokens": 2}),
        ),
        end=COUNTED,
    ),
    "usage of a choice": Row(
        sse(HI, {"choices": [{"delta": {}, "finish_reason": "stop", "usage": USAGE["usage"]}]}), end=COUNTED
    ),
    "x_groq": Row(sse(HI, {**STOP, "x_groq": {"id": "r", "usage": USAGE["usage"]}}), end=COUNTED),
    "usage and a finish in one": Row(sse(HI, {**STOP, "usage": USAGE["usage"]}), end=COUNTED),
    "a finish in each chunk": Row(sse(chunk("H", "stop"), chunk("i", "stop"), chunk("", "length")), end=End("length")),
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
    "a status beside it": ({"error": {"message": LIMIT}, "status_code": 429}, "rate_limit", LIMIT),
    "a type": ({"error": {"message": "No.", "type": "invalid_request_error", "code": None}}, "bad_request", "No."),
    "words alone": ({"error": "The model crashed"}, "overloaded", "The model crashed"),
    "words and a status": ({"error": "Slow down", "status": 429}, "rate_limit", "Slow down"),
    "true": ({"error": True, "message": "Slow down", "code": 429}, "rate_limit", "Slow down"),
    "vLLM's": (
        {"object": "error", "message": "Not that.", "type": "BadRequestError", "param": None, "code": 400},
        "bad_request",
        "Not that.",
    ),
    "vLLM's of a model": (
        {"object": "error", "message": "The model `m` does not exist.", "type": "NotFoundError", "code": 404},
        "unknown_model",
        "`m`",
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
    "beside a finish": (
        {"error": LIMITED, "choices": [{"delta": {"content": ""}, "finish_reason": "error"}]},
        "rate_limit",
        LIMIT,
    ),
    "a wrong key": ({"error": {"message": "No.", "code": 401}}, "auth", "OPENAI_API_KEY"),
    "too long": (
        {"error": {"message": "maximum context length is 9", "type": "BadRequestError"}},
        "too_long",
        "length is 9",
    ),
}

every_error = pytest.mark.parametrize(("body", "kind", "words"), ERRORS.values(), ids=ERRORS)


def check(heard: Heard, kind: ErrorKind, words: str) -> None:
    assert heard.error is not None
    assert heard.error.kind == kind
    assert words in heard.error.message
    assert "{" not in heard.error.message


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "awaited"])
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


def test_an_error_outside_the_protocol(stage: Stage) -> None:
    heard = stage(sse(HI, json.dumps({"error": LIMITED}).encode() + b"\n", done=False))
    check(heard, "rate_limit", LIMIT)
    assert heard.pieces == ["Hi"]


def test_an_error_event_without_json(stage: Stage) -> None:
    check(stage(sse(HI, b"event: error\ndata: CUDA out of memory\n\n")), "overloaded", "CUDA out of memory")


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "awaited"])
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


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "awaited"])
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
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "awaited"])
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
