"""Cost of an answer, and the price used; where it is unknown, the reason. Asks no network, and never guesses.

The user's own prices come first (the file that STREAMSIDE_PRICES names, by default prices.toml beside app.py), then
those that ship in replies/pricing/prices.toml, then genai-prices. The result is plain JSON and is kept with the reply.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from providers import Settings, load
from providers.parameters import STANDARD
from providers.vendors import LOCAL_SERVERS, endpoint
from replies.pricing.lookup import Used, priced, unknown
from replies.reply import Reply

SIMULATED = "Simulated: nothing was billed."
RECORDED = "The recording came without its price."
KEPT_WITHOUT = "It was kept without its price."
NEVER_SENT = "The question was never sent."
NO_COUNT = {
    "done": "The provider did not say how many tokens it used.",
    "stopped": "It was stopped before the provider said how many tokens it used, which may be billed all the same.",
    "interrupted": "It broke off before the provider said how many tokens it used, which may be billed all the same.",
    "failed": "It failed before the provider said how many tokens it used.",
}


def price(reply: Reply) -> dict[str, Any] | None:
    """What a reply that is over has cost; None while it is in progress. A price that it has already stays as it is.

    The keys are those of `KnownPrice`, or of `UnknownPrice`, in replies/recording/lines.py; `model` is the entry that
    fitted, `above_input_tokens` the step of a price in steps. `at_most`: it may have cost less.
    """
    if not reply.over:
        return None
    if reply.price is not None:
        return dict(reply.price)
    asked, end = reply.asked, reply.end
    if asked.simulated:
        return unknown(SIMULATED)
    try:
        found = load(os.environ)
    except ValueError:
        found = {}
    settings = found.get(asked.provider)  # whom it was asked of, as far as this process's environment says
    if found and settings is None and asked.provider in LOCAL_SERVERS:
        settings = endpoint(asked.provider, LOCAL_SERVERS[asked.provider])
    read, made = (end.input_tokens, end.output_tokens) if end is not None else (None, None)
    if end is None or read is None or made is None or not read + made:
        if settings is not None and settings.unbilled:
            return unknown(settings.unbilled)
        return unknown(NEVER_SENT if reply.total is None else NO_COUNT[reply.state])
    if asked.recorded or not reply.is_local:  # whose server had that name then is not known now
        return unknown(RECORDED if asked.recorded else KEPT_WITHOUT)
    unusual = []  # the tier or the latency that it was served by, where prices differ by it
    for name in ("tier", "latency"):
        wanted = None if name in (reply.left_out or ()) else getattr(asked.request, name)
        if (word := getattr(end, name) or wanted) not in STANDARD:
            unusual.append(f"{name} {word}")
    used = Used(read, made, end.cached_tokens, end.cache_write_tokens, asked.request.cache)
    return priced(asked.provider, settings, asked.request.model, used, reply.asked_at, " and ".join(unusual))


def cost(reply: Reply) -> dict[str, Any] | None:
    """The same, and it stays with the reply."""
    if reply.over and reply.price is None:
        reply.price = price(reply)
    return None if reply.price is None else dict(reply.price)


def estimate(
    settings: Settings,
    model: str,
    input_tokens: int,
    output_tokens: int,
    when: datetime | None = None,
    *,
    marked: bool = False,
    by: str = "",
) -> dict[str, Any]:
    """What so many tokens cost, in the form of `price`, at most where the vendor may cache input. `when`: by the prices
    of that moment, by default now. `marked`: the request marks what is to be cached. `by`: see `priced`."""
    if settings.simulated:
        return unknown(SIMULATED)
    used = Used(input_tokens, output_tokens, marked=marked)
    return priced(settings.name, settings, model, used, when or datetime.now(UTC), by)


def usd(told: Mapping[str, Any] | None) -> float | None:
    """The dollars of a cost as `cost` tells it; None where that is unknown."""
    known = (told or {}).get("usd")
    return float(known) if isinstance(known, int | float) and math.isfinite(known) else None


def exact(told: Mapping[str, Any] | None) -> float | None:
    """The same where it is not only known to be no more than that."""
    return None if (told or {}).get("at_most") else usd(told)


# In words


def dollars(usd: float) -> str:
    """ "$1.23", and below a dollar two significant digits, as in "$0.00042": nothing but 0 looks like 0."""
    if usd <= 0:
        return "$0"
    magnitude = int(f"{usd:.1e}".partition("e")[2])
    return f"${usd:,.{max(2, 1 - magnitude)}f}"


def shown(told: Mapping[str, Any] | None) -> str:
    """The cost in dollars, "at most" where it may have been less, "–" where it is unknown."""
    if told is None or "unknown" in told:
        return "–"
    return f"{'at most ' if told.get('at_most') else ''}{dollars(told['usd'])}"


def explained(told: Mapping[str, Any] | None) -> str:
    """By which price of which day, or why it is unknown. No Markdown."""
    if told is None:
        return "Known when the answer is over."
    if "unknown" in told:
        return str(told["unknown"])
    ways = {"in": "input", "from cache": "cached", "to cache": "cache_write", "out": "output"}
    *first, last = (
        f"{_rate(rate)} {way}" for way, of in ways.items() if (rate := told.get(f"{of}_per_million")) is not None
    )
    rates = f"{', '.join(first)} and {last} per million tokens"
    if step := told.get("above_input_tokens"):
        rates += f" (above {step:,} input tokens)"
    day = f"as of {told['as_of']}" if told["as_of"] else "of an unknown day"
    return " ".join(filter(None, [f"{rates}, {day}. Source: {told['model']} in {told['source']}.", told.get("note")]))


def _rate(usd: float) -> str:
    exact = f"{usd:.10f}".rstrip("0")
    return f"${max(exact, f'{usd:.2f}', key=len)}"
