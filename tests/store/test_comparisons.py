"""Comparisons, series, verdicts, sets of lanes, and what a leaderboard is made of, on both databases."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from providers import End
from replies.conversation import Comparison, Round, Series
from replies.leaderboard import JudgedComparison, VotedLane
from replies.metrics.figures import figures
from replies.reader import ReplyReader
from replies.reply import Reply
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
def test_rounds_and_attempts_come_back_also_those_that_come_later(open_store: Open, kind: type[Comparison]) -> None:
    comparison = several(kind)
    store = open_store()
    store.keep(comparison)
    comparison.rounds[0].lanes[4].append(answered("b again", minutes=1))
    store.keep(comparison)
    comparison.rounds.append(Round("Three?", {4: [answered("d", minutes=2)]}))
    for _ in range(2):
        store.keep(comparison)
    again = kept(open_store(), comparison)
    assert type(again) is kind
    assert told(again) == told(comparison)
    assert again.rounds[1].replies[0].text == "c"
    assert [(entry.kind, entry.title) for entry in store.history()] == [(kind.kind, "One?")]
    assert store.history()[0].runs == (3 if kind is Series else None)
    filters: list[dict[str, Any]] = [
        {"words": "three"},
        {"words": "broken"},
        {"provider": "openai"},
        {"source": "live"},
    ]
    assert [len(store.history(**wanted)) for wanted in [*filters, {"source": "simulated"}]] == [1, 1, 1, 1, 0]


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


def test_a_verdict_is_kept_replaced_and_taken_back(open_store: Open) -> None:
    comparison, judged = several(), several()
    judged.blind, judged.verdict = True, VERDICT
    store = open_store()
    store.keep(comparison, judged)
    assert (kept(store, judged).blind, kept(store, judged).verdict) == (True, VERDICT)  # it came with it
    assert kept(store, comparison).verdict is None
    for verdict in (VERDICT, Verdict(outcome="tie", at=DAY), None):
        store.judge(comparison.id, verdict)
        store.keep(comparison)  # by a page that holds it as it was: that takes no verdict back
        assert kept(open_store(), comparison).verdict == verdict


def test_a_blind_comparison_is_hidden_until_it_is_judged_or_revealed(open_store: Open) -> None:
    comparison = several()
    comparison.blind = True
    store = open_store()
    store.keep(comparison)
    assert kept(open_store(), comparison).hidden
    (entry,) = store.history()  # which does not tell who answered
    assert (entry.hidden, entry.judged) == (True, False)
    assert (entry.providers, entry.models, entry.sources) == ((), (), ("live",))
    assert store.history(provider="openai") == store.history(model="m") == []
    assert len(store.history(source="live")) == 1
    store.judge(comparison.id, VERDICT)
    assert not kept(open_store(), comparison).hidden
    (entry,) = store.history(provider="openai", model="m")
    assert (entry.hidden, entry.judged, entry.providers, entry.models) == (False, True, ("openai",), ("m",))
    store.judge(comparison.id, None)
    assert kept(open_store(), comparison).hidden
    store.judge(comparison.id, None, blind=False)
    again = kept(open_store(), comparison)
    assert (again.hidden, again.blind, again.verdict) == (False, False, None)


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


TIE = Verdict(outcome="tie", at=DAY)


def judged(store: Store, comparison: Comparison, verdict: Verdict = TIE) -> Comparison:
    store.keep(comparison)
    store.judge(comparison.id, verdict)
    return comparison


def models(found: JudgedComparison) -> list[tuple[int, str]]:
    return [(lane.number, lane.asked.request.model) for lane in found.lanes]


def test_a_lane_is_told_with_all_that_counts(store: Store) -> None:
    price = {"usd": 0.002}
    live = answered("x" * 9, end=End("stop", 3, 50), price=price, who=asked(provider="local", model="\0 é"))
    recorded = answered(who=asked(simulated=True, recorded=True))
    odd = answered(end=End("other", 3, 50, word="because"), price=price)  # ended for a reason that nobody knows
    verdict = Verdict(outcome="best", lane=1, reasons=("cost",), note="\0", blind=True, at=DAY + timedelta(days=1))
    item = judged(store, Comparison.of("One?", [live, recorded, odd]), verdict)
    lanes = [
        VotedLane(0, live.asked, figures(live).as_json(), price),
        VotedLane(1, recorded.asked, figures(recorded).as_json(), None),
        VotedLane(2, odd.asked, None, None),
    ]
    assert store.judged() == [JudgedComparison(item.id, verdict, lanes)]


def test_a_lane_is_its_newest_attempt_in_the_last_round_it_was_in(store: Store) -> None:
    def by(model: str, minutes: float = 0) -> Reply:
        return answered(who=asked(model=model), minutes=minutes)

    one = Round("One?", {0: [by("first")], 2: [by("broken"), by("again", 1)]})
    judged(store, Comparison([one, Round("Two?", {0: [by("broken too", 2), by("last", 3)]})]))
    (found,) = store.judged()
    assert models(found) == [(0, "last"), (2, "again")]


def test_judged_comparisons_come_oldest_first_by_one_query_without_their_texts(store: Store) -> None:
    store.keep(lanes("Not judged", "a", "b"), talk(("Why?", "So.")))
    judged(store, Series.of("A series", [answered(), answered()]))
    store.delete(judged(store, lanes("Deleted", "a", "b")).id)
    store.judge(judged(store, lanes("Taken back", "a", "b")).id, None)
    assert store.judged() == []
    kept = {minutes: judged(store, lanes("Judged", "a", "b", minutes=minutes)).id for minutes in (2, 0, 1)}
    said: list[str] = []
    engine = known(store._opened._engine)
    event.listen(engine, "before_cursor_execute", lambda _c, _cursor, statement, *_more: said.append(statement))
    assert [(one.id, one.verdict) for one in store.judged()] == [(kept[minutes], TIE) for minutes in (0, 1, 2)]
    queries = [statement for statement in said if statement.lstrip().upper().startswith("SELECT")]
    assert len(queries) == 1
    assert "arrival_chunks" not in queries[0]
