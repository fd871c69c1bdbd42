"""Parameter table: every parameter of a request, defined once. Pages, addresses, `ask.py` and exports loop over it.

A new one is a field of `Parameters` and one more row. What a vendor calls it, and by which of its APIs it takes it,
stands in the vendor's settings.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, NamedTuple, Self, TypeAlias

UNSET = (None, "", ())
STANDARD = (None, "", "auto", "default", "standard", "on_demand")  # tiers and latencies at the price list's price
LARGEST_EXTRA = 10_000  # bytes
# What a question is made of, whatever the vendor calls it.
NOT_EXTRA = ("messages", "input", "prompt", "instructions", "model", "model_id", "modelId", "stream", "n")


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """How to ask. What is None, "" or () is not sent, so that the vendor's own default holds."""

    system: str = ""
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    effort: str | None = None
    tier: str | None = None
    latency: str | None = None
    verbosity: str | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    extra: str = ""  # a JSON object
    stream: bool = True
    cache: bool = False  # mark the system prompt and the last turn for the vendor's cache, where it wants to be told

    @property
    def values(self) -> dict[str, Any]:
        """All of them by name, also of a `Request`, without what else that has."""
        return {field.name: getattr(self, field.name) for field in fields(Parameters)}

    @property
    def given(self) -> list[str]:
        """The names of those that are set, `stream` and `cache` aside."""
        return [parameter.name for parameter in PARAMETERS if getattr(self, parameter.name) not in UNSET]

    def without(self, names: Collection[str]) -> Self:
        return replace(self, **{name: value for name, value in Parameters().values.items() if name in names})

    @property
    def words(self) -> list[str]:
        """Those that are set, each in a word or two."""
        return [PARAMETER[name].said.format(getattr(self, name)) for name in self.given]


Kind: TypeAlias = Literal["text", "whole", "number", "word", "texts", "json"]
"""Any text, a whole number, a number, a word of the vendor's, several texts, a JSON object."""


class Parameter(NamedTuple):
    """`name` is the field of `Parameters`; `help` says in a sentence what it does.

    `said`: how it is told beside an answer. `called`: a pattern of how servers name it where they refuse it. `front`:
    it stands before the others. Numbers have bounds and a step; `options` are words that vendors take, which may take
    others.
    """

    name: str
    label: str
    help: str
    kind: Kind
    said: str
    called: str = ""
    least: float = 0
    most: float = 0
    step: float = 1
    options: tuple[str, ...] = ()
    front: bool = False

    @property
    def flag(self) -> str:
        return f"--{self.name.replace('_', '-')}"

    def parse(self, text: str) -> Any:
        """The value that a text stands for. Raises ValueError, in words for whoever typed it."""
        if self.kind in ("whole", "number"):
            try:
                value = int(text) if self.kind == "whole" else float(text)
            except ValueError:
                value = math.nan
            if self.least <= value <= self.most:
                return value
            problem = f"a {'whole ' if self.kind == 'whole' else ''}number from {self.least:,g} to {self.most:,}"
            raise ValueError(f"{self.label} is {text!r}; it is {problem}.")
        if self.kind == "word" and not re.fullmatch(r"[\w.-]{1,64}", text):
            raise ValueError(f"{self.label} is {text!r}; it is one word, such as {' or '.join(self.options)}.")
        if self.kind == "json":
            extra_object(text)
        return text


