"""Sending of one answer: its pieces at their deadlines, with the faults that the model id names.

The same for every vendor. A vendor supplies a `WireFormat`: the bytes of each part of an answer. Everything about time,
order and faults is here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from simulator import answers
from simulator.answers import Answer, Piece, ToolCall
from simulator.faults import CORRUPT, FAULTS, REFUSALS, WORDS_BEFORE, Fault, UnknownFault, fault_of
from simulator.pacing import count_due, deadlines, names_simulator, profile_of
from simulator.quirks import QUIRKS
from simulator.request_context import Refusal, RequestContext, bad_gateway, dump

BATCH = 64 * 1024
"""Bytes that are joined at most into one write when many pieces are due at once."""


@dataclass(frozen=True)
class Question:
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
    """Whether this API can carry reasoning."""
    marks: tuple[int, ...] | None = None
    """After how many of the texts one is marked for the cache; None where the vendor caches of itself, or never."""
    effort: str = ""
    stop: tuple[str, ...] = ()
    tier: str = ""
    latency: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """By the names of all that are set, as the vendor has them, what it calls them in a refusal."""


Refuse = Callable[[str, str, Question], Refusal]
"""The vendor's refusal for a name in faults.REFUSALS and its argument."""


class WireFormat(Protocol):
    """How one vendor puts one answer on the wire."""

    headers: dict[str, str]
    """Of a streamed answer."""
    whole_headers: dict[str, str]
    """Of an answer in one."""
    filter_refuses: bool
    """Whether a filtered prompt gets an HTTP error; else it gets an answer that the filter ended."""
    hollow: dict[str, Any]
    """An answer in one with nulls for objects."""

    def opening(self, answer: Answer) -> bytes: ...

    def piece(self, piece: Piece) -> bytes: ...

    def tool(self, call: ToolCall) -> bytes:
        """The answer's tool call, all its events."""
        ...

    def closing(self, answer: Answer, *, finish: bool, usage: bool) -> bytes:
        """The finish marker and the counts, each unless left out."""
        ...

    def whole(self, answer: Answer, *, finish: bool, usage: bool) -> bytes:
        """The answer in one, for calls that don't stream."""
        ...

    def corrupt(self, how: str, argument: str) -> bytes | None:
        """A bad piece; `how` is a name in faults.CORRUPT. None where the vendor has no such thing."""
        ...


def refuser(words: Mapping[str, tuple[int, str, str]], refusal: Callable[..., Refusal]) -> Refuse:
    """The refusals of a vendor whose `words` are status, code and message, by the names in faults.REFUSALS; `refusal`
    makes one of them and of more headers."""

    def refuse(fault: str, argument: str, question: Question) -> Refusal:
        if fault == "502":
            return bad_gateway()
        status, code, message = words[fault]
        after = {"retry-after": argument} if fault == "429-after" else None
        return refusal(status, code, fill(message, argument, question), after)

    return refuse


def fill(message: str, argument: str, question: Question) -> str:
    """The words of a refusal, with what the request names in them."""
    parameter = "temperature" if question.temperature else question.limit_name
    parameter = question.parameters.get(argument, parameter)
    known = {"faults": ", ".join(FAULTS), "quirks": ", ".join(QUIRKS)}
    return message.format(model=question.model, parameter=parameter, argument=argument, **known)


def corrupt_body(how: str, hollow: dict[str, Any]) -> bytes:
    """A bad answer to a call that does not stream. `how` is a name in faults.CORRUPT."""
    match how:
        case "malformed":
            return dump(hollow)[:-8]
        case "wrong-shape":
            return dump(hollow)
        case "wrong-shape-list":
            return b"[1,2,3]"
    return b"this is not JSON"


async def send_answer(context: RequestContext, question: Question, wire: WireFormat, refuse: Refuse) -> None:
    """Answer `question` as the model id wants it. Raises Refusal."""
    try:
        fault = fault_of(question.model)
    except UnknownFault as unknown:
        raise refuse("unknown-fault", str(unknown), question) from None
    profile = profile_of(question.model, context.exchange.vendor)
    name = fault.name if fault else ""
    if fault:
        refused = _refused(context, fault, question, wire)
        if refused:
            raise refuse(refused, fault.argument, question)
    if name == "stall-first":
        await context.silence()
    if name == "reset-first":
        await context.reset()
        return
    answer = answers.answer_to(
        question.prompt,
        question.texts,
        limit=question.limit,
        count=profile.count,
        fault=fault,
        reasons=question.reasons,
        effort=question.effort,
        stop=question.stop,
        vendor="" if names_simulator(question.model) else context.exchange.vendor,
    )
    cached, written = context.cache_use(question.texts, question.marks)
    answer = replace(answer, cached=cached, written=written)
    due = deadlines(profile, max(1, len(answer.pieces)), context.random)
    if name == "many-pieces":
        due = [due[0]] * len(due)
    if fault and name == "slow-first":
        due = [moment - due[0] + fault.seconds for moment in due]
    context.drip = name == "drip"
    if question.streamed:
        await _stream(context, answer, wire, due, fault)
    else:
        await _whole(context, answer, wire, due, fault, lambda: refuse("500", "", question))


