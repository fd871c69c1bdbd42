"""Every quirk of the simulator: the answer is the same as without it, or what is told instead."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from providers import Call, End, Provider, Reasoning
from simulator import Simulator
from simulator.quirks import QUIRKS, Quirk, listing, quirk_of
from tests.providers.asking import collect, connected, question, requests_for, settings_for

PUZZLE = "Solve a puzzle: a bat and a ball cost 1.10 together, the bat costs 1.00 more. What is the ball?"
WORDS = {"eos": "stop", "MAX_TOKENS": "length", "sensitive": "filtered", "because": "other"}
REFUSALS = {"error-200": "rate_limit", "web-page": "protocol"}
UNCOUNTED = ("pings", "silent-end")
FIRST_TIME = (
    "think-unopened",
)  # the first streamed answer is told otherwise, see tests/providers/parsing/test_thoughts.py

both = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "awaited"])
ANSWERING = [name for name in QUIRKS if name not in (*REFUSALS, *FIRST_TIME, "finish-WORD")]


@pytest.fixture(scope="module")
def provider(simulator: Simulator) -> Iterator[Provider]:
    with connected(settings_for("chat", simulator.url)) as provider:
        yield provider


def impatient() -> Call:
    """A call whose clock goes on by a second whenever it is looked at."""
    ticks = itertools.count()
    return Call(clock=lambda: float(next(ticks)), sleep=lambda seconds: None)


@both
@pytest.mark.parametrize("name", ANSWERING)
def test_the_answer_is_the_same(provider: Provider, simulator: Simulator, name: str, stream: bool) -> None:
    plain = collect(provider, question(prompt=PUZZLE, stream=stream))
    request = question(f"sim-quirk-{name}", prompt=PUZZLE, stream=stream)
    heard = collect(provider, request, impatient())
    assert heard.error is None
    assert heard.end is not None
    assert plain.end is not None
    assert (heard.reasoning.strip(), heard.text) == (plain.reasoning.strip(), plain.text)
    assert heard.end.finish_reason == "stop"
    if not (name in UNCOUNTED and stream) and (name, stream) != ("wrong-way", False):  # a stream's counts are asked for
        assert heard.end.output_tokens == plain.end.output_tokens
    assert len(requests_for(simulator, request)) == 1


@both
@pytest.mark.parametrize(("word", "finish"), WORDS.items())
def test_a_finish_word_of_ones_choice(provider: Provider, word: str, finish: str, stream: bool) -> None:
    heard = collect(provider, question(f"sim-quirk-finish-{word}", stream=stream))
    assert heard.end is not None
    assert (heard.end.finish_reason, heard.end.word) == (finish, word if finish == "other" else None)


@both
@pytest.mark.parametrize(("name", "kind"), REFUSALS.items())
def test_a_refusal_with_status_200(provider: Provider, name: str, kind: str, stream: bool) -> None:
    heard = collect(provider, question(f"sim-quirk-{name}", stream=stream))
    assert heard.error is not None
    assert heard.error.kind == kind


def test_an_opening_tag_in_the_prompt_is_learnt(provider: Provider) -> None:
    plain = collect(provider, question(prompt=PUZZLE))
    request = question("sim-quirk-think-unopened", prompt=PUZZLE)
    first, second = collect(provider, request), collect(provider, request)
    assert "think>" not in first.text
    assert (second.reasoning.strip(), second.text) == (plain.reasoning.strip(), plain.text)
    assert isinstance(second.pieces[0], Reasoning)


def test_a_quirk_that_there_is_none_of_is_named(provider: Provider) -> None:
    heard = collect(provider, question("sim-quirk-nonsense"))
    assert heard.error is not None
    assert "sim-quirk" not in heard.error.message
    assert "'nonsense'" in heard.error.message


def test_every_quirk_is_listed() -> None:
    assert all(f"sim-quirk-{name}" in listing() for name in QUIRKS)
    assert quirk_of("a.sim-quirk-no-done.sim-fast") == quirk_of("sim-quirk-no-done-sim-fast") == Quirk("no-done")
    assert quirk_of("sim-fast") is None


def test_an_end_of_a_known_meaning_has_no_word() -> None:
    assert End("stop").word is None
