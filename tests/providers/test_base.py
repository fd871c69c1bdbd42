"""What all adapters share: requests as vendors accept them, whole characters, the budget of one second try."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import Call, End, ErrorKind, Message, ProviderError, Reasoning, Request, Retry, TextStream
from providers.base import whole_characters
from providers.errors import SENTENCES, ErrorFactory, retry_after_seconds
from providers.parsing.error_body import kind_of_status
from providers.transport.retry import LONGEST_WAIT, with_one_retry

FAILURES = ErrorFactory(label="Vendor", keys="VENDOR_KEY", secrets=("sk-secret",))
STOP = End("stop")


def said(*pieces: str, end: End = STOP, error: ProviderError | None = None) -> TextStream:
    """A vendor's answer."""
    yield from pieces
    if error:
        raise error
    return end


def read(answer: TextStream) -> tuple[list[str], End]:
    pieces = []
    while True:
        try:
            pieces.append(next(answer))
        except StopIteration as over:
            return pieces, over.value


# Requests


@pytest.mark.parametrize(
    ("turns", "spoken"),
    [
        ("u:Hi", "u:Hi"),
        ("u:Hi a:Yes? u:Why?", "u:Hi a:Yes? u:Why?"),
        ("a:Hello! u:Hi", "u:Hi"),
        ("u:Hi a: u:Why?", "u:Hi\n\nWhy?"),
        ("u: u:Hi", "u:Hi"),
        ("u:Hi a:One a:Two u:Why?", "u:Hi a:One\n\nTwo u:Why?"),
        ("u:", ""),
    ],
)
def test_turns_are_spoken_as_vendors_accept_them(turns: str, spoken: str) -> None:
    roles = {"u": "user", "a": "assistant"}

    def parsed(text: str) -> tuple[Message, ...]:
        pairs = (turn.split(":", 1) for turn in text.split(" ") if turn)
        return tuple(Message(roles[role], content) for role, content in pairs)  # type: ignore[arg-type]

    assert Request(messages=parsed(turns), model="m").normalized().messages == parsed(spoken)


def test_a_blank_system_prompt_and_an_empty_stop_sequence_are_none_at_all() -> None:
    request = Request(messages=(), model="m", system=" \n ", stop=("", "\n")).normalized()
    assert (request.system, request.stop) == ("", ("\n",))


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.text(max_size=5)), max_size=8))
def test_any_history_is_spoken_in_turns_with_the_user_first(history: list[tuple[Any, str]]) -> None:
    request = Request(messages=tuple(Message(role, content) for role, content in history), model="m")
    spoken = request.normalized()
    roles = [message.role for message in spoken.messages]
    assert roles == (["user", "assistant"] * len(roles))[: len(roles)]
    assert all(message.content.strip() for message in spoken.messages)
    assert spoken.normalized() == spoken


def test_half_characters_in_a_question_can_be_sent() -> None:
    request = Request(messages=(Message("user", "\ud83d\ude00 \ud83d"),), model="m", system="\udc00x")
    assert request.normalized().messages[0].content == "😀 \ufffd"
    assert request.normalized().system == "\ufffdx"


# Whole characters


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        (["a\ud83d", "\ude00b"], ["a", "😀b"]),
        (["\ud83d"], ["\ufffd"]),
        (["\ud83d", "x"], ["\ufffdx"]),
        (["a\ude00"], ["a\ufffd"]),
        (["\ud83d", "\ud83d", "\ude00"], ["\ufffd", "😀"]),
        (["", "a"], ["a"]),
    ],
)
def test_halves_of_a_character_wait_for_each_other(pieces: list[str], whole: list[str]) -> None:
    assert read(whole_characters(said(*pieces))) == (whole, STOP)


def test_reasoning_stays_reasoning_when_its_halves_are_joined() -> None:
    (piece,), _ = read(whole_characters(said(Reasoning("\ud83d"), Reasoning("\ude00"))))
    assert (piece, type(piece)) == ("😀", Reasoning)


@given(st.text(), st.data())
def test_however_a_text_is_cut_it_arrives_whole(text: str, data: st.DataObject) -> None:
    units = text.encode("utf-16-le", "surrogatepass")
    halves = [units[at : at + 2].decode("utf-16-le", "surrogatepass") for at in range(0, len(units), 2)]
    pieces = [""]
    for half in halves:
        if data.draw(st.booleans()):
            pieces.append("")
        pieces[-1] += half
    arrived, _ = read(whole_characters(said(*pieces)))
    assert "".join(arrived) == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def test_a_stream_that_is_left_is_closed() -> None:
    closed: list[str] = []

    def answer() -> TextStream:
        try:
            yield "a"
            yield "b"
        finally:
            closed.append("closed")
        return STOP

    pieces = with_one_retry(answer, Call())
    next(pieces)
    pieces.close()
    assert closed == ["closed"]


