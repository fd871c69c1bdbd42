"""The connection before the question: TCP and TLS stand, so that the first word is not measured with them.

A `HEAD /` goes to the host, by the very HTTP stack and pool that the question will use. It carries no key and asks no
model, and whatever is answered is fine. The connection is held until the questions leave: lanes that start together
have one each, and none takes another's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from providers.errors import ProviderError
from providers.transport.call import Call

PATIENCE = 2.0  # seconds for the server to answer, once it is connected


@contextmanager
def preconnected(
    opening: AbstractContextManager[object],
    call: Call,
    *,
    already_open: Callable[[], bool],
    fatal: Callable[[Exception], ProviderError | None],
) -> Iterator[None]:
    """Hold the connection that `opening` opens, unless one is `already_open`. Cancelling `call` ends the wait for it.

    A failure is left to the question, which meets it too and may try again. But where `fatal` gives an error, that
    one is raised: the connect timeout is used up, and the question would wait as long once more.
    """
    with ExitStack() as opened:
        read_timeout, call.read_timeout = call.read_timeout, PATIENCE
        try:
            if not (call.cancelled or already_open()):
                with call.sending():
                    opened.enter_context(opening)
        except Exception as failure:
            if error := fatal(failure):
                raise error from failure
        finally:
            call.read_timeout = read_timeout
            opened.callback(call.release)
        yield
