"""Recordings: they come in as they went out, or are refused with a line; a replay is the original again."""

import math
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers import Reasoning
from providers.replay import Replay
from replies.conversation import Comparison, Conversation, Round, Series, Turn
from replies.metrics.figures import figures
from replies.recording.format import LARGEST_FILE, MOST_LANES, Item, RecordingError, load, samples
from replies.recording.replay import Pace, replay, replay_all
from replies.reply import Chunk, Reply
from replies.start_barrier import StartBarrier
from replies.verdict import REASONS, Verdict
from tests.replies.recorded import (
    ENDS,
    STOP,
    WHEN,
    WORDS,
    comparison,
    everything,
    file_of,
    given_reply,
    lines_of,
    never_asked,
    of,
    only,
    written,
)
from tests.replies.vendor import PATIENCE, Clock, finished, heard, reply_of

ANY_TEXT = st.text(st.characters(exclude_categories=()))


EARLIER = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "original",
    [
        *(given_reply(state=state, simulated=state == "done") for state in ENDS),
        given_reply(recorded=EARLIER),  # a recording of a recording keeps the first date
        never_asked(),
    ],
    ids=lambda reply: str(reply.state),
)
def test_what_goes_out_comes_in_as_it_was(original: Reply) -> None:
    again = only(written(of(original)))
    assert everything(again) == everything(original)
    recorded = original.asked.recorded or original.asked_at
    assert (again.asked.recorded, again.asked_at, again.asked.source) == (recorded, WHEN, "recorded")
    assert figures(again) == figures(original)


@given(st.lists(st.tuples(st.floats(0, 600_000), ANY_TEXT.filter(bool), st.booleans()), max_size=20), ANY_TEXT)
def test_any_text_survives_in_a_line_of_ascii(pieces: list[tuple[float, str, bool]], prompt: str) -> None:
    times = sorted(seconds for seconds, _, _ in pieces)
    chunks = [
        Chunk(t, Reasoning(text) if thought else text) for t, (_, text, thought) in zip(times, pieces, strict=True)
    ]
    original = Reply(given_reply().asked, state="stopped", chunks=chunks, asked_at=WHEN, total=600_000.0)
    file = written(Comparison.of(prompt, [original]))
    assert file.count(b"\n") == len(file.decode("ascii").splitlines()) == 2 + len(chunks)
    item = comparison(file)
    assert item.prompt == prompt
    assert everything(item.replies[0]) == everything(original)


def test_a_file_holds_any_number_of_items_with_turns_and_second_answers() -> None:
    talk = Conversation([Turn("A", [given_reply(), given_reply(state="stopped")]), Turn("B", [given_reply()])])
    race = Comparison.of("C", [given_reply(), given_reply()])
    file = written(talk, race, given_reply(), race)
    assert len({item.id for item in (*load(file), *load(file), talk, race)}) == 8  # so that it can overwrite nothing
    again, raced, alone = load(file)
    assert isinstance(again, Conversation)
    states = [(turn.prompt, [reply.state for reply in turn.replies]) for turn in again.turns]
    assert states == [("A", ["done", "stopped"]), ("B", ["done"])]
    assert isinstance(raced, Comparison)
    assert len(raced.replies) == 4  # the same comparison, whose lanes came twice
    assert isinstance(alone, Conversation)


@pytest.mark.parametrize(
    "change",
    [
        lambda file: b"\xef\xbb\xbf" + file,
        lambda file: file.decode().encode("utf-16"),
        lambda file: file.replace(b"\n", b"\r\n\r\n"),
        lambda file: file.rstrip(b"\n"),
        lambda file: re.sub(rb"}\n", b',"later":[1]}\n', file),
    ],
    ids=["a mark", "UTF-16", "line ends", "no last line end", "fields of a later version"],
)
def test_what_editors_and_later_versions_do_to_a_file_does_no_harm(change: Callable[[bytes], bytes]) -> None:
    assert everything(only(change(written(of(given_reply()))))) == everything(given_reply())


