"""No key in any log, whoever writes it: SDKs log headers and addresses at debug level, and at info some addresses.

Each record of the process passes here before any handler sees it, wherever handlers and levels are set, and whenever. A
filter would have to hang on every logger of every SDK, and on those that come to be later. Blotted out are the secrets
that clients were made with, and what stands in a header for secrets, such as a token that an SDK has fetched itself.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

BLOT = "•••"
SHORTEST = 4  # characters; less than that is no secret, and stands in every other word
LONG = 8  # characters; a shorter secret is blotted out only where it stands alone
KEPT = 500  # secrets, the newest; with a server for many, each visitor may bring some
PLACEHOLDERS = frozenset({"empty", "lm-studio", "none", "null", "ollama"})  # keys of servers that want none

# Keys of others, which a gateway may repeat, and what servers show of a wrong one: "sk-ab****yz", "sk-…yz", its hash.
_FOREIGN = re.compile(
    r"(?<![\w-])[\w-]*+\*{3,}[\w-]*|\b(?:sk|gsk|xai|hf|nvapi|pplx|pk|rk)[-_][\w-]{0,200}+(?:\.{3}|…)[\w-]*"
    r"|\b(?:sk-|gsk_|xai-|hf_|nvapi-|pplx-|AIza|AKIA|ASIA|ABSK)[\w-]{8,}"
    r"|\bBearer [\w.~+/-]{16,}=*|\b[0-9a-f]{64}\b"
)

_AFTER_NAME = r"(?P<between>['\"]?\s*[:=,]\s*)(?:b?'[^']*'|b?\"[^\"]*\"|[^\s'\"][^\r\n]*)"
_names: set[str] = {r"(?:proxy-)?authorization", r"x-amz-security-token", r"(?:x-)?api-key"}  # of headers for secrets
_headers = re.compile(rf"(?P<name>\b(?:{'|'.join(sorted(_names))})){_AFTER_NAME}", re.IGNORECASE)

_lock = threading.Lock()
_secrets: dict[str, None] = {}  # in the order in which they came
_known: re.Pattern[str] | None = None
_before: Any = None  # the factory that was there before


def guard(secrets: Iterable[str], headers: Iterable[str] = ()) -> None:
    """From now on these, and the values of headers of these names, are in no log of this process."""
    global _known, _before, _headers
    with _lock:
        if _before is None:
            _before = logging.getLogRecordFactory()
            logging.setLogRecordFactory(_record)
        if names := {re.escape(name) for name in headers} - _names:
            _names.update(names)
            longest_first = sorted(_names, key=len, reverse=True)
            _headers = re.compile(rf"(?P<name>\b(?:{'|'.join(longest_first)})){_AFTER_NAME}", re.IGNORECASE)
        before = set(_secrets)
        for form in (form for secret in secrets for form in _forms(secret.strip())):
            _secrets.pop(form, None)
            _secrets[form] = None
        for oldest in list(_secrets)[:-KEPT]:
            del _secrets[oldest]
        if _secrets and before != set(_secrets):
            _known = _pattern(_secrets)


def redacted(text: str) -> str:
    text = _known.sub(BLOT, text) if _known else text
    return _headers.sub(rf"\g<name>\g<between>{BLOT}", text)


def blotted(text: str, secrets: Iterable[str]) -> str:
    """A server's words without these secrets, and without what looks like a key or a part of one."""
    forms = {form for secret in secrets for form in _forms(secret.strip())}
    text = _pattern(forms).sub(BLOT, text) if forms else text
    return _FOREIGN.sub(BLOT, text)


def _pattern(forms: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(forms, key=len, reverse=True)  # one may be the beginning of another
    return re.compile(
        "|".join(re.escape(form) if len(form) >= LONG else rf"(?<!\w){re.escape(form)}(?!\w)" for form in longest_first)
    )


def _forms(secret: str) -> Iterable[str]:
    """The secret as it may be written: as it is, in an address, and in a `repr`."""
    if len(secret) < SHORTEST or secret.lower() in PLACEHOLDERS:
        return ()
    return {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]}


def _record(*arguments: Any, **more: Any) -> logging.LogRecord:
    record: logging.LogRecord = _before(*arguments, **more)
    try:
        said = record.getMessage()
    except Exception:  # noqa: BLE001 - logging would print the arguments, whatever is in them
        record.msg, record.args = f"{record.levelname} that can't be formatted", ()
        said = ""
    if (clean := redacted(said)) != said:
        record.msg, record.args = clean, ()
    if record.exc_info:
        trace = logging.Formatter().formatException(record.exc_info)
        if (clean := redacted(trace)) != trace:
            record.exc_info, record.exc_text = None, clean
    return record
