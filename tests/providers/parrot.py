"""A made-up vendor: all that a new one needs, in one file."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import ClassVar

from providers import Call, End, Provider, Request, Settings, SimulatorAddress, TextStream
from providers.settings import KeyField, set_by


@dataclass(frozen=True, kw_only=True)
class ParrotSettings(Settings):
    apis: ClassVar[Mapping[str, str]] = {"repeat": "says it again.", "shout": "says it louder."}

    name: str = "parrot"
    label: str = "Polly's Parrots"
    model: str = "grey"
    api: str = "repeat"
    key: str = set_by("PARROT_KEY", secret=True)
    key_fields: ClassVar[tuple[KeyField, ...]] = (KeyField("PARROT_KEY", "A cracker."),)

    def connect(self, api: str) -> Provider:
        return Parrot(api)

    def at_simulator(self, address: SimulatorAddress) -> dict[str, str]:
        return {"key": "simulated"}

    @property
    def missing(self) -> tuple[str, ...]:
        return () if self.key else ("PARROT_KEY",)


class Parrot:
    def __init__(self, api: str) -> None:
        self.api = api

    def stream(self, request: Request, call: Call | None = None) -> TextStream:
        text = request.messages[-1].content
        words = (text.upper() if self.api == "shout" else text).split()
        for word in words:
            yield f"{word} "
        return End("stop", input_tokens=len(words), output_tokens=len(words))

    def preconnect(self, call: Call, *, alone: bool = True) -> AbstractContextManager[None]:
        return nullcontext()

    def models(self) -> list[str]:
        return ["green", "grey"]
