"""Errors of vendors in our words: what happened, and what to do next."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, TypeAlias

from providers.transport.redaction import blotted

logger = logging.getLogger(__name__)

ErrorKind: TypeAlias = Literal[
    "missing_credentials",
    "auth",
    "forbidden",
    "unknown_model",
    "rate_limit",
    "quota",
    "overloaded",
    "too_long",
    "filtered",
    "bad_request",
    "network",
    "timeout",
    "interrupted",
    "protocol",
]

SENTENCES: dict[ErrorKind, str] = {
    "missing_credentials": "There is no key for {label}. Put {keys} into .env, or type it in the sidebar.",
    "auth": "{label} refused the key. Check {keys} for a typo, or make a new key.",
    "forbidden": "{label} knows the key but does not allow this. Ask for access to the model in the account's console.",
    "unknown_model": "{label} does not offer this model to this account. Choose one from the account's own list.",
    "rate_limit": "{label} takes no more requests for the moment. Wait a little, then ask again.",
    "quota": "The account at {label} has used up its quota. Check its plan and billing.",
    "overloaded": "{label} has trouble on its side. Ask again in a moment, or take another model.",
    "too_long": "The conversation is too long for this model. Start a new one, or take a model with a larger context.",
    "filtered": "The content filter of {label} refused the prompt. Rephrase it.",
    "bad_request": "{label} did not accept the request. Change the setting that it names.",
    "network": "There is no connection to {label}. Check the network, the address and the proxy.",
    "timeout": "{label} kept silent for too long. Ask again, or allow a longer silence in STREAMSIDE_SILENCE_TIMEOUT.",
    "interrupted": "{label} broke off before the end. What had arrived is kept; ask again for the whole answer.",
    "protocol": "{label} sent something that is not an answer. Ask again; where that does not help, check that the "
    "address is that of its API.",
}

DISTRUSTED = (
    "The certificate at the address of {label} is not one that this machine trusts. Where the network has a "
    "certificate authority of its own, name its file in SSL_CERT_FILE."
)

OWN = "Streamside itself failed ({name}), and not {label}. Its log has the place."
TOO_LATE = "The whole answer did not come in time. Have it streamed, or ask for fewer tokens."
TOOK_TOO_LONG = "The model took too long for {label}. Ask again, or take another model."
WRONG_ADDRESS = "There is no such path at the address of {label}. Check {address}."
ANOTHER_S_KEY = (
    "{label} passed the question on, and the service behind it refused the key that {label} has for it. Mend that one "
    "there; or, where {label} only hands a key on, check {keys}."
)
UNSENT = "Nothing was sent to {label}: a setting does not fit. Correct it, and ask again."
LEFT_OUT = "{label} does not take {names} for this model. From now on it is left out: ask again."

# Kinds whose detail is what this machine found, not what the vendor said.
FOUND_HERE: frozenset[ErrorKind] = frozenset({"missing_credentials", "network", "interrupted"})

RETRYABLE: frozenset[ErrorKind] = frozenset({"rate_limit", "overloaded", "network", "interrupted"})

CUT_OFF: frozenset[ErrorKind] = frozenset({"interrupted", "network", "timeout"})  # the connection's, not the vendor's

LONGEST_DETAIL = 400  # characters of the vendor's own words in a message


@dataclass(eq=False)
class ProviderError(Exception):
    """A vendor's failure in our words: `str(error)` is for the person asking, and names the next step.

    `retry_after` is in seconds. The SDK's own exception, where there is one, is the `__cause__`. The message never
    holds a key; the cause may, so it is never shown or logged.
    """

    kind: ErrorKind
    message: str
    retryable: bool = field(default=False, kw_only=True)
    retry_after: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__init__(self.message)


@dataclass(frozen=True, kw_only=True)
class ErrorFactory:
    """Makes one vendor's errors. `keys` names the settings where its credentials belong, `address` that of its URL."""

    label: str
    keys: str
    address: str = "its address"
    secrets: tuple[str, ...] = field(default=(), repr=False)
    proxy: str = ""  # the variable of the proxy by which the vendor is asked
    sentences: Mapping[ErrorKind, str] = field(default_factory=dict)  # other next steps than the usual ones

    def error(
        self,
        kind: ErrorKind,
        detail: str = "",
        *,
        note: str = "",
        by: str = "",
        sentence: str = "",
        retry_after: float | None = None,
        retryable: bool | None = None,
    ) -> ProviderError:
        """The error of this kind. Keys in it are blotted out.

        `detail` is the vendor's own words (or this machine's, where the kind is in FOUND_HERE), `by` who said them
        behind the vendor, `note` words of ours, and `sentence` another next step than the kind's usual one.
        """
        if kind in FOUND_HERE:
            detail, note = "", note or detail
        if kind == "network" and "CERTIFICATE_VERIFY_FAILED" in note:
            sentence, retryable = DISTRUSTED, False
        elif kind == "timeout" and detail:  # it was the vendor who lost patience, which ours does not change
            sentence = sentence or TOOK_TOO_LONG
        message = sentence or self.sentences.get(kind) or SENTENCES[kind]
        message = message.format(label=self.label, keys=self.keys, address=self.address)
        if kind == "network":
            note = f"{note}, by the proxy that {self.proxy} names" if note and self.proxy else note
        if retry_after:
            message += f" It asks to wait {retry_after:g} s."
        if detail := self.redacted(detail):
            message += f" {by}, behind {self.label}, says: {detail}" if by else f" {self.label} says: {detail}"
        if note := self.redacted(note):
            message += f" ({note})"
        retryable = kind in RETRYABLE if retryable is None else retryable
        return ProviderError(kind, message, retryable=retryable, retry_after=retry_after)

    def own(self, failure: BaseException) -> ProviderError:
        """The error for a fault of this program. Its place is logged, and not its text, which may hold a key."""
        place = "".join(traceback.format_tb(failure.__traceback__))
        logger.error("%s while asking %s:\n%s", type(failure).__name__, self.label, place)
        return ProviderError("protocol", OWN.format(name=type(failure).__name__, label=self.label))

    def unsent(self, note: str) -> ProviderError:
        """The error for an invalid setting, met before anything was sent."""
        return self.error("bad_request", note=note, sentence=UNSENT)

    def redacted(self, text: str) -> str:
        """One line of at most LONGEST_DETAIL characters in which no key stands, and no part of one."""
        text = " ".join(blotted(text, self.secrets).split())
        return text if len(text) <= LONGEST_DETAIL else f"{text[:LONGEST_DETAIL]}…"

    def checked_key(self, key: str, name: str) -> str:
        """The key without the blanks around it. Raises ProviderError where it holds what no header can carry.

        An SDK would put such a key, in full, into the exception that its HTTP stack raises.
        """
        key = key.strip()
        wrong = next((at for at, sign in enumerate(key, 1) if not "!" <= sign <= "~"), None)
        if wrong is not None:
            raise ProviderError(
                "auth",
                f"{name} holds a character at place {wrong} that no key has (a blank, a line break or a letter "
                "outside ASCII). Copy the key once more.",
            )
        return key


def retry_after_seconds(header: str | None, now: datetime | None = None) -> float | None:
    """The seconds in a Retry-After header, or until its date; at most a week. None where there is none. `now`: UTC."""
    try:
        seconds = float(header or "")
    except ValueError:
        try:
            seconds = max((parsedate_to_datetime(header or "") - (now or datetime.now(UTC))).total_seconds(), 0.0)
        except (ValueError, TypeError, OverflowError):  # no date, or one without a zone
            return None
    return min(seconds, 7 * 86_400.0) if seconds >= 0 else None
