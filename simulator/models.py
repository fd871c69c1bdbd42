"""Models that the simulator lists. It answers to any id; these name a speed or a fault."""

from __future__ import annotations

from simulator.faults import FAULTS
from simulator.pacing import PROFILES

BENCHMARKS = ("sim-500x50", "sim-2000x200", "sim-8000x800", "sim-2000xmax")
IDS: tuple[str, ...] = (*PROFILES, *BENCHMARKS)
FAULT_IDS: tuple[str, ...] = tuple(
    f"sim-fault-{name.removesuffix('-N').removesuffix('-CODE')}" + ("-3" if name.endswith("-N") else "")
    for name in FAULTS
    if not name.endswith("-CODE")
)
"""Every fault once; those that take a number, with 3."""
