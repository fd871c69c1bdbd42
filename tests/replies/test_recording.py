"""Recordings: what goes out comes in again as it was, what is broken stays out, and a replay is the original again."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers import End, Message, ProviderError, Reasoning, Request, Retry
from replies.conversation import Comparison, Conversation, Round, Series, Turn
from replies.metrics.figures import figures
from replies.recording.format import (
    LARGEST_FILE,
    Item,
    RecordingError,
    dump,
    keep_all,
    load,
    samples,
)
from replies.recording.loader import MOST_LANES
from replies.recording.replay import Pace, replay, replay_all
from replies.reply import Asked, Chunk, Reply
from replies.verdict import REASONS, Verdict
from tests.replies.vendor import PATIENCE, Clock, finished, heard, reply_of
from tests.sent import EVERY
from tests.store.said import facts

WHEN = datetime(2026, 11, 22, 13, 45, 7, 250_000, tzinfo=UTC)
STOP = End("stop", 10, 284, 0, "r-1", None, 8, 2, 0.25, 1.125)
WORDS = [Chunk(0.4, "Cricket"), Chunk(0.5, " grew"), Chunk(0.5, " up."), Chunk(1.25, "\n")]
RATE_LIMIT = ProviderError("rate_limit", "Too many requests; wait 7 s.", retryable=True, retry_after=7.0)
BROKEN = ProviderError("interrupted", "It broke off.", retryable=True)
ENDS: dict[str, dict[str, Any]] = {
    "done": {"end": STOP},
    "stopped": {},
    "failed": {"error": RATE_LIMIT},
    "interrupted": {"error": BROKEN},
}


def given_reply(
    *chunks: tuple[float, str],
    state: str = "done",
    total: float | None = 1.5,
    simulated: bool = False,
    skew: float | None = None,
    price: dict[str, Any] | None = None,
    **more: Any,
) -> Reply:
    request = Request(
        messages=(Message("user", "Hi"), Message("assistant", "Hello."), Message("user", "How are you?")),
        model="gpt-5.4-mini",
        **EVERY.values | {"extra": '{"a": [1]}'},
    )
    asked = Asked(provider="openai", label="OpenAI", api="chat", request=request, simulated=simulated, **more)
    return Reply(
        asked,
        id="original",
        state=state,  # type: ignore[arg-type]
        chunks=[Chunk(*chunk) for chunk in chunks or WORDS],
        asked_at=WHEN,
        retries=[Retry("overloaded", 0.5)],
        connecting=0.125,
        handshake=0.0625,
        skew=skew,
        total=total,
        price=price,
        left_out=("seed",),
        versions={"streamside": "0.2.0"},
        **ENDS[state],
    )


def of(reply: Reply) -> Conversation:
    return Conversation([Turn("How are you?", [reply])])


def written(*items: Item | Reply) -> bytes:
    return "".join(dump(items)).encode("ascii")


def everything(reply: Reply) -> dict[str, Any]:
    """What a recording must bring back."""
    return {**facts(reply), "id": "", "asked_at": WHEN, "asked": replace(reply.asked, recorded=None)}


def only(items: list[Item]) -> Reply:
    [item] = items
    assert isinstance(item, Conversation)
    [turn] = item.turns
    [reply] = turn.replies
    return reply


# Out and in again


@pytest.mark.parametrize("state", ENDS)
@pytest.mark.parametrize("simulated", [True, False])
def test_what_goes_out_comes_in_as_it_was(state: str, simulated: bool) -> None:
    original = given_reply(state=state, simulated=simulated)
    again = only(load(written(of(original))))
    assert everything(again) == everything(original)
    assert (again.asked.recorded, again.asked_at, again.asked.source) == (WHEN, WHEN, "recorded")
    assert figures(again) == figures(original)


def test_a_finish_word_that_nobody_knows_is_kept() -> None:
    original = given_reply((0.5, "Hi"))
    original.end = End("other", 3, 2, word="because")
    assert only(load(written(of(original)))).end == original.end


def test_a_reply_that_was_never_asked_comes_in_as_it_was() -> None:
    original = Reply(
        given_reply().asked, id="x", state="failed", chunks=[], asked_at=WHEN, error=ProviderError("auth", "No.")
    )
    assert everything(only(load(written(of(original))))) == everything(original)


def test_a_recording_of_a_recording_keeps_the_first_date() -> None:
    earlier = datetime(2025, 1, 1, tzinfo=UTC)
    assert only(load(written(of(given_reply(recorded=earlier))))).asked.recorded == earlier


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 600_000, allow_nan=False),
            st.text(st.characters(exclude_categories=()), min_size=1),
            st.booleans(),
        ),
        max_size=20,
    ),
    st.text(st.characters(exclude_categories=())),
)
def test_any_text_survives(pieces: list[tuple[float, str, bool]], prompt: str) -> None:
    times = sorted(seconds for seconds, _, _ in pieces)
    chunks = [
        Chunk(t, Reasoning(text) if thought else text) for t, (_, text, thought) in zip(times, pieces, strict=True)
    ]
    original = Reply(given_reply().asked, id="x", state="stopped", chunks=chunks, asked_at=WHEN, total=600_000.0)
    [item] = load(written(Comparison.of(prompt, [original])))
    assert isinstance(item, Comparison)
    assert item.prompt == prompt
    assert everything(item.replies[0]) == everything(original)


@pytest.mark.parametrize("text", ["\0", "\ud83d", "\u2028\u2029\x85", "\r\n", "</script>", "🏏", '"\\'])
def test_odd_characters_take_one_line_of_ascii(text: str) -> None:
    file = written(of(given_reply((0.5, text))))
    assert file.isascii()
    assert file.count(b"\n") == len(file.decode().splitlines()) == 3
    assert only(load(file)).text == text


def test_a_conversation_comes_back_with_its_turns_and_second_answers() -> None:
    talk = Conversation([Turn("A", [given_reply(), given_reply(state="stopped")]), Turn("B", [given_reply()])])
    [again] = load(written(talk))
    assert isinstance(again, Conversation)
    assert [(turn.prompt, [reply.state for reply in turn.replies]) for turn in again.turns] == [
        ("A", ["done", "stopped"]),
        ("B", ["done"]),
    ]


def test_a_file_holds_any_number_of_items() -> None:
    talk, race = Conversation([Turn("A", [given_reply()])]), Comparison.of("C", [given_reply(), given_reply()])
    items = load(written(talk, race, given_reply(), race))
    assert [type(item).__name__ for item in items] == ["Conversation", "Comparison", "Conversation"]
    assert isinstance(items[1], Comparison)
    assert len(items[1].replies) == 4  # the same comparison, whose lanes came twice


def test_what_comes_in_has_ids_of_its_own_so_that_it_can_overwrite_nothing() -> None:
    talk = of(given_reply())
    file = written(talk)
    items = [*load(file), *load(file), talk]
    assert len({item.id for item in items}) == 3
    assert only(items[:1]).id != "original"


@pytest.mark.parametrize("change", [lambda file: b"\xef\xbb\xbf" + file, lambda file: file.replace(b"\n", b"\r\n\r\n")])
def test_what_editors_do_to_a_file_does_no_harm(change: Callable[[bytes], bytes]) -> None:
    assert only(load(change(written(of(given_reply()))))).state == "done"


def test_a_file_without_its_last_line_feed_is_whole() -> None:
    assert only(load(written(of(given_reply())).rstrip(b"\n"))).state == "done"


def test_fields_that_a_later_version_adds_are_passed_over() -> None:
    lines = [json.loads(line) | {"later": [1]} for line in dump([of(given_reply())])]
    assert only(load(b"\n".join(json.dumps(line).encode() for line in lines))).state == "done"


def test_an_answer_in_progress_is_no_recording() -> None:
    reply = Reply(given_reply().asked)
    with pytest.raises(ValueError, match="in progress"):
        written(of(reply))
    with pytest.raises(ValueError, match="in progress"):
        replay(reply)


# What stays out


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
        (b"", "Line 1: The file is empty."),
        (b"\n \n", "Line 1: The file is empty."),
        (b"provider,model\nopenai,gpt\n", "Line 1: This is no recording of Streamside."),
        (b"PK\x03\x04\xff\xfe", "Line 1: This is no recording"),
        (b'{"role": "user"}\n', "Line 1: This is no recording"),
        (b"[1, 2]\n", "Line 1: This is no recording"),
        (b"{\n", "Line 1: This is no recording"),
        (b"[" * 100_000, "Line 1: This is no recording"),
        (b'{"streamside":"recording","version":2}\n', "Line 1: It is in version 2 of the format"),
        (b'{"streamside":"recording"}\n', 'Line 1: "version" is missing'),
    ],
)
def test_a_foreign_file_is_refused(file: bytes, problem: str) -> None:
    assert refused(file).startswith(problem)


def test_a_newer_version_says_what_to_do() -> None:
    assert "Update Streamside." in refused(b'{"streamside":"recording","version":7}\n')


@pytest.mark.parametrize("kept", [1, 2, 5])
def test_a_file_cut_off_between_two_lines_is_refused(kept: int) -> None:
    lines = list(dump([of(given_reply())]))
    assert len(lines) == 6
    told = refused("".join(lines[:kept]).encode())
    assert told.startswith(f"Line {kept}: The recording that begins in line 1 has no end: the file was cut off.")


def test_a_file_cut_off_anywhere_is_refused() -> None:
    file = written(of(given_reply()))
    for length in range(len(file) - 2):  # the last two: the brace that closes it, and the line feed
        refused(file[:length])


def test_a_recording_that_begins_before_the_last_one_ended_is_refused() -> None:
    lines = list(dump([given_reply(), given_reply()]))
    del lines[5]
    assert refused("".join(lines).encode()).startswith("Line 6: The recording that begins in line 1 has no end")


@pytest.mark.parametrize(
    ("line", "change", "problem"),
    [
        (1, {"provider": 3}, '"provider" must be a text'),
        (1, {"label": " "}, '"label" must be a text of 1 to 300'),
        (1, {"model": "m" * 301}, '"model" must be a text of 1 to 300'),
        (1, {"simulated": 1}, '"simulated" must be true or false'),
        (1, {"asked_at": "yesterday"}, '"asked_at" must be a date and time'),
        (1, {"asked_at": "2026-11-22T13:45:00"}, "time zone"),
        (1, {"asked_at": "0001-01-01T00:00:00+14:00"}, '"asked_at" must be a date'),
        (1, {"request": {"messages": [], "system": "", "stream": True}}, '"messages" must end with'),
        (1, {"request": {"messages": [{"role": "system", "content": ""}]}}, '"role" must be one of user, assistant'),
        (1, {"request": []}, '"request" must be an object'),
        (1, {"retries": [1]}, '"retries" must be a list of objects'),
        (1, {"versions": {"a": None}}, '"a" must be a text'),
        (1, {"group": {"kind": "club"}}, '"kind" must be one of conversation, comparison'),
        (2, {"t": -1}, '"t" must be a number from 0'),
        (2, {"t": True}, '"t" must be a number from 0'),
        (2, {"t": 10**400}, '"t" must be a number from 0'),
        (2, {"t": "0.4"}, '"t" must be a number from 0'),
        (2, {"text": ""}, "The piece of text is empty"),
        (2, {"text": None}, '"text" must be a text'),
        (3, {"t": 0.3}, 'Its time "t" is 0.3 s, before the piece in front of it'),
        (6, {"t": 1}, "before the piece in front of it"),
        (6, {"end": {"finish_reason": "bored"}}, '"finish_reason" must be one of stop'),
        (6, {"end": {"finish_reason": "stop", "output_tokens": 2**70}}, '"output_tokens" must be a whole number'),
        (6, {"end": {"finish_reason": "stop", "output_tokens": 1.5}}, '"output_tokens" must be a whole number'),
    ],
)
def test_a_wrong_value_is_named_with_its_line(line: int, change: dict[str, Any], problem: str) -> None:
    lines = list(dump([of(given_reply())]))
    lines[line - 1] = json.dumps(json.loads(lines[line - 1]) | change) + "\n"
    told = refused("".join(lines).encode())
    where = line if "group" not in change else 1
    assert told.startswith(f"Line {where}: ")
    assert problem in told


@pytest.mark.parametrize("broken", ['{"t": NaN, "text": "x"}', '{"t": 0.4, "te', "nonsense", '"text"', '{"t": 0.4}'])
def test_a_broken_line_is_named(broken: str) -> None:
    lines = list(dump([of(given_reply())]))
    lines[2] = broken + "\n"
    assert refused("".join(lines).encode()).startswith("Line 3: ")


def test_bytes_that_are_no_text_are_named_with_their_line() -> None:
    assert refused(written(of(given_reply())).replace(b"grew", b"gr\xffw")).startswith("Line 3: ")


def test_good_recordings_before_a_broken_one_are_not_imported_either() -> None:
    good, broken = written(of(given_reply())), written(of(given_reply()))[:-10]
    assert refused(good + broken).startswith("Line 12: The file ends in the middle of this line")


def test_too_large_a_file_is_refused_by_its_size() -> None:
    assert "larger than 20 MB" in refused(b" " * (LARGEST_FILE + 1))


def test_too_many_lanes_are_refused() -> None:
    crowd = Comparison.of("Race", [given_reply() for _ in range(MOST_LANES + 1)])
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


class FullStore:
    """Keeps two, and then its disk is full."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def keep(self, item: Item) -> None:
        if len(self.kept) == 2:
            raise OSError("The disk is full.")
        self.kept.append(item.id)

    def delete(self, id: str) -> None:
        self.kept.remove(id)