def _refused(context: RequestContext, fault: Fault, question: Question, wire: WireFormat) -> str:
    """The refusal that applies to this request, or nothing."""
    match fault.name:
        case "once-503" | "once-429":
            key = f"{context.exchange.vendor} {question.model}"
            return fault.name.removeprefix("once-") if context.first_time(key) else ""
        case "400-parameter" if fault.argument:
            return fault.name if fault.argument in question.parameters else ""
        case "400-parameter":
            return fault.name if question.temperature or question.limit_name else ""
        case "filtered-first":
            return fault.name if wire.filter_refuses else ""
        case "429-after":
            return fault.name
        case name:
            return name if name in REFUSALS else ""


async def _stream(
    context: RequestContext, answer: Answer, wire: WireFormat, due: list[float], fault: Fault | None
) -> None:
    name = fault.name if fault else ""
    # Real services send their headers and an empty first event shortly before the first word.
    await context.until(due[0] / 2)
    await context.open(200, wire.headers)
    if name == "stall-headers":
        await context.silence()
    await context.write(wire.opening(answer))
    breaks = name in CORRUPT or name in ("stall-middle", "cut", "reset", "clean-end")
    before = min(WORDS_BEFORE, len(answer.pieces)) if breaks else len(answer.pieces)
    await _write_pieces(context, wire, answer.pieces[:before], due[:before])
    match name:
        case "stall-middle":
            await context.silence()
        case "reset":
            return await context.reset()
        case "cut":
            return context.cut(wire.piece(Piece(" and"))[:-5])
        case "clean-end":
            return await context.close()
        case "error-event":
            await context.write(wire.corrupt(name, fault.argument if fault else "") or b"")
            return await context.close()
    if breaks:
        await context.write(wire.corrupt(name, "") or b"")
        await _write_pieces(context, wire, answer.pieces[before:], due[before:])
    await context.until(due[-1])
    if answer.tool:
        await context.write(wire.tool(answer.tool))
    await context.write(wire.closing(answer, finish=name != "no-finish", usage=name != "no-usage"))
    return await context.close()


async def _write_pieces(context: RequestContext, wire: WireFormat, pieces: Iterable[Piece], due: list[float]) -> None:
    """Write each piece when it is due. Pieces that are due together share a write; each is its own event."""
    pieces = tuple(pieces)
    done = 0
    while done < len(pieces):
        await context.until(due[done])
        end = done + max(1, count_due(due, done, context.elapsed))
        frames: list[bytes] = []
        start, size = done, 0
        while done < end and size < BATCH:
            frames.append(wire.piece(pieces[done]))
            size += len(frames[-1])
            done += 1
        await context.write(b"".join(frames), [piece.text for piece in pieces[start:done]])


async def _whole(
    context: RequestContext,
    answer: Answer,
    wire: WireFormat,
    due: list[float],
    fault: Fault | None,
    failed: Callable[[], Refusal],
) -> None:
    """Send the answer in one, after as long as it would have taken to stream it."""
    name = fault.name if fault else ""
    await context.until(due[-1])
    if name == "error-event":
        raise failed()
    body = wire.whole(answer, finish=name != "no-finish", usage=name != "no-usage")
    if name in CORRUPT and name != "bad-crc":
        body = corrupt_body(name, wire.hollow)
    texts = [text for text in (answer.reasoning, answer.text) if text]
    if name not in ("stall-headers", "stall-middle", "reset", "cut", "clean-end"):
        return await context.respond(200, body, wire.whole_headers, texts)
    half = body[: len(body) // 2]
    if name == "clean-end":
        return await context.respond(200, half, wire.whole_headers)
    await context.open(200, {**wire.whole_headers, "content-length": str(len(body))})
    if name == "stall-headers":
        await context.silence()
    await context.write(half)
    if name == "stall-middle":
        await context.silence()
    if name == "reset":
        return await context.reset()
    return context.cut()


async def until_disconnected(context: RequestContext, answering: asyncio.Task[None]) -> None:
    """Wait for an answer to end, and cancel it when its client disconnects, also while it is silent."""
    gone = asyncio.create_task(context.disconnected())
    try:
        await asyncio.wait({answering, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not answering.done():
            context.exchange.cancelled = True
            answering.cancel()
            await asyncio.wait({answering})
        elif context.broken_off:
            await asyncio.wait({gone}, timeout=5)
    finally:
        gone.cancel()