def test_an_answer_in_progress_is_no_recording() -> None:
    reply = Reply(given_reply().asked)
    with pytest.raises(ValueError, match="in progress"):
        written(of(reply))
    with pytest.raises(ValueError, match="in progress"):
        replay(reply)


DOLLARS = ("usd", "input_usd", "output_usd", "input_per_million", "output_per_million")
KNOWN: dict[str, Any] = dict.fromkeys(DOLLARS, 0.25) | {"model": "m", "source": "prices.toml", "as_of": "2026-11-01"}
STEPPED = KNOWN | {"as_of": None, "above_input_tokens": 128_000, "note": "Regions differ."}
PRICES = st.sampled_from([None, {"unknown": "Nobody knows."}, KNOWN, STEPPED])
ATTEMPTS = st.lists(
    st.tuples(st.sampled_from(list(ENDS)), st.none() | st.floats(0, 10), PRICES), min_size=1, max_size=3
)
LANES = st.dictionaries(st.sampled_from([0, 1, 3, 7, 40, 9999]), ATTEMPTS, min_size=1)
ROUNDS = st.lists(st.tuples(ANY_TEXT, LANES), min_size=1, max_size=4)


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    """Of either kind, with any number of rounds, lanes left out, attempts, and, in the end, a verdict or none."""
    rounds = [
        Round(prompt, {lane: [given_reply(state=state, skew=skew, price=price) for state, skew, price in attempts]
                       for lane, attempts in lanes.items()})
        for prompt, lanes in draw(ROUNDS)
    ]  # fmt: skip
    made = draw(st.sampled_from([Comparison, Series]))(rounds)
    best = draw(st.none() | st.sampled_from(made.lanes))
    made.verdict = Verdict(
        outcome=draw(st.sampled_from(["tie", "all bad"])) if best is None else "best",
        lane=best,
        reasons=tuple(draw(st.lists(st.sampled_from(REASONS), unique=True))),
        note=draw(ANY_TEXT),
        blind=draw(st.booleans()),
        at=WHEN,
    )
    made.blind = draw(st.booleans())
    if not made.blind and draw(st.booleans()):
        made.verdict = None
    return made


@settings(max_examples=40)
@given(comparisons())
def test_rounds_attempts_runs_and_the_verdict_survive(original: Comparison) -> None:
    again = comparison(written(original))
    assert (again.kind, again.blind, again.verdict) == (original.kind, original.blind, original.verdict)
    came, went = (
        [(round.prompt, [(lane, everything(reply)) for lane, reply in round.attempts]) for round in item.rounds]
        for item in (again, original)
    )
    assert came == went


def two_lanes(**group: Any) -> list[dict[str, Any]]:
    """The lines of a comparison of two lanes, with these values in its group."""
    lines = lines_of(Comparison.of("Race", [given_reply(), given_reply()]))
    for line in lines:
        if "group" in line:
            line["group"] |= group
    return lines


def test_a_verdict_needs_only_what_it_says_and_when() -> None:
    told = {"outcome": "best", "lane": 1, "at": WHEN.isoformat()}
    assert comparison(file_of(two_lanes(verdict=told))).verdict == Verdict(outcome="best", lane=1, at=WHEN)


def test_an_earlier_file_has_one_round_and_no_verdict() -> None:
    lines = two_lanes()
    for line in lines:
        line.pop("skew", None)
        for name in ("turn", "lane", "blind", "verdict"):
            line.get("group", {}).pop(name, None)
    item = comparison(file_of(lines))
    assert [list(round.lanes) for round in item.rounds] == [[0, 1]]
    assert (item.blind, item.verdict, item.replies[0].skew) == (False, None, None)


def test_a_blind_comparison_without_a_verdict_is_not_written() -> None:
    item = Comparison.of("Race", [given_reply()])
    item.blind = True
    with pytest.raises(ValueError, match="Vote first"):
        written(item)
    assert comparison(file_of(two_lanes(blind=True))).hidden