def test_where_the_store_fails_on_the_way_nothing_is_half_imported() -> None:
    store = FullStore()
    with pytest.raises(OSError, match="full"):
        keep_all(store, [of(given_reply()) for _ in range(3)])
    assert store.kept == []


# Comparisons of several rounds, series, verdicts

WRITTEN = st.text(st.characters(exclude_categories=()), max_size=10)
DOLLARS = ("usd", "input_usd", "output_usd", "input_per_million", "output_per_million")
KNOWN: dict[str, Any] = dict.fromkeys(DOLLARS, 0.25) | {"model": "m", "source": "prices.toml", "as_of": "2026-11-01"}
PRICES = st.sampled_from(
    [
        None,
        {"unknown": "Nobody knows."},
        KNOWN,
        KNOWN | {"as_of": None, "above_input_tokens": 128_000, "note": "Regions differ."},
    ]
)
ATTEMPTS = st.lists(
    st.tuples(st.sampled_from(list(ENDS)), st.none() | st.floats(0, 10), PRICES), min_size=1, max_size=3
)
ROUNDS = st.lists(
    st.tuples(WRITTEN, st.dictionaries(st.sampled_from([0, 1, 3, 7, 40, 9999]), ATTEMPTS, min_size=1)),
    min_size=1,
    max_size=4,
)


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    """Of either kind, with any number of rounds, lanes left out, attempts, and, in the end, a verdict or none."""
    rounds = [
        Round(prompt, {lane: [given_reply(state=state, skew=skew, price=price) for state, skew, price in attempts]
                       for lane, attempts in lanes.items()})
        for prompt, lanes in draw(ROUNDS)
    ]  # fmt: skip
    comparison = draw(st.sampled_from([Comparison, Series]))(rounds)
    best = draw(st.none() | st.sampled_from(comparison.lanes))
    comparison.verdict = Verdict(
        outcome=draw(st.sampled_from(["tie", "all bad"])) if best is None else "best",
        lane=best,
        reasons=tuple(draw(st.lists(st.sampled_from(REASONS), unique=True))),
        note=draw(WRITTEN),
        blind=draw(st.booleans()),
        at=WHEN,
    )
    comparison.blind = draw(st.booleans())
    if not comparison.blind and draw(st.booleans()):
        comparison.verdict = None
    return comparison


