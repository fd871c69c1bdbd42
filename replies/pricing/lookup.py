"""The price of so many tokens of a model: from the user's own file, from the one that ships, or from genai-prices.

Asks no network, and never guesses: where it is not sure whose price list holds, the price is unknown, with the reason.
"""

from __future__ import annotations

import os
import re
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from providers import AnySettings, BedrockSettings, WatsonxSettings
from providers.settings import on_this_machine
from replies.pricing.file import PriceEntry, PriceFileError, find, read

if TYPE_CHECKING:
    from genai_prices.types import TieredPrices

VARIABLE = "STREAMSIDE_PRICES"
OWN = Path(__file__).parents[2] / "prices.toml"
SHIPPED = Path(__file__).with_name("prices.toml")
GENAI_PRICES = "genai-prices"

# By the host that is asked: a provider's name is the user's choice and says nothing. Azure is not among them, since
# what it is asked for is the name of a deployment, whatever the model behind it.
PROVIDERS = {
    "api.cerebras.ai": "cerebras",
    "api.deepseek.com": "deepseek",
    "api.fireworks.ai": "fireworks",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral",
    "api.openai.com": "openai",
    "api.together.xyz": "together",
    "openrouter.ai": "openrouter",
}
US_REGIONS = ("us-east-1", "us-east-2", "us-west-2")  # of AWS: those with the prices that genai-prices has
UNCOUNTED = ("requests_kcount", "output_reasoning_mtok", "output_citation_mtok")  # what a model may charge for besides

LOCAL = "Its server is on your own machine, which has no price per token."
CLUSTER = "Cloud Pak for Data runs on a cluster of one's own, which has no price per token."
AZURE = "Azure is asked by a deployment's name, which does not tell the model."
ADD_IT = "Add it to prices.toml to see its cost."
CACHED = "Input that the provider had cached costs less; here all of it counts in full."
REGIONS = "Bedrock's prices differ by region; these are those of us-east-1."


def unknown(reason: str) -> dict[str, Any]:
    return {"unknown": reason}


def _address(settings: AnySettings) -> str:
    if isinstance(settings, BedrockSettings):
        return settings.endpoint_url
    return settings.url if isinstance(settings, WatsonxSettings) else settings.base_url


def is_local(settings: AnySettings) -> bool:
    return on_this_machine(_address(settings))


def priced(
    provider: str, settings: AnySettings | None, model: str, input_tokens: int, output_tokens: int, when: datetime
) -> dict[str, Any]:
    """What so many tokens cost at that moment, in the form of `replies.pricing.costs.price`."""
    try:
        if own := find(_own(), provider, model):
            return _listed(own, input_tokens, output_tokens)
        if settings is None:
            return unknown(f"{provider} is not configured here any more, so its prices can't be told.")
        if is_local(settings):
            return unknown(LOCAL)
        if isinstance(settings, WatsonxSettings):
            return _of_watsonx(settings, model, input_tokens, output_tokens)
    except PriceFileError as error:
        return unknown(str(error))
    if isinstance(settings, BedrockSettings):
        return _of_bedrock(settings, model, input_tokens, output_tokens, when)
    if settings.is_azure:
        return unknown(f"{AZURE} {ADD_IT}")
    host = urlsplit(settings.base_url).hostname or ""
    if host not in PROVIDERS:
        return unknown(f"There is no price list for {host}. {ADD_IT}")
    return from_genai_prices(PROVIDERS[host], model, input_tokens, output_tokens, when)


def _own() -> tuple[PriceEntry, ...]:
    named = os.environ.get(VARIABLE, "").strip()
    path = Path(named) if named else OWN
    return read(path) if named or path.exists() else ()


def _of_watsonx(settings: WatsonxSettings, model: str, input_tokens: int, output_tokens: int) -> dict[str, Any]:
    if settings.version or settings.username:
        return unknown(CLUSTER)
    # Regions on AWS have a list of their own.
    in_the_list = (urlsplit(settings.url).hostname or "").endswith(".ml.cloud.ibm.com")
    if in_the_list and (listed := find(read(SHIPPED), "watsonx", model)):
        return _listed(listed, input_tokens, output_tokens)
    return unknown(f"Streamside knows no price of {model} on watsonx.ai. {ADD_IT}")


def _of_bedrock(
    settings: BedrockSettings, model: str, input_tokens: int, output_tokens: int, when: datetime
) -> dict[str, Any]:
    """By the model's id, or the one at the end of a foundation model's or an inference profile's ARN."""
    id = re.sub(r"^arn:aws:bedrock:[^:]*:\d*:(foundation-model|inference-profile)/", "", model)
    if id.startswith(("arn:", "us-gov.")) or settings.region.startswith(("us-gov-", "cn-")):
        return unknown(f"There is no price list for {model} of Bedrock in its region. {ADD_IT}")
    found = from_genai_prices("aws", id, input_tokens, output_tokens, when)
    if "unknown" in found or settings.region in US_REGIONS:
        return found
    return found | {"note": REGIONS}


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


def from_genai_prices(id: str, model: str, input_tokens: int, output_tokens: int, when: datetime) -> dict[str, Any]:
    """`id` is the provider's in genai-prices."""
    try:
        from genai_prices import Usage, calc_price

        used = Usage(input_tokens=input_tokens, output_tokens=output_tokens)
        found = calc_price(used, model, provider_id=id, genai_request_timestamp=when)
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
    if id != "aws" and prices.cache_read_mtok is not None:  # Bedrock caches only what it is asked to
        told["note"] = CACHED
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
