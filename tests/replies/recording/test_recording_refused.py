"""Recordings that are broken stay out: nothing of the file is imported, and the line is named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replies.conversation import Comparison, Round
from replies.recording.format import LARGEST_FILE, MOST_LANES, Item, RecordingError, load
from tests.replies.recorded import WHEN, file_of, given_reply, lines_of, of, written
from tests.replies.recording.test_recording import KNOWN


def refused(file: bytes) -> str:
    with pytest.raises(RecordingError) as raised:
        load(file)
    told = str(raised.value)
    assert told.startswith(f"Line {raised.value.line:,}: ")
    assert told.endswith("Nothing was imported.")
    return told


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (b"", "The file is empty."),
        (b"\n \n", "The file is empty."),
        (b"provider,model\nopenai,gpt\n", "This is no recording of Streamside."),
        (b"PK\x03\x04\xff\xfe", "This is no recording"),
        (b'{"role": "user"}\n', "This is no recording"),
        (b"[1, 2]\n", "This is no recording"),
        (b"{\n", "This is no recording"),
        (b"[" * 100_000, "This is no recording"),
        (b'{"streamside":"recording"}\n', '"version": Field required'),
        (b'{"streamside":"recording","version":7}\n',
         "It is in version 7 of the format, and this Streamside reads version 1. Update Streamside."),
        (b" " * (LARGEST_FILE + 1), "The file is larger than 20 MB."),
    ],
)  # fmt: skip
def test_a_foreign_file_is_refused(file: bytes, problem: str) -> None:
    assert refused(file).startswith(f"Line 1: {problem}")


def test_a_file_cut_off_anywhere_is_refused() -> None:
    file = written(of(given_reply()))
    for length in range(1, len(file) - 2):  # the last two: the brace that closes it, and the line feed
        told = refused(file[:length])
        if file[:length].endswith(b"\n"):
            line = file.count(b"\n", 0, length)
            assert told.startswith(f"Line {line}: The recording that begins in line 1 has no end: the file was cut off")


def test_a_recording_that_begins_before_the_last_one_ended_is_refused() -> None:
    lines = lines_of(given_reply(), given_reply())
    del lines[5]
    assert refused(file_of(lines)).startswith("Line 6: The recording that begins in line 1 has no end")


def merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    both = {name: merged(one[name], value) for name, value in other.items()
            if isinstance(value, dict) and isinstance(one.get(name), dict)}  # fmt: skip
    return one | other | both


BEST = {"outcome": "best", "lane": 1, "at": WHEN.isoformat()}


@pytest.mark.parametrize(
    ("line", "change", "problem"),
    [
        (1, {"provider": 3}, '"provider": Input should be a valid string.'),
        (1, {"label": " "}, '"label": String should not be blank'),
        (1, {"model": "m" * 301}, '"model": String should have at most 300 characters'),
        (1, {"simulated": 1}, '"simulated": Input should be a valid boolean'),
        (1, {"asked_at": "yesterday"}, '"asked_at": Input should be a valid datetime'),
        (1, {"asked_at": "2026-11-22T13:45:00"}, '"asked_at": Input should have timezone info'),
        (1, {"asked_at": "0001-01-01T00:00:00+14:00"}, '"asked_at": Input should be greater'),
        (1, {"request": {"messages": []}}, '"messages" must end with'),
        (1, {"request": {"messages": [{"role": "system", "content": ""}]}},
         "\"request.messages.0.role\": Input should be 'user' or 'assistant'."),
        (1, {"request": []}, '"request": Input should be'),
        (1, {"retries": [1]}, '"retries.0": Input should be'),
        (1, {"versions": {"a": None}}, '"versions.a": Input should be a valid string'),
        (2, {"t": -1}, '"t": Input should be greater than or equal to 0'),
        (2, {"t": True}, '"t": Input should be a valid number'),
        (2, {"t": 10**400}, '"t": Input should be'),
        (2, {"t": "0.4"}, '"t": Input should be a valid number'),
        (2, {"text": ""}, "The piece of text is empty"),
        (2, {"text": None}, '"text": Input should be a valid string'),
        (3, {"t": 0.3}, 'Its time "t" is 0.3 s, before the piece in front of it'),
        (6, {"t": 1}, 'Its time "t" is 1 s, before the piece in front of it'),
        (6, {"end": {"finish_reason": "bored"}}, "\"end.finish_reason\": Input should be 'stop'"),
        (6, {"end": {"output_tokens": 2**70}}, '"end.output_tokens": Input should be less'),
        (6, {"end": {"output_tokens": 1.5}}, '"end.output_tokens": Input should be a valid integer'),
        # A comparison
        (1, {"group": {"kind": "club"}}, "\"group.kind\": Input should be 'conversation', 'comparison' or 'series'"),
        (1, {"group": {"turn": -1}}, '"group.turn": Input should be greater than or equal to 0'),
        (1, {"group": {"lane": "left"}}, '"group.lane": Input should be a valid integer'),
        (1, {"group": {"lane": 2**40}}, '"group.lane": Input should be less than or equal to 9999'),
        (1, {"group": {"blind": None}}, '"group.blind": Input should be a valid boolean'),
        (1, {"group": {"verdict": "left"}}, '"group.verdict": Input should be'),
        (1, {"group": {"verdict": BEST | {"outcome": "left"}}}, "\"group.verdict.outcome\": Input should be 'best'"),
        (1, {"group": {"verdict": BEST | {"lane": None}}}, 'A "verdict" of "best" names the "lane"'),
        (1, {"group": {"verdict": BEST | {"lane": 2}}}, 'A "verdict" of "best" names the "lane" that was best, one'),
        (1, {"group": {"verdict": BEST | {"outcome": "tie"}}}, 'A "verdict" of "best"'),
        (1, {"group": {"verdict": BEST | {"reasons": ["luck"]}}}, '"group.verdict.reasons.0": Input should be'),
        (1, {"group": {"verdict": BEST | {"reasons": ["speed", "speed"]}}}, '"reasons" must have each reason once'),
        (1, {"group": {"verdict": BEST | {"reasons": [[]]}}}, '"group.verdict.reasons.0": Input should be'),
        (1, {"group": {"verdict": BEST | {"note": 3}}}, '"group.verdict.note": Input should be a valid string'),
        (1, {"group": {"verdict": BEST | {"at": "today"}}}, '"group.verdict.at": Input should be a valid datetime'),
        # A price
        (1, {"price": 3}, '"price": Input should be a valid dictionary'),
        (1, {"price": {}}, '"usd": Field required'),
        (1, {"price": {"unknown": None}}, '"unknown": Input should be a valid string'),
        (1, {"price": KNOWN | {"usd": "0.25"}}, '"usd": Input should be a valid number'),
        (1, {"price": KNOWN | {"usd": float("inf")}}, '"usd": Input should be'),
        (1, {"price": KNOWN | {"output_per_million": -1}}, '"output_per_million": Input should be'),
        (1, {"price": KNOWN | {"source": "x" * 301}}, '"source": String should have at most 300'),
        (1, {"price": KNOWN | {"as_of": 2026}}, '"as_of": Input should be a valid string'),
        (1, {"price": KNOWN | {"above_input_tokens": 0.5}}, '"above_input_tokens": Input should be'),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_its_line(line: int, change: dict[str, Any], problem: str) -> None:
    lines = lines_of(Comparison.of("Race", [given_reply(), given_reply()]))
    lines[line - 1] = merged(lines[line - 1], change)
    assert refused(file_of(lines).replace(b"Infinity", b"1e999")).startswith(f"Line {line}: {problem}")


@pytest.mark.parametrize(
    "broken",
    [b'{"t": NaN, "text": "x"}', b'{"t": 0.4, "te', b"nonsense", b'"text"', b'{"t": 0.4}', b'{"t":1,"text":"gr\xffw"}'],
)
def test_a_broken_line_is_named(broken: bytes) -> None:
    lines = written(of(given_reply())).split(b"\n")
    lines[2] = broken
    assert refused(b"\n".join(lines)).startswith("Line 3: ")


def test_good_recordings_before_a_broken_one_are_not_imported_either() -> None:
    good, broken = written(of(given_reply())), written(of(given_reply()))[:-10]
    assert refused(good + broken).startswith("Line 12: The file ends in the middle of this line")


def test_too_many_lanes_are_refused_over_all_rounds() -> None:
    lanes = range(MOST_LANES + 1)
    rounds = [Round("A", {lane: [given_reply()]}) for lane in lanes]
    for crowd in (Comparison(rounds), Comparison.of("Race", [given_reply() for _ in lanes])):
        assert "at most 6 lanes" in refused(written(crowd))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_damage_gets_past_the_reader_but_as_an_error_that_names_a_line(data: st.DataObject) -> None:
    file = bytearray(written(of(given_reply())))
    for _ in range(data.draw(st.integers(1, 4))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    line, items = 1, list[Item]()
    try:
        items = load(bytes(file))
    except RecordingError as error:
        line = error.line
    assert 1 <= line <= 30
    written(*items)  # whatever was read can be written