@settings(deadline=None)
@given(comparisons())
def test_rounds_attempts_runs_and_the_verdict_survive(original: Comparison) -> None:
    [again] = load(written(original))
    assert isinstance(again, Comparison)
    assert (again.kind, again.blind, again.verdict) == (original.kind, original.blind, original.verdict)
    assert [round.prompt for round in again.rounds] == [round.prompt for round in original.rounds]
    for came, went in zip(again.rounds, original.rounds, strict=True):
        assert [(lane, everything(reply)) for lane, reply in came.attempts] == [
            (lane, everything(reply)) for lane, reply in went.attempts
        ]


def judged(**more: Any) -> list[dict[str, Any]]:
    """The lines of a comparison of two lanes, with this verdict."""
    comparison = Comparison.of("Race", [given_reply(), given_reply()])
    lines: list[dict[str, Any]] = [json.loads(line) for line in dump([comparison])]
    for line in lines:
        if "group" in line:
            line["group"] |= more
    return lines


def lines_of(values: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(line) + "\n" for line in values).encode()


BEST = {"outcome": "best", "lane": 1, "at": WHEN.isoformat()}


def test_a_verdict_needs_only_what_it_says_and_when() -> None:
    [item] = load(lines_of(judged(verdict=BEST)))
    assert isinstance(item, Comparison)
    assert item.verdict == Verdict(outcome="best", lane=1, at=WHEN)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"turn": -1}, '"turn" must be a whole number, 0 or more'),
        ({"lane": "left"}, '"lane" must be a whole number, from 0 to 9,999'),
        ({"lane": 2**40}, '"lane" must be a whole number, from 0 to 9,999'),
        ({"blind": None}, '"blind" must be true or false'),
        ({"verdict": "left"}, '"verdict" must be an object'),
        ({"verdict": BEST | {"outcome": "left"}}, '"outcome" must be one of best, tie, all bad'),
        ({"verdict": BEST | {"lane": None}}, 'A "verdict" of "best" names the "lane"'),
        ({"verdict": BEST | {"lane": 2}}, "one that was asked"),
        ({"verdict": BEST | {"outcome": "tie"}}, "others name none"),
        ({"verdict": BEST | {"reasons": ["luck"]}}, '"reasons" must be one of correct, complete'),
        ({"verdict": BEST | {"reasons": ["speed", "speed"]}}, '"reasons" must have each reason once'),
        ({"verdict": BEST | {"reasons": [[]]}}, '"reasons" must be one of correct, complete'),
        ({"verdict": BEST | {"note": 3}}, '"note" must be a text'),
        ({"verdict": BEST | {"blind": 1}}, '"blind" must be true or false'),
        ({"verdict": BEST | {"at": "today"}}, '"at" must be a date and time'),
    ],
)
def test_a_wrong_value_of_a_comparison_is_named_with_its_line(more: dict[str, Any], problem: str) -> None:
    told = refused(lines_of(judged(**more)))
    assert told.startswith("Line 1: ")
    assert problem in told


