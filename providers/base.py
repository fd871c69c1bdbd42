"""What all vendors have in common: a request goes in, text comes out, and how it ended comes last.

A generator yields the text, and *returns* an `End`. Where the vendor fails it raises `ProviderError`, and nothing else.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, Protocol, TypeAlias

from providers.parameters import Parameters
from providers.transport.call import Call

FinishReason: TypeAlias = Literal["stop", "length", "filtered", "tool", "other"]


class Reasoning(str):
    """What a model reasons before it answers: text as well, but not the answer."""

    __slots__ = ()


class End(NamedTuple):
    """What a vendor knows only once it has finished speaking. None means that the vendor did not say.

    `input_tokens` is all input; `cached_tokens` is the part of it that was read from a cache, `cache_write_tokens` the
    part that was written to one. `output_tokens` is what the vendor bills, reasoning included; `reasoning_tokens` is
    the part of it that was thought. `word`: the vendor's own for "other", which nobody here knows.

    `provider_first_seconds`, `provider_seconds`: what the vendor says of its own time, until it began to answer and for
    all of the answer. `tier` and `latency`: those that it was served by.
    """

    finish_reason: FinishReason
    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    request_id: str | None = None
    word: str | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    provider_first_seconds: float | None = None
    provider_seconds: float | None = None
    tier: str | None = None
    latency: str | None = None


TextStream: TypeAlias = Generator[str, None, End]


class Pieces:
    """A text stream to loop over, inside a `with` that closes it; afterwards `end` is what it returned."""

    end: End

    def __init__(self, stream: TextStream) -> None:
        self._stream = stream

    def __enter__(self) -> Pieces:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stream.close()

    def __iter__(self) -> Iterator[str]:
        self.end = yield from self._stream


class Message(NamedTuple):
    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, kw_only=True)
class Request(Parameters):
    """One question to one model."""

    messages: tuple[Message, ...]
    model: str

    @classmethod
    def of(cls, prompt: str, model: str) -> Request:
        """A question without a history."""
        return cls(messages=(Message("user", prompt),), model=model)

    def normalized(self) -> Request:
        """The same request as vendors accept it: no empty turns, user and assistant in turn, the user first."""
        turns: list[Message] = []
        for role, content in self.messages:
            if not content.strip() or (not turns and role == "assistant"):
                continue
            before = f"{turns.pop().content}\n\n" if turns and turns[-1].role == role else ""
            turns.append(Message(role, before + _encodable(content)))
        stop = tuple(map(_encodable, filter(None, self.stop)))  # an empty one would end every answer
        return replace(self, messages=tuple(turns), system=_encodable(self.system.strip()), stop=stop)

    def turns(self) -> list[dict[str, str]]:
        """Its messages as chat completions take them, the system prompt first."""
        system = (("system", self.system),) if self.system else ()
        return [{"role": role, "content": content} for role, content in (*system, *self.messages)]

    def without_system(self) -> Request:
        """The same request for a model that knows no system prompt: it stands before the first question."""
        if not (self.system and self.messages):
            return self
        first = self.messages[0]._replace(content=f"{self.system}\n\n{self.messages[0].content}")
        return replace(self, messages=(first, *self.messages[1:]), system="")


def _encodable(text: str) -> str:
    """The text with halves of characters made whole where their other half follows, replaced by U+FFFD where not."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def whole_characters(pieces: TextStream) -> TextStream:
    """The same pieces, each of which can be encoded.

    Servers cut a character outside the basic plane into two escapes, and some send them in two pieces. The first half
    waits for the second; a half that stays alone becomes U+FFFD.
    """
    half = ""
    with Pieces(pieces) as told:
        for piece in told:
            if half or not piece.isascii():
                text = half + piece
                half = text[-1] if "\ud800" <= text[-1:] <= "\udbff" else ""
                text = _encodable(text.removesuffix(half))
                piece = Reasoning(text) if isinstance(piece, Reasoning) else text  # noqa: PLW2901
            if piece:
                yield piece
    if half:
        yield "\ufffd"
    return told.end


class Provider(Protocol):
    """A vendor's API, connected and ready to speak. Any number of threads may use it at once."""

    def stream(self, request: Request, call: Call | None = None) -> TextStream:
        """Speak the answer piece by piece; with `request.stream` False in one piece, by the vendor's blocking call.

        Another thread may cancel by `call`. Raises ProviderError.
        """
        ...

    def preconnect(self, call: Call, *, alone: bool = True) -> AbstractContextManager[None]:
        """Have a connection to the vendor open, TCP and TLS, for the question that follows the block.

        No model is asked and no key is sent. Where nobody else asks at the same moment, `alone`, an idle connection
        will do; otherwise one is held until the block ends, so that everybody inside has one each. Another thread may
        cancel by `call`. Raises ProviderError where the connect timeout passed; the question meets other failures.
        """
        ...

    def models(self) -> list[str]:
        """The models that this account can use, asked for live. Raises ProviderError."""
        ...
