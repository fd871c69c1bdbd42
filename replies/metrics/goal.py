"""Goal of a series: to go on until a difference of a given size would show, or a limit of dollars is reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from replies.conversation import Series
from replies.metrics.differences import Values, differences, measured
from replies.metrics.table import METRIC
from replies.pricing.costs import dollars, price, usd

PILOT = 10  # rounds from which on it can be told how many are needed


@dataclass(frozen=True)
class Goal:
    """`size`: of a difference in this figure, in its unit; None: only a limit. `most`: US dollars; None: any sum."""

    figure: str = "ttft"
    size: float | None = None
    most: float | None = None

    def reached(self, begun: int, expected: Mapping[int, float | None]) -> Callable[[Series], str]:
        """A function that says why to ask no more, "" while there is no reason.

        It ends by how wide the intervals are, never by what they show: to stop as soon as a difference appears would
        find one between equal lanes as well. It looks after `PILOT` rounds, and then only where so many are there as
        were found to be needed: to stop at the first that happens to have a narrow interval would make 95 % of them 90.
        `begun`: rounds before the run. `expected`: what an answer of each lane may cost, until that is known; None:
        unknown, and not counted.
        """
        known: dict[str, Values] = {}
        needed = float(PILOT)

        def reason(series: Series) -> str:
            nonlocal needed
            if spent := self._spent(series, begun, expected):
                return spent
            if self.size is None or not series.lanes or len(series.rounds) < needed:
                return ""
            found = [one for one in differences(measured(series, known), series.lanes[0])
                     if one.metric.key == self.figure]  # fmt: skip
            if not found or min(one.rounds for one in found) < needed:
                return ""
            needed = max(one.rounds_for(self.size) for one in found)
            if needed > min(one.rounds for one in found):
                return ""
            figure = METRIC[self.figure].label.lower()
            return f"The goal is reached: a difference in {figure} of the size that you named would show by now."

        return reason

    def _spent(self, series: Series, begun: int, expected: Mapping[int, float | None]) -> str:
        if self.most is None:
            return ""
        costs = []
        for round in list(series.rounds)[begun:]:
            told = [(lane, usd(price(reply))) for lane, reply in round.attempts]
            costs.append(sum((expected.get(lane) or 0.0) if cost is None else cost for lane, cost in told))
        coming = max(costs, default=sum(cost or 0.0 for cost in expected.values()))
        if sum(costs) + coming <= self.most:
            return ""
        return f"One more round could cost more than the {dollars(self.most)} that you allowed."