PARAMETERS = (
    Parameter("system", "System prompt", "What the model is told before the conversation.", "text", "system prompt",
              r"\b(system|developer) (role|message|prompt|instruction)s?\b|\bmessages\[0\]\.role\b"
              r"|['\"`]instructions\b", front=True),
    Parameter("max_tokens", "Maximum tokens", "The most tokens that the answer may have, reasoning included.", "whole",
              "at most {:,} tokens", r"\bmax_(new_|output_)?tokens\b|\bmaxTokens\b", 1, 1_000_000, front=True),
    Parameter("temperature", "Temperature", "How much chance there is in each word; 0 takes the likeliest.", "number",
              "temperature {:g}", r"\btemperature\b", 0, 2, 0.1, front=True),
    Parameter("top_p", "Top-p", "Chooses among the likeliest words that together have this probability.", "number",
              "top-p {:g}", r"\btop_p\b|\btopP\b", 0, 1, 0.05, front=True),
    Parameter("effort", "Reasoning effort", "How much the model reasons before it answers. Models differ in the words "
              "they take; any can be typed.", "word", "effort {}",
              r"\breasoning[._]effort\b|\beffort\b|['\"`]reasoning['\"`]",
              options=("none", "minimal", "low", "medium", "high", "xhigh", "max")),
    Parameter("verbosity", "Verbosity", "How much the model says in its answer.", "word", "verbosity {}",
              r"\bverbosity\b", options=("low", "medium", "high")),
    Parameter("tier", "Service tier", "By which queue the provider serves it: cheaper and later, or dearer and sooner. "
              "The tier that it was served by stands under the answer.", "word", "tier {}",
              r"\bservice[_ ]?tier\b", options=("default", "flex", "priority")),
    Parameter("latency", "Latency", "Whether the provider answers from hardware that is faster, where it has some.",
              "word", "latency {}", r"\bperformance_?config\b|\blatency\b", options=("standard", "optimized")),
    Parameter("seed", "Seed", "Where chance begins: the same seed makes the same answer likelier.", "whole", "seed {}",
              r"\b(random_)?seed\b", 0, 2**31 - 1),
    Parameter("stop", "Stop sequences", "Texts at which the answer ends.", "texts", "stop sequences",
              r"\bstop_?sequences?\b|['\"`]stop['\"`]|\bstop:"),
    Parameter("presence_penalty", "Presence penalty", "Above 0 the model turns to words it has not used yet.", "number",
              "presence penalty {:g}", r"\bpresence_penalty\b", -2, 2, 0.1),
    Parameter("frequency_penalty", "Frequency penalty", "Above 0 the model repeats its words less.", "number",
              "frequency penalty {:g}", r"\bfrequency_penalty\b", -2, 2, 0.1),
    Parameter("extra", "Extra parameters", "A JSON object that is put into the provider's own request as it is.",
              "json", "extra parameters"),
)  # fmt: skip

PARAMETER = {parameter.name: parameter for parameter in PARAMETERS}


def extra_object(text: str) -> dict[str, Any]:
    """The JSON object in a text; empty where there is none. Raises ValueError, in words for whoever typed it."""
    label = "Extra parameters"
    if not text.strip():
        return {}
    if len(text.encode("utf-8", "replace")) > LARGEST_EXTRA:
        raise ValueError(f"{label} have more than {LARGEST_EXTRA // 1000} kB. Leave out what is not needed.")
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()  # half a character can't be sent, nor 1e999
    except (ValueError, RecursionError):
        raise ValueError(f'{label} are no JSON. Write an object, such as {{"name": "value"}}.') from None
    if not isinstance(found, dict):
        raise ValueError(f'{label} must be a JSON object, such as {{"name": "value"}}.')
    if taken := [name for name in NOT_EXTRA if name in found]:
        raise ValueError(f"{label} can't replace {taken[0]!r}. Leave it out.")
    return found


def placed(parameters: Parameters, places: Mapping[str, str]) -> dict[str, Any]:
    """Those that are set, where a vendor's request has them: `places` names each by its path, "" for the whole request.
    The system prompt is not among them, which each vendor's messages have in their own way."""
    body: dict[str, Any] = {}
    for name in parameters.given:
        if name == "system" or name not in places:
            continue
        value = getattr(parameters, name)
        is_extra = PARAMETER[name].kind == "json"
        folders, _, last = (f"{places[name]}." if is_extra else places[name]).rpartition(".")
        inner = body
        for folder in filter(None, folders.split(".")):
            inner = inner.setdefault(folder, {})
        inner |= extra_object(value) if is_extra else {last: list(value) if isinstance(value, tuple) else value}
    return body


def same(*names: str) -> dict[str, str]:
    """Places of parameters that a request has at its top, by the names that they have here."""
    return {name: name for name in names}
