"""Leaderboard: win rates with their intervals, and median speed and cost. Pure functions over judged comparisons.

A comparison in which anything was simulated never counts: a win over a simulated answer says nothing. A recording of a
live answer counts in the vote, but its figures were counted where it was given.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from replies.metrics.aggregate import Spread
from replies.metrics.intervals import wilson
from replies.pricing.costs import exact
from replies.reply import Asked
from replies.verdict import Reason, Verdict

FEW = 5  # votes below which a win rate is marked

LeftOut: TypeAlias = Literal["simulated", "alone", "incomplete"]


class VotedLane(NamedTuple):
    """The answer of a lane at the vote. `figures` are those of `Figures.as_json`, None where they were not kept."""

    number: int
    asked: Asked
    figures: Mapping[str, Any] | None
    price: Mapping[str, Any] | None


class JudgedComparison(NamedTuple):
    """A comparison with its verdict."""

    id: str
    verdict: Verdict
    lanes: Sequence[VotedLane]


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which votes count. `reasons`: at least one of them was given; none means any."""

    blind_only: bool = False
    reasons: Sequence[Reason] = ()
    since: datetime | None = None

    def takes(self, verdict: Verdict) -> bool:
        return (
            (verdict.blind or not self.blind_only)
            and (not self.reasons or bool(set(self.reasons) & set(verdict.reasons)))
            and (self.since is None or verdict.at >= self.since)
        )


class Contender(NamedTuple):
    """A provider's model; `api` is "" unless two APIs of one model stood side by side somewhere."""

    provider: str
    model: str
    api: str = ""


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """`votes`: comparisons that had a best one. Spreads are of live answers: seconds, tokens per second, US dollars."""

    contender: Contender
    label: str
    wins: int
    votes: int
    ties: int
    all_bad: int
    ttft: Spread
    speed: Spread
    cost: Spread

    @property
    def rate(self) -> float | None:
        return self.wins / self.votes if self.votes else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.wins, self.votes) if self.votes else None

    @property
    def few(self) -> bool:
        return self.votes < FEW


class Leaderboard(NamedTuple):
    """`rankings`: best first, by the lower end of the interval, so that a single lucky vote does not lead. `left_out`:
    how many of those that the filter takes did not count, and why."""

    rankings: list[Ranking]
    counted: int
    left_out: Mapping[LeftOut, int]


def leaderboard(judged: Iterable[JudgedComparison], wanted: Filter | None = None) -> Leaderboard:
    wanted = wanted or Filter()
    left_out: Counter[LeftOut] = Counter()
    taken = sorted((one for one in judged if wanted.takes(one.verdict)), key=lambda one: one.verdict.at)
    apis = {(one.id, *_model(lane), lane.asked.api) for one in taken for lane in one.lanes}
    side_by_side = Counter((id, provider, model) for id, provider, model, _ in apis)
    told_apart = {(provider, model) for (_, provider, model), count in side_by_side.items() if count > 1}
    outcomes: dict[Contender, Counter[str]] = defaultdict(Counter)
    stood: dict[Contender, list[VotedLane]] = defaultdict(list)
    counted = 0
    for one in taken:
        lanes = {
            lane.number: Contender(*_model(lane), lane.asked.api if _model(lane) in told_apart else "")
            for lane in one.lanes
        }
        if reason := _left_out(one, set(lanes.values())):
            left_out[reason] += 1
            continue
        counted += 1
        best = None if one.verdict.lane is None else lanes[one.verdict.lane]
        for contender in set(lanes.values()):
            outcomes[contender]["won" if contender == best else one.verdict.outcome] += 1
        for lane in one.lanes:
            stood[lanes[lane.number]].append(lane)
    rankings = [_ranking(contender, outcomes[contender], lanes) for contender, lanes in stood.items()]
    best_first = sorted(rankings, key=lambda one: (-(one.interval or (-1.0,))[0], -one.votes, one.contender))
    return Leaderboard(best_first, counted, left_out)


def _left_out(one: JudgedComparison, contenders: set[Contender]) -> LeftOut | None:
    if any(lane.asked.simulated for lane in one.lanes):
        return "simulated"
    if one.verdict.lane is not None and one.verdict.lane not in {lane.number for lane in one.lanes}:
        return "incomplete"
    return "alone" if len(contenders) < 2 else None


def _model(lane: VotedLane) -> tuple[str, str]:
    return lane.asked.provider, lane.asked.request.model


def _ranking(contender: Contender, outcomes: Counter[str], lanes: Sequence[VotedLane]) -> Ranking:
    live = [lane for lane in lanes if lane.asked.source == "live"]
    return Ranking(
        contender=contender,
        label=lanes[-1].asked.label,  # the newest
        wins=outcomes["won"],
        votes=outcomes["won"] + outcomes["best"],
        ties=outcomes["tie"],
        all_bad=outcomes["all bad"],
        # An awaited answer comes in one piece, so its first token says nothing.
        ttft=Spread.of(lane.figures.get("ttft") for lane in live if lane.figures and lane.asked.request.stream),
        speed=Spread.of(lane.figures.get("speed") for lane in live if lane.figures),
        cost=Spread.of(exact(lane.price) for lane in live),
    )
