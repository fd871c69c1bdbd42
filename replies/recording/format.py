"""Format of a recording: a reply that is over is written as lines of JSON, and read again; see docs/recordings.md."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from providers import End, Message, ProviderError, Reasoning, Request, Retry
from replies.conversation import Comparison, Conversation, Round, Series, Turn
from replies.metrics.figures import figures
from replies.recording import lines
from replies.recording.lines import FOREIGN, LARGEST_FILE, RecordingError, Row, rows
from replies.reply import Asked, Chunk, Reply
from replies.verdict import Verdict

__all__ = ["LARGEST_FILE", "Item", "RecordingError", "dump", "load", "samples"]

Item: TypeAlias = Conversation | Comparison
VERSION = 1
MOST_PIECES = 500_000  # in a file
MOST_RECORDINGS = 1_000
MOST_LANES = 6
SUFFIX = ".jsonl"
VOTE_FIRST = "This comparison is blind, and a file would tell who answered. Vote first, or reveal it."

SAMPLES = Path(__file__).parent / "samples"


# Writing


def dump(items: Iterable[Item | Reply]) -> Iterator[str]:
    """The lines of a file, in plain ASCII. Raises ValueError where an answer is not over, or a blind comparison not
    judged."""
    for item in items:
        match item:
            case Comparison(hidden=True):
                raise ValueError(VOTE_FIRST)
            case Conversation(turns=turns):
                for number, turn in enumerate(turns):
                    group = {"kind": item.kind, "id": item.id, "prompt": turn.prompt, "turn": number}
                    for reply in turn.replies:
                        yield from _lines(reply, group)
            case Comparison(rounds=rounds):
                judged = {"blind": item.blind, "verdict": item.verdict and item.verdict.as_json()}
                for number, round in enumerate(rounds):
                    group = {"kind": item.kind, "id": item.id, "prompt": round.prompt, "turn": number}
                    for lane, reply in round.attempts:
                        yield from _lines(reply, group | {"lane": lane, **judged})
            case Reply():
                yield from _lines(item, None)


def _lines(reply: Reply, group: dict[str, Any] | None) -> Iterator[str]:
    must_be_over(reply)
    yield _line(header(reply) | ({"group": group} if group else {}))
    for chunk in reply.chunks:
        yield _line(piece(chunk))
    yield _line({"t": reply.total, **ending(reply)})


def header(reply: Reply) -> dict[str, Any]:
    """Who was asked what, and when; the figures stand there for other readers and are not read back."""
    asked, request = reply.asked, reply.asked.request
    return {
        "streamside": "recording",
        "version": VERSION,
        "id": reply.id,
        "provider": asked.provider,
        "label": asked.label,
        "api": asked.api,
        "model": request.model,
        "source": asked.source,
        "simulated": asked.simulated,
        "asked_at": reply.asked_at.isoformat(),
        "recorded": asked.recorded.isoformat() if asked.recorded else None,
        "fell_back": asked.fell_back,
        "connecting": reply.connecting,
        "handshake": reply.handshake,
        "skew": reply.skew,
        "request": {
            "messages": [message._asdict() for message in request.messages],
            **request.values,
        },
        "retries": [retry._asdict() for retry in reply.retries],
        "left_out": None if reply.left_out is None else list(reply.left_out),
        "versions": dict(reply.versions),
        "figures": figures(reply).as_json(),
        "price": dict(reply.price) if reply.price is not None else None,
    }


def piece(chunk: Chunk) -> dict[str, Any]:
    return {"t": chunk.seconds, "reasoning" if isinstance(chunk.text, Reasoning) else "text": chunk.text}


def ending(reply: Reply) -> dict[str, Any]:
    """How it ended: exactly one of `end`, `error` and `stopped`."""
    if reply.end is not None:
        return {"end": reply.end._asdict()}
    return {"stopped": True} if reply.error is None else {"error": failure(reply.error)}


def failure(error: ProviderError) -> dict[str, Any]:
    return {name: getattr(error, name) for name in ("kind", "message", "retryable", "retry_after")}


def _line(values: dict[str, Any]) -> str:
    return json.dumps(values, allow_nan=False, separators=(",", ":")) + "\n"


def must_be_over(reply: Reply) -> None:
    """Raises ValueError where it is not."""
    if not reply.over:
        raise ValueError("An answer in progress is no recording yet; wait until it is over.")


# Reading


class _Version(lines.Part):
    version: lines.Count


@dataclass
class _Recording:
    """A recording; `reply` is there once its end was read."""

    line: int
    header: lines.Header
    price: dict[str, Any] | None
    chunks: list[Chunk] = field(default_factory=list)
    reply: Reply | None = None

    def hears(self, number: int, seconds: float) -> None:
        if self.chunks and seconds < self.chunks[-1].seconds:
            raise RecordingError(number, f'Its time "t" is {seconds:g} s, before the piece in front of it.')


def read(told: Iterable[Row]) -> list[Item]:
    """What these lines hold, when all of them are good. Raises RecordingError."""
    recordings: list[_Recording] = []
    begun: _Recording | None = None  # its end has not been read yet
    number = pieces = 0
    for number, line, whole in told:
        values = lines.parse(number, line, whole=whole, first=not recordings)
        if begun is None:
            begun = _begun(number, values, len(recordings))
            recordings.append(begun)
        elif "streamside" in values:
            break
        elif "text" in values or "reasoning" in values:
            pieces += 1
            if pieces > MOST_PIECES:
                problem = f"There are more than {MOST_PIECES:,} pieces of text. Export fewer recordings at a time."
                raise RecordingError(number, problem)
            piece = lines.read(lines.Piece, number, values)
            text = piece.text if "text" in values else Reasoning(piece.reasoning)
            if not text:
                raise RecordingError(number, "The piece of text is empty.")
            begun.hears(number, piece.t)
            begun.chunks.append(Chunk(piece.t, text))
        else:
            begun.reply = _ended(number, begun, values)
            begun = None
    if begun is not None:
        problem = f"The recording that begins in line {begun.line:,} has no end: the file was cut off."
        raise RecordingError(number, f"{problem} Export or download it again.")
    if not recordings:
        raise RecordingError(1, "The file is empty. Choose one that Streamside exported.")
    groups: dict[object, list[_Recording]] = defaultdict(list)
    for recording in recordings:
        group = recording.header.group
        groups[(group.kind, group.id) if group else recording.line].append(recording)
    return [_item(its) for its in groups.values()]


def _begun(number: int, values: dict[str, Any], before: int) -> _Recording:
    """The recording that begins in this line, after so many others."""

    def fail(problem: str) -> NoReturn:
        raise RecordingError(number, problem)

    if values.get("streamside") != "recording":
        fail('A recording begins here, so "streamside" must be "recording".' if before else FOREIGN)
    version = lines.read(_Version, number, values).version
    if version != VERSION:
        problem = f"It is in version {version} of the format, and this Streamside reads version {VERSION}."
        fail(f"{problem} {'Update Streamside.' if version > VERSION else 'Export it again.'}")
    if before == MOST_RECORDINGS:
        fail(f"There are more than {MOST_RECORDINGS:,} recordings. Export fewer at a time.")
    header = lines.read(lines.Header, number, values)
    if not header.request.messages or header.request.messages[-1].role != "user":
        fail('"messages" must end with what the user said.')
    if (group := header.group) and group.kind == Conversation.kind and "turn" not in group.model_fields_set:
        fail('"turn" is missing.')
    price = header.price
    if price is not None and "unknown" in price:
        price = lines.read(lines.UnknownPrice, number, price).model_dump()
    elif price is not None:
        price = {"as_of": None} | lines.read(lines.KnownPrice, number, price).model_dump(exclude_unset=True)
    return _Recording(number, header, price)


def _ended(number: int, begun: _Recording, values: dict[str, Any]) -> Reply:
    ending = lines.read(lines.Ending, number, values)
    if ending.t is not None:
        begun.hears(number, ending.t)
    elif begun.chunks:
        raise RecordingError(number, '"t" is missing.')
    end = End(**ending.end.model_dump()) if ending.end else None
    error = None if end or not ending.error else ProviderError(**ending.error.model_dump())
    if not end and not error and ending.stopped is not True:
        problem = 'A line is a piece ("text" or "reasoning") or an end ("end", "error" or "stopped": true).'
        raise RecordingError(number, problem)
    broken = error is not None and error.kind == "interrupted"
    header = begun.header
    return Reply(
        _asked(header),
        state="done" if end else "stopped" if error is None else "interrupted" if broken else "failed",
        chunks=begun.chunks,
        asked_at=header.asked_at,
        retries=[Retry(retry.kind, retry.after) for retry in header.retries],
        end=end,
        error=error,
        connecting=header.connecting,
        handshake=header.handshake,
        skew=header.skew,
        total=ending.t,
        versions=header.versions,
        price=begun.price,
        left_out=None if header.left_out is None else tuple(header.left_out),
    )


def _item(recordings: list[_Recording]) -> Item:
    """What answers of one group were given in; an answer without a group is a conversation of its own."""
    turns: dict[int, Turn] = {}
    rounds: dict[int, Round] = {}
    verdict: tuple[int, lines.VerdictPart] | None = None
    for one in recordings:
        reply, group = one.reply, one.header.group
        assert reply is not None
        if group is None or group.kind == Conversation.kind:
            place, prompt = (group.turn, group.prompt) if group else (0, reply.asked.request.messages[-1].content)
            turns.setdefault(place, Turn(prompt)).replies.append(reply)
            continue
        if group.verdict is not None and verdict is None:
            verdict = one.line, group.verdict
        round = rounds.setdefault(group.turn, Round(group.prompt))
        lane = group.lane if "lane" in group.model_fields_set else max(round.lanes, default=-1) + 1
        round.lanes.setdefault(lane, []).append(reply)
        if len({lane for each in rounds.values() for lane in each.lanes}) > MOST_LANES:
            raise RecordingError(one.line, f"A comparison has at most {MOST_LANES} lanes, and this is one more.")
    if not rounds:
        return Conversation([turn for _, turn in sorted(turns.items())])
    groups = [one.header.group for one in recordings if one.header.group]
    comparison = (Series if groups[0].kind == Series.kind else Comparison)(
        [round for _, round in sorted(rounds.items())], blind=any(group.blind for group in groups)
    )
    if verdict is not None:
        line, part = verdict
        if (part.outcome == "best") != (part.lane is not None) or part.lane not in (None, *comparison.lanes):
            problem = 'A "verdict" of "best" names the "lane" that was best, one that was asked; others name none.'
            raise RecordingError(line, problem)
        if len(part.reasons) > len(set(part.reasons)):
            raise RecordingError(line, '"reasons" must have each reason once.')
        comparison.verdict = Verdict(**part.model_dump() | {"reasons": tuple(part.reasons)})
    return comparison


def _asked(header: lines.Header) -> Asked:
    request = header.request
    return Asked(
        provider=header.provider,
        label=header.label,
        api=header.api,
        request=Request(
            messages=tuple(Message(message.role, message.content) for message in request.messages),
            model=header.model,
            **request.model_dump(exclude={"messages"}) | {"stop": tuple(request.stop)},
        ),
        simulated=header.simulated,
        recorded=header.recorded or header.asked_at,
        fell_back=header.fell_back,
    )


def load(file: bytes) -> list[Item]:
    """What a file holds, each with new ids, as recorded. Raises RecordingError, and then nothing is imported."""
    return read(rows(file, "Export fewer recordings at a time."))


def samples() -> list[Item]:
    """The recordings that the app ships with, made by its simulator and marked as such; new ids each time."""
    return [item for path in sorted(SAMPLES.glob(f"*{SUFFIX}")) for item in load(path.read_bytes())]
