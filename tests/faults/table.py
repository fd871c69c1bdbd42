"""The table: a row for each fault, with what must become of it. The pages' words for it are in docs/faults.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from providers import ErrorKind, FinishReason
from providers.errors import RETRYABLE
from providers.transport.retry import LONGEST_WAIT
from simulator.faults import WORDS_BEFORE
from tests.faults.causes import WORDS, Cause, Cut, Many, Misled, Scripted, Simulated, keyed, keyless, stranger
from tests.faults.columns import AWS, COLUMNS, COMPLETIONS, CONVERSE, ENDPOINT, IBM, INVOKE, OPENAIS, Column
from tests.faults.wires import Wire

OWN_SERVER = "a server of one's own often wants no key, so it is asked."
TOKEN_FIRST = "IBM's SDKs need a token before they can ask; what fails on the way to it is tried once."
WELCOME = b"<!doctype html><html><body><h1>Welcome!</h1></body></html>"
SILENCE = 3.0  # seconds; more than words that are there take to arrive on a busy machine


class Told(NamedTuple):
    """What becomes of a question: an error, or an end; after how many requests; and how many of the pieces that were
    said are heard, all of them where that is None."""

    error: ErrorKind | None
    end: FinishReason | None
    asked: int = 1
    heard: int | None = None


def fails(kind: ErrorKind, asked: int | None = None) -> Told:
    """Before the first word. What may pass by itself is asked for twice."""
    return Told(kind, None, (2 if kind in RETRYABLE else 1) if asked is None else asked, 0)


def breaks(kind: ErrorKind, heard: int | None = WORDS_BEFORE) -> Told:
    """In mid-stream, after some words."""
    return Told(kind, None, 1, heard)


def ends(finish: FinishReason = "stop", asked: int = 1, heard: int | None = None) -> Told:
    return Told(None, finish, asked, heard)


@dataclass(frozen=True)
class Fault:
    """A row. `but`: the columns in which it shows otherwise, and None where there is no such thing; `why` they do."""

    name: str
    title: str
    cause: Cause
    told: Told
    but: Mapping[Column, Told | None] = field(default_factory=dict)
    why: str = ""
    streams: bool = False  # has no counterpart in an awaited answer
    heavy: bool = False  # thousands of questions, or of pieces

    def __str__(self) -> str:
        return self.name

    @property
    def awaited(self) -> bool:
        """Whether it is another matter by the blocking call."""
        return not (self.streams or self.heavy or isinstance(self.cause, Misled))

    def told_by(self, column: Column) -> Told | None:
        return self.but.get(column, self.told)


def at(columns: Iterable[Column], told: Told | None) -> dict[Column, Told | None]:
    return dict.fromkeys(columns, told)


def only(columns: Iterable[Column]) -> dict[Column, Told | None]:
    """For what the others don't have."""
    return dict.fromkeys(set(COLUMNS) - set(columns))


def after_words(*more: object) -> Scripted:
    """WORDS, and then events of a wrong shape, or bytes as they stand."""

    def body(wire: Wire) -> bytes:
        return b"".join(wire.framed(wire.said(text)) for text in WORDS) + b"".join(
            one if isinstance(one, bytes) else wire.framed(wire.said(one)) for one in more
        )

    return Scripted(body)


class Section(NamedTuple):
    title: str
    about: str
    faults: tuple[Fault, ...]
    columns: tuple[Column, ...] = COLUMNS


KEYS = Section(
    "Keys",
    "Nothing is sent until there is a key that can be sent.",
    (
        Fault("no-key", "no credentials", keyless(), fails("missing_credentials", 0),
              at([ENDPOINT], ends()), OWN_SERVER),
        Fault("key-newline", "a newline inside the key", keyed("{}\n{}"), fails("auth", 0)),
        Fault("key-non-ascii", "a letter outside ASCII in the key", keyed("{}é"), fails("auth", 0)),
        Fault("key-empty", "an empty key", keyed(""), fails("missing_credentials", 0),
              at([ENDPOINT], ends()), OWN_SERVER),
        Fault("key-blank", "a key of blanks", keyed(" \n "), fails("missing_credentials", 0),
              at([ENDPOINT], ends()), OWN_SERVER),
        Fault("key-wrong", "a key that the provider does not know", Misled(stranger, reaches=True), fails("auth")),
    ),
)  # fmt: skip

