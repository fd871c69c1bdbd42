"""The leaderboard's rules: who counts, who is left out and why, and what a win rate says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from replies.leaderboard import Contender, Filter, JudgedComparison, Leaderboard, Ranking, VotedLane, leaderboard
from replies.metrics.aggregate import Spread
from replies.metrics.intervals import wilson
from replies.verdict import Outcome, Verdict
from tests.store.said import asked

DAY = datetime(2026, 11, 22, tzinfo=UTC)
FIGURES = {"ttft": 0.5, "speed": 80.0}
PRICE = {"usd": 0.001}


def lane(number: int, model: str = "m", figures: Any = FIGURES, price: Any = PRICE, **who: Any) -> VotedLane:
    return VotedLane(number, asked(model=model, **{"label": "OpenAI"} | who), figures, price)


def vote(best: int | None, *lanes: VotedLane, outcome: Outcome = "tie", **more: Any) -> JudgedComparison:
    """`best`: a lane's number; without one the outcome says what it was."""
    said: dict[str, Any] = {"at": DAY} | more
    return JudgedComparison("x", Verdict(outcome=outcome if best is None else "best", lane=best, **said), lanes)


def a_or_b(best: int | None, **more: Any) -> JudgedComparison:
    return vote(best, lane(0, "a"), lane(1, "b"), **more)


def standing(board: Leaderboard, model: str, api: str = "") -> Ranking:
    [found] = [one for one in board.rankings if (one.contender.model, one.contender.api) == (model, api)]
    return found


def of(board: Leaderboard, model: str) -> tuple[int, int, int, int]:
    one = standing(board, model)
    return one.wins, one.votes, one.ties, one.all_bad


def test_a_win_rate_is_wins_by_comparisons_that_had_a_best_one() -> None:
    assert leaderboard([]) == Leaderboard([], 0, {})
    board = leaderboard([a_or_b(0), a_or_b(0), a_or_b(1), a_or_b(None), a_or_b(None, outcome="all bad")])
    assert board.counted == 5
    assert of(board, "a") == (2, 3, 1, 1)
    assert of(board, "b") == (1, 3, 1, 1)
    assert standing(board, "a").rate == pytest.approx(2 / 3)
    tie = standing(leaderboard([a_or_b(None)]), "a")
    assert (tie.rate, tie.interval) == (None, None)


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (vote(0, lane(0, "a"), lane(1, "b", simulated=True)), "simulated"),
        (vote(0, lane(0, "a"), lane(1, "b"), lane(2, "c", recorded=True, simulated=True)), "simulated"),
        (vote(0, lane(0, "a"), lane(1, "a")), "alone"),
        (vote(None, lane(0, "a")), "alone"),
        (vote(7, lane(0, "a"), lane(1, "b")), "incomplete"),
    ],
    ids=[
        "a simulated loser",
        "a simulated recording that looked on",
        "the same model twice",
        "one lane",
        "no such lane",
    ],
)
def test_what_says_nothing_is_left_out_with_its_reason(odd: JudgedComparison, reason: str) -> None:
    board = leaderboard([a_or_b(0), odd, odd])
    assert (board.counted, board.left_out) == (1, {reason: 2})
    assert of(board, "a") == (1, 1, 0, 0)
    assert {one.contender.model for one in board.rankings} == {"a", "b"}
    assert standing(board, "a").ttft.n == 1


def test_recordings_of_live_answers_count_in_the_vote_and_not_in_the_medians() -> None:
    awaited = leaderboard([vote(0, lane(0, "a", stream=False), lane(1, "b"))])  # without a first token
    assert [standing(awaited, model).ttft.n for model in "ab"] == [0, 1]
    board = leaderboard([vote(0, lane(0, "a", recorded=True), lane(1, "b"))])
    assert of(board, "a") == (1, 1, 0, 0)
    a, b = standing(board, "a"), standing(board, "b")
    assert (a.ttft.n, a.speed.n, a.cost.n) == (0, 0, 0)
    assert (b.ttft.n, b.speed.n, b.cost.n) == (1, 1, 1)


def test_a_contender_in_several_lanes_counts_once() -> None:
    board = leaderboard([vote(1, lane(0, "a"), lane(1, "a"), lane(2, "b"))])
    assert of(board, "a") == (1, 1, 0, 0)
    assert of(board, "b") == (0, 1, 0, 0)
    assert standing(board, "a").speed.n == 2  # both were answers all the same


