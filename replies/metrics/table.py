"""Metric table: every figure of one answer, defined once. Pages, series, exports and the terminal loop over it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

from replies.metrics.figures import Figures, figures
from replies.metrics.help import HELP
from replies.metrics.labels import count, number, seconds
from replies.pricing.costs import dollars, exact, price
from replies.pricing.costs import shown as cost_shown
from replies.reply import Reply

Better: TypeAlias = Literal["lower", "higher"]
Compute: TypeAlias = Callable[[Figures, Reply], float | None]

Place: TypeAlias = Literal["line", "lane", "tile", "compare", "series", "export"]
"""The line under an answer and in the terminal, the line under a lane, a tile of the report; the tables of a
comparison, of a series, and of an export, which explains its figures as well."""

TABLES: tuple[Place, ...] = ("compare", "series", "export")


class Unit(NamedTuple):
    """`shown` writes a value, "–" where it is unknown."""

    name: str
    shown: Callable[[float | None], str]


SECONDS = Unit("s", seconds)
MILLISECONDS = Unit("ms", lambda value: "–" if value is None else f"{value:.0f} ms")
RATE = Unit("tokens/s", number)
COUNT = Unit("", count)
DOLLARS = Unit("US dollars", lambda value: "–" if value is None else dollars(value))


class Metric(NamedTuple):
    """What it means is in `HELP` under its key. `compute`: its value, where that is not the field of `Figures`, or of
    the reply, with this key. `difference`: what is said before the amount by which the medians of two lanes differ, and
    after it where the value is lower, and higher; empty where they are not compared. `csv`: its column in a CSV file.
    `line`: how it stands in a line. `text`: how it is shown, where that is not by its value alone. `of_any_end`: an
    answer that failed or was stopped has it as well, because it was known before that."""

    key: str
    label: str
    unit: Unit
    compute: Compute | None = None
    better: Better | None = None
    difference: tuple[str, ...] = ()
    csv: str = ""
    line: str = "{}"
    shows: tuple[Place, ...] = TABLES
    of_any_end: bool = False
    text: Callable[[Figures, Reply], str] | None = None

    @property
    def help(self) -> str:
        """The formula, in a sentence."""
        return HELP[self.key]

    def value(self, numbers: Figures, reply: Reply) -> float | None:
        """In its unit; None where it is unknown."""
        found: float | None = self.compute(numbers, reply) if self.compute else getattr(numbers, self.key)
        return found

    def shown(self, numbers: Figures, reply: Reply) -> str:
        return self.text(numbers, reply) if self.text else self.unit.shown(self.value(numbers, reply))


def _tokens(numbers: Figures, reply: Reply) -> str:
    """Input, with what of it a cache had, or took; output, with what of it was reasoning."""
    if reply.end is None:
        return "–"
    whole = numbers.input_tokens
    parts = [  # neither nought nor all of it where it is not
        f"{100 if not whole or part >= whole else min(max(round(100 * part / whole), 1), 99)} % of it {way}"
        for part, way in ((numbers.cached_tokens, "from cache"), (numbers.cache_write_tokens, "written to cache"))
        if part
    ]
    told = ", ".join([f"{count(whole)} in", *parts]) if parts else count(whole)
    reasoning = f", {count(numbers.reasoning_tokens)} reasoning" if numbers.reasoning_tokens else ""
    return f"{told} → {count(numbers.output_tokens)}{reasoning}"


def _gap(which: str) -> Compute:
    return lambda numbers, _: getattr(numbers.gaps, which) if numbers.gaps else None


def _thousand(name: str) -> Compute:
    """In milliseconds, of what the reply has in seconds."""
    return lambda _, reply: None if getattr(reply, name) is None else 1000 * getattr(reply, name)


METRICS = (
    Metric(
        "ttft",
        "First token",
        SECONDS,
        better="lower",
        difference=("first token came", "sooner", "later"),
        csv="first_token_s",
        line="first token {}",
        shows=("line", "lane", "tile", *TABLES),
        of_any_end=True,
    ),
    Metric(
        "ttfv",
        "First word",
        SECONDS,
        better="lower",
        difference=("first word came", "sooner", "later"),
        csv="first_word_s",
        of_any_end=True,
    ),
    Metric(
        "speed",
        "Tokens/s",
        RATE,
        better="higher",
        difference=("stream was", "slower", "faster"),
        csv="output_tokens_per_s",
        line="{} tokens/s",
        shows=("line", "lane", "tile", *TABLES),
    ),
    Metric(
        "overall",
        "Tokens/s overall",
        RATE,
        better="higher",
        difference=("whole answer was", "slower", "faster"),
        csv="overall_tokens_per_s",
        line="{} tokens/s overall",
        shows=("line", "lane", *TABLES),
    ),
    Metric(
        "total",
        "Total",
        SECONDS,
        better="lower",
        difference=("whole answer came", "sooner", "later"),
        csv="total_s",
        line="total {}",
        shows=("line", "lane", "tile", *TABLES),
    ),
    Metric("gap_median", "Median pause", SECONDS, _gap("median"), "lower", csv="gap_median_s", shows=()),
    Metric("gap_p95", "95 % of pauses", SECONDS, _gap("p95"), "lower", csv="gap_p95_s", shows=()),
    Metric(
        "stall",
        "Longest pause",
        SECONDS,
        _gap("longest"),
        better="lower",
        difference=("longest pause was", "shorter", "longer"),
        csv="longest_pause_s",
    ),
    Metric(
        "tokens",
        "Tokens",
        COUNT,
        lambda numbers, _: numbers.output_tokens,
        line="{} tokens",
        shows=("line", "tile", "export"),
        text=_tokens,
    ),
    Metric("input_tokens", "Tokens in", COUNT, csv="input_tokens", shows=()),
    Metric(
        "output_tokens",
        "Tokens out",
        COUNT,
        difference=("answer had", "fewer", "more"),
        csv="output_tokens",
        shows=("compare", "series"),
    ),
    Metric("reasoning_tokens", "Reasoning tokens", COUNT, csv="reasoning_tokens", shows=()),
    Metric(
        "cost",
        "Cost",
        DOLLARS,
        lambda _, reply: exact(price(reply)),
        better="lower",
        difference=("answer cost", "less", "more"),
        csv="cost_usd",
        text=lambda _, reply: cost_shown(price(reply)),
    ),
    Metric("cached_tokens", "From cache", COUNT, csv="cached_tokens", shows=("compare", "export")),
    Metric("cache_write_tokens", "Written to cache", COUNT, csv="cache_write_tokens", shows=("compare", "export")),
    Metric("pieces", "Pieces", COUNT, csv="pieces", shows=("export",)),
    Metric("characters", "Characters", COUNT, lambda _, reply: len(reply.text), csv="characters", shows=()),
    Metric(
        "connecting",
        "Connecting",
        SECONDS,
        lambda _, reply: reply.connecting,
        better="lower",
        csv="connecting_s",
        shows=("export",),
    ),
    Metric(
        "handshake",
        "Connection",
        MILLISECONDS,
        _thousand("handshake"),
        csv="connection_ms",
        shows=("compare", "export"),
    ),
    Metric("provider_first", "Provider's own wait", SECONDS, csv="provider_first_s", shows=("compare", "export")),
    Metric("rest", "Rest of first token", SECONDS, csv="first_token_rest_s", shows=("compare", "export")),
    Metric("provider_total", "Provider's own time", SECONDS, csv="provider_s", shows=("compare", "export")),
    Metric("retries", "Retries", COUNT, lambda _, reply: len(reply.retries), csv="retries", shows=()),
    Metric("skew", "Started", MILLISECONDS, _thousand("skew"), shows=("compare",)),
)

METRIC = {metric.key: metric for metric in METRICS}


def shown_in(place: Place) -> list[Metric]:
    return [metric for metric in METRICS if place in metric.shows]


def in_a_line(reply: Reply, place: Literal["line", "lane"]) -> list[str]:
    """The figures as they stand in a line: "first token 0.51 s", "41.2 tokens/s", … An answer that was awaited in one
    piece has only its overall speed; of others, the speed while they stream is told."""
    numbers = figures(reply)
    other = "overall" if reply.asked.request.stream else "speed"
    return [metric.line.format(metric.shown(numbers, reply)) for metric in shown_in(place) if metric.key != other]