REFUSALS = Section(
    "Refusals",
    "The provider answers, and says no.",
    (
        Fault("400", "400: the request is wrong", Simulated("400"), fails("bad_request")),
        Fault("400-too-long", "400: the prompt is too long", Simulated("400-too-long"), fails("too_long")),
        Fault("400-parameter", "400: a parameter that the model does not take",
              Simulated("400-parameter-temperature", parameters={"temperature": 0.3}), ends("stop", 2)),
        Fault("401", "401: the key is not valid (AWS: 403)", Simulated("401"), fails("auth")),
        Fault("403", "403: the key may not do this", Simulated("403"), fails("forbidden")),
        Fault("404", "404: there is no such model", Simulated("404"), fails("unknown_model")),
        Fault("408", "408: the model took too long", Simulated("408"), fails("timeout")),
        Fault("413", "413: the request is too large", Simulated("413"), fails("too_long")),
        Fault("422", "422: the request can't be processed (AWS: 424, the model failed)", Simulated("422"),
              fails("bad_request"), at(AWS, fails("overloaded")), "AWS has 424 for it, which may pass by itself."),
        Fault("429", "429: too many requests", Simulated("429"), fails("rate_limit")),
        Fault("429-after-3", "429, with Retry-After: 3", Simulated("429-after-3"), fails("rate_limit")),
        Fault("429-after-long", f"429, with Retry-After: {LONGEST_WAIT + 1:.0f}, longer than anybody would wait",
              Simulated(f"429-after-{LONGEST_WAIT + 1:.0f}"), fails("rate_limit", 1)),
        Fault("once-429", "429, and the next request is answered", Simulated("once-429"), ends("stop", 2)),
        Fault("quota", "the quota is used up", Simulated("quota"), fails("quota")),
        Fault("500", "500: the service failed", Simulated("500"), fails("overloaded")),
        Fault("502", "502: a gateway's HTML page", Simulated("502"), fails("overloaded")),
        Fault("503", "503: the service is overloaded", Simulated("503"), fails("overloaded")),
        Fault("once-503", "503, and the next request is answered", Simulated("once-503"), ends("stop", 2)),
        Fault("529", "529: the service is overloaded (AWS: 503)", Simulated("529"), fails("overloaded")),
        Fault("filtered-first", "the content filter stops it before the first word", Simulated("filtered-first"),
              ends("filtered"), at(OPENAIS, fails("filtered")) | at(AWS, ends("filtered", heard=1)),
              "OpenAI and Azure refuse the request; AWS and IBM answer, AWS with the guardrail's own sentence."),
    ),
)  # fmt: skip

THE_WAY = Section(
    "The way there",
    "The question does not reach the provider, or somebody else answers.",
    (
        Fault("refused", "connection refused", Misled(lambda rig, column: rig.astray(column, rig.nobody)),
              fails("network"), at(IBM, fails("network", 1)), TOKEN_FIRST),
        Fault("dns", "no such host", Misled(lambda rig, column: rig.astray(column, "https://models.invalid")),
              fails("network"), at(IBM, fails("network", 1)), TOKEN_FIRST),
        Fault("certificate", "a certificate that nobody vouches for",
              Misled(lambda rig, column: rig.astray(column, rig.simulator.tls_url)), fails("network", 1)),
        Fault("handshake", "TLS is never agreed on",
              Misled(lambda rig, column: rig.astray(column, rig.mute, connect_timeout=0.5)),
              fails("network"), at(IBM, fails("network", 1)), TOKEN_FIRST),
        Fault("proxy-forbids", "the proxy refuses: 403",
              Misled(lambda rig, column: rig.astray(column), lambda rig: rig.proxy("403 Forbidden")),
              fails("network"), at(IBM, fails("network", 1)), TOKEN_FIRST),
        Fault("proxy-password", "the proxy wants another password: 407",
              Misled(lambda rig, column: rig.astray(column),
                        lambda rig: rig.proxy("407 Proxy Authentication Required")),
              fails("network"), at(IBM, fails("network", 1)), TOKEN_FIRST),
        Fault("proxy-gone", "there is no proxy at its address",
              Misled(lambda rig, column: rig.astray(column), lambda rig: rig.proxy()),
              fails("network"), at(IBM, fails("network", 1)), TOKEN_FIRST),
        Fault("reset-first", "reset before the headers", Simulated("reset-first"), fails("network")),
        Fault("web-page", "a web page, with status 200", Scripted(lambda wire: WELCOME, (), "text/html"),
              fails("protocol")),
        Fault("no-such-path", "404: a web page, since the address is wrong",
              Scripted(lambda wire: WELCOME, (), "text/html", 404), fails("protocol")),
    ),
)  # fmt: skip

