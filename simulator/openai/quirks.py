"""Chat completions as servers send them that are compatible with OpenAI's in most respects."""

from __future__ import annotations

from typing import Any

from simulator.answering import Question
from simulator.answers import Answer, Piece, ToolCall
from simulator.openai.chat import ChatFormat, framed
from simulator.quirks import Quirk
from simulator.request_context import Refusal

LIMITED = {"error": {"message": "Rate limit exceeded: free-models-per-day", "code": 429}}
PAGE = b"<!doctype html>\n<html><head><title>Welcome</title></head><body><h1>It works!</h1></body></html>\n"
PING = b": ping\n\n"


def refuse_quirkily(quirk: Quirk) -> None:
    """Raise Refusal, with status 200, where the quirk is no answer."""
    if quirk.name == "error-200":
        raise Refusal(200, LIMITED)
    if quirk.name == "web-page":
        raise Refusal(200, PAGE, {"content-type": "text/html; charset=utf-8"})


class QuirkFormat(ChatFormat):
    """One chat completion with a quirk."""

    def __init__(self, question: Question, quirk: Quirk, *, usage_wanted: bool, padded: bool) -> None:
        super().__init__(question, usage_wanted=usage_wanted, padded=padded)
        self._quirk = quirk
        self._thinking: bool | None = None  # None: no piece yet
        if quirk.name == "tier":
            self._base["service_tier"] = quirk.argument
        if quirk.name == "ndjson":
            self.headers["content-type"] = "application/x-ndjson"

    @property
    def tail(self) -> bytes | None:
        """What is sent for ever after the answer; None: it ends."""
        return {"pings": PING, "silent-end": b""}.get(self._quirk.name)

    def opening(self, answer: Answer) -> bytes:
        before = b""
        if self._quirk.name == "sse-fields":
            before = b"\xef\xbb\xbfretry: 3000\n\n: welcome\n\nid: 1\n\ndata:\n\nevent: ping\n\n"
        return self._ended(before + super().opening(answer))

    def piece(self, piece: Piece) -> bytes:
        if self._quirk.name.startswith("think"):
            piece = Piece(self._tags(piece.reasoning) + piece.text)
        elif piece.reasoning and self._quirk.name == "other-choice":
            self._thinking = True
        event = super().piece(piece)
        if self._quirk.name == "sse-fields":
            event = b": a comment\nid: 2\nevent: message\n" + event
        return self._ended(event)

    def tool(self, call: ToolCall) -> bytes:
        return self._ended(super().tool(call))

    def closing(self, answer: Answer, *, finish: bool, usage: bool) -> bytes:
        name = self._quirk.name
        if name in ("pings", "silent-end"):
            usage = False
        if name.startswith("usage-") and usage:
            events = self._with_counts(answer, finish) + b"data: [DONE]\n\n"
        else:
            events = super().closing(answer, finish=finish, usage=usage)
        if name in ("no-done", "no-last-blank", "ndjson", "pings", "silent-end"):
            events = events.removesuffix(b"data: [DONE]\n\n")
        if name == "no-last-blank":
            events = events.rstrip(b"\n")
        return self._ended(events)

    def whole_object(self, answer: Answer, *, finish: bool, usage: bool) -> dict[str, Any]:
        body = super().whole_object(answer, finish=finish, usage=usage)
        (choice,) = body["choices"]
        message = choice["message"]
        if self._quirk.name.startswith("think"):
            thought = message.pop("reasoning_content", "")
            opening = "" if self._quirk.name == "think-unopened" else "<think>\n"
            message["content"] = f"{opening}{thought}\n</think>\n\n{answer.text}"
        if self._quirk.name == "finish":
            choice["finish_reason"] = self._quirk.argument
        if self._quirk.name == "usage-apart" and usage:
            body["usage"] = _apart(answer)
        return body

    def chunk_object(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        chunk = super().chunk_object(delta, finish)
        (choice,) = chunk["choices"]
        match self._quirk.name:
            case "message":
                choice["message"] = choice.pop("delta")
            case "finish" if finish:
                choice["finish_reason"] = self._quirk.argument
            case "other-choice" if self._thinking and "reasoning_content" not in delta:
                choice["index"] = 1
        return chunk

    def _with_counts(self, answer: Answer, finish: bool) -> bytes:
        chunk = self.chunk_object({}, "stop" if finish else None)
        match self._quirk.name:
            case "usage-apart":
                return framed(chunk) + framed({**chunk, "choices": [], "usage": _apart(answer)})
            case "usage-in-choice":
                return framed({**chunk, "usage": self.usage(answer)})
        return framed({**chunk, "x_groq": {"usage": self.usage(answer)}})

    def _tags(self, reasoning: bool) -> str:
        """What stands before the next piece."""
        before, self._thinking = self._thinking, reasoning
        opening = "" if self._quirk.name == "think-unopened" or before is not None else "<think>\n"
        closing = "\n</think>\n\n" if not reasoning and before is not False else ""
        return opening + closing

    def _ended(self, events: bytes) -> bytes:
        match self._quirk.name:
            case "cr":
                return events.replace(b"\n", b"\r")
            case "crlf":
                return events.replace(b"\n", b"\r\n")
            case "ndjson":
                return b"".join(event.removeprefix(b"data: ") + b"\n" for event in events.split(b"\n\n") if event)
        return events


def _apart(answer: Answer) -> dict[str, int]:
    said = answer.output_tokens - answer.reasoning_tokens
    total = answer.input_tokens + answer.output_tokens
    return {"prompt_tokens": answer.input_tokens, "completion_tokens": said, "total_tokens": total}