@pytest.mark.parametrize(
    ("price", "problem"),
    [
        (3, '"price" must be an object'),
        ({}, '"usd" is missing'),
        ({"unknown": None}, '"unknown" must be a text'),
        (KNOWN | {"usd": "0.25"}, '"usd" must be a number'),
        (KNOWN | {"usd": float("inf")}, '"usd" must be a number'),
        (KNOWN | {"output_per_million": -1}, '"output_per_million" must be a number'),
        (KNOWN | {"source": "x" * 301}, '"source" must be a text of 1 to 300'),
        (KNOWN | {"as_of": 2026}, '"as_of" must be a text'),
        (KNOWN | {"above_input_tokens": 0.5}, '"above_input_tokens" must be a whole number'),
        (KNOWN | {"note": []}, '"note" must be a text'),
    ],
)
def test_a_price_that_is_none_is_named_with_its_line(price: object, problem: str) -> None:
    lines = list(dump([given_reply()]))
    lines[0] = json.dumps(json.loads(lines[0]) | {"price": price}).replace("Infinity", "1e999") + "\n"
    told = refused("".join(lines).encode())
    assert told.startswith("Line 1: ")
    assert problem in told


def test_an_earlier_file_has_one_round_and_no_verdict() -> None:
    lines = judged()
    for line in lines:
        line.pop("skew", None)
        for name in ("turn", "lane", "blind", "verdict"):
            line.get("group", {}).pop(name, None)
    [item] = load(lines_of(lines))
    assert isinstance(item, Comparison)
    assert [list(round.lanes) for round in item.rounds] == [[0, 1]]
    assert (item.blind, item.verdict, item.replies[0].skew) == (False, None, None)


