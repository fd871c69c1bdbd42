"""One answer, spoken: its pieces by their deadlines, and the faults that can befall it.

The same for every vendor. A vendor supplies a `WireFormat`: the bytes of each part of an answer. Everything about time,
order and trouble is here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from simulator import answers
from simulator.answers import Answer, Piece
from simulator.faults import REFUSALS, SPOILED, WORDS_BEFORE, Fault, UnknownFault, fault_of
from simulator.pacing import count_due, deadlines, names_simulator, profile_of
from simulator.request_context import Call, Refusal

BATCH = 64 * 1024
"""Bytes that are joined at most into one write when many pieces are due at once."""


@dataclass(frozen=True)
class Ask:
    """What a request asks for, in no vendor's words."""

    model: str
    prompt: str
    """The last user message."""
    texts: tuple[str, ...]
    """All that was sent, for the token count."""
    streamed: bool
    limit: int | None = None
    temperature: bool = False
    """Whether the request sets a temperature."""
    limit_name: str = ""
    """The token limit's name, if the request sets one that its vendor could reject."""
    reasons: bool = True
    """Whether this API has a place for reasoning."""


class WireFormat(Protocol):
    """How one vendor puts one answer on the wire."""

    headers: dict[str, str]
    """Of a streamed answer."""
    whole_headers: dict[str, str]
    """Of an answer in one."""
    filter_refuses: bool
    """Whether a filtered prompt gets an HTTP error, rather than an answer that the filter ended."""

    def opening(self, answer: Answer) -> bytes: ...

    def piece(self, piece: Piece) -> bytes: ...

    def tool(self, answer: Answer) -> bytes:
        """The answer's tool call, all its events."""
        ...

    def closing(self, answer: Answer, *, finish: bool, usage: bool) -> bytes:
        """The finish marker and the counts, each unless left out."""
        ...

    def whole(self, answer: Answer, *, finish: bool, usage: bool) -> bytes:
        """The answer in one, for calls that don't stream."""
        ...

    def spoiled(self, how: str, argument: str) -> bytes | None:
        """A bad piece; `how` is a name in faults.SPOILED. None where the vendor has no such thing."""
        ...

    def spoiled_whole(self, how: str) -> bytes: ...


Refuse = Callable[[str, str, Ask], Refusal]
"""The vendor's refusal for a name in faults.REFUSALS and its argument."""


async def speak(call: Call, ask: Ask, voice: WireFormat, refuse: Refuse) -> None:
    """Answer `ask` as the model id wants it. Raises Refusal."""
    try:
        fault = fault_of(ask.model)
    except UnknownFault as unknown:
        raise refuse("unknown-fault", str(unknown), ask) from None
    profile = profile_of(ask.model, call.exchange.vendor)
    name = fault.name if fault else ""
    if fault:
        refused = _refused(call, fault, ask, voice)
        if refused:
            raise refuse(refused, fault.argument, ask)
    if name == "stall-first":
        await call.silence()
    if name == "reset-first":
        await call.reset()
        return
    answer = answers.answer_to(
        ask.prompt,
        ask.texts,
        limit=ask.limit,
        count=profile.count,
        fault=fault,
        reasons=ask.reasons,
        vendor="" if names_simulator(ask.model) else call.exchange.vendor,
    )
    due = deadlines(profile, max(1, len(answer.pieces)), call.random)
    if name == "many-pieces":
        due = [due[0]] * len(due)
    if fault and name == "slow-first":
        due = [moment - due[0] + fault.seconds for moment in due]
    call.drip = name == "drip"
    if ask.streamed:
        await _stream(call, answer, voice, due, fault)
    else:
        await _whole(call, answer, voice, due, fault, lambda: refuse("500", "", ask))


