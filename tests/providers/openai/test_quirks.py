"""Quirks of the simulator: the answer is the same as without them. Words for the end are tried by tests/faults."""

from __future__ import annotations

import itertools

import pytest

from providers import Call, Provider, Reasoning
from simulator import Simulator
from simulator.quirks import QUIRKS, Quirk, listing, quirk_of
from tests.providers.asking import PUZZLE, collect, question, requests_for, streamed_or_not

REFUSALS = {"error-200": "rate_limit", "web-page": "protocol"}
UNCOUNTED = ("pings", "silent-end")
FIRST_TIME = "think-unopened"  # whose first streamed answer is told otherwise, see ../parsing/test_thoughts.py
ANSWERING = [name for name in QUIRKS if name not in (*REFUSALS, FIRST_TIME, "finish-WORD")]


def impatient() -> Call:
    """A call whose clock goes on by a second whenever it is looked at."""
    ticks = itertools.count()
    return Call(clock=lambda: float(next(ticks)), sleep=lambda seconds: None)


@streamed_or_not
@pytest.mark.parametrize("name", ANSWERING)
def test_the_answer_is_the_same(provider: Provider, simulator: Simulator, name: str, stream: bool) -> None:
    plain = collect(provider, question(prompt=PUZZLE, stream=stream))
    request = question(f"sim-quirk-{name}", prompt=PUZZLE, stream=stream)
    heard = collect(provider, request, impatient())
    assert (heard.reasoning.strip(), heard.text) == (plain.reasoning.strip(), plain.text)
    assert heard.ending.finish_reason == "stop"
    if not (name in UNCOUNTED and stream) and (name, stream) != ("wrong-way", False):  # a stream's counts are asked for
        assert heard.ending.output_tokens == plain.ending.output_tokens
    assert len(requests_for(simulator, request)) == 1


@streamed_or_not
@pytest.mark.parametrize(("name", "kind"), REFUSALS.items())
def test_a_refusal_with_status_200(provider: Provider, name: str, kind: str, stream: bool) -> None:
    assert collect(provider, question(f"sim-quirk-{name}", stream=stream)).failure.kind == kind


def test_an_opening_tag_in_the_prompt_is_learnt(provider: Provider) -> None:
    plain = collect(provider, question(prompt=PUZZLE))
    request = question("sim-quirk-think-unopened", prompt=PUZZLE)
    first, second = collect(provider, request), collect(provider, request)
    assert "think>" not in first.text
    assert (second.reasoning.strip(), second.text) == (plain.reasoning.strip(), plain.text)
    assert isinstance(second.pieces[0], Reasoning)


def test_a_quirk_that_there_is_none_of_is_named(provider: Provider) -> None:
    message = collect(provider, question("sim-quirk-nonsense")).failure.message
    assert "sim-quirk" not in message
    assert "'nonsense'" in message


def test_every_quirk_is_listed() -> None:
    assert all(f"sim-quirk-{name}" in listing() for name in QUIRKS)
    assert quirk_of("a.sim-quirk-no-done.sim-fast") == quirk_of("sim-quirk-no-done-sim-fast") == Quirk("no-done")
    assert quirk_of("sim-fast") is None
