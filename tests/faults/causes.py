"""The ways in which a fault is brought about. Each plays it once, to one column, and tells what came of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from providers import Call, Request, Settings
from tests.faults.columns import AWS, ENDPOINT, NO_KEYS, Column
from tests.faults.rig import Rig
from tests.faults.wires import Wire
from tests.providers.asking import Heard, question, requests_for
from tests.providers.servers import Server

WORDS = ("Streams", " can", " break", " anywhere", ".")


@dataclass
class Trial:
    """One question and what came of it. `said` is what the vendor said, before its fault and after; `asked` is how
    often it was asked: for want of a vendor, how often that was tried."""

    heard: Heard
    said: tuple[str, ...] = ()
    asked: int = 0
    least: int = 0  # pieces that must have been heard, whatever the fault
    most: int | None = None  # and those that can't have been


class Cause(ABC):
    """`play` asks on `call`. With `whole`, by the blocking call."""

    reaches = True  # whether a request is sent, so that it can be stopped

    def surroundings(self, rig: Rig) -> AbstractContextManager[Server | None]:
        """What stands around all columns while they play it; a server that all of them come by."""
        return nullcontext()

    @abstractmethod
    def play(self, rig: Rig, column: Column, call: Call, heard: Heard, *, whole: bool, patient: bool) -> Trial:
        """`patient`: wait as long as a person would, for somebody will stop it."""

    def trials(self, rig: Rig, column: Column, *, whole: bool) -> Iterator[Trial]:
        """All that is to be seen of it, nobody stopping it. Nobody waits before a second try."""
        heard = Heard()
        yield self.play(rig, column, hasty(heard), heard, whole=whole, patient=False)


def hasty(heard: Heard) -> Call:
    """A call that tells of second tries, and does not wait for them."""
    return Call(on_retry=heard.retries.append, sleep=lambda seconds: None)


@dataclass(frozen=True)
class Simulated(Cause):
    """A fault of the simulator, by its name, or a quirk. `silence`: the seconds of silence that are borne."""

    fault: str
    silence: float = Rig.patience
    speed: str = "sim-30xmax"  # and how many pieces there are
    parameters: dict[str, Any] = field(default_factory=dict)  # of the request
    kind: str = "fault"

    def play(self, rig: Rig, column: Column, call: Call, heard: Heard, *, whole: bool, patient: bool) -> Trial:
        settings = rig.simulated(column, rig.patience if patient else self.silence)
        request = question(f"sim-{self.kind}-{self.fault}", speed=self.speed, stream=not whole, **self.parameters)
        rig.ask(column, settings, request, call, heard)
        return Trial(heard, said_by(rig, request), len(requests_for(rig.simulator, request)))


def said_by(rig: Rig, request: Request) -> tuple[str, ...]:
    """What the simulator said to the last of the requests."""
    return tuple(text for exchange in requests_for(rig.simulator, request)[-1:] for _, text in exchange.sends)


@dataclass(frozen=True)
class Scripted(Cause):
    """An answer to the byte. `body`: from the API's wire; `said` is what is said in it, before the fault."""

    body: Callable[[Wire], bytes]
    said: tuple[str, ...] = WORDS
    content_type: str = ""
    status: int = 200

    def play(self, rig: Rig, column: Column, call: Call, heard: Heard, *, whole: bool, patient: bool) -> Trial:
        server = rig.script(column)
        kind = self.content_type or column.wire.content_type
        server.plays(self.body(column.wire), content_type=kind, status=self.status)
        rig.ask(column, rig.scripted(column), question(stream=not whole), call, heard)
        return Trial(heard, self.said, len(server.requests))


class Many(Cause):
    """A great many pieces at once: as many as the rig has."""

    def play(self, rig: Rig, column: Column, call: Call, heard: Heard, *, whole: bool, patient: bool) -> Trial:
        said = tuple(f" {number}" for number in range(rig.many))
        scripted = Scripted(lambda wire: b"".join(wire.answer(said)), said)
        return scripted.play(rig, column, call, heard, whole=whole, patient=patient)


class Cut(Cause):
    """A whole answer, ended properly after each of its bytes up to the finish marker."""

    said = ("Cut", " me.")

    def play(self, rig: Rig, column: Column, call: Call, heard: Heard, *, whole: bool, patient: bool) -> Trial:
        return self._cut(rig, column, call, heard, self._finishes(column) - 1)

    def trials(self, rig: Rig, column: Column, *, whole: bool) -> Iterator[Trial]:
        for at in range(self._finishes(column)):
            heard = Heard()
            yield self._cut(rig, column, hasty(heard), heard, at)

    def _finishes(self, column: Column) -> int:
        """The bytes before the event in which the finish marker is."""
        return len(b"".join(column.wire.answer(self.said)[: len(self.said)]))

    def _cut(self, rig: Rig, column: Column, call: Call, heard: Heard, at: int) -> Trial:
        events = column.wire.answer(self.said)
        server = rig.script(column)
        server.plays(b"".join(events)[:at], content_type=column.wire.content_type)
        rig.ask(column, rig.scripted(column), question(), call, heard)
        events = events[: len(self.said)]
        ends = list(accumulate(map(len, events)))
        # A last event may count although the blank line after it is missing.
        sooner = [end - len(event) + len(event.rstrip(b"\n")) for end, event in zip(ends, events, strict=True)]
        least, most = (sum(end <= at for end in some) for some in (ends, sooner))
        return Trial(heard, self.said, len(server.requests), least, most)


@dataclass(frozen=True)
class Misled(Cause):
    """A question that does not reach its vendor. `settings` leads it astray, in the surroundings of `around`.

    `tried`: whether it gets as far as an attempt; `reaches`: whether somebody hears the request after all.
    """

    settings: Callable[[Rig, Column], Settings]
    around: Callable[[Rig], AbstractContextManager[Server | None]] = lambda rig: nullcontext()
    tried: bool = True
    reaches: bool = False

    def surroundings(self, rig: Rig) -> AbstractContextManager[Server | None]:
        return self.around(rig)

    def play(self, rig: Rig, column: Column, call: Call, heard: Heard, *, whole: bool, patient: bool) -> Trial:
        request = question(speed="sim-30xmax", stream=not whole)
        if not rig.ask(column, self.settings(rig, column), request, call, heard):
            return Trial(heard, asked=int(self.tried))
        unmade = bool(heard.retries and call.cancelled)  # the second try that was announced
        return Trial(heard, said_by(rig, request), asked=1 + len(heard.retries) - unmade)


def keyed(spoil: str) -> Misled:
    """A key that was copied badly; `{}` is where the good one stands in it.

    Where the vendor itself wants none, an empty one is no mistake.
    """

    def settings(rig: Rig, column: Column) -> Settings:
        field: dict[str, Any] = {column.key: spoil.replace("{}", getattr(rig.at(column), column.key))}
        return rig.simulated(column, **field) if column == ENDPOINT else rig.at(column, **field)

    return Misled(settings, lambda rig: rig.without_keys(), tried=False)


def stranger(rig: Rig, column: Column) -> Settings:
    """A key that the vendor does not know."""
    name = "access_key" if column in AWS else column.key
    field: dict[str, Any] = {name: f"wrong-{getattr(rig.at(column), name)}"}
    return rig.simulated(column, **field)


def keyless() -> Misled:
    """No key at all. A server of one's own may want none."""

    def settings(rig: Rig, column: Column) -> Settings:
        return rig.simulated(column, api_key="") if column == ENDPOINT else column.at("", NO_KEYS)

    return Misled(settings, lambda rig: rig.without_keys(), tried=False)
