"""Aggregates of a lane's answers: how each figure spreads, how they ended. One that failed has only its first token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from replies.conversation import Comparison
from replies.metrics.figures import Figures, figures, percentile
from replies.metrics.help import FEWEST_FOR_MEDIAN, FEWEST_FOR_P95
from replies.metrics.labels import origin
from replies.metrics.table import METRIC, METRICS, Metric
from replies.reply import Reply


class Spread(NamedTuple):
    """Spread of `n` values. None where there are too few to say: of fewer, a percentile would be a guess."""

    n: int
    low: float | None = None
    median: float | None = None
    p95: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Spread:
        """What is unknown is left out, and not counted."""
        known = sorted(value for value in values if value is not None)
        if not known:
            return cls(0)
        median = percentile(known, 0.5) if len(known) >= FEWEST_FOR_MEDIAN else None
        p95 = percentile(known, 0.95) if len(known) >= FEWEST_FOR_P95 else None
        return cls(len(known), known[0], median, p95, known[-1])


class Outcomes(NamedTuple):
    """How many answers ended in which way."""

    done: int = 0
    failed: int = 0
    stopped: int = 0
    interrupted: int = 0
    in_progress: int = 0

    @classmethod
    def of(cls, replies: Iterable[Reply]) -> Outcomes:
        counts = Counter(reply.state if reply.over else "in_progress" for reply in replies)
        return cls(**counts)


class Summary(NamedTuple):
    """`origin`: where all its answers come from, as "Live" or "Recorded, simulated". `spreads`: by the key of the
    figure."""

    origin: str
    outcomes: Outcomes
    spreads: Mapping[str, Spread]


def values_of(replies: Sequence[Reply], figure: str) -> list[float]:
    """The figure of each answer that has it and may be averaged. Raises ValueError as `summary` does."""
    _must_be_of_a_kind(replies)
    values = (value_of(reply, figures(reply), METRIC[figure]) for reply in replies)
    return [value for value in values if value is not None]


def summary(replies: Sequence[Reply]) -> Summary:
    """Answers of one lane, earlier attempts included: asking again must not hide a failure. Raises ValueError where
    simulated, live and recorded answers are mixed."""
    _must_be_of_a_kind(replies)
    known = [(reply, figures(reply)) for reply in replies if reply.over]
    spreads = {
        metric.key: Spread.of(value_of(reply, numbers, metric) for reply, numbers in known) for metric in METRICS
    }
    return Summary(origin(replies[0].asked) if replies else "", Outcomes.of(replies), spreads)


def attempts(comparison: Comparison, lane: int) -> list[Reply]:
    """All answers of a lane, round after round."""
    return [reply for round in comparison.rounds for reply in round.lanes.get(lane, [])]


def summaries(comparison: Comparison) -> dict[int, Summary]:
    """Summaries by lane number. Raises ValueError where a lane mixes simulated, live and recorded answers."""
    return {lane: summary(attempts(comparison, lane)) for lane in comparison.lanes}


def value_of(reply: Reply, numbers: Figures, metric: Metric) -> float | None:
    """The figure of an answer that is over, where it may be averaged."""
    complete = reply.state == "done" and (reply.end is None or reply.end.finish_reason != "other")
    return metric.value(numbers, reply) if complete or (reply.over and metric.of_any_end) else None


def kind(reply: Reply) -> str:
    """Where it comes from: only answers of one kind may be averaged together, or held against each other."""
    return "simulated" if reply.asked.simulated else reply.asked.source


def _must_be_of_a_kind(replies: Iterable[Reply]) -> None:
    """A simulated answer's times are no provider's; a recorded one's would count twice, or for another day."""
    kinds = {kind(reply) for reply in replies}
    if len(kinds) > 1:
        mixed = " and ".join(sorted(kinds))
        raise ValueError(f"These answers are {mixed}, which can't be summed up together; take each kind by itself.")
