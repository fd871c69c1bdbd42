"""Replay of a recording: the reply once more, at its own pace or another."""

from __future__ import annotations

from dataclasses import replace

from providers import Provider, ProviderError
from providers.replay import Pace, Replay
from replies.admission.queue import Ticket
from replies.conversation import Comparison, Round
from replies.reader import ReplyReader
from replies.recording.format import must_be_over
from replies.reply import FellBack, Reply
from replies.start_barrier import StartBarrier

__all__ = ["Pace", "again", "replay", "replay_all"]


def replay(original: Reply, pace: Pace | None = None, *, barrier: StartBarrier | None = None) -> Reply:
    """The reply once more, in progress. Lanes with the same `pace`, which serves one replay, run on one clock. Raises
    ValueError where the original is not over."""
    return again(original, pace, barrier=barrier).start()


def again(
    original: Reply,
    pace: Pace | None = None,
    *,
    barrier: StartBarrier | None = None,
    admission: Ticket | None = None,
    fell_back: FellBack | None = None,
) -> Reply:
    """The same, not started yet, so that it can be kept before its first word comes. `fell_back`: as in `Asked`."""
    must_be_over(original)
    asked = original.asked
    asked = replace(asked, recorded=asked.recorded or original.asked_at, fell_back=fell_back or asked.fell_back)
    tape = Replay(
        original.chunks,
        original.end or original.error,
        total=original.total or 0.0,
        connecting=original.connecting or 0.0,
        pace=pace,
        cancel=lambda: reply.stop(),  # noqa: PLW0108 (there is no reply yet)
    )

    def connect() -> Provider:
        if original.total is not None:
            return tape.ready()
        reply.stop() if original.error is None else None  # it was stopped before it was asked
        raise original.error or ProviderError("interrupted", "It was never asked.")

    reply = ReplyReader(asked, connect, barrier=barrier, admission=admission, clock=tape.clock).reply
    reply.retries = list(original.retries)
    reply.versions, reply.price, reply.left_out = original.versions, original.price, original.left_out
    reply.handshake = original.handshake
    return reply


def replay_all(original: Comparison, pace: Pace | None = None) -> Comparison:
    """The last round of the comparison once more, all its lanes on one clock."""
    pace = pace or Pace()
    last = original.rounds[-1]
    for reply in last.replies:
        must_be_over(reply)
    lanes = {lane: [replay(attempts[-1], pace)] for lane, attempts in last.lanes.items()}
    return Comparison([Round(last.prompt, lanes)])
