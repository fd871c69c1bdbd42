"""What IBM, its two SDKs and the HTTP below them raise, in our words."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from providers.base import ErrorKind, ProviderError
from providers.errors import RETRYABLE, SENTENCES, WRONG_ADDRESS, ErrorFactory, retry_after_seconds
from providers.parsing.error_body import ErrorBody, read
from providers.watsonx.http import Refused
from providers.watsonx.settings import WatsonxSettings

TOKEN_PATHS = ("/token", "/authorize")  # where a key is exchanged for a token
SCOPE_PATHS = ("/v2/projects/", "/v2/spaces/")

FORBIDDEN = "{label} knows the key but does not allow this. Check {scope}, or ask for access to the model."
DISTRUSTED = (
    "The certificate at {label}'s address is not one that this machine trusts. Where the network has a "
    "certificate authority of its own, name its file in SSL_CERT_FILE."
)


@dataclass(frozen=True, kw_only=True)
class WatsonxFailures(ErrorFactory):
    """The table. `scope` names the setting that says for which project or space is asked."""

    scope: str

    @classmethod
    def of(cls, settings: WatsonxSettings) -> WatsonxFailures:
        return cls(
            label=settings.label,
            keys=settings.key_names,
            address=settings.address_name,
            secrets=settings.secrets,
            scope="WATSONX_PROJECT_ID" if settings.project_id else "WATSONX_SPACE_ID",
        )

    def missing(self, names: Sequence[str]) -> ProviderError:
        """The error for settings that must be there before IBM can be asked."""
        be, them = ("are", "them") if len(names) > 1 else ("is", "it")
        return ProviderError(
            "missing_credentials",
            f"{self.label} can't be asked yet: {' and '.join(names)} {be} missing. "
            f"Put {them} into .env, or type {them} in the sidebar.",
        )

    def no_such_sdk(self, name: str, names: Sequence[str]) -> ProviderError:
        return ProviderError("bad_request", f"WATSONX_SDK is {name!r}; it can be {' or '.join(names)}, or empty.")

    def unfit_sdk(self, name: str, *, installed: bool) -> ProviderError:
        """The error where an SDK was asked for by name that can't be used."""
        why = "does not know that address" if installed else "is not installed; it needs Python 3.12 or older"
        return ProviderError("bad_request", f"WATSONX_SDK names {name}, which {why}. Leave it empty.")

    def translated(self, failure: BaseException, *, heard: bool = False) -> ProviderError:
        """The error for an exception; `heard`: whether the model has begun to speak."""
        import httpx

        match failure:
            case Refused():
                return self._refusal(failure)
            case httpx.ConnectTimeout():
                return self._noting("network", "the connection timed out")
            case httpx.TimeoutException():
                return self.error("timeout")
            case httpx.ConnectError() | httpx.ProxyError() | httpx.UnsupportedProtocol():
                if _is_about_a_certificate(failure):
                    return self._noting("network", f"{failure}", DISTRUSTED, retryable=False)
                return self._noting("network", f"{failure}")
            case httpx.TransportError() | httpx.StreamError() | OSError():
                return self._noting("interrupted" if heard else "network", f"{failure}")
        if failure.__cause__ is not None:  # an SDK has wrapped what it heard
            return self.translated(failure.__cause__, heard=heard)
        if any(base.__name__ == "WMLClientError" for base in type(failure).__mro__):
            if "parsing json" in str(failure):
                return self.error("protocol")
            return self.unsent(f"{failure}")  # the SDK objects to a setting
        return self.error("protocol")

    def _refusal(self, refused: Refused) -> ProviderError:
        said, status = read(refused.body), refused.status
        if status is None and said.message:  # inside a stream only the words have it
            status = said.status
        kind = _kind(refused, said, status)
        note = f"status {refused.status}" if refused.status else ""
        sentence = FORBIDDEN.replace("{scope}", self.scope) if kind == "forbidden" else ""
        if kind == "protocol" and status in (404, 405):
            sentence = WRONG_ADDRESS
        wait = retry_after_seconds(refused.headers.get("retry-after"))
        return self.error(kind, said.message, note="" if said.message else note, sentence=sentence, retry_after=wait)

    def _noting(
        self, kind: ErrorKind, note: str, sentence: str = "", *, retryable: bool | None = None
    ) -> ProviderError:
        """An error with a note that is not the vendor's own word, or with a next step of its own."""
        sentence = (sentence or SENTENCES[kind]).format(label=self.label, keys=self.keys, scope=self.scope)
        note = self.redacted(self.by_proxy(note) if kind == "network" else note)
        message = f"{sentence} ({note})" if note else sentence
        return ProviderError(kind, message, retryable=kind in RETRYABLE if retryable is None else retryable)


def _kind(refused: Refused, said: ErrorBody, status: int | None) -> ErrorKind:
    """Where the place says more than words, code and status, it decides."""
    if refused.path.endswith(TOKEN_PATHS) and status in (400, 401, 403, 404):
        return "auth"
    if any(path in refused.path for path in SCOPE_PATHS) and status in (400, 403, 404):
        return "forbidden"
    if not said.message and not said.codes and (status is None or status < 400 or status == 404):
        return "protocol"  # a page, or another service's answer: the address is wrong
    return said.kind(status) or "overloaded"


def _is_about_a_certificate(failure: BaseException) -> bool:
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return "CERTIFICATE_VERIFY_FAILED" in str(failure)
