"""Recordings: what goes out comes in again as it was."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers import Reasoning
from replies.conversation import Comparison, Conversation, Round, Series, Turn
from replies.metrics.figures import figures
from replies.recording.format import load, samples
from replies.recording.replay import replay
from replies.reply import Chunk, Reply
from replies.verdict import REASONS, Verdict
from tests.replies.recorded import (
    ENDS,
    WHEN,
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

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize("state", ENDS)
@pytest.mark.parametrize("simulated", [True, False])
def test_what_goes_out_comes_in_as_it_was(state: str, simulated: bool) -> None:
    original = given_reply(state=state, simulated=simulated)
    again = only(written(of(original)))
    assert everything(again) == everything(original)
    assert (again.asked.recorded, again.asked_at, again.asked.source) == (WHEN, WHEN, "recorded")
    assert figures(again) == figures(original)


def test_a_reply_that_was_never_asked_comes_in_as_it_was() -> None:
    assert everything(only(written(of(never_asked())))) == everything(never_asked())


def test_a_recording_of_a_recording_keeps_the_first_date() -> None:
    earlier = datetime(2025, 1, 1, tzinfo=UTC)
    assert only(written(of(given_reply(recorded=earlier)))).asked.recorded == earlier


@settings(deadline=None)
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
    again, raced, alone = load(written(talk, race, given_reply(), race))
    assert isinstance(again, Conversation)
    assert [(turn.prompt, [reply.state for reply in turn.replies]) for turn in again.turns] == [
        ("A", ["done", "stopped"]),
        ("B", ["done"]),
    ]
    assert isinstance(raced, Comparison)
    assert len(raced.replies) == 4  # the same comparison, whose lanes came twice
    assert isinstance(alone, Conversation)


def test_what_comes_in_has_ids_of_its_own_so_that_it_can_overwrite_nothing() -> None:
    talk = of(given_reply())
    file = written(talk)
    assert len({item.id for item in (*load(file), *load(file), talk)}) == 3
    assert only(file).id != "original"


@pytest.mark.parametrize(
    "change",
    [
        lambda file: b"\xef\xbb\xbf" + file,
        lambda file: file.replace(b"\n", b"\r\n\r\n"),
        lambda file: file.rstrip(b"\n"),
        lambda file: re.sub(rb"}\n", b',"later":[1]}\n', file),
    ],
    ids=["a mark", "line ends", "no last line end", "fields of a later version"],
)
def test_what_editors_and_later_versions_do_to_a_file_does_no_harm(change: Callable[[bytes], bytes]) -> None:
    assert everything(only(change(written(of(given_reply()))))) == everything(given_reply())


def test_an_answer_in_progress_is_no_recording() -> None:
    reply = Reply(given_reply().asked)
    with pytest.raises(ValueError, match="in progress"):
        written(of(reply))
    with pytest.raises(ValueError, match="in progress"):
        replay(reply)


# Comparisons of several rounds, series, verdicts

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


@settings(deadline=None)
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
