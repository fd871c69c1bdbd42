"""Limits on what is asked: answers at once, answers an hour, dollars a day; and the estimate of a cost beforehand."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from providers import ProviderError, Request, Settings
from providers.parameters import STANDARD, extra_object
from providers.settings import on_this_machine
from replies.pricing.costs import dollars, estimate, usd

HOUR, DAY = 3600.0, 86400.0  # seconds

BYTES_PER_TOKEN = 3  # of a prompt in UTF-8: rather too many tokens than too few, in any language
TOKENS_PER_MESSAGE = 8  # around each message
ASSUMED_OUTPUT = 2000  # tokens of an answer without a maximum, some 1,500 words

ROUNDING = 1e-9  # dollars: sums of fractions are off by less

TOO_MANY = "This Streamside gives {}up to {} at once, and this asks for {:,}. {}"
TOO_OFTEN = (
    "This Streamside gives {}up to {} an hour. Within the last hour {} asked for {:,}, and this asks for {:,} more. {}"
)
TOO_DEAR = (
    "This Streamside spends up to {} {}in 24 hours: {} is spent or set aside, and this may come to {}. {} A lower "
    "maximum of tokens costs less, and the simulator nothing."
)
UNPRICED = (
    "The price of {} is not known, and this Streamside has a budget, so it can't be asked. Choose another model, or "
    "have whoever runs it add its price to prices.toml."
)

AT_ONCE, AN_HOUR, DOLLARS = "STREAMSIDE_AT_ONCE", "STREAMSIDE_AN_HOUR", "STREAMSIDE_DOLLARS_A_DAY"
EACH = "_EACH"  # at the end of those for one visitor

Number = TypeVar("Number", int, float)


class Limits(NamedTuple):
    """Limits, each None where there is none. `dollars`: within 24 hours."""

    at_once: int | None = None
    an_hour: int | None = None
    dollars: float | None = None

    @classmethod
    def named(cls, variables: Mapping[str, str], ending: str = "") -> Limits:
        """From the variables whose names end so. Raises ValueError where one is invalid."""
        return cls(
            _limit(variables, AT_ONCE + ending, int, 1, "a whole number from 1 on"),
            _limit(variables, AN_HOUR + ending, int, 1, "a whole number from 1 on"),
            _limit(variables, DOLLARS + ending, float, 0, "dollars, such as 5 or 2.50"),
        )


def from_environment(variables: Mapping[str, str]) -> tuple[Limits, Limits]:
    """For everybody together, and for each visitor. Raises ValueError where a variable is invalid."""
    return Limits.named(variables), Limits.named(variables, EACH)


def _limit(
    variables: Mapping[str, str], name: str, kind: Callable[[str], Number], least: int, what: str
) -> Number | None:
    written = variables.get(name, "").strip()
    if not written:
        return None
    with contextlib.suppress(ValueError):
        if least <= (number := kind(written)) < math.inf:
            return number
    raise ValueError(f"{name} is “{written}”, and should be {what}, or empty for no limit.")


@dataclass(eq=False)
class PlannedAnswer:
    """An answer that was asked for. `dollars`: what it costs, None where that is unknown. `at`: when it was asked for,
    in seconds of a clock."""

    visitor: str
    model: str
    dollars: float | None
    at: float = 0.0


def estimated(settings: Settings, request: Request) -> float | None:
    """What an answer may cost in dollars, before it is asked for; None where its price is unknown."""
    if settings.simulated or on_this_machine(settings.address):
        return 0.0
    told = [request.system or "", *(message.content for message in request.messages)]
    prompt = sum(math.ceil(len(text.encode(errors="replace")) / BYTES_PER_TOKEN) + TOKENS_PER_MESSAGE for text in told)
    said = [value for name, value in extra_object(request.extra).items() if "max" in name and isinstance(value, int)]
    most = max([request.max_tokens or ASSUMED_OUTPUT, *said])
    standard = usd(estimate(settings, request.model, prompt, most, marked=request.cache))
    if request.tier in STANDARD:
        return standard
    by_tier = usd(estimate(settings, request.model, prompt, most, marked=request.cache, by=f"tier {request.tier}"))
    return standard if by_tier is None else by_tier


def check(
    limits: Limits, lately: Sequence[PlannedAnswer], coming: Sequence[PlannedAnswer], now: float, *, own: bool
) -> None:
    """Raises ProviderError where the answers that are `coming` together are too many after those `lately` asked for,
    oldest first. `own`: they are of one visitor."""
    if limits.at_once is not None and len(coming) > limits.at_once:
        next_step = _next_step(None, AT_ONCE, own=own)
        most = _answers(limits.at_once)
        raise ProviderError("rate_limit", TOO_MANY.format(_you(own), most, len(coming), next_step))
    if limits.an_hour is not None:
        _not_too_often(limits.an_hour, lately, coming, now, own=own)
    if limits.dollars is not None:
        _not_too_dear(limits.dollars, lately, coming, now, own=own)


def _not_too_often(
    most: int, lately: Sequence[PlannedAnswer], coming: Sequence[PlannedAnswer], now: float, *, own: bool
) -> None:
    counted = [one.at for one in lately if one.at > now - HOUR]
    surplus = len(counted) + len(coming) - most
    if surplus <= 0:
        return
    wait = counted[surplus - 1] + HOUR - now if surplus <= len(counted) else None
    next_step = _next_step(wait, AN_HOUR, own=own)
    who = "you" if own else "its visitors"
    message = TOO_OFTEN.format(_you(own), _answers(most), who, len(counted), len(coming), next_step)
    raise ProviderError("rate_limit", message, retryable=wait is not None, retry_after=wait)


def _not_too_dear(
    budget: float, lately: Sequence[PlannedAnswer], coming: Sequence[PlannedAnswer], now: float, *, own: bool
) -> None:
    for one in coming:
        if one.dollars is None:
            raise ProviderError("forbidden", UNPRICED.format(one.model))
    asked = sum(one.dollars or 0.0 for one in coming)
    counted = [one for one in lately if one.at > now - DAY and one.dollars]
    spent = sum(one.dollars or 0.0 for one in counted)
    if not asked or spent + asked <= budget + ROUNDING:
        return
    wait = _until_enough_is_free(spent + asked - budget, counted, now)
    next_step = _next_step(wait, DOLLARS, own=own)
    whom = "on you " if own else ""
    message = TOO_DEAR.format(dollars(budget), whom, dollars(spent), dollars(asked), next_step)
    raise ProviderError("quota", message, retryable=wait is not None, retry_after=wait)


def _until_enough_is_free(excess: float, counted: Sequence[PlannedAnswer], now: float) -> float | None:
    """Seconds until answers of `excess` dollars are a day old; None where all of them cost less."""
    for one in counted:
        excess -= one.dollars or 0.0
        if excess <= ROUNDING:
            return one.at + DAY - now
    return None


def _next_step(wait: float | None, name: str, *, own: bool) -> str:
    """`wait`: seconds until it is possible; None: never. `name`: the variable that limits everybody."""
    return f"{_again(wait)}, or have whoever runs it raise {name}{EACH if own else ''}."


def _again(wait: float | None) -> str:
    if wait is None:
        return "Ask for less at once"
    if wait < 100:
        return f"Ask again in {max(1, math.ceil(wait))} s"
    if wait < 2 * HOUR:
        return f"Ask again in about {math.ceil(wait / 60)} min"
    return f"Ask again in about {math.ceil(wait / HOUR)} h"


def _you(own: bool) -> str:
    return "you " if own else ""


def _answers(count: int) -> str:
    return f"{count:,} answer{'' if count == 1 else 's'}"
