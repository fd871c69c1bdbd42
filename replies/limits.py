"""How much may be asked: answers at once, answers an hour, dollars a day. What an answer may come to, beforehand."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from providers import AnySettings, ProviderError, Request
from replies.price_list import is_local
from replies.pricing import dollars, estimate, usd

HOUR, DAY = 3600.0, 86400.0  # seconds

BYTES_PER_TOKEN = 3  # of a prompt in UTF-8: rather too many tokens than too few, in any language
TOKENS_PER_MESSAGE = 8  # around each message
ASSUMED_OUTPUT = 2000  # tokens of an answer without a maximum, some 1,500 words

TOO_MANY = "This asks for {} answers at once, and at most {} are allowed here. Take fewer lanes."
TOO_OFTEN = "{} {:,} answers within the last hour, and {:,} are allowed here. {}"
TOO_DEAR = (
    "{} budget of {} for 24 hours does not reach: {} is spent or set aside, and this may come to {}. {} A lower "
    "maximum of tokens costs less, and the simulator nothing."
)
UNPRICED = (
    "The price of {} is not known, and this Streamside has a budget, so it can't be asked. Choose another model, or "
    "have whoever runs this Streamside add its price to prices.toml."
)


class Limits(NamedTuple):
    """None: no limit. `dollars`: within 24 hours."""

    at_once: int | None = None
    an_hour: int | None = None
    dollars: float | None = None

    @classmethod
    def named(cls, variables: Mapping[str, str], ending: str = "") -> Limits:
        """Those that the variables set whose names end so. Raises ValueError where one of them can't be meant."""
        return cls(
            _whole(variables, f"STREAMSIDE_AT_ONCE{ending}"),
            _whole(variables, f"STREAMSIDE_AN_HOUR{ending}"),
            _sum(variables, f"STREAMSIDE_DOLLARS_A_DAY{ending}"),
        )


def from_environment(variables: Mapping[str, str]) -> tuple[Limits, Limits]:
    """For everybody together, and for each. Raises ValueError where a variable can't be meant."""
    return Limits.named(variables), Limits.named(variables, "_EACH")


def _whole(variables: Mapping[str, str], name: str) -> int | None:
    written = variables.get(name, "").strip()
    if not written:
        return None
    if not (written.isdecimal() and int(written) >= 1):
        raise ValueError(f"{name} is “{written}”, and should be a whole number from 1 on, or empty for no limit.")
    return int(written)


def _sum(variables: Mapping[str, str], name: str) -> float | None:
    written = variables.get(name, "").strip()
    if not written:
        return None
    try:
        number = float(written)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise ValueError(f"{name} is “{written}”, and should be dollars, such as 5 or 2.50, or empty for no limit.")
    return number


@dataclass(eq=False)
class Answer:
    """One that is asked for, under way, or given: whose; of which model; what it comes to in dollars, None where that
    is unknown; and when it was asked for, by a clock in seconds."""

    visitor: str
    model: str
    dollars: float | None
    at: float = 0.0


def estimated(settings: AnySettings, request: Request) -> float | None:
    """What an answer may come to in dollars, before it is asked for; None where its price is not known."""
    if settings.simulated or is_local(settings):
        return 0.0
    told = [request.system or "", *(message.content for message in request.messages)]
    prompt = sum(math.ceil(len(text.encode(errors="replace")) / BYTES_PER_TOKEN) + TOKENS_PER_MESSAGE for text in told)
    return usd(estimate(settings, request.model, prompt, request.max_tokens or ASSUMED_OUTPUT))


def check(limits: Limits, lately: Sequence[Answer], coming: Sequence[Answer], now: float, *, own: bool) -> None:
    """Raises ProviderError where those who are `coming` together would be too many, after those `lately` asked for,
    oldest first. `own`: of one visitor."""
    if limits.at_once is not None and len(coming) > limits.at_once:
        raise ProviderError("rate_limit", TOO_MANY.format(len(coming), limits.at_once))
    if limits.an_hour is not None:
        _not_too_often(limits.an_hour, lately, coming, now, "You have had" if own else "This Streamside has given")
    if limits.dollars is not None:
        _not_too_dear(limits.dollars, lately, coming, now, "Your" if own else "This Streamside's")


def _not_too_often(most: int, lately: Sequence[Answer], coming: Sequence[Answer], now: float, whose: str) -> None:
    counted = [one.at for one in lately if one.at > now - HOUR]
    surplus = len(counted) + len(coming) - most
    if surplus > 0:
        wait = counted[surplus - 1] + HOUR - now if surplus <= len(counted) else None
        message = TOO_OFTEN.format(whose, len(counted), most, _again(wait))
        raise ProviderError("rate_limit", message, retryable=wait is not None, retry_after=wait)


def _not_too_dear(budget: float, lately: Sequence[Answer], coming: Sequence[Answer], now: float, whose: str) -> None:
    for one in coming:
        if one.dollars is None:
            raise ProviderError("quota", UNPRICED.format(one.model))
    asked = sum(one.dollars or 0.0 for one in coming)
    counted = [one for one in lately if one.at > now - DAY and one.dollars]
    spent = sum(one.dollars or 0.0 for one in counted)
    if not asked or spent + asked <= budget:
        return
    wait = None
    left = spent
    for one in counted:
        left -= one.dollars or 0.0
        if left + asked <= budget:
            wait = one.at + DAY - now
            break
    message = TOO_DEAR.format(whose, dollars(budget), dollars(spent), dollars(asked), _again(wait))
    raise ProviderError("quota", message, retryable=wait is not None, retry_after=wait)


def _again(wait: float | None) -> str:
    """`wait`: seconds until it is possible; None: it never is."""
    if wait is None:
        return "Ask for less at once."
    if wait < 100:
        return f"Ask again in {max(1, math.ceil(wait))} s."
    if wait < 2 * HOUR:
        return f"Ask again in about {math.ceil(wait / 60)} min."
    return f"Ask again in about {math.ceil(wait / HOUR)} h."
