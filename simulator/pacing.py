"""Pace of an answer: the model id names a profile, which says when each piece is due.

Deadlines count from the moment the request came in. A piece that is late is sent at once and the later ones
keep their deadlines, so delays never add up. Models without `sim-` in their id have their vendor's speed. These speeds
were chosen, not measured, so that none of the three is first at everything.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Profile:
    """`first`: seconds until the first piece. `rate`: pieces a second after it (inf: all at once)."""

    name: str
    first: float
    rate: float
    natural: bool = True
    """Gaps vary as a real model's do; their sum does not, so an answer's length in seconds is known."""
    count: int | None = None
    """Benchmarks: send exactly so many numbered pieces, whatever was asked."""


PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile("sim-brisk", first=0.4, rate=45),
        Profile("sim-typical", first=1.2, rate=11.5),
        Profile("sim-fast", first=0.2, rate=150),
        Profile("sim-slow", first=2.0, rate=8),
        Profile("sim-instant", first=0, rate=math.inf, natural=False),
    )
}
DEFAULT = PROFILES["sim-brisk"]
IDS = (*PROFILES, "sim-500x50", "sim-2000x200", "sim-8000x800", "sim-2000xmax")
"""The models that the simulator lists. It answers to any id; these name a speed."""
VENDORS: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile("openai", first=0.6, rate=40),
        Profile("bedrock", first=1.0, rate=60),
        Profile("watsonx", first=0.3, rate=32),
    )
}
BENCHMARK_FIRST = 0.05
MOST_PIECES = 500_000

_OWN = re.compile(r"(?<![A-Za-z0-9])sim-")
_NAME = re.compile(r"(?<![A-Za-z0-9])sim-(?:(\d{1,6})x(\d{1,6}|max)|([a-z]+))(?![A-Za-z0-9])")


def names_simulator(model: str) -> bool:
    """Whether the id is one of the simulator's own (`anthropic.sim-fast-v1:0`), the same for all vendors."""
    return _OWN.search(model) is not None


def profile_of(model: str, vendor: str = "") -> Profile:
    """The profile that a model id names anywhere in it; the vendor's where it is none of the simulator's own."""
    if vendor in VENDORS and not names_simulator(model):
        return VENDORS[vendor]
    for count, rate, name in _NAME.findall(model):
        if count:
            speed = math.inf if rate == "max" else float(rate)
            if speed > 0:
                pieces = min(int(count), MOST_PIECES)
                return Profile(f"sim-{count}x{rate}", BENCHMARK_FIRST, speed, natural=False, count=pieces)
        elif f"sim-{name}" in PROFILES:
            return PROFILES[f"sim-{name}"]
    return DEFAULT


def deadlines(profile: Profile, count: int, random: Random) -> list[float]:
    """When each of `count` pieces is due, in seconds from the request; never decreasing."""
    if count <= 0:
        return []
    if math.isinf(profile.rate):
        return [profile.first] * count
    if not profile.natural:
        return [profile.first + index / profile.rate for index in range(count)]
    # Gamma-distributed gaps look like a model's: mostly even, some hurried, a few hesitations.
    gaps = [random.gammavariate(2.5, 1.0) for _ in range(count - 1)]
    scale = (count - 1) / profile.rate / sum(gaps) if gaps else 0.0
    moment = profile.first * random.uniform(0.85, 1.15)
    due = [moment]
    for gap in gaps:
        moment += gap * scale
        due.append(moment)
    return due


def count_due(due: list[float], start: int, elapsed: float) -> int:
    """How many pieces from index `start` on are due once `elapsed` seconds have passed."""
    return bisect_right(due, elapsed, lo=start) - start
