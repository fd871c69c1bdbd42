"""What a leaderboard is made of, from both databases."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import event

from providers import End
from replies.conversation import Comparison, Round, Series
from replies.leaderboard import JudgedComparison, VotedLane
from replies.metrics.figures import figures
from replies.reply import Reply
from replies.store import Store
from replies.verdict import Verdict
from tests.store.said import DAY, answered, asked, lanes, talk
from tests.support.known import known

TIE = Verdict(outcome="tie", at=DAY)


def judged(store: Store, comparison: Comparison, verdict: Verdict = TIE) -> Comparison:
    store.keep(comparison)
    store.judge(comparison.id, verdict)
    return comparison


def models(found: JudgedComparison) -> list[tuple[int, str]]:
    return [(lane.number, lane.asked.request.model) for lane in found.lanes]


def test_only_comparisons_that_are_judged_and_not_deleted(store: Store) -> None:
    store.keep(lanes("Not judged", "a", "b"), talk(("Why?", "So.")))
    judged(store, Series.of("A series", [answered(), answered()]))
    store.delete(judged(store, lanes("Deleted", "a", "b")).id)
    taken_back = judged(store, lanes("Taken back", "a", "b"))
    store.judge(taken_back.id, None)
    kept = judged(store, lanes("Judged", "a", "b"))
    assert [(one.id, one.verdict) for one in store.judged()] == [(kept.id, TIE)]


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


def test_the_oldest_question_comes_first(store: Store) -> None:
    for minutes in (2, 0, 1):
        judged(store, Comparison.of("?", [answered(minutes=minutes, who=asked(model=str(minutes)))]))
    assert [models(one) for one in store.judged()] == [[(0, "0")], [(0, "1")], [(0, "2")]]


def test_many_votes_are_read_with_one_query_and_no_piece_of_any_answer(store: Store) -> None:
    assert store.judged() == []
    for number in range(20):
        judged(store, lanes(f"Number {number}", "a", "b", minutes=number))
    said: list[str] = []
    engine = known(store._opened._engine)
    event.listen(engine, "before_cursor_execute", lambda _c, _cursor, statement, *_more: said.append(statement))
    assert len(store.judged()) == 20
    queries = [statement for statement in said if statement.lstrip().upper().startswith("SELECT")]
    assert len(queries) == 1
    assert "arrival_chunks" not in queries[0]
