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
KEPT = 500  # secrets, the newest; with a server for many, each visitor may bring some

_HEADERS = re.compile(
    r"(?P<name>\b(?:proxy-)?authorization|\bx-amz-security-token|\b(?:x-)?api-key)"
    r"(?P<between>['\"]?\s*[:=,]\s*)"
    r"(?:b?'[^']*'|b?\"[^\"]*\"|[^\s'\"][^\r\n]*)",
    re.IGNORECASE,
)

_lock = threading.Lock()
_secrets: dict[str, None] = {}  # in the order in which they came
_known: re.Pattern[str] | None = None
_before: Any = None  # the factory that was there before


def guard(secrets: Iterable[str]) -> None:
    """From now on these are in no log of this process."""
    global _known, _before
    with _lock:
        if _before is None:
            _before = logging.getLogRecordFactory()
            logging.setLogRecordFactory(_record)
        before = set(_secrets)
        for form in (form for secret in secrets for form in _forms(secret.strip())):
            _secrets.pop(form, None)
            _secrets[form] = None
        for oldest in list(_secrets)[:-KEPT]:
            del _secrets[oldest]
        if not _secrets or before == set(_secrets):
            return
        longest_first = sorted(_secrets, key=len, reverse=True)  # one may be the beginning of another
        _known = re.compile("|".join(map(re.escape, longest_first)))


def redacted(text: str) -> str:
    """The text with each secret blotted out."""
    text = _known.sub(BLOT, text) if _known else text
    return _HEADERS.sub(rf"\g<name>\g<between>{BLOT}", text)


def _forms(secret: str) -> Iterable[str]:
    """The secret as it may be written: as it is, in an address, and in a `repr`."""
    forms = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]}
    return forms if len(secret) >= SHORTEST else ()


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