def test_the_samples_are_simulated_recorded_and_of_every_kind() -> None:
    items = samples()
    replies = [reply for item in items if isinstance(item, Comparison) for reply in item.replies]
    replies += [
        reply for item in items if isinstance(item, Conversation) for turn in item.turns for reply in turn.replies
    ]
    assert {type(item) for item in items} == {Comparison, Conversation}
    assert all(reply.asked.simulated and reply.asked.recorded for reply in replies)
    assert {reply.asked.provider for reply in replies} == {"openai", "bedrock", "watsonx"}
    assert any(reply.reasoning for reply in replies)
    assert any("```python" in reply.text for reply in replies)
    assert all(reply.state in ("done", "interrupted") for reply in replies)


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
        (b"PK\x03\x04\xff\xfe", "This is no recording"),
        (b'{"role": "user"}\n', "This is no recording"),
        (b"[" * 100_000, "This is no recording"),
        (b'{"streamside":"recording"}\n', '"version": Field required'),
        (b'{"streamside":"recording","version":7}\n',
         "It is in version 7 of the format, and this Streamside reads version 1. Update Streamside."),
        (b" " * (LARGEST_FILE + 1), "The file is larger than 20 MB."),
    ],
)  # fmt: skip
def test_a_foreign_file_is_refused(file: bytes, problem: str) -> None:
    assert refused(file).startswith(f"Line 1: {problem}")


def test_a_file_cut_off_anywhere_is_refused_also_behind_one_that_is_whole() -> None:
    file = written(of(given_reply()))
    for length in range(1, len(file) - 2):  # the last two: the brace that closes it, and the line feed
        told = refused(file[:length])
        if file[:length].endswith(b"\n"):
            line = file.count(b"\n", 0, length)
            assert told.startswith(f"Line {line}: The recording that begins in line 1 has no end: the file was cut off")
    assert refused(file + file[:-10]).startswith("Line 12: The file ends in the middle of this line")
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
        (1, {"asked_at": "2026-11-22T13:45:00"}, '"asked_at": Input should have timezone info'),
        (1, {"asked_at": "0001-01-01T00:00:00+14:00"}, '"asked_at": Input should be greater'),
        (1, {"request": {"messages": []}}, '"messages" must end with'),
        (1, {"request": {"messages": [{"role": "system", "content": ""}]}},
         "\"request.messages.0.role\": Input should be 'user' or 'assistant'."),
        (2, {"t": -1}, '"t": Input should be greater than or equal to 0'),
        (2, {"t": 10**400}, '"t": Input should be'),
        (2, {"text": ""}, "The piece of text is empty"),
        (6, {"t": 1}, 'Its time "t" is 1 s, before the piece in front of it'),
        (3, {"t": 0.3}, 'Its time "t" is 0.3 s, before the piece in front of it'),
        (6, {"end": {"finish_reason": "bored"}}, "\"end.finish_reason\": Input should be 'stop'"),
        (6, {"end": {"output_tokens": 2**70}}, '"end.output_tokens": Input should be less'),
        # A comparison
        (1, {"group": {"kind": "club"}}, "\"group.kind\": Input should be 'conversation', 'comparison' or 'series'"),
        (1, {"group": {"lane": 2**40}}, '"group.lane": Input should be less than or equal to 9999'),
        (1, {"group": {"blind": None}}, '"group.blind": Input should be a valid boolean'),
        (1, {"group": {"verdict": BEST | {"outcome": "left"}}}, "\"group.verdict.outcome\": Input should be 'best'"),
        (1, {"group": {"verdict": BEST | {"lane": None}}}, 'A "verdict" of "best" names the "lane"'),
        (1, {"group": {"verdict": BEST | {"lane": 2}}}, 'A "verdict" of "best" names the "lane" that was best, one'),
        (1, {"group": {"verdict": BEST | {"outcome": "tie"}}}, 'A "verdict" of "best"'),
        (1, {"group": {"verdict": BEST | {"reasons": ["luck"]}}}, '"group.verdict.reasons.0": Input should be'),
        (1, {"group": {"verdict": BEST | {"reasons": ["speed", "speed"]}}}, '"reasons" must have each reason once'),
        # A price
        (1, {"price": {"unknown": None}}, '"unknown": Input should be a valid string'),
        (1, {"price": KNOWN | {"usd": float("inf")}}, '"usd": Input should be'),
        (1, {"price": KNOWN | {"output_per_million": -1}}, '"output_per_million": Input should be'),
        (1, {"price": KNOWN | {"as_of": 2026}}, '"as_of": Input should be a valid string'),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_its_line(line: int, change: dict[str, Any], problem: str) -> None:
    lines = lines_of(Comparison.of("Race", [given_reply(), given_reply()]))
    lines[line - 1] = merged(lines[line - 1], change)
    assert refused(file_of(lines).replace(b"Infinity", b"1e999")).startswith(f"Line {line}: {problem}")