def _refused(call: Call, fault: Fault, ask: Ask, voice: WireFormat) -> str:
    """The refusal that applies to this request, or nothing."""
    match fault.name:
        case "once-503" | "once-429":
            key = f"{call.exchange.vendor} {ask.model}"
            return fault.name.removeprefix("once-") if call.first_time(key) else ""
        case "400-parameter":
            return fault.name if ask.temperature or ask.limit_name else ""
        case "filtered-first":
            return fault.name if voice.filter_refuses else ""
        case "429-after":
            return fault.name
        case name:
            return name if name in REFUSALS else ""


async def _stream(call: Call, answer: Answer, voice: WireFormat, due: list[float], fault: Fault | None) -> None:
    name = fault.name if fault else ""
    # Real services send their headers and an empty first event shortly before the first word.
    await call.until(due[0] / 2)
    await call.open(200, voice.headers)
    if name == "stall-headers":
        await call.silence()
    await call.write(voice.opening(answer))
    breaks = name in SPOILED or name in ("stall-middle", "cut", "reset", "clean-end")
    before = min(WORDS_BEFORE, len(answer.pieces)) if breaks else len(answer.pieces)
    await _walk(call, voice, answer.pieces[:before], due[:before])
    match name:
        case "stall-middle":
            await call.silence()
        case "reset":
            return await call.reset()
        case "cut":
            return call.cut(voice.piece(Piece(" and"))[:-5])
        case "clean-end":
            return await call.close()
        case "error-event":
            await call.write(voice.spoiled(name, fault.argument if fault else "") or b"")
            return await call.close()
    if breaks:
        await call.write(voice.spoiled(name, "") or b"")
        await _walk(call, voice, answer.pieces[before:], due[before:])
    await call.until(due[-1])
    if answer.tool:
        await call.write(voice.tool(answer))
    await call.write(voice.closing(answer, finish=name != "no-finish", usage=name != "no-usage"))
    return await call.close()


async def _walk(call: Call, voice: WireFormat, pieces: Iterable[Piece], due: list[float]) -> None:
    """Write each piece when it is due. Pieces that are due together share a write; each is its own event."""
    pieces = tuple(pieces)
    done = 0
    while done < len(pieces):
        await call.until(due[done])
        end = done + max(1, count_due(due, done, call.elapsed))
        frames: list[bytes] = []
        start, size = done, 0
        while done < end and size < BATCH:
            frames.append(voice.piece(pieces[done]))
            size += len(frames[-1])
            done += 1
        await call.write(b"".join(frames), [piece.text for piece in pieces[start:done]])


async def _whole(
    call: Call,
    answer: Answer,
    voice: WireFormat,
    due: list[float],
    fault: Fault | None,
    failed: Callable[[], Refusal],
) -> None:
    """The answer in one, after as long as it would have taken to stream it."""
    name = fault.name if fault else ""
    await call.until(due[-1])
    if name == "error-event":
        raise failed()
    body = voice.whole(answer, finish=name != "no-finish", usage=name != "no-usage")
    if name in SPOILED and name != "bad-crc":
        body = voice.spoiled_whole(name)
    texts = [text for text in (answer.reasoning, answer.text) if text]
    if name not in ("stall-headers", "stall-middle", "reset", "cut", "clean-end"):
        return await call.respond(200, body, voice.whole_headers, texts)
    half = body[: len(body) // 2]
    if name == "clean-end":
        return await call.respond(200, half, voice.whole_headers)
    await call.open(200, {**voice.whole_headers, "content-length": str(len(body))})
    if name == "stall-headers":
        await call.silence()
    await call.write(half)
    if name == "stall-middle":
        await call.silence()
    if name == "reset":
        return await call.reset()
    return call.cut()


async def until_hung_up(call: Call, answering: asyncio.Task[None]) -> None:
    """Let an answer take its time, but only as long as its client listens, also while it is silent."""
    gone = asyncio.create_task(call.gone())
    try:
        await asyncio.wait({answering, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not answering.done():
            call.exchange.cancelled = True
            answering.cancel()
            await asyncio.wait({answering})
        elif call.broken_off:
            await asyncio.wait({gone}, timeout=5)
    finally:
        gone.cancel()
