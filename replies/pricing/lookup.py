"""The price of so many tokens of a model: from the user's own file, from the one that ships, or from genai-prices."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from providers import VENDORS, Settings
from providers.settings import PriceKey, Variables

if TYPE_CHECKING:
    from genai_prices.types import TieredPrices

    from replies.pricing.file import PriceEntry

VARIABLE = "STREAMSIDE_PRICES"
OWN = Path(__file__).parents[2] / "prices.toml"
SHIPPED = Path(__file__).with_name("prices.toml")
GENAI_PRICES = "genai-prices"

UNCOUNTED = ("requests_kcount", "output_reasoning_mtok", "output_citation_mtok")  # what a model may charge for besides

ADD_IT = "Add it to prices.toml to see its cost."
CACHED_IN_FULL = "At most that: there is no price for input from a cache, which counts in full here."
CACHED_UNSAID = "At most that: input from the provider's cache costs less, and it did not say how much that was."
WRITTEN_UNSAID = "At most that: the provider did not say what it wrote to its cache; all other input counts as written."
NO_TIERS = "There is no price of {model} by {by} in the list that holds for it, only the standard one."


def unknown(reason: str) -> dict[str, Any]:
    return {"unknown": reason}


class Used(NamedTuple):
    """Tokens to be paid. `cached` and `written` are the parts of the input that a cache had, and took; None: not said.
    `marked`: the request marked what was to be cached."""

    input: int
    output: int
    cached: int | None = None
    written: int | None = None
    marked: bool = False


class Rates(NamedTuple):
    """US dollars per million tokens; None where the list has none."""

    input: Decimal
    output: Decimal
    cached: Decimal | None = None
    write: Decimal | None = None


def priced(
    provider: str, settings: Settings | None, model: str, used: Used, when: datetime, by: str = ""
) -> dict[str, Any]:
    """What so many tokens cost at that moment, in the form of `costs.price`. `by`: what prices differ by, as "tier
    flex"."""
    from replies.pricing.file import PriceFileError, find, read  # with pydantic, which a terminal need not wait for

    try:
        named = os.environ.get(VARIABLE, "").strip()
        path = Path(named) if named else OWN
        own = find(read(path), provider, model) if named or path.exists() else None
        if own and not by:
            return _listed(own, used)
        if settings is None:
            return unknown(f"{provider} is not configured here any more, so its prices can't be told.")
        if settings.unbilled:
            return unknown(settings.unbilled)
        key = settings.price_key(model)
        if by and (own or key.shipped):
            return unknown(NO_TIERS.format(model=model, by=by))
        if key.shipped and (listed := find(read(SHIPPED), key.provider, model)):
            return _listed(listed, used)
    except PriceFileError as error:
        return unknown(str(error))
    if key.shipped or not key.provider:
        return unknown(f"{key.unknown} {ADD_IT}")
    return _of_genai_prices(key, used, when, by)


def prepare() -> None:
    """Load the price data, which takes a moment, while no answer is in progress."""
    for vendor in VENDORS:
        settings = vendor.load(Variables({}))
        if (key := settings.price_key(settings.model)).provider and not key.shipped:
            _of_genai_prices(key, Used(1, 1), datetime.now(UTC))


def _listed(entry: PriceEntry, used: Used) -> dict[str, Any]:
    listed = {"model": entry.model, "as_of": entry.as_of.isoformat(), "source": entry.source}
    return _known(Rates(entry.input, entry.output, entry.cached, entry.cache_write), used, listed)


def _known(
    rates: Rates, used: Used, listed: dict[str, Any], note: str = "", *, may_cache: bool = True
) -> dict[str, Any]:
    """The cost by these rates, exact or at most. `may_cache`: input of which the provider says nothing may have come
    from a cache, or gone into one."""
    if used.written and rates.write is None:
        return unknown(f"{listed['source']} has no price of {listed['model']} for input that is written to a cache.")
    cached, written, rate, notes = used.cached or 0, used.written or 0, rates.input, [note]
    if cached and rates.cached is None:
        notes.append(CACHED_IN_FULL)
    if used.cached is None and may_cache and rates.cached is not None and rates.cached < rate:
        notes.append(CACHED_UNSAID)
    if used.written is None and may_cache and rates.write is not None and rates.write > rate:
        rate = rates.write
        notes.append(WRITTEN_UNSAID)
    spent_in = (
        rate * (used.input - cached - written)
        + (rates.input if rates.cached is None else rates.cached) * cached
        + (rates.write or 0) * written
    ) / 1_000_000
    spent_out = rates.output * used.output / 1_000_000
    dollars = {
        "usd": spent_in + spent_out,
        "input_usd": spent_in,
        "output_usd": spent_out,
        "input_per_million": rate,
        "output_per_million": rates.output,
        "cached_per_million": rates.cached if cached else None,
        "cache_write_per_million": rates.write if written else None,
    }
    told: dict[str, Any] = {name: float(value) for name, value in dollars.items() if value is not None}
    if len(notes) > 1:
        told["at_most"] = True
    return told | listed | ({"note": said} if (said := " ".join(filter(None, notes))) else {})


def _of_genai_prices(key: PriceKey, used: Used, when: datetime, by: str = "") -> dict[str, Any]:
    model = key.model
    try:
        from genai_prices import Usage, calc_price

        asked = Usage(input_tokens=used.input, output_tokens=used.output)
        context = {"service_tier": by.removeprefix("tier ")} if by else None
        found = calc_price(asked, model, provider_id=key.provider, genai_request_timestamp=when, price_context=context)
        if by and not any(
            variant.when == context and (variant.constraint is None or variant.constraint.active(when))
            for variant in found.model.price_variants or ()
        ):
            return unknown(NO_TIERS.format(model=model, by=by))
        prices = found.model_price
        per_million = prices.input_mtok, prices.output_mtok, prices.cache_read_mtok, prices.cache_write_mtok
        (rate_in, step), (rate_out, _), (cached, _), (write, _) = (_at(price, used.input) for price in per_million)
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
    listed: dict[str, Any] = {"model": found.model.id, "as_of": day, "source": source}
    if step is not None:
        listed["above_input_tokens"] = step
    rates = Rates(rate_in, rate_out, cached, write)
    note = " ".join(filter(None, (by and f"This is the price of {by}.", key.note)))
    return _known(rates, used, listed, note, may_cache=key.caches or used.marked)


def _at(price: Decimal | TieredPrices | None, input_tokens: int) -> tuple[Decimal | None, int | None]:
    """The price per million that holds for a request of this size, and where its step begins; None without steps."""
    if price is None or isinstance(price, Decimal):
        return price, None
    reached = [tier for tier in price.tiers if input_tokens > tier.start]
    return (reached[-1].price, reached[-1].start) if reached else (price.base, None)


@cache
def _edition() -> tuple[str, str | None]:
    """Its name with its version, and the day on which its prices were last looked at by its newest note."""
    from genai_prices.data import providers

    checked = re.compile(r"(?:checked|verified|updated)(?: on)? (20\d\d-\d\d-\d\d)")
    notes = [provider.price_comments for provider in providers]
    notes += [model.price_comments for provider in providers for model in provider.models]
    day = max((day for note in notes if note for day in checked.findall(note)), default=None)
    return f"{GENAI_PRICES} {metadata.version(GENAI_PRICES)}", day