@pytest.mark.parametrize(
    "broken", [b'{"t": NaN, "text": "x"}', b'{"t": 0.4, "te', b'"text"', b'{"t": 0.4}', b'{"t":1,"text":"gr\xffw"}']
)
def test_a_broken_line_is_named(broken: bytes) -> None:
    lines = written(of(given_reply())).split(b"\n")
    lines[2] = broken
    assert refused(b"\n".join(lines)).startswith("Line 3: ")


def test_too_many_lanes_are_refused_over_all_rounds() -> None:
    lanes = range(MOST_LANES + 1)
    rounds = [Round("A", {lane: [given_reply()]}) for lane in lanes]
    for crowd in (Comparison(rounds), Comparison.of("Race", [given_reply() for _ in lanes])):
        assert "at most 6 lanes" in refused(written(crowd))


@settings(max_examples=200)
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


def by(clock: Clock, speed: float = 1.0) -> Pace:
    def wait(held: threading.Condition, seconds: float | None) -> None:
        assert seconds is not None
        clock.now += seconds

    return Pace(speed, clock=clock, wait=wait)


@pytest.mark.parametrize("state", ENDS)
@pytest.mark.parametrize(("speed", "simulated"), [(1.0, False), (4.0, True), (math.inf, False)])
def test_a_replay_is_the_original_marked_as_recorded(clock: Clock, state: str, speed: float, simulated: bool) -> None:
    original = given_reply((0.4, Reasoning("Hm.")), *WORDS, state=state, simulated=simulated)
    again = finished(replay(original, by(clock, speed)))
    assert everything(again) == everything(original)
    assert (again.asked.recorded, again.asked.source) == (WHEN, "recorded")
    assert again.id != original.id
    assert figures(again) == figures(original)
    assert clock.now - 1000 == pytest.approx(1.5 / speed)


def test_a_replay_of_what_was_never_asked_fails_as_it_did(clock: Clock) -> None:
    original = never_asked()
    again = finished(replay(original, by(clock)))
    assert (again.state, again.error, again.end, again.chunks) == ("failed", original.error, None, [])
    assert finished(replay(Reply(original.asked, state="stopped"), by(clock))).state == "stopped"


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


def test_in_a_pause_its_clock_stands_still_before_the_next_piece_and_it_can_be_stopped() -> None:
    pace = Pace(paused=True)
    again = replay(given_reply((0.4, "a"), (3600.0, "b"), total=3601.0), pace)
    pace.step()
    assert heard(again, 1).elapsed == 0.4
    again.stop()
    assert (finished(again).state, again.text, again.total) == ("stopped", "a", 0.4)


def test_a_recording_is_a_lane_beside_another_provider(clock: Clock) -> None:
    """The barrier lets them begin together; each is stamped by a clock of its own."""
    barrier = StartBarrier(2, PATIENCE)
    recorded = replay(given_reply(), by(clock), barrier=barrier)
    other = reply_of(Replay([(0.0, "live")], STOP, total=0.0), clock, barrier=barrier).start()
    assert [finished(recorded).text, finished(other).text] == ["Cricket grew up.\n", "live"]
