"""The ways in which a fault is brought about. Each plays it once, to one voice, and tells what came of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from providers import AnySettings, Call, Request
from tests.faults.theatre import Theatre
from tests.faults.voices import ENDPOINT, NO_KEYS, Voice
from tests.faults.wires import Wire
from tests.providers.asking import Heard, question, requests_for
from tests.providers.servers import Server

WORDS = ("Streams", " can", " break", " anywhere", ".")


@dataclass
class Take:
    """One question and what came of it. `said` is what the vendor said, before its fault and after; `asked` is how
    often it was asked: for want of a vendor, how often that was tried."""

    heard: Heard
    said: tuple[str, ...] = ()
    asked: int = 0
    least: int = 0  # pieces that must have been heard, whatever the fault
    most: int | None = None  # and those that can't have been


class Scene(ABC):
    """`play` asks on `line`. With `whole`, by the blocking call."""

    reaches = True  # whether a request is sent, so that it can be stopped

    def surroundings(self, theatre: Theatre) -> AbstractContextManager[Server | None]:
        """What stands around all voices while they play it; a server that all of them come by."""
        return nullcontext()

    @abstractmethod
    def play(self, theatre: Theatre, voice: Voice, line: Call, heard: Heard, *, whole: bool, patient: bool) -> Take:
        """`patient`: wait as long as a person would, for somebody will stop it."""

    def takes(self, theatre: Theatre, voice: Voice, *, whole: bool) -> Iterator[Take]:
        """All that is to be seen of it, nobody stopping it. Nobody waits before a second try."""
        heard = Heard()
        yield self.play(theatre, voice, hasty(heard), heard, whole=whole, patient=False)


def hasty(heard: Heard) -> Call:
    """A line that tells of second tries, and does not wait for them."""
    return Call(on_retry=heard.retries.append, sleep=lambda seconds: None)


@dataclass(frozen=True)
class Simulated(Scene):
    """A fault of the simulator, by its name, or a quirk. `silence`: the seconds of silence that are borne."""

    fault: str
    silence: float = Theatre.patience
    speed: str = "sim-30xmax"  # and how many pieces there are
    parameters: dict[str, Any] = field(default_factory=dict)  # of the request
    kind: str = "fault"

    def play(self, theatre: Theatre, voice: Voice, line: Call, heard: Heard, *, whole: bool, patient: bool) -> Take:
        settings = theatre.simulated(voice, theatre.patience if patient else self.silence)
        request = question(f"sim-{self.kind}-{self.fault}", speed=self.speed, stream=not whole, **self.parameters)
        theatre.ask(voice, settings, request, line, heard)
        return Take(heard, said_by(theatre, request), len(requests_for(theatre.simulator, request)))


def said_by(theatre: Theatre, request: Request) -> tuple[str, ...]:
    """What the simulator said to the last of the requests."""
    return tuple(text for exchange in requests_for(theatre.simulator, request)[-1:] for _, text in exchange.sends)


@dataclass(frozen=True)
class Scripted(Scene):
    """An answer to the byte. `body`: from the API's wire; `said` is what is said in it, before the fault."""

    body: Callable[[Wire], bytes]
    said: tuple[str, ...] = WORDS
    content_type: str = ""
    status: int = 200

    def play(self, theatre: Theatre, voice: Voice, line: Call, heard: Heard, *, whole: bool, patient: bool) -> Take:
        server = theatre.script(voice)
        kind = self.content_type or voice.wire.content_type
        server.plays(self.body(voice.wire), content_type=kind, status=self.status)
        theatre.ask(voice, theatre.scripted(voice), question(stream=not whole), line, heard)
        return Take(heard, self.said, len(server.requests))


class Many(Scene):
    """A great many pieces at once: as many as the theatre has."""

    def play(self, theatre: Theatre, voice: Voice, line: Call, heard: Heard, *, whole: bool, patient: bool) -> Take:
        said = tuple(f" {number}" for number in range(theatre.many))
        scripted = Scripted(lambda wire: b"".join(wire.answer(said)), said)
        return scripted.play(theatre, voice, line, heard, whole=whole, patient=patient)


