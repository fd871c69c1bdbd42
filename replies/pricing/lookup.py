"""The price of so many tokens of a model: from the user's own file, from the one that ships, or from genai-prices.

Asks no network, and never guesses: where it is not sure whose price list holds, the price is unknown, with the reason.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from providers import VENDORS, Settings
from providers.settings import PriceKey, Variables
from replies.pricing.file import PriceEntry, PriceFileError, find, read

if TYPE_CHECKING:
    from genai_prices.types import TieredPrices

VARIABLE = "STREAMSIDE_PRICES"
OWN = Path(__file__).parents[2] / "prices.toml"
SHIPPED = Path(__file__).with_name("prices.toml")
GENAI_PRICES = "genai-prices"

UNCOUNTED = ("requests_kcount", "output_reasoning_mtok", "output_citation_mtok")  # what a model may charge for besides

ADD_IT = "Add it to prices.toml to see its cost."
CACHED = "Input that the provider had cached costs less; here all of it counts in full."


def unknown(reason: str) -> dict[str, Any]:
    return {"unknown": reason}


def priced(
    provider: str, settings: Settings | None, model: str, input_tokens: int, output_tokens: int, when: datetime
) -> dict[str, Any]:
    """What so many tokens cost at that moment, in the form of `replies.pricing.costs.price`."""
    try:
        if own := find(_own(), provider, model):
            return _listed(own, input_tokens, output_tokens)
        if settings is None:
            return unknown(f"{provider} is not configured here any more, so its prices can't be told.")
        if settings.unbilled:
            return unknown(settings.unbilled)
        key = settings.price_key(model)
        if key.shipped and (listed := find(read(SHIPPED), key.provider, model)):
            return _listed(listed, input_tokens, output_tokens)
    except PriceFileError as error:
        return unknown(str(error))
    if key.shipped or not key.provider:
        return unknown(f"{key.unknown} {ADD_IT}")
    return _of_genai_prices(key, input_tokens, output_tokens, when)


def prepare() -> None:
    """Load the price data, which takes a moment, while no answer is in progress."""
    for vendor in VENDORS:
        settings = vendor.load(Variables({}))
        if (key := settings.price_key(settings.model)).provider and not key.shipped:
            _of_genai_prices(key, 1, 1, datetime.now(UTC))


def _own() -> tuple[PriceEntry, ...]:
    named = os.environ.get(VARIABLE, "").strip()
    path = Path(named) if named else OWN
    return read(path) if named or path.exists() else ()


def _listed(entry: PriceEntry, input_tokens: int, output_tokens: int) -> dict[str, Any]:
    spent = entry.input * input_tokens / 1_000_000, entry.output * output_tokens / 1_000_000
    return _known(*spent, entry.input, entry.output) | {
        "model": entry.model,
        "as_of": entry.as_of,
        "source": entry.source,
    }


def _known(spent_in: Decimal, spent_out: Decimal, rate_in: Decimal, rate_out: Decimal) -> dict[str, Any]:
    return {
        "usd": float(spent_in + spent_out),
        "input_usd": float(spent_in),
        "output_usd": float(spent_out),
        "input_per_million": float(rate_in),
        "output_per_million": float(rate_out),
    }


def _of_genai_prices(key: PriceKey, input_tokens: int, output_tokens: int, when: datetime) -> dict[str, Any]:
    model = key.model
    try:
        from genai_prices import Usage, calc_price

        used = Usage(input_tokens=input_tokens, output_tokens=output_tokens)
        found = calc_price(used, model, provider_id=key.provider, genai_request_timestamp=when)
        prices = found.model_price
        rate_in, step = _at(prices.input_mtok, input_tokens)
        rate_out, _ = _at(prices.output_mtok, input_tokens)
        others = [name for name in UNCOUNTED if getattr(prices, name) is not None]
        source, day = _edition()
    except LookupError:
        return unknown(f"{model} is not in the price list of {GENAI_PRICES}. {ADD_IT}")
    except Exception as failure:  # noqa: BLE001
        # Whatever is wrong with a price list, the answer is there and is shown.
        return unknown(f"The price list {GENAI_PRICES} failed ({type(failure).__name__}). {ADD_IT}")
    if others:
        return unknown(f"{model} is not billed by input and output tokens alone. {ADD_IT}")
    if not rate_in or not rate_out:  # an entry without prices is no free model
        return unknown(f"{GENAI_PRICES} has {model}, and no price of it per token. {ADD_IT}")
    told = _known(found.input_price, found.output_price, rate_in, rate_out) | {
        "model": found.model.id,
        "as_of": day,
        "source": source,
    }
    if step is not None:
        told["above_input_tokens"] = step
    if note := CACHED if key.caches and prices.cache_read_mtok is not None else key.note:
        told["note"] = note
    return told


def _at(price: Decimal | TieredPrices | None, input_tokens: int) -> tuple[Decimal | None, int | None]:
    """The price per million that holds for a request of this size, and where its step begins; None without steps."""
    if price is None or isinstance(price, Decimal):
        return price, None
    reached = [tier for tier in price.tiers if input_tokens > tier.start]
    return (reached[-1].price, reached[-1].start) if reached else (price.base, None)


@cache
def _edition() -> tuple[str, str | None]:
    """Its name with its version, and the day on which its prices were last looked at.

    It has no date of its own: the day is that of its newest note that says so.
    """
    from genai_prices.data import providers

    checked = re.compile(r"(?:checked|verified|updated)(?: on)? (20\d\d-\d\d-\d\d)")
    notes = [provider.price_comments for provider in providers]
    notes += [model.price_comments for provider in providers for model in provider.models]
    day = max((day for note in notes if note for day in checked.findall(note)), default=None)
    return f"{GENAI_PRICES} {metadata.version(GENAI_PRICES)}", day
