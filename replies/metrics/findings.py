"""Findings of a series: what is said of whether its lanes differ, on the page and in a file that is taken along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from replies.metrics.differences import FAILURES, Difference, Lanes, differences, failures, sentence
from replies.metrics.help import FEWEST_FOR_DIFFERENCE

NONE_SHOWN = "No difference between these lanes can be shown."


class Findings(NamedTuple):
    """`shown` are sentences about what the data carry, `open` about what they don't; `failed` says how often each lane
    failed, where no difference does. `notes` must be said with them."""

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
    told = any(one.metric is FAILURES for one in found)
    return Findings(found, shown, unshown, [] if told else failed, _notes(lanes, names, base, found))


def _notes(lanes: Lanes, names: Mapping[int, str], base: int, found: list[Difference]) -> list[str]:
    said = []
    if apart := [names[lane] for lane, its in lanes.items() if its.kind != lanes[base].kind]:
        said.append(
            f"Not compared: {', '.join(apart)}. Live, simulated and recorded answers are not held against each other."
        )
    if lanes[base].kind == "simulated":
        said.append("All that is compared is simulated: it says nothing about a provider.")
    if not found:
        said.append(f"Differences are told from {FEWEST_FOR_DIFFERENCE} rounds on.")
    else:
        said.append(
            "Differences are of medians, with 95 % intervals. Chance alone makes one of twenty equal pairs look "
            f"different, so what counts as a difference is corrected for all {len(found)} that are told here (Holm)."
        )
    return said