def test_lanes_are_counted_over_all_rounds() -> None:
    rounds = [Round("A", {lane: [given_reply()]}) for lane in range(MOST_LANES + 1)]
    assert "at most 6 lanes" in refused(written(Comparison(rounds)))


def test_a_blind_comparison_without_a_verdict_is_not_written() -> None:
    comparison = Comparison.of("Race", [given_reply()])
    comparison.blind = True
    with pytest.raises(ValueError, match="Vote first"):
        written(comparison)
    [item] = load(lines_of([line | {"group": line["group"] | {"blind": True}} if "group" in line else line
                            for line in judged()]))  # fmt: skip
    assert isinstance(item, Comparison)
    assert item.hidden


# Speaking again


def by(clock: Clock, speed: float = 1.0) -> Pace:
    def wait(held: threading.Condition, seconds: float | None) -> None:
        assert seconds is not None
        clock.now += seconds

    return Pace(speed, clock=clock, wait=wait)


@pytest.mark.parametrize("state", ENDS)
@pytest.mark.parametrize("speed", [1.0, 2.0, 4.0, math.inf])
def test_a_replay_is_the_original_again(clock: Clock, state: str, speed: float) -> None:
    original = given_reply((0.4, Reasoning("Hm.")), *WORDS, state=state)
    again = finished(replay(original, by(clock, speed)))
    assert everything(again) == everything(original)
    assert figures(again) == figures(original)
    assert clock.now - 1000 == pytest.approx(1.5 / speed)


