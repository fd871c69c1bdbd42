"""A vendor's failures in our words: what happened, and what to do next.

Adapters translate their SDK's exceptions by one table each; the sentences, and what may be tried again, stand here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from providers.base import ErrorKind, ProviderError, TextStream, whole_characters
from providers.parsing.error_body import ErrorBody
from providers.transport.call import Call, Retry
from providers.transport.redaction import blotted

SENTENCES: dict[ErrorKind, str] = {
    "missing_credentials": "There is no key for {label}. Put {keys} into .env, or type it in the sidebar.",
    "auth": "{label} refused the key. Check {keys} for a slip, or make a new key.",
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

LONGEST_WAIT = 20.0  # seconds; a vendor that asks for more is not waited for, since nobody would watch that long
DEFAULT_WAIT = 1.0  # seconds before the second try, where the vendor names none
LONGEST_DETAIL = 400  # characters of the vendor's own words in a message


@dataclass(frozen=True, kw_only=True)
class ErrorFactory:
    """Makes one vendor's errors. `keys` names the settings where its credentials belong, `address` that of its URL."""

    label: str
    keys: str
    address: str = "its address"
    secrets: tuple[str, ...] = field(default=(), repr=False)
    proxy: str = ""  # the variable of the proxy by which the vendor is asked

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
        message = (sentence or SENTENCES[kind]).format(label=self.label, keys=self.keys, address=self.address)
        if kind == "network":
            note = self.by_proxy(note)
        if retry_after:
            message += f" It asks to wait {retry_after:g} s."
        if detail := self.redacted(detail):
            message += f" {by}, behind {self.label}, says: {detail}" if by else f" {self.label} says: {detail}"
        if note := self.redacted(note):
            message += f" ({note})"
        return ProviderError(
            kind,
            message,
            retryable=kind in RETRYABLE if retryable is None else retryable,
            retry_after=retry_after,
        )

    def by_proxy(self, detail: str) -> str:
        """What kept the vendor from being reached, with the variable that names the proxy, where there is one."""
        return f"{detail}, by the proxy that {self.proxy} names" if detail and self.proxy else detail

    def refusal(
        self,
        said: ErrorBody,
        kind: ErrorKind,
        *,
        note: str = "",
        retry_after: float | None = None,
        left_out: Sequence[str] = (),
    ) -> ProviderError:
        """The error for what a server said. `left_out`: the parameters that it is not sent any more."""
        sentence = ""
        if left_out:
            sentence = LEFT_OUT.replace("{names}", " and ".join(left_out))
        elif kind == "auth" and said.blames_another:
            sentence = ANOTHER_S_KEY
        elif kind == "protocol":
            sentence = WRONG_ADDRESS
        return self.error(
            kind,
            said.message,
            note="" if said.message else note,
            by=self.redacted(said.by),
            sentence=sentence,
            retry_after=0.0 if left_out else retry_after,
            retryable=True if left_out else None,
        )

    def unsent(self, note: str) -> ProviderError:
        """The error for a setting that cannot be meant, met before anything was sent."""
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


def retry_after_seconds(header: str | None) -> float | None:
    """The seconds in a Retry-After header; None where there is none, or a date."""
    try:
        seconds = float(header or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds < 1e6 else None


def with_one_retry(attempt: Callable[[], TextStream], line: Call) -> TextStream:
    """Speak what `attempt` speaks; where it fails for the moment before its first word, once more.

    Never after a word: the second try would say it again, and be paid for again.
    """
    spoken = False
    try:
        answer = whole_characters(attempt())
        try:
            while True:
                try:
                    piece = next(answer)
                except StopIteration as over:
                    return over.value  # type: ignore[no-any-return]
                spoken = True
                yield piece
        except ProviderError as error:
            if error.kind == "timeout" and line.late:
                raise ProviderError("timeout", TOO_LATE) from error
            wait = DEFAULT_WAIT if error.retry_after is None else error.retry_after
            if spoken or not error.retryable or line.cancelled or wait > LONGEST_WAIT:
                raise
            line.retrying(Retry(error.kind, wait))
            if line.cancelled:
                raise
        finally:
            answer.close()
        return (yield from whole_characters(attempt()))
    finally:
        line.release()