SILENCES = Section(
    "Silence",
    f"Nothing comes for longer than the limit (`STREAMSIDE_SILENCE_TIMEOUT`, two minutes; here {SILENCE:g} s).",
    (
        Fault("stall-first", "before the headers", Simulated("stall-first", SILENCE), fails("timeout")),
        Fault("stall-headers", "before the first word", Simulated("stall-headers", SILENCE), fails("timeout")),
        Fault("stall-middle", "between two words", Simulated("stall-middle", SILENCE), breaks("timeout")),
        Fault("slow-first", "a second before the first word, which is not too long", Simulated("slow-first-1"), ends()),
    ),
)  # fmt: skip

BROKEN = Section(
    "Broken streams",
    "All words that came before it are kept, to the letter, and the question is not asked again.",
    (
        Fault("cut-anywhere", "ended properly, but early: after each byte up to the finish marker", Cut(),
              fails("interrupted"), heavy=True),
        Fault("no-finish", "ended properly, without a finish marker", Simulated("no-finish"),
              breaks("interrupted", None)),
        Fault("clean-end", "ended properly after some words", Simulated("clean-end"), breaks("interrupted")),
        Fault("reset", "reset", Simulated("reset"), breaks("interrupted")),
        Fault("cut", "closed inside a chunk", Simulated("cut"), breaks("interrupted")),
        Fault("malformed", "a malformed frame or event", Simulated("malformed"), breaks("protocol")),
        Fault("bad-crc", "a frame with a wrong checksum", Simulated("bad-crc"), breaks("protocol"), only(AWS),
              "only AWS's frames have one.", streams=True),
        Fault("bad-json", "JSON that is none", Simulated("bad-json"), breaks("protocol")),
        Fault("nulls", "nulls where objects belong", Simulated("wrong-shape"), ends(),
              at([CONVERSE], breaks("protocol")),
              "an event with nothing in it is passed over; Converse's has lost its type, and words may be missing."),
        Fault("list", "a list where an object belongs", Simulated("wrong-shape-list"), breaks("protocol")),
        Fault("number", "a number where text belongs", after_words(5), breaks("protocol", len(WORDS))),
        Fault("truth", "true where text belongs", after_words(True), breaks("protocol", len(WORDS))),
        Fault("object", "an object where text belongs", after_words({"text": "no"}), breaks("protocol", len(WORDS))),
    ),
)  # fmt: skip

ODD = Section(
    "Odd answers",
    "They arrive whole.",
    (
        Fault("filtered", "the content filter stops it in mid-stream", Simulated("filtered"), ends("filtered")),
        Fault("many-pieces", "200,000 pieces at once", Many(), ends(), heavy=True),
        Fault("huge-piece", "a piece of 1 MB", Simulated("huge-piece", speed="sim-instant"), ends()),
        Fault("odd-characters", "NUL, control characters, lone surrogates, right-to-left marks",
              Simulated("odd-characters", speed="sim-instant"), ends()),
    ),
)  # fmt: skip


PUZZLE = {"prompt": "Solve a puzzle: a bat and a ball cost 1.10 together. What is the ball?"}


def quirk(name: str, title: str, told: Told, *, streams: bool = False, **more: Any) -> Fault:
    """A row of what some servers do that are compatible with OpenAI's."""
    return Fault(
        f"quirk-{name}", title, Simulated(name, kind="quirk", **more), told, only(COMPLETIONS), streams=streams
    )