def test_a_replay_of_what_was_never_asked_fails_as_it_did(clock: Clock) -> None:
    asked, error = given_reply().asked, ProviderError("auth", "The key was refused.")
    original = Reply(asked, state="failed", error=error)
    again = finished(replay(original, by(clock)))
    assert (again.state, again.error, again.end, again.chunks) == ("failed", error, None, [])
    stopped = Reply(asked, state="stopped")
    assert finished(replay(stopped, by(clock))).state == "stopped"


@pytest.mark.parametrize("simulated", [True, False])
def test_a_replay_is_marked_as_recorded_and_stays_simulated(clock: Clock, simulated: bool) -> None:
    again = finished(replay(given_reply(simulated=simulated), by(clock)))
    assert (again.asked.recorded, again.asked.simulated, again.asked.source) == (WHEN, simulated, "recorded")
    assert again.id != "original"


def test_a_whole_comparison_replays_on_one_clock() -> None:
    pace = Pace(paused=True)
    race = replay_all(Comparison.of("Race", [given_reply((0.1, "a"), (0.9, "c")), given_reply((0.5, "b"))]), pace)
    left, right = race.replies
    pace.step()
    assert heard(left, 1).text == "a"
    assert right.text == ""
    pace.step()
    assert heard(right, 1).text == "b"
    assert left.text == "a"
    pace.resume()
    pace.speed = math.inf
    assert [finished(reply).text for reply in race.replies] == ["ac", "b"]
    assert [reply.total for reply in race.replies] == [1.5, 1.5]


def test_a_replay_can_be_stopped_in_a_pause() -> None:
    pace = Pace(paused=True)
    again = replay(given_reply(), pace)
    pace.step()
    heard(again, 1).stop()
    assert (finished(again).state, again.text, again.total) == ("stopped", "Cricket", 0.4)


def test_its_clock_stands_still_in_a_pause_and_never_runs_ahead_of_the_next_piece() -> None:
    pace = Pace(paused=True)
    again = replay(given_reply((0.4, "a"), (3600.0, "b"), total=3601.0), pace)
    pace.step()
    assert heard(again, 1).elapsed == 0.4
    again.stop()


def test_a_recording_is_a_lane_beside_another_provider(clock: Clock) -> None:
    """The barrier lets them begin together; each is stamped by a clock of its own."""
    from providers.replay import Replay
    from replies.start_barrier import StartBarrier

    barrier = StartBarrier(2, PATIENCE)
    recorded = replay(given_reply(), by(clock), barrier=barrier)
    other = reply_of(Replay([(0.0, "live")], STOP, total=0.0), clock, barrier=barrier).start()
    assert [finished(recorded).text, finished(other).text] == ["Cricket grew up.\n", "live"]


# What the app ships with


def test_the_samples_are_simulated_recorded_and_of_every_kind() -> None:
    items = samples()
    replies = [
        reply
        for item in items
        for reply in (
            item.replies if isinstance(item, Comparison) else [r for turn in item.turns for r in turn.replies]
        )
    ]
    assert {type(item) for item in items} == {Comparison, Conversation}
    assert all(reply.asked.simulated and reply.asked.recorded for reply in replies)
    assert {reply.asked.provider for reply in replies} == {"openai", "bedrock", "watsonx"}
    assert any(reply.reasoning for reply in replies)
    assert any("```python" in reply.text for reply in replies)
    assert all(reply.state in ("done", "interrupted") for reply in replies)


def test_the_samples_have_new_ids_each_time() -> None:
    assert not {item.id for item in samples()} & {item.id for item in samples()}
