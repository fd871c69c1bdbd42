"""Server-sent events by the letter of the standard, however the bytes are cut."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from providers.parsing.sse import Event, events, lines, values

A, B = {"a": "ä😀"}, {"b": [1, "\u2028x"]}
DATA_A, DATA_B = (f"data: {json.dumps(one, ensure_ascii=False)}" for one in (A, B))


def parsed(body: bytes, cuts: tuple[int, ...] = ()) -> list[Event]:
    return list(events(lines(cut(body, cuts))))


def cut(body: bytes, cuts: tuple[int, ...]) -> Iterator[bytes]:
    places = (0, *cuts, len(body))
    return (body[start:end] for start, end in pairwise(places))


STREAMS: dict[str, tuple[str, list[Event]]] = {
    "the usual": ("data: x\n\ndata: y\n\n", [Event("", "x"), Event("", "y")]),
    "no blank after the colon": ("data:x\n\n", [Event("", "x")]),
    "one blank is not data, two are": ("data:  x\n\n", [Event("", " x")]),
    "comments": (": hello\n\n:\n\ndata: x\n: between\n\n", [Event("", "x")]),
    "ids, retry and fields nobody knows": ("id: 7\nretry: 3000\nfoo: bar\nnull\ndata: x\n\n", [Event("", "x")]),
    "fields without data": ("retry: 3000\n\nid: 1\n\nevent: ping\n\ndata: x\n\n", [Event("", "x")]),
    "a type holds for one event": ("event: e\ndata: x\n\ndata: y\n\n", [Event("e", "x"), Event("", "y")]),
    "the type after the data": ("data: x\nevent: e\n\n", [Event("e", "x")]),
    "blank data": ("data\n\ndata:\n\ndata: \n\ndata: x\n\n", [Event("", "x")]),
    "data in lines": ("data: x\ndata:\ndata: y\n\n", [Event("", "x\n\ny")]),
    "CR": ("data: x\r\rdata: y\r\r", [Event("", "x"), Event("", "y")]),
    "CRLF": ("event: e\r\ndata: x\r\n\r\ndata: y\r\n\r\n", [Event("e", "x"), Event("", "y")]),
    "all kinds of ends": ("data: x\r\n\rdata: y\n\r\ndata: z\r\n\n", [Event("", "x"), Event("", "y"), Event("", "z")]),
    "a mark at the start": ("\ufeffdata: x\n\n", [Event("", "x")]),
    "a mark later is a letter": ("data: x\n\n\ufeffdata: y\n\n", [Event("", "x")]),
    "no last blank line": ("data: x\n\ndata: y\n", [Event("", "x"), Event("", "y", whole=False)]),
    "no last line end": ("data: x\n\ndata: y", [Event("", "x"), Event("", "y", whole=False)]),
    "signs that are no line ends": ("data: a\x0bb\x0cc\x85d\u2028e\n\n", [Event("", "a\x0bb\x0cc\x85d\u2028e")]),
    "an error without its field": ('data: x\n\n{"error": "no"}\n', [Event("", "x"), Event("", '{"error": "no"}')]),
    "a colon in a type": ("event: a:b\ndata: {}\n\n", [Event("a:b", "{}")]),
    "nothing": ("", []),
    "blank lines": ("\n\r\n\r\n\n", []),
}  # fmt: skip

every_stream = pytest.mark.parametrize(("text", "expected"), STREAMS.values(), ids=STREAMS)


@every_stream
def test_a_stream_is_read_as_the_standard_has_it(text: str, expected: list[Event]) -> None:
    assert parsed(text.encode()) == expected


@every_stream
def test_it_may_be_cut_anywhere(text: str, expected: list[Event]) -> None:
    body = text.encode()
    for at in range(len(body) + 1):
        assert parsed(body, (at,)) == expected
        assert parsed(body, (at, at, min(at + 1, len(body)))) == expected
    assert parsed(body, tuple(range(1, len(body)))) == expected


BODIES: dict[str, tuple[str, list[Any]]] = {
    "events": (f"{DATA_A}\n\n{DATA_B}\n\ndata: [DONE]\n\n", [A, B]),
    "nothing counts after the end": (f"{DATA_A}\n\ndata: [DONE]\n\n{DATA_B}\n\n", [A]),
    "an end without a blank": (f"{DATA_A}\n\ndata:[DONE]", [A]),
    "an end in quotes": (f'{DATA_A}\n\ndata: "[DONE]"\n\n{DATA_B}\n\n', [A]),
    "no end": (f"{DATA_A}\n\n{DATA_B}\n\n", [A, B]),
    "no last blank line": (f"{DATA_A}\n\n{DATA_B}", [A, B]),
    "cut off in its midst": (f"{DATA_A}\n\n{DATA_B[:-3]}", [A]),
    "no blank lines": (f"{DATA_A}\n{DATA_B}\ndata: [DONE]\n", [A, B]),
    "no blank lines but the last": (f"{DATA_A}\n{DATA_B}\ndata: [DONE]\n\n", [A, B]),
    "a document in lines": ('data: {"a":\ndata: 1\ndata: }\n\n', [{"a": 1}]),
    "pings with data": (f"event: ping\ndata: now\n\n{DATA_A}\n\nevent: heartbeat\ndata: 17:03\n\n", [A]),
    "an error event": (f'{DATA_A}\n\nevent: error\ndata: {{"message": "no"}}\n\n', [A, {"error": {"message": "no"}}]),
    "an error event of words": ("event: error\ndata: out of memory\n\n", [{"error": "out of memory"}]),
    "an error event with its error": ('event: error\ndata: {"error": {"code": 1}}\n\n', [{"error": {"code": 1}}]),
    "a document": (json.dumps(A), [A]),
    "a document in many lines": (f"\n{json.dumps(B, indent=2)}\n", [B]),
    "a list": ('[{"error": {"code": 400}}]', [[{"error": {"code": 400}}]]),
    "JSON by lines": (f"{json.dumps(A)}\n\n{json.dumps(B)}\n", [A, B]),
    "JSON by lines with CR": (f"{json.dumps(A)}\r\n{json.dumps(B)}\r", [A, B]),
    "JSON by lines, cut off": (f"{json.dumps(A)}\n{json.dumps(B)[:-2]}", [A]),
    "JSON with a mark": (f"\ufeff{json.dumps(A)}", [A]),
    "nothing": ("", []),
    "words": ("Welcome!", []),
}


@pytest.mark.parametrize(("text", "expected"), BODIES.values(), ids=BODIES)
def test_a_body_is_what_its_first_line_says(text: str, expected: list[Any]) -> None:
    body = text.encode()
    assert list(values([body])) == expected
    for at in range(len(body)):
        assert list(values(cut(body, (at,)))) == expected
    assert list(values(cut(body, tuple(range(1, len(body)))))) == expected


@pytest.mark.parametrize(
    "body",
    [b"<html><body>Welcome!</body></html>", b"\n\n  <!doctype html>", b'{"a": ', b"data: no JSON\n\n",
     b"event: message\ndata: {\n\n", b"data: {}x\ndata: y\n\n"],
)  # fmt: skip
def test_what_is_no_answer_is_an_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        list(values([body]))
    assert caught.value


def test_what_came_before_a_broken_event_is_there() -> None:
    found = values([f"{DATA_A}\n\ndata: {{\n\n".encode()])
    assert next(found) == A
    with pytest.raises(ValueError, match=r"."):
        next(found)


def test_bytes_that_are_no_text_cost_no_more_than_themselves() -> None:
    assert list(values([b': \xff\n\ndata: {"a": "x\xffy"}\n\n'])) == [{"a": "x\ufffdy"}]
