"""Second try: one, and only before the first word."""

from __future__ import annotations

from collections.abc import Callable

from providers.base import Pieces, TextStream, whole_characters
from providers.errors import TOO_LATE, ProviderError
from providers.transport.call import Call, Retry

LONGEST_WAIT = 20.0  # seconds; a vendor that asks for more is not waited for, since nobody would watch that long
DEFAULT_WAIT = 1.0  # seconds before the second try, where the vendor names none


def with_one_retry(attempt: Callable[[], TextStream], call: Call) -> TextStream:
    """Speak what `attempt` speaks; where it fails for the moment before its first word, once more.

    Never after a word: the second try would say it again, and be paid for again.
    """
    spoken = False
    try:
        try:
            with Pieces(whole_characters(attempt())) as answer:
                for piece in answer:
                    spoken = True
                    yield piece
            return answer.end
        except ProviderError as error:
            if error.kind == "timeout" and call.late:
                raise ProviderError("timeout", TOO_LATE) from error
            wait = DEFAULT_WAIT if error.retry_after is None else error.retry_after
            if spoken or not error.retryable or call.cancelled or wait > LONGEST_WAIT:
                raise
            call.retrying(Retry(error.kind, wait))
            if call.cancelled:
                raise
        return (yield from whole_characters(attempt()))
    finally:
        call.release()