QUIRKS = Section(
    "Compatible in most respects",
    "What servers do that speak OpenAI's chat completions in their own way.",
    (
        quirk("sse-fields", "events with ids, comments, retry and blank data among them", ends()),
        quirk("cr", "lines that end in CR", ends()),
        quirk("crlf", "lines that end in CR and LF", ends()),
        quirk("no-last-blank", "neither [DONE] nor a last blank line", ends()),
        quirk("pings", "keep-alives for ever after the finish marker", ends(), streams=True),
        quirk("silent-end", "silence for ever after the finish marker", ends(), streams=True),
        quirk("error-200", "an error with status 200: too many requests", fails("rate_limit")),
        quirk("wrong-way", "streamed where it was awaited, and the other way round", ends()),
        quirk("ndjson", "JSON by lines instead of events", ends()),
        quirk("message", "`message` in the place of `delta`", ends()),
        quirk("other-choice", "reasoning in one choice, the text in another", ends(), speed="sim-instant",
              parameters=PUZZLE),
        quirk("finish-insufficient_system_resource", "a finish reason that says the server gave up",
              breaks("interrupted", None), streams=True),
        quirk("finish-eos", "another word for the end", ends()),
        quirk("finish-MAX_TOKENS", "another word for the token limit", ends("length")),
        quirk("finish-because", "a finish reason that nobody knows", ends("other")),
        quirk("think", "`<think>` tags before the answer", ends()),
        quirk("usage-in-choice", "token counts beside a choice", ends()),
    ),
    COMPLETIONS,
)  # fmt: skip


def named(
    vendor: str,
    title: str,
    columns: tuple[Column, ...],
    codes: Mapping[str, ErrorKind],
    *but: tuple[str, Column, Told, str],
) -> Section:
    """A section of errors in mid-stream, by the vendor's name for them. `but`: where one shows otherwise, and why."""
    faults = tuple(
        Fault(f"{code} of {vendor}", f"`{code}`", Simulated(f"error-event-{code}"), breaks(kind),
              only(columns) | {column: told for name, column, told, _ in but if name == code},
              "".join(why for name, _, _, why in but if name == code))
        for code, kind in codes.items()
    )  # fmt: skip
    return Section(title, "", faults, columns)


CODES = (
    named(
        "OpenAI",
        "OpenAI's codes",
        OPENAIS,
        {
            "server_error": "overloaded",
            "overloaded_error": "overloaded",
            "rate_limit_exceeded": "rate_limit",
            "insufficient_quota": "quota",
            "billing_hard_limit_reached": "quota",
            "billing_not_active": "quota",
            "invalid_api_key": "auth",
            "account_deactivated": "auth",
            "unsupported_country_region_territory": "forbidden",
            "model_not_found": "unknown_model",
            "DeploymentNotFound": "unknown_model",
            "context_length_exceeded": "too_long",
            "string_above_max_length": "too_long",
            "content_filter": "filtered",
            "content_policy_violation": "filtered",
            "a_code_that_nobody_knows": "overloaded",
        },
    ),
    named(
        "AWS",
        "AWS's exceptions",
        AWS,
        {
            "internalServerException": "overloaded",
            "modelStreamErrorException": "overloaded",
            "serviceUnavailableException": "overloaded",
            "throttlingException": "rate_limit",
            "validationException": "bad_request",
            "modelTimeoutException": "timeout",
            "InternalFailure": "overloaded",
        },
        (
            "modelTimeoutException",
            CONVERSE,
            breaks("overloaded"),
            "AWS does not name it among Converse's errors, so its SDK drops the name.",
        ),
    ),
    named(
        "Anthropic",
        "Anthropic's errors, inside an answer of InvokeModel",
        (INVOKE,),
        {
            "api_error": "overloaded",
            "overloaded_error": "overloaded",
            "rate_limit_error": "rate_limit",
            "billing_error": "quota",
            "authentication_error": "auth",
            "permission_error": "forbidden",
            "not_found_error": "unknown_model",
            "request_too_large": "too_long",
            "invalid_request_error": "bad_request",
            "timeout_error": "timeout",
        },
    ),
    named(
        "IBM",
        "IBM's codes",
        IBM,
        {
            "downstream_request_failed": "overloaded",
            "internal_error": "overloaded",
            "service_overloaded": "overloaded",
            "service_unavailable": "overloaded",
            "rate_limit_reached_requests": "rate_limit",
            "consumption_limit_reached": "rate_limit",
            "token_quota_reached": "quota",
            "authentication_token_expired": "auth",
            "authentication_token_missing": "auth",
            "authentication_token_not_provided": "auth",
            "authentication_token_not_valid": "auth",
            "authorization_rejected": "forbidden",
            "no_associated_service_instance_error": "forbidden",
            "project_not_found": "forbidden",
            "space_not_found": "forbidden",
            "user_authorization_failed": "forbidden",
            "model_not_supported": "unknown_model",
            "model_no_support_for_function": "unknown_model",
            "a_code_that_nobody_knows": "overloaded",
        },
    ),
)

SECTIONS = (KEYS, REFUSALS, THE_WAY, SILENCES, BROKEN, ODD, QUIRKS)
