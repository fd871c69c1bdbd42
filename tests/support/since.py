"""Exchanges of a simulator from some moment on, also where its log is full."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator import Simulator
    from simulator.log import Exchange


class Since:
    """The exchanges from now on."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._newest = max((exchange.number for exchange in simulator.log), default=0)

    def streamed(self) -> list[Exchange]:
        return [one for one in self.exchanges() if one.streamed]

    def exchanges(self) -> list[Exchange]:
        """Oldest first; without those that the log no longer holds."""
        return [one for one in self._simulator.log if one.number > self._newest]
