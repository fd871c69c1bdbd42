"""Differences between the lanes of a series: whether the data carry them, said in sentences."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, MutableMapping, Sequence
from itertools import combinations
from typing import NamedTuple, TypeAlias

from replies.conversation import Comparison
from replies.metrics.aggregate import kind, value_of
from replies.metrics.figures import figures
from replies.metrics.help import FEWEST_FOR_DIFFERENCE
from replies.metrics.intervals import Interval, Z, holm, of_medians, of_shares, rounds_for, wilson
from replies.metrics.table import COUNT, DOLLARS, METRICS, SECONDS, Metric, Unit
from replies.pricing.costs import dollars
from replies.reply import Reply

CHANCE = 0.05

SHARE = Unit("", lambda value: "–" if value is None else f"{100 * value:.0f} %")
FAILURES = Metric(
    "failures",
    "Failures",
    SHARE,
    better="lower",
    difference=("answers failed", "less often", "more often"),
)
COMPARED = [metric for metric in METRICS if metric.difference]

Values: TypeAlias = dict[str, float | None]


class Measured(NamedTuple):
    """A lane in numbers. `kind`: where its answers come from, "" where they are mixed. `values`: of each figure, by
    round. `failed` of the `ended` answers failed or broke off; what was stopped is in neither."""

    kind: str
    values: Mapping[str, Mapping[int, float]]
    failed: int
    ended: int


Lanes: TypeAlias = Mapping[int, Measured]


class Difference(NamedTuple):
    """A lane against the base: `interval` is of the lane's median less the base's. `chance` is its `p` as corrected for
    all differences that are told together, which are `of`; `rounds`, how many it is of."""

    metric: Metric
    lane: int
    base: int
    interval: Interval
    rounds: int
    chance: float = 1.0
    of: int = 1

    @property
    def differs(self) -> bool:
        return self.chance <= CHANCE

    @property
    def better(self) -> bool:
        """Whether the lane is the better one, as far as the data carry it."""
        return self.differs and (self.interval.value < 0) == (self.metric.better == "lower")

    def rounds_for(self, size: float) -> float:
        """About how many rounds would show a difference of this size, all that are told with it corrected for."""
        return rounds_for(size, self.interval.error, self.rounds, self.of)


def measured(series: Comparison, known: MutableMapping[str, Values] | None = None) -> Lanes:
    """Each lane by its number, from the answers that are over. `known`: what was worked out before, by reply."""
    known = {} if known is None else known
    lanes = {}
    for lane in series.lanes:
        answers = {place: round.lanes[lane] for place, round in enumerate(series.rounds) if round.lanes.get(lane)}
        over = [reply for attempts in answers.values() for reply in attempts if reply.over]
        for reply in over:
            if reply.id not in known:
                known[reply.id] = _values(reply)
        newest = {place: attempts[-1].id for place, attempts in answers.items() if attempts[-1].over}
        values = {
            metric.key: {place: value for place, id in newest.items() if (value := known[id][metric.key]) is not None}
            for metric in COMPARED
        }
        kinds = {kind(reply) for reply in over}
        failed = sum(reply.state in ("failed", "interrupted") for reply in over)
        ended = sum(reply.state != "stopped" for reply in over)
        lanes[lane] = Measured(kinds.pop() if len(kinds) == 1 else "", values, failed, ended)
    return lanes


def _values(reply: Reply) -> Values:
    numbers = figures(reply)
    return {metric.key: value_of(reply, numbers, metric) for metric in COMPARED}


def differences(lanes: Lanes, base: int) -> list[Difference]:
    """Of each other lane from the base, figure by figure, as far as both have it often enough. Lanes of another kind
    than the base are left out: a simulated answer's times are no provider's."""
    others = [lane for lane, its in lanes.items() if lane != base and its.kind and its.kind == lanes[base].kind]
    return _corrected(lanes, [(lane, base) for lane in others])


def _difference(lanes: Lanes, metric: Metric, lane: int, base: int) -> Difference | None:
    one, other = lanes[lane], lanes[base]
    if metric is FAILURES:
        if not one.failed and not other.failed:
            return None
        shares = of_shares(one.failed, one.ended, other.failed, other.ended)
        return shares and Difference(metric, lane, base, shares, min(one.ended, other.ended))
    values, base_values = one.values[metric.key], other.values[metric.key]
    if metric.key == "ttfv" and (values, base_values) == (one.values["ttft"], other.values["ttft"]):
        return None  # without reasoning, the first word is the first token: once is enough
    found = of_medians(values, base_values)
    return found and Difference(metric, lane, base, found, min(len(values), len(base_values)))


def _corrected(lanes: Lanes, pairs: Sequence[tuple[int, int]]) -> list[Difference]:
    """Of each lane from its base, figure by figure, corrected for all of them."""
    told = [_difference(lanes, metric, *pair) for metric in (*COMPARED, FAILURES) for pair in pairs]
    found = [one for one in told if one]
    chances = holm([one.interval.p for one in found])
    return [one._replace(chance=chance, of=len(found)) for one, chance in zip(found, chances, strict=True)]


def best(lanes: Lanes) -> dict[str, int]:
    """The best lane by each figure, where the data carry that it is better than every other that has it; corrected for
    all pairs of lanes. Simulated ones count only where no other was asked at all."""
    asked = {lane: its for lane, its in lanes.items() if its.ended}
    kinds = {its.kind for its in asked.values()}
    kinds -= {"simulated"} if len(kinds) > 1 else set()
    asked = {lane: its for lane, its in asked.items() if its.kind in kinds}
    if len(kinds) != 1:
        return {}
    beaten: dict[str, Counter[int]] = defaultdict(Counter)  # how many others a lane is better than, by figure
    for one in _corrected(lanes, [(lane, base) for base, lane in combinations(asked, 2)]):
        if one.differs:
            beaten[one.metric.key][one.lane if one.better else one.base] += 1
    measured_by = {metric.key: sum(bool(its.values[metric.key]) for its in asked.values()) for metric in COMPARED}
    return {
        metric.key: lane
        for metric in COMPARED
        if metric.better
        for lane, others in beaten[metric.key].items()
        if others == measured_by[metric.key] - 1
    }


# In words

NONE_SHOWN = "No difference between these lanes can be shown."


class Findings(NamedTuple):
    """`shown` are sentences about what the data carry, `open` about what they don't; `failed` says how often each lane
    failed, where no difference does."""

    differences: list[Difference]
    shown: list[str]
    open: list[str]
    failed: list[str]
    notes: list[str]


def findings(lanes: Lanes, base: int, names: Mapping[int, str]) -> Findings:
    """Each lane against the lane `base`. `names`: what each lane is called, by its number."""
    found = differences(lanes, base)
    mark = "Simulated: " if lanes[base].kind == "simulated" else ""
    shown, unshown = (
        [mark + sentence(one, lanes, names, base) for one in found if one.differs == differs]
        for differs in (True, False)
    )
    failed = [f"{failures(its, names[lane])}." for lane, its in lanes.items() if its.ended]
    notes = []
    if apart := [names[lane] for lane, its in lanes.items() if its.kind != lanes[base].kind]:
        notes.append(
            f"Not compared: {', '.join(apart)}. Live, simulated and recorded answers are not held against each other."
        )
    if lanes[base].kind == "simulated":
        notes.append("All that is compared is simulated: it says nothing about a provider.")
    if not found:
        notes.append(f"Differences are told from {FEWEST_FOR_DIFFERENCE} rounds on.")
    else:
        notes.append(
            "Differences are of medians, with 95 % intervals. Chance alone makes one of twenty equal pairs look "
            f"different, so what counts as a difference is corrected for all {len(found)} that are told here (Holm)."
        )
    told = any(one.metric is FAILURES for one in found)
    return Findings(found, shown, unshown, [] if told else failed, notes)


def sentence(difference: Difference, lanes: Lanes, names: Mapping[int, str], base: int) -> str:
    """What is known of it, for somebody who sees nothing else. `names`: what each lane is called, by its number.

    "AWS Bedrock’s first token came 140 ms sooner than OpenAI’s (95 %: 60 to 230 ms, 20 rounds)."
    "No difference in first token between AWS Bedrock and OpenAI can be shown with 8 rounds (95 %: 70 ms sooner to
    110 ms later); about 35 would show one of 50 ms."
    """
    metric, lane, _, (value, low, high, _, error), rounds, *_ = difference
    one, other = names[lane], names[base]
    chance = f", which may be chance: it is one of {difference.of} differences that were looked for"
    if metric is FAILURES:
        told = f"{failures(lanes[lane], one)}, {failures(lanes[base], other)}"
        return f"{told}." if difference.differs else f"{told}: no difference can be shown."
    before, lower, higher = metric.difference
    if difference.differs or low > 0 or high < 0:
        near, far = sorted((abs(low), abs(high)))
        digits = next((few for few in (2, 3) if _amount(metric.unit, low, few) != _amount(metric.unit, high, few)), 4)
        least, most = _amount(metric.unit, near, digits), _amount(metric.unit, far, digits)
        if name := most.partition(" ")[2]:  # "60 to 230 ms", but "900 ms to 1.2 s"
            least = least.removesuffix(f" {name}")
        spread = f"95 %: {least} to {most}" if error else "nearly always the same"
        amount = f"{_amount(metric.unit, value, digits)} {lower if value < 0 else higher}"
        told = f"{one}’s {before} {amount} than {other}’s ({spread}, {rounds} rounds)"
        if difference.differs:
            return f"{told}."
        return f"{told}{chance}{_advice(difference, abs(value)) if error else ''}."
    said = f"No difference in {metric.label.lower()} between {one} and {other} can be shown with {rounds} rounds"
    if not error:
        return f"{said}: the medians are the same."
    spread = f"{_amount(metric.unit, low)} {lower} to {_amount(metric.unit, high)} {higher}"
    # About the half of the interval: the largest of 1, 2, 3, 5, 10, 20 … that is hardly larger.
    decade = 10.0 ** math.floor(math.log10(Z * error))
    size = decade * max(step for step in (1, 2, 3, 5, 10) if step == 1 or step * decade <= 1.1 * Z * error)
    return f"{said} (95 %: {spread}){_advice(difference, size)}."


def failures(lane: Measured, name: str) -> str:
    """How many answers of a lane failed, with the interval of their share."""
    if not lane.ended:
        return f"{name} has no answer yet"
    low, high = wilson(lane.failed, lane.ended)
    return f"{lane.failed} of {lane.ended} answers of {name} failed (95 %: {100 * low:.0f} to {100 * high:.0f} %)"


def _advice(difference: Difference, size: float) -> str:
    rounds = difference.rounds_for(size)
    step = 1 if rounds < 20 else 5 if rounds < 100 else 10 ** (len(str(int(rounds))) - 2)
    about = step * math.ceil(rounds / step)
    return f"; about {about:,} would show one of {_amount(difference.metric.unit, size)}"


def _amount(unit: Unit, value: float, digits: int = 2) -> str:
    """The value without its sign, in so many digits; tokens in whole ones."""
    value = abs(value)
    if unit is DOLLARS:
        return dollars(value)
    if unit is COUNT and value >= 10:
        return f"{value:,.0f} tokens"
    thousandth = unit is SECONDS and value < 0.9995
    number = float(f"{1000 * value if thousandth else value:.{digits}g}")
    return f"{number:,.10g} {'ms' if thousandth else 'tokens' if unit is COUNT else unit.name}"