# The second try


class Tries:
    """Says one answer a try."""

    def __init__(self, *answers: TextStream) -> None:
        self._answers: Iterator[TextStream] = iter(answers)
        self.made = 0
        self.retries: list[Retry] = []
        self.slept: list[float] = []
        self.call = Call(on_retry=self.retries.append, sleep=self.slept.append)

    def __call__(self) -> TextStream:
        self.made += 1
        return next(self._answers)


def test_there_is_no_third_try() -> None:
    tries = Tries(said(error=FAILURES.error("overloaded")), said(error=FAILURES.error("rate_limit")), said("a"))
    with pytest.raises(ProviderError) as caught:
        read(with_one_retry(tries, tries.call))
    assert (caught.value.kind, tries.made) == ("rate_limit", 2)


@pytest.mark.parametrize("piece", ["a", Reasoning("hm")])
def test_after_a_word_or_a_thought_there_is_no_second_try(piece: str) -> None:
    tries = Tries(said(piece, error=FAILURES.error("overloaded")), said("again"))
    answer = with_one_retry(tries, tries.call)
    assert next(answer) == piece
    with pytest.raises(ProviderError):
        next(answer)
    assert (tries.made, tries.retries) == (1, [])


@pytest.mark.parametrize(
    ("asked", "slept"), [(None, [1.0]), (0.0, [0.0]), (7.5, [7.5]), (LONGEST_WAIT, [LONGEST_WAIT]), (20.5, [])]
)
def test_the_wait_is_what_the_vendor_asks_for(asked: float | None, slept: list[float]) -> None:
    tries = Tries(said(error=FAILURES.error("rate_limit", retry_after=asked)), said("a"))
    with contextlib.nullcontext() if slept else pytest.raises(ProviderError):
        assert read(with_one_retry(tries, tries.call)) == (["a"], STOP)
    assert tries.slept == slept
    assert tries.retries == [Retry("rate_limit", seconds) for seconds in slept]


# Errors in our words


@pytest.mark.parametrize("kind", SENTENCES)
def test_an_error_is_one_line_and_names_its_vendor_and_no_key(kind: ErrorKind) -> None:
    error = FAILURES.error(kind, "The key sk-secret\nis\twrong.", retry_after=2)
    assert (error.kind, str(error)) == (kind, error.message)
    assert "The key ••• is wrong." in error.message
    assert "{" not in error.message
    assert "It asks to wait 2 s." in error.message


def test_a_detail_is_cut_where_it_grows_long() -> None:
    assert len(FAILURES.error("overloaded", "x" * 100_000).message) < 600


def test_a_key_is_blotted_out_before_the_cut_and_with_blanks_around_it() -> None:
    failures = ErrorFactory(label="Vendor", keys="KEY", secrets=("  sk-secret\n", ""))
    assert "sk-" not in failures.error("auth", "x" * 395 + " sk-secret").message
    assert "sk-secret" not in repr(failures)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None), ("", None), ("3", 3.0), ("0.5", 0.5), ("-1", None), ("nan", None),
        ("inf", 604_800), ("1e9", 604_800),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0), ("Sat, 01 Jan 2000 01:00:00 GMT", 3600),
        ("Sat, 01 Jan 2000 01:00:00 +0100", 0), ("Tue, 01 Feb 2000 00:00:00 GMT", 604_800), ("soon", None),
        ("Sat, 01 Jan 2000 01:00:00 -0000", None),  # without a zone
        (f"Sat, 01 Jan {'9' * 30} 01:00:00 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_is_read_in_seconds(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, now=datetime(2000, 1, 1, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "bad_request"), (402, "quota"), (409, "overloaded"), (418, "bad_request"), (500, "overloaded"),
     (520, "overloaded"), (599, "overloaded")],
)  # fmt: skip
def test_a_status_alone_says_as_much(status: int, kind: ErrorKind) -> None:
    assert kind_of_status(status) == kind


@pytest.mark.parametrize("key", ["sk-ab\ncd", "sk-äb", "sk ab", "sk-\x00", "sk-\u200bab", "“sk-ab”"])
def test_a_key_that_no_header_can_carry_is_refused_unseen(key: str) -> None:
    with pytest.raises(ProviderError) as caught:
        FAILURES.checked_key(key, "VENDOR_KEY")
    assert caught.value.kind == "auth"
    assert "VENDOR_KEY" in caught.value.message
    assert key not in repr(caught.value)
    assert "sk" not in caught.value.message


@pytest.mark.parametrize("key", [" sk-ab", "sk-ab\n", "\tsk-ab \r\n", "sk-ab"])
def test_blanks_around_a_key_do_no_harm(key: str) -> None:
    assert FAILURES.checked_key(key, "VENDOR_KEY") == "sk-ab"
