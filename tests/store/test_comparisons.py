"""Comparisons of several rounds, series, verdicts and sets of lanes: kept and found again on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from replies.conversation import Comparison, Round, Series
from replies.metrics.figures import figures
from replies.reader import ReplyReader
from replies.store import Store
from replies.store.schema import replies
from replies.verdict import Verdict
from tests.store.conftest import Open
from tests.store.said import DAY, answered, asked, facts, lanes, talk
from tests.support.known import known

VERDICT = Verdict(outcome="best", lane=4, reasons=("speed", "correct"), note="\0 \ud83d 🏏", blind=True, at=DAY)


def several(kind: type[Comparison] = Comparison) -> Comparison:
    """Two lanes, numbers 0 and 4. In the second round only the last one is asked, twice."""
    return kind(
        [
            Round("One?", {0: [answered("a", skew=0.0123, price={"total": "0.0012"})], 4: [answered("b")]}),
            Round("Two?", {4: [answered("broken", state="stopped", end=None), answered("c", minutes=1)]}),
        ]
    )


def kept(store: Store, comparison: Comparison) -> Comparison:
    return known(store.comparison(comparison.id))


def told(comparison: Comparison) -> list[tuple[str, str, list[tuple[int, object]]]]:
    return [
        (round.id, round.prompt, [(lane, facts(reply)) for lane, reply in round.attempts])
        for round in comparison.rounds
    ]


@pytest.mark.parametrize("kind", [Comparison, Series])
def test_rounds_lanes_and_attempts_come_back_as_they_were(open_store: Open, kind: type[Comparison]) -> None:
    comparison = several(kind)
    open_store().keep(comparison)
    again = kept(open_store(), comparison)
    assert type(again) is kind
    assert told(again) == told(comparison)
    assert again.rounds[1].replies[0].text == "c"


def test_a_follow_up_and_an_attempt_that_come_later_are_kept_too(open_store: Open) -> None:
    comparison = lanes("One?", "a", "b")
    store = open_store()
    store.keep(comparison)
    comparison.rounds[0].lanes[1].append(answered("b again", minutes=1))
    store.keep(comparison)
    comparison.rounds.append(Round("Two?", {1: [answered("c", minutes=2)]}))
    store.keep(comparison)
    store.keep(comparison)
    assert told(kept(open_store(), comparison)) == told(comparison)


def test_the_figures_of_an_answer_are_kept_once_it_is_over(store: Store) -> None:
    def figures_kept() -> dict[str, Any]:
        with store._opened.reading() as connection:
            return dict(connection.execute(select(replies.c.id, replies.c.figures)).all())

    done = answered("a b c")
    waiting = ReplyReader(asked(), lambda: pytest.fail("not asked")).reply
    store.keep(Comparison.of("One?", [done, waiting]))
    assert figures_kept() == {done.id: figures(done).as_json(), waiting.id: None}
    waiting.stop()
    store.append([waiting])
    assert figures_kept()[waiting.id] == figures(waiting).as_json()


# Verdicts


def test_a_verdict_is_kept_replaced_and_taken_back(open_store: Open) -> None:
    comparison = several()
    store = open_store()
    store.keep(comparison)
    assert kept(store, comparison).verdict is None
    for verdict in (VERDICT, Verdict(outcome="tie", at=DAY), None):
        store.judge(comparison.id, verdict)
        assert kept(open_store(), comparison).verdict == verdict


def test_a_verdict_that_comes_with_the_comparison_is_kept_and_keeping_it_again_takes_none_back(store: Store) -> None:
    """A page may hold one that another page has judged meanwhile."""
    judged, held = several(), several()
    judged.blind, judged.verdict = True, VERDICT
    store.keep(judged, held)
    assert (kept(store, judged).blind, kept(store, judged).verdict) == (True, VERDICT)
    store.judge(held.id, VERDICT)
    store.keep(held)
    assert kept(store, held).verdict == VERDICT


def test_a_blind_comparison_is_hidden_until_it_is_judged_or_revealed(open_store: Open) -> None:
    comparison = several()
    comparison.blind = True
    store = open_store()
    store.keep(comparison)
    assert kept(open_store(), comparison).hidden
    store.judge(comparison.id, VERDICT)
    assert not kept(open_store(), comparison).hidden
    store.judge(comparison.id, None)
    assert kept(open_store(), comparison).hidden
    store.reveal(comparison.id)
    again = kept(open_store(), comparison)
    assert (again.hidden, again.blind, again.verdict) == (False, False, None)


# In the history


def test_the_history_says_of_a_series_how_many_runs_it_has(store: Store) -> None:
    store.keep(several(Series), lanes("Race", "a", minutes=-1), talk(("Why?", "So."), minutes=-2))
    assert [(entry.kind, entry.title, entry.runs) for entry in store.history()] == [
        ("series", "One?", 2),
        ("comparison", "Race", None),
        ("conversation", "Why?", None),
    ]


def test_a_series_is_found_and_filtered_as_everything_else(store: Store) -> None:
    store.keep(several(Series))
    for wanted in ({"words": "two"}, {"words": "broken"}, {"provider": "openai"}, {"model": "m"}, {"source": "live"}):
        assert len(store.history(**wanted)) == 1, wanted  # type: ignore[arg-type]
    assert store.history(source="simulated") == []


def test_the_history_does_not_tell_who_answered_in_a_blind_comparison_before_the_vote(store: Store) -> None:
    comparison = several()
    comparison.blind = True
    store.keep(comparison)
    (entry,) = store.history()
    assert (entry.hidden, entry.judged) == (True, False)
    assert (entry.providers, entry.models, entry.sources) == ((), (), ("live",))
    assert store.history(provider="openai") == store.history(model="m") == []
    assert len(store.history(source="live")) == 1
    store.judge(comparison.id, VERDICT)
    (entry,) = store.history(provider="openai", model="m")
    assert (entry.hidden, entry.judged, entry.providers, entry.models) == (False, True, ("openai",), ("m",))


# Sets of lanes


def test_sets_of_lanes_are_kept_replaced_and_forgotten(open_store: Open) -> None:
    store = open_store()
    assert store.lane_sets() == {}
    store.keep_lanes("vendors", ["openai|chat|m|live", "bedrock|converse|n|live"])
    store.keep_lanes("All at home", ["a|b|c|simulator"])
    store.keep_lanes("vendors", ["openai|chat|m|live"])
    store.keep_lanes("\0 \ud83d", [])
    assert list(open_store().lane_sets().items()) == [
        ("\0 \ud83d", []),
        ("All at home", ["a|b|c|simulator"]),
        ("vendors", ["openai|chat|m|live"]),
    ]
    store.forget_lanes("vendors")
    store.forget_lanes("never there")
    assert list(open_store().lane_sets()) == ["\0 \ud83d", "All at home"]
