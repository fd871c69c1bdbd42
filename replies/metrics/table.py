"""Metric table: every figure of one answer, defined once. Pages, series, exports and the terminal loop over it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

from replies.metrics.figures import Figures, figures
from replies.metrics.help import FEWEST_GAPS, FEWEST_TOKENS, SHORTEST_WINDOW
from replies.metrics.labels import count, number, seconds
from replies.pricing.costs import dollars, exact, price
from replies.pricing.costs import shown as cost_shown
from replies.reply import Reply

Better: TypeAlias = Literal["lower", "higher"]

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
    """`help` is the formula, in a sentence. `compute`: its value, where that is not the field of `Figures` with this
    key. `better`: which of two answers is the better one by it.

    `difference`: what is said before the amount by which the medians of two lanes differ, and after it where the value
    is lower, and higher; as in "first token came 140 ms sooner". Empty where they are not compared.

    `csv`: the name of its column in a CSV file, which has none without. `line`: how it stands in a line, around its
    value. `text`: how it is shown, where that is not by its value alone. `of_any_end`: an answer that failed or was
    stopped has it as well, because it was known before that.
    """

    key: str
    label: str
    help: str
    unit: Unit
    compute: Callable[[Figures, Reply], float | None] | None = None
    better: Better | None = None
    difference: tuple[str, ...] = ()
    csv: str = ""
    line: str = "{}"
    shows: tuple[Place, ...] = TABLES
    of_any_end: bool = False
    text: Callable[[Figures, Reply], str] | None = None

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
    told = ", ".join([count(whole) + " in" * bool(parts), *parts])
    reasoning = f", {count(numbers.reasoning_tokens)} reasoning" if numbers.reasoning_tokens else ""
    return f"{told} → {count(numbers.output_tokens)}{reasoning}"


METRICS = (
    Metric(
        "ttft",
        "First token",
        "Time to first token: from the question to the first piece of text or reasoning.",
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
        "Time to first visible word: from the question to the first piece of the answer itself.",
        SECONDS,
        better="lower",
        difference=("first word came", "sooner", "later"),
        csv="first_word_s",
        of_any_end=True,
    ),
    Metric(
        "speed",
        "Tokens/s",
        "Output tokens per second while it streams: (output tokens − 1) ÷ (last piece − first piece), tokens as the "
        "provider counted them, less the reasoning where none of it was streamed. "
        f"Shown from {FEWEST_TOKENS} tokens, {FEWEST_GAPS} gaps and {SHORTEST_WINDOW} s on, and not where the answer "
        "came with more than half of its text in the first burst, or with fewer bytes than tokens.",
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
        "Overall tokens per second: output tokens ÷ total time, the wait and all reasoning included.",
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
        "From the question until the answer was over and its counts had come.",
        SECONDS,
        better="lower",
        difference=("whole answer came", "sooner", "later"),
        csv="total_s",
        line="total {}",
        shows=("line", "lane", "tile", *TABLES),
    ),
    Metric(
        "gap_median",
        "Median pause",
        "The median pause between two pieces.",
        SECONDS,
        lambda numbers, _: numbers.gaps.median if numbers.gaps else None,
        better="lower",
        csv="gap_median_s",
        shows=(),
    ),
    Metric(
        "gap_p95",
        "95 % of pauses",
        "95 % of the pauses between two pieces are no longer than this.",
        SECONDS,
        lambda numbers, _: numbers.gaps.p95 if numbers.gaps else None,
        better="lower",
        csv="gap_p95_s",
        shows=(),
    ),
    Metric(
        "stall",
        "Longest pause",
        "The longest pause between two pieces.",
        SECONDS,
        lambda numbers, _: numbers.gaps.longest if numbers.gaps else None,
        better="lower",
        difference=("longest pause was", "shorter", "longer"),
        csv="longest_pause_s",
    ),
    Metric(
        "tokens",
        "Tokens",
        "Input and output tokens as the provider counted them, reasoning included.",
        COUNT,
        lambda numbers, _: numbers.output_tokens,
        line="{} tokens",
        shows=("line", "tile", "export"),
        text=_tokens,
    ),
    Metric(
        "input_tokens",
        "Tokens in",
        "Input tokens as the provider counted them, cached ones included.",
        COUNT,
        csv="input_tokens",
        shows=(),
    ),
    Metric(
        "output_tokens",
        "Tokens out",
        "Output tokens as the provider counted them, reasoning included.",
        COUNT,
        difference=("answer had", "fewer", "more"),
        csv="output_tokens",
        shows=("compare", "series"),
    ),
    Metric(
        "reasoning_tokens",
        "Reasoning tokens",
        "How many of the output tokens were reasoning, as the provider counted them.",
        COUNT,
        csv="reasoning_tokens",
        shows=(),
    ),
    Metric(
        "cost",
        "Cost",
        "Tokens as the provider counted them × the price per million, in US dollars, with the price list's own rates "
        "for what a cache had or took. “At most” where one of these, or a count, is missing; else unknown.",
        DOLLARS,
        lambda _, reply: exact(price(reply)),
        better="lower",
        difference=("answer cost", "less", "more"),
        csv="cost_usd",
        text=lambda _, reply: cost_shown(price(reply)),
    ),
    Metric(
        "cached_tokens",
        "From cache",
        "How many of the input tokens the provider read from its cache, by its own count.",
        COUNT,
        csv="cached_tokens",
        shows=("compare", "export"),
    ),
    Metric(
        "cache_write_tokens",
        "Written to cache",
        "How many of the input tokens the provider wrote to its cache, by its own count.",
        COUNT,
        csv="cache_write_tokens",
        shows=("compare", "export"),
    ),
    Metric(
        "pieces",
        "Pieces",
        "Pieces of text and reasoning that arrived; a piece may hold several tokens.",
        COUNT,
        csv="pieces",
        shows=("export",),
    ),
    Metric(
        "characters",
        "Characters",
        "Characters of the answer, without its reasoning.",
        COUNT,
        lambda _, reply: len(reply.text),
        csv="characters",
        shows=(),
    ),
    Metric(
        "connecting",
        "Connecting",
        "Making the client ready (import, token, credentials, connection) before the question; not part of any other "
        "time.",
        SECONDS,
        lambda _, reply: reply.connecting,
        better="lower",
        csv="connecting_s",
        shows=("export",),
    ),
    Metric(
        "handshake",
        "Connection",
        "Finding the host, TCP and TLS: the part of connecting that is the network's. Before the question, so not part "
        "of any other time; “–” where a connection was open already.",
        MILLISECONDS,
        lambda _, reply: None if reply.handshake is None else reply.handshake * 1000,
        csv="connection_ms",
        shows=("compare", "export"),
    ),
    Metric(
        "provider_first",
        "Provider's own wait",
        "What the provider says of its own time until it began to answer; a part of the first token's time. Providers "
        "differ in what they count, and some begin before the first token.",
        SECONDS,
        csv="provider_first_s",
        shows=("compare", "export"),
    ),
    Metric(
        "rest",
        "Rest of first token",
        "First token − provider's own wait: the way there and back, and what the provider leaves out of its own time.",
        SECONDS,
        csv="first_token_rest_s",
        shows=("compare", "export"),
    ),
    Metric(
        "provider_total",
        "Provider's own time",
        "What the provider says of its own time for the whole answer; a part of the total.",
        SECONDS,
        csv="provider_s",
        shows=("compare", "export"),
    ),
    Metric(
        "retries",
        "Retries",
        "How often the question was sent again after a failure.",
        COUNT,
        lambda _, reply: len(reply.retries),
        csv="retries",
        shows=(),
    ),
    Metric(
        "skew",
        "Started",
        "How long after the common start of its comparison this question left; not part of any other time.",
        MILLISECONDS,
        lambda _, reply: None if reply.skew is None else reply.skew * 1000,
        shows=("compare",),
    ),
)

METRIC = {metric.key: metric for metric in METRICS}


def shown_in(place: Place) -> list[Metric]:
    return [metric for metric in METRICS if place in metric.shows]


def in_a_line(reply: Reply, place: Literal["line", "lane"]) -> list[str]:
    """The figures as they stand in a line: "first token 0.51 s", "41.2 tokens/s", …

    An answer that was awaited in one piece has only its overall speed; of others, the speed while they stream is told.
    """
    numbers = figures(reply)
    other = "overall" if reply.asked.request.stream else "speed"
    return [metric.line.format(metric.shown(numbers, reply)) for metric in shown_in(place) if metric.key != other]
