"""Recordings as they come in from a file: line after line they become conversations and comparisons again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn, TypeAlias, get_args

from providers import End, ErrorKind, FinishReason, Message, ProviderError, Reasoning, Request, Retry
from replies.conversation import Comparison, Conversation, Round, Series, Turn, unguessable
from replies.recording.fields import FOREIGN, Fields, RecordingError, read_object
from replies.reply import Asked, Chunk, Reply
from replies.verdict import OUTCOMES, REASONS, Verdict

Item: TypeAlias = Conversation | Comparison

VERSION = 1
MOST_PIECES = 500_000  # in a file
MOST_RECORDINGS = 1_000
MOST_LANES = 6
LARGEST_LANE = 9_999  # its number, which is no count
DOLLARS = ("usd", "input_usd", "output_usd", "input_per_million", "output_per_million")
KINDS = (Conversation.kind, Comparison.kind, Series.kind)


@dataclass
class _Begun:
    """A recording whose end has not been read yet."""

    line: int
    asked: Asked
    asked_at: datetime
    connecting: float | None
    skew: float | None
    retries: list[Retry]
    versions: dict[str, str]
    price: dict[str, Any] | None
    group: Fields | None
    chunks: list[Chunk] = field(default_factory=list)


class Reader:
    """Reads one line after the other, and hands out what it read only when all of it was good."""

    def __init__(self) -> None:
        self._line = 0
        self._pieces = 0
        self._recordings = 0
        self._begun: _Begun | None = None
        self._items: dict[object, Item] = {}
        self._turns: dict[object, dict[int, Turn]] = {}
        self._rounds: dict[object, dict[int, Round]] = {}
        self._verdicts: dict[object, Fields] = {}

    def read(self, number: int, line: bytes, *, whole: bool) -> None:
        self._line = number
        if not line.strip():
            return
        values = Fields(number, read_object(number, line, whole=whole, first=self._begun is None and not self._items))
        if self._begun is None:
            self._begin(values)
        elif "streamside" in values:
            self._cut_off()
        elif "text" in values or "reasoning" in values:
            self._piece(self._begun, values)
        else:
            self._end(self._begun, values)

    def finished(self) -> list[Item]:
        if self._begun is not None:
            self._cut_off()
        if not self._items:
            raise RecordingError(1, "The file is empty. Choose one that Streamside exported.")
        for key, turns in self._turns.items():
            conversation = self._items[key]
            assert isinstance(conversation, Conversation)
            conversation.turns = [turn for _, turn in sorted(turns.items())]
        for key, rounds in self._rounds.items():
            comparison = self._items[key]
            assert isinstance(comparison, Comparison)
            comparison.rounds = [round for _, round in sorted(rounds.items())]
            if key in self._verdicts:
                comparison.verdict = _verdict(self._verdicts[key], comparison.lanes)
        return list(self._items.values())

    def _cut_off(self) -> NoReturn:
        assert self._begun is not None
        begun = f"The recording that begins in line {self._begun.line:,}"
        raise RecordingError(self._line, f"{begun} has no end: the file was cut off. Export or download it again.")

    def _begin(self, values: Fields) -> None:
        if values.get("streamside") != "recording":
            if not self._recordings:
                values.fail(FOREIGN)
            values.fail('A recording begins here, so "streamside" must be "recording".')
        version = values.count("version")
        if version != VERSION:
            newer = version > VERSION
            problem = f"It is in version {version} of the format, and this Streamside reads version {VERSION}."
            values.fail(f"{problem} {'Update Streamside.' if newer else 'Export it again.'}")
        self._recordings += 1
        if self._recordings > MOST_RECORDINGS:
            values.fail(f"There are more than {MOST_RECORDINGS:,} recordings. Export fewer at a time.")
        asked_at = values.moment("asked_at")
        request = values.part("request")
        messages = tuple(_message(message) for message in request.parts("messages"))
        if not messages or messages[-1].role != "user":
            values.fail('"messages" must end with what the user said.')
        self._begun = _Begun(
            line=values.line,
            asked=Asked(
                provider=values.name("provider"),
                label=values.name("label"),
                api=values.name("api"),
                request=Request(
                    messages=messages,
                    model=values.name("model"),
                    system=request.text("system"),
                    max_tokens=request.count_or_none("max_tokens"),
                    temperature=request.number_or_none("temperature"),
                    top_p=request.number_or_none("top_p"),
                    stream=request.flag("stream"),
                ),
                simulated=values.flag("simulated"),
                recorded=asked_at if values.get("recorded") is None else values.moment("recorded"),
            ),
            asked_at=asked_at,
            connecting=values.number_or_none("connecting"),
            skew=values.number_or_none("skew"),
            retries=[_retry(retry) for retry in values.parts("retries")] if "retries" in values else [],
            versions=_versions(values.part("versions")) if "versions" in values else {},
            price=_price(values.part("price")) if values.get("price") is not None else None,
            group=values.part("group") if values.get("group") is not None else None,
        )

    def _piece(self, begun: _Begun, values: Fields) -> None:
        self._pieces += 1
        if self._pieces > MOST_PIECES:
            values.fail(f"There are more than {MOST_PIECES:,} pieces of text. Export fewer recordings at a time.")
        seconds = self._seconds(begun, values)
        text = values.text("text") if "text" in values else Reasoning(values.text("reasoning"))
        if not text:
            values.fail("The piece of text is empty.")
        begun.chunks.append(Chunk(seconds, text))

    def _seconds(self, begun: _Begun, values: Fields) -> float:
        seconds = values.number("t")
        if begun.chunks and seconds < begun.chunks[-1].seconds:
            values.fail(f'Its time "t" is {seconds:g} s, before the piece in front of it.')
        return seconds

    def _end(self, begun: _Begun, values: Fields) -> None:
        total = None
        if values.get("t") is not None or begun.chunks:
            total = self._seconds(begun, values)
        end = error = None
        if "end" in values:
            end = _end(values.part("end"))
        elif "error" in values:
            error = _error(values.part("error"))
        elif values.get("stopped") is not True:
            values.fail('A line is a piece ("text" or "reasoning") or an end ("end", "error" or "stopped": true).')
        broken = error is not None and error.kind == "interrupted"
        reply = Reply(
            begun.asked,
            id=unguessable(),
            state="done" if end else "stopped" if error is None else "interrupted" if broken else "failed",
            chunks=begun.chunks,
            asked_at=begun.asked_at,
            retries=begun.retries,
            end=end,
            error=error,
            connecting=begun.connecting,
            skew=begun.skew,
            total=total,
            versions=begun.versions,
            price=begun.price,
        )
        self._sort_in(begun, reply)
        self._begun = None

    def _sort_in(self, begun: _Begun, reply: Reply) -> None:
        group = begun.group
        if group is None:
            self._items[len(self._items)] = Conversation([Turn(reply.asked.request.messages[-1].content, [reply])])
            return
        kind, prompt = group.choice("kind", KINDS), group.text("prompt")
        key = kind, group.text("id")
        if kind == "conversation":
            self._items.setdefault(key, Conversation())
            turns = self._turns.setdefault(key, {})
            turns.setdefault(group.count("turn"), Turn(prompt)).replies.append(reply)
            return
        comparison = self._items.setdefault(key, Series() if kind == Series.kind else Comparison())
        assert isinstance(comparison, Comparison)
        comparison.blind |= group.flag("blind") if "blind" in group else False
        if group.get("verdict") is not None:
            self._verdicts.setdefault(key, group.part("verdict"))
        rounds = self._rounds.setdefault(key, {})
        number = group.count("turn") if "turn" in group else 0  # neither turn nor lane: one round, in its order
        round = rounds.setdefault(number, Round(prompt))
        lane = group.count("lane", LARGEST_LANE) if "lane" in group else max(round.lanes, default=-1) + 1
        round.lanes.setdefault(lane, []).append(reply)
        if len({lane for each in rounds.values() for lane in each.lanes}) > MOST_LANES:
            group.fail(f"A comparison has at most {MOST_LANES} lanes, and this is one more.")


def _message(values: Fields) -> Message:
    return Message(values.choice("role", ("user", "assistant")), values.text("content"))


def _retry(values: Fields) -> Retry:
    return Retry(values.choice("kind", get_args(ErrorKind)), values.number("after"))


def _versions(values: Fields) -> dict[str, str]:
    return {name: values.name(name) for name in values.names()}


def _price(values: Fields) -> dict[str, Any]:
    """What it cost and the price used, or why that is unknown."""
    if "unknown" in values:
        return {"unknown": values.text("unknown")}
    price: dict[str, Any] = {name: values.number(name) for name in DOLLARS}
    price |= {"model": values.name("model"), "source": values.name("source")}
    price["as_of"] = None if values.get("as_of") is None else values.name("as_of")
    if "above_input_tokens" in values:
        price["above_input_tokens"] = values.count_or_none("above_input_tokens")
    if "note" in values:
        price["note"] = values.text("note")
    return price


def _end(values: Fields) -> End:
    request_id, word = values.get("request_id"), values.get("word")
    return End(
        values.choice("finish_reason", get_args(FinishReason)),
        values.count_or_none("input_tokens"),
        values.count_or_none("output_tokens"),
        values.count_or_none("reasoning_tokens"),
        None if request_id is None else values.name("request_id"),
        None if word is None else values.name("word"),
    )


def _error(values: Fields) -> ProviderError:
    return ProviderError(
        values.choice("kind", get_args(ErrorKind)),
        values.text("message"),
        retryable=values.flag("retryable"),
        retry_after=values.number_or_none("retry_after"),
    )


def _verdict(values: Fields, lanes: Sequence[int]) -> Verdict:
    """What was said of a comparison that has these lanes."""
    outcome, lane = values.choice("outcome", OUTCOMES), values.count_or_none("lane")
    if (outcome == "best") != (lane is not None) or (lane is not None and lane not in lanes):
        values.fail('A "verdict" of "best" names the "lane" that was best, one that was asked; others name none.')
    reasons: list[Any] = values.texts("reasons") if "reasons" in values else []
    if not set(reasons) <= set(REASONS) or len(reasons) > len(set(reasons)):
        values.fail(f'"reasons" must be of {", ".join(REASONS)}, each once.')
    return Verdict(
        outcome=outcome,
        lane=lane,
        reasons=tuple(reasons),
        note=values.text("note") if "note" in values else "",
        blind=values.flag("blind") if "blind" in values else False,
        at=values.moment("at"),
    )