class Cut(Scene):
    """A whole answer, ended properly after each of its bytes up to the finish marker."""

    said = ("Cut", " me.")

    def play(self, theatre: Theatre, voice: Voice, line: Call, heard: Heard, *, whole: bool, patient: bool) -> Take:
        return self._cut(theatre, voice, line, heard, self._finishes(voice) - 1)

    def takes(self, theatre: Theatre, voice: Voice, *, whole: bool) -> Iterator[Take]:
        for at in range(self._finishes(voice)):
            heard = Heard()
            yield self._cut(theatre, voice, hasty(heard), heard, at)

    def _finishes(self, voice: Voice) -> int:
        """The bytes before the event in which the finish marker is."""
        return len(b"".join(voice.wire.answer(self.said)[: len(self.said)]))

    def _cut(self, theatre: Theatre, voice: Voice, line: Call, heard: Heard, at: int) -> Take:
        events = voice.wire.answer(self.said)
        server = theatre.script(voice)
        server.plays(b"".join(events)[:at], content_type=voice.wire.content_type)
        theatre.ask(voice, theatre.scripted(voice), question(), line, heard)
        events = events[: len(self.said)]
        ends = list(accumulate(map(len, events)))
        # A last event may count although the blank line after it is missing.
        sooner = [end - len(event) + len(event.rstrip(b"\n")) for end, event in zip(ends, events, strict=True)]
        least, most = (sum(end <= at for end in some) for some in (ends, sooner))
        return Take(heard, self.said, len(server.requests), least, most)


@dataclass(frozen=True)
class Misled(Scene):
    """A question that does not reach its vendor. `settings` leads it astray, in the surroundings of `around`.

    `tried`: whether it gets as far as an attempt; `reaches`: whether somebody hears the request after all.
    """

    settings: Callable[[Theatre, Voice], AnySettings]
    around: Callable[[Theatre], AbstractContextManager[Server | None]] = lambda theatre: nullcontext()
    tried: bool = True
    reaches: bool = False

    def surroundings(self, theatre: Theatre) -> AbstractContextManager[Server | None]:
        return self.around(theatre)

    def play(self, theatre: Theatre, voice: Voice, line: Call, heard: Heard, *, whole: bool, patient: bool) -> Take:
        request = question(speed="sim-30xmax", stream=not whole)
        if not theatre.ask(voice, self.settings(theatre, voice), request, line, heard):
            return Take(heard, asked=int(self.tried))
        unmade = bool(heard.retries and line.cancelled)  # the second try that was announced
        return Take(heard, said_by(theatre, request), asked=1 + len(heard.retries) - unmade)


def keyed(spoil: str) -> Misled:
    """A key that was copied badly; `{}` is where the good one stands in it.

    Where the vendor itself wants none, an empty one is no mistake.
    """

    def settings(theatre: Theatre, voice: Voice) -> AnySettings:
        field: dict[str, Any] = {voice.key: spoil.replace("{}", getattr(theatre.at(voice), voice.key))}
        return theatre.simulated(voice, **field) if voice == ENDPOINT else theatre.at(voice, **field)

    return Misled(settings, lambda theatre: theatre.without_keys(), tried=False)


def stranger(theatre: Theatre, voice: Voice) -> AnySettings:
    """A key that the vendor does not know."""
    name = "access_key" if voice.settings == "bedrock" else voice.key
    field: dict[str, Any] = {name: f"wrong-{getattr(theatre.at(voice), name)}"}
    return theatre.simulated(voice, **field)


def keyless() -> Misled:
    """No key at all. A server of one's own may want none."""

    def settings(theatre: Theatre, voice: Voice) -> AnySettings:
        return theatre.simulated(voice, api_key="") if voice == ENDPOINT else voice.at("", NO_KEYS)

    return Misled(settings, lambda theatre: theatre.without_keys(), tried=False)
