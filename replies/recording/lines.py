"""Lines of a recording: what each may hold; other fields are ignored. docs/recordings.md describes the format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NoReturn, TypeAlias, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, Strict, ValidationError
from pydantic_core import PydanticCustomError

from providers import ErrorKind, FinishReason
from providers.env_file import decoded
from replies.reply import FellBack
from replies.verdict import Outcome, Reason

LARGEST_FILE = 20_000_000  # bytes
LONGEST_LINE = 8_000_000  # bytes
LONGEST_NAME = 300  # characters of a provider, a model, an API
LONGEST_ANSWER = 7 * 86_400.0  # seconds
LARGEST_COUNT = 2**53
LARGEST_LANE = 9_999  # its number, which is no count

FOREIGN = "This is no recording of Streamside. Choose a .jsonl file that was exported from it."

AnyPart = TypeVar("AnyPart", bound="Part")
Row: TypeAlias = tuple[int, bytes, bool]


class RecordingError(Exception):
    """A file that can't be imported, in words for whoever chose it; nothing of it was. `line` counts from 1."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"Line {line:,}: {problem} Nothing was imported.")
        self.line = line


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "String should not be blank")
    return text


def _short(text: str) -> str:  # not by constraints of pydantic, which refuse halves of characters
    if len(text) > LONGEST_NAME:
        raise PydanticCustomError("long", f"String should have at most {LONGEST_NAME} characters")
    return text


Prompt = Annotated[str, AfterValidator(_not_blank)]
Name = Annotated[Prompt, AfterValidator(_short)]
Number = Annotated[float, Field(ge=0, le=LONGEST_ANSWER)]
Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
Penalty = Annotated[float, Field(ge=-2, le=2)]
Lane = Annotated[int, Field(ge=0, le=LARGEST_LANE)]
Moment = Annotated[
    AwareDatetime, Strict(False), Field(ge=datetime(1970, 1, 2, tzinfo=UTC), lt=datetime(9999, 1, 1, tzinfo=UTC))
]
Lanes = Annotated[list[str], Field(min_length=1, max_length=6)]
Limit = Annotated[float, Field(ge=0.1, le=600)]


class Part(BaseModel):
    """A line, or an object within one."""

    model_config = ConfigDict(strict=True)


class MessagePart(Part):
    role: Literal["user", "assistant"]
    content: str


class RequestPart(Part):
    messages: list[MessagePart]
    system: str
    max_tokens: Count | None = None
    temperature: Number | None = None
    top_p: Number | None = None
    effort: Name | None = None
    tier: Name | None = None
    latency: Name | None = None
    verbosity: Name | None = None
    seed: Count | None = None
    stop: list[str] = []
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    extra: str = ""
    stream: bool
    cache: bool = False


class RetryPart(Part):
    kind: ErrorKind
    after: Number


class UnknownPrice(Part):
    unknown: str


class KnownPrice(Part):
    """In US dollars."""

    usd: Dollars
    input_usd: Dollars
    output_usd: Dollars
    input_per_million: Dollars
    output_per_million: Dollars
    cached_per_million: Dollars | None = None
    cache_write_per_million: Dollars | None = None
    at_most: bool = False
    model: Name
    source: Name
    as_of: Name | None = None
    above_input_tokens: Count | None = None
    note: str = ""


class VerdictPart(Part):
    outcome: Outcome
    lane: Count | None = None
    reasons: list[Reason] = []
    note: str = ""
    blind: bool = False
    at: Moment


class GroupPart(Part):
    """What an answer belongs to. Without turn and lane, a comparison has one round, in the order of its lanes."""

    kind: Literal["conversation", "comparison", "series"]
    id: str
    prompt: str
    turn: Count = 0
    lane: Lane = -1
    blind: bool = False
    verdict: VerdictPart | None = None


class Header(Part):
    """The first line: who was asked what, and when."""

    provider: Name
    label: Name
    api: Name
    model: Name
    simulated: bool
    asked_at: Moment
    recorded: Moment | None = None
    fell_back: FellBack | None = None
    connecting: Number | None = None
    handshake: Number | None = None
    skew: Number | None = None
    request: RequestPart
    retries: list[RetryPart] = []
    left_out: list[Name] | None = None
    versions: dict[str, Name] = {}
    price: dict[str, Any] | None = None
    group: GroupPart | None = None


class Piece(Part):
    """A line for each chunk: either text or reasoning."""

    t: Number
    text: str = ""
    reasoning: str = ""


class EndPart(Part):
    finish_reason: FinishReason
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    reasoning_tokens: Count | None = None
    request_id: Name | None = None
    word: Name | None = None
    cached_tokens: Count | None = None
    cache_write_tokens: Count | None = None
    provider_first_seconds: Number | None = None
    provider_seconds: Number | None = None
    tier: Name | None = None
    latency: Name | None = None


class ErrorPart(Part):
    kind: ErrorKind
    message: str
    retryable: bool
    retry_after: Number | None = None


class Ending(Part):
    """The last line: exactly one of `end`, `error` and `stopped`. `t` is None where the question never left."""

    t: Number | None = None
    end: EndPart | None = None
    error: ErrorPart | None = None
    stopped: Any = None


class ShowLine(Part):
    """The first line of a show."""

    streamside: Literal["show"]
    version: Count
    title: Name


class SceneLine(Part):
    """A scene of a show. The recordings of the lanes in `recorded` follow it, in this order."""

    scene: Name
    page: Literal["chat", "compare", "why"]
    prompt: Prompt
    lanes: Lanes
    notes: str = ""
    seconds: Limit = 4.0
    recorded: list[Lane] = []


def rows(file: bytes, next_step: str) -> Iterator[Row]:
    """The lines of a file that are not blank: number, text, whether it ended with a line feed. Raises RecordingError
    where the file is too large; `next_step`: what to do then."""
    if len(file) > LARGEST_FILE:
        raise RecordingError(1, f"The file is larger than {LARGEST_FILE / 1e6:,.0f} MB. {next_step}")
    with suppress(UnicodeError):  # each line says what is wrong with it
        file = decoded(file).encode()
    told = file.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    yield from ((number, line, number < len(told)) for number, line in enumerate(told, 1) if line.strip())


def parse(number: int, line: bytes, *, whole: bool, first: bool) -> dict[str, Any]:
    """The JSON object of a line. `whole`: it ended with a line feed. `first`: nothing was read before it."""
    if len(line) > LONGEST_LINE:
        raise RecordingError(number, f"It has more than {LONGEST_LINE:,} bytes, which no piece of text has.")
    try:
        values = json.loads(line.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        problem = "It is no JSON, so the file is damaged. Export or download it again."
        if first:
            problem = FOREIGN
        elif not whole:
            problem = "The file ends in the middle of this line: it was cut off. Export or download it again."
        raise RecordingError(number, problem) from None
    if not isinstance(values, dict):
        raise RecordingError(number, FOREIGN if first else "It is no JSON object.")
    return values


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def read(kind: type[AnyPart], number: int, values: Any) -> AnyPart:
    """What line `number` says. Raises RecordingError."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
    place = ".".join(map(str, wrong["loc"]))
    raise RecordingError(number, f'"{place}": {wrong["msg"]}.')
