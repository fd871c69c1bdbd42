"""A vendor's failures in our words: what happened, and what to do next.

Adapters translate their SDK's exceptions by one table each; the sentences, and what may be tried again, stand here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from providers.base import ErrorKind, ProviderError, TextStream, whole_characters
from providers.line import Line, Retry

KIND_OF_STATUS: dict[int, ErrorKind] = {
    400: "bad_request",
    401: "auth",
    402: "quota",
    403: "forbidden",
    404: "unknown_model",
    408: "timeout",
    409: "overloaded",
    413: "too_long",
    422: "bad_request",
    424: "overloaded",
    429: "rate_limit",
}

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

# Kinds whose detail is what this machine found, not what the vendor said.
FOUND_HERE: frozenset[ErrorKind] = frozenset({"missing_credentials", "network", "interrupted", "protocol"})

RETRYABLE: frozenset[ErrorKind] = frozenset({"rate_limit", "overloaded", "network", "interrupted"})

CUT_OFF: frozenset[ErrorKind] = frozenset({"interrupted", "network", "timeout"})  # the connection's, not the vendor's

LONGEST_WAIT = 20.0  # seconds; a vendor that asks for more is not waited for, since nobody would watch that long
DEFAULT_WAIT = 1.0  # seconds before the second try, where the vendor names none
LONGEST_DETAIL = 400  # characters of the vendor's own words in a message


def kind_of_status(status: int) -> ErrorKind:
    """The kind that an HTTP status means where the vendor's own code says nothing more precise."""
    return KIND_OF_STATUS.get(status, "overloaded" if status >= 500 else "bad_request")


@dataclass(frozen=True, kw_only=True)
class Failures:
    """Makes one vendor's errors. `keys` names the settings where its credentials belong."""

    label: str
    keys: str
    secrets: tuple[str, ...] = field(default=(), repr=False)
    proxy: str = ""  # the variable of the proxy by which the vendor is asked

    def error(
        self,
        kind: ErrorKind,
        detail: str = "",
        *,
        retry_after: float | None = None,
        retryable: bool | None = None,
    ) -> ProviderError:
        """The error of this kind, and the vendor's own words where they help. Keys in them are blotted out."""
        sentence = SENTENCES[kind]
        if kind == "network" and "CERTIFICATE_VERIFY_FAILED" in detail:
            sentence, retryable = DISTRUSTED, False
        elif kind == "timeout" and detail:  # it was the vendor who lost patience, which ours does not change
            sentence = TOOK_TOO_LONG
        message = sentence.format(label=self.label, keys=self.keys)
        if kind == "network":
            detail = self.by_proxy(detail)
        if retry_after is not None:
            message += f" It asks to wait {retry_after:g} s."
        if detail := self.scrubbed(detail):
            message += f" ({detail})" if kind in FOUND_HERE else f" {self.label} says: {detail}"
        return ProviderError(
            kind,
            message,
            retryable=kind in RETRYABLE if retryable is None else retryable,
            retry_after=retry_after,
        )

    def by_proxy(self, detail: str) -> str:
        """What kept the vendor from being reached, with the variable that names the proxy, where there is one."""
        return f"{detail}, by the proxy that {self.proxy} names" if detail and self.proxy else detail

    def scrubbed(self, text: str) -> str:
        """One line of at most LONGEST_DETAIL characters in which no key of ours stands."""
        for secret in self.secrets:
            if secret := secret.strip():  # a typed key may have blanks around it, which are not sent
                text = text.replace(secret, "•••")
        text = " ".join(text.split())
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


def with_one_retry(attempt: Callable[[], TextStream], line: Line) -> TextStream:
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
            if spoken or not error.retryable or line.hung_up or wait > LONGEST_WAIT:
                raise
            line.retrying(Retry(error.kind, wait))
            if line.hung_up:
                raise
        finally:
            answer.close()
        return (yield from whole_characters(attempt()))
    finally:
        line.release()