def test_one_model_of_two_providers_is_two_contenders_each_by_its_newest_label() -> None:
    old = vote(0, lane(0, "a", label="Old"), lane(1, "b"), at=DAY - timedelta(days=1))
    new = vote(0, lane(0, "a"), lane(1, "a", provider="local", label="Ollama"))
    assert [(one.contender, one.label, one.wins) for one in leaderboard([new, old]).rankings] == [
        (Contender("openai", "a"), "OpenAI", 2),
        (Contender("local", "a"), "Ollama", 0),
        (Contender("openai", "b"), "OpenAI", 0),
    ]


def test_apis_are_told_apart_only_where_they_stood_side_by_side() -> None:
    by_api = vote(0, lane(0, "a", api="chat"), lane(1, "a", api="responses"))
    elsewhere = vote(0, lane(0, "b", api="chat"), lane(1, "a", api="responses"))
    board = leaderboard([by_api, elsewhere])
    assert {one.contender for one in board.rankings} == {
        Contender("openai", "a", "chat"),
        Contender("openai", "a", "responses"),
        Contender("openai", "b"),
    }
    assert standing(board, "a", "responses").votes == 2
    assert Contender("openai", "a") in {one.contender for one in leaderboard([elsewhere]).rankings}


@pytest.mark.parametrize(
    ("wins", "votes", "low", "high"),
    [
        (0, 1, 0.0, 0.7935),
        (1, 1, 0.2065, 1.0),
        (15, 20, 0.5313, 0.8881),  # by hand: (0.75 + z²/40 ± z·√(0.75·0.25/20 + z²/1600)) ÷ (1 + z²/20), z = 1.96
        (81, 263, 0.2553, 0.3662),  # the example of Newcombe, Statistics in Medicine 17 (1998), table I
    ],
)
def test_the_interval_is_wilsons(wins: int, votes: int, low: float, high: float) -> None:
    assert wilson(wins, votes) == pytest.approx((low, high), abs=5e-5)


def test_the_interval_holds_the_share_and_ends_at_0_and_1() -> None:
    for votes in (*range(1, 30), 199):
        for wins in range(votes + 1):
            low, high = wilson(wins, votes)
            assert 0 <= low <= wins / votes <= high <= 1
            assert low < high
            mirrored = wilson(votes - wins, votes)
            assert (low, high) == pytest.approx((1 - mirrored[1], 1 - mirrored[0]))
        assert wilson(0, votes)[0] == 0
        assert wilson(votes, votes)[1] == 1


def test_one_lucky_vote_does_not_lead() -> None:
    steady = [vote(0, lane(0, "a"), lane(1, "b"))] * 16 + [vote(1, lane(0, "a"), lane(1, "b"))] * 4
    board = leaderboard([*steady, vote(0, lane(0, "lucky"), lane(1, "b"))])
    assert [one.contender.model for one in board.rankings] == ["a", "lucky", "b"]
    assert [one.few for one in board.rankings] == [False, True, False]
    assert [standing(leaderboard([a_or_b(0)] * votes), "a").few for votes in (4, 5)] == [True, False]


def test_an_answer_without_figures_or_price_is_no_answer_of_zero() -> None:
    unknown = lane(0, "a", figures={"ttft": None, "speed": None}, price={"unknown": "?"})
    for nothing in (unknown, lane(0, "a", figures=None, price=None)):
        board = leaderboard([vote(0, nothing, lane(1, "b"))] * 3)
        assert [getattr(standing(board, "a"), key) for key in ("ttft", "speed", "cost")] == [Spread(0)] * 3
        assert (standing(board, "b").cost.n, standing(board, "b").cost.median) == (3, 0.001)


@pytest.mark.parametrize(
    ("wanted", "counted"),
    [
        (Filter(), 4),
        (Filter(blind_only=True), 1),
        (Filter(reasons=["speed"]), 2),
        (Filter(reasons=["speed", "cost"]), 3),  # any of them
        (Filter(since=DAY), 4),
        (Filter(since=DAY + timedelta(seconds=1)), 1),
        (Filter(blind_only=True, reasons=["style"]), 0),
    ],
    ids=str,
)
def test_filters(wanted: Filter, counted: int) -> None:
    votes = [
        a_or_b(0, reasons=("speed", "correct")),
        a_or_b(0, reasons=("speed",), blind=True),
        a_or_b(1, reasons=("cost",)),
        a_or_b(1, at=DAY + timedelta(days=1)),
    ]
    simulated = vote(0, lane(0, "a"), lane(1, "b", simulated=True), reasons=("complete",), at=DAY - timedelta(days=1))
    board = leaderboard([*votes, simulated], wanted)
    assert (board.counted, board.left_out) == (counted, {"simulated": 1} if wanted == Filter() else {})
