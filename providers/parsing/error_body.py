"""Refusals: what servers say instead of an answer, found in any shape of body, and what it means.

    said = read(body)              # the server's sentence without JSON around it, its codes, the parameters it names
    said.kind(400)                 # "too_long", or None where only the status says something
    said.refused({"top_p": 0.5})   # ["top_p"], where the server knows no such parameter

Words decide, then codes and types, and at last the status. `SURE` holds words that say more than the code beside them:
a limit of tokens a minute that one request exceeds has the code of a rate limit, and an overlong prompt often has none.
"""

from __future__ import annotations

import ast
import contextlib
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from providers.errors import ErrorKind
from providers.parameters import PARAMETERS

KIND_OF_STATUS: dict[int, ErrorKind] = {
    400: "bad_request",
    401: "auth",
    402: "quota",
    403: "forbidden",
    404: "unknown_model",
    408: "timeout",
    409: "overloaded",
    413: "too_long",
    422: "bad_request",
    424: "overloaded",
    429: "rate_limit",
}


def _table(*rows: tuple[ErrorKind, tuple[str, ...]]) -> tuple[tuple[ErrorKind, re.Pattern[str]], ...]:
    return tuple((kind, re.compile("|".join(words), re.IGNORECASE | re.DOTALL)) for kind, words in rows)


# Codes and types of errors, as `_plain` has them: OpenAI and Azure (platform.openai.com/docs/guides/error-codes);
# Anthropic (docs.anthropic.com/en/api/errors), and gateways that took its types over; AWS (Converse, InvokeModel,
# signatures); IBM (cloud.ibm.com/apidocs/watsonx-ai); google.rpc.Code and ErrorInfo.reason, LiteLLM's keys and budgets,
# Groq, llama.cpp, Mistral, Cerebras, Moonshot, Together, Hugging Face, Copilot.
CODES = _table(
    ("auth", (
        r"auth|(invalid|un)?authenticat(ion|ed)|authenticationtoken(expired|missing|not(provided|valid))",
        r"(invalid|wrong)apikey|apikeyinvalid|expiredkey|tokennotfoundindb|accountdeactivated|invalidclienttokenid",
        r"(expiredtoken|(incomplete|invalid)signature|missingauthenticationtoken|unrecognizedclient)exception",
    )),
    ("forbidden", (
        r"permission(denied)?|accessdeniedexception|(key|team)modelaccessdenied|unsupportedcountryregionterritory",
        r"authorizationrejected|userauthorizationfailed|noassociatedserviceinstance|(project|space)notfound",
    )),
    ("unknown_model", (
        r"(deployment|model)notfound|model(not(supported|available)|nosupportforfunction|decommissioned)",
        r"invalidmodel|resourcenotfoundexception",
    )),
    ("rate_limit", (
        r"ratelimit(exceeded|reached(requests)?)?|consumptionlimitreached|(request|token)quotaexceeded",
        r"(throttling|toomanyrequests)exception|resourceexhausted|servicetiercapacityexceeded",
    )),
    ("quota", (
        r"billing(hardlimitreached|notactive)?|insufficientquota|servicequotaexceededexception|tokenquotareached",
        r"budgetexceeded|exceededcurrentquota",
    )),
    ("overloaded", (
        r"api|server|(service|engine)?overloaded|internal(server(exception)?)?|(service)?unavailable",
        r"(model(error|notready|streamerror)|serviceunavailable)exception|downstreamrequestfailed",
    )),
    ("too_long", (
        r"contextlengthexceeded|stringabovemaxlength|request(entity)?toolarge(exception)?|exceedcontextsize",
        r"modelmaxprompttokensexceeded",
    )),
    ("filtered", (r"contentfilter|(content|responsibleai|misalignment)policyviolation|biopolicy|invalidprompt",)),
    ("timeout", (r"(model)?timeout(exception)?|deadlineexceeded",)),
    ("protocol", (r"unknownoperationexception|unknownurl",)),
)  # fmt: skip
# Codes that say no more than a status; they count where there is none.
STATUS_OF_CODE = {"notfound": 404} | dict.fromkeys(
    ("badrequest", "invalidargument", "invalidrequest", "validationexception"), 400
)

# A row holds while none above it does. Beside each phrase: who says it.
SURE = _table(
    # A limit that the person set, whatever the context's length beside it.
    ("bad_request", (
        r"max_(completion_)?tokens['\"`]? (is|are) too large",  # OpenAI, vLLM
        r"max_(completion_)?tokens['\"`]? must be",  # Groq, DeepSeek
        r"maximum tokens you requested exceeds",  # Bedrock
    )),
    ("too_long", (
        r"maximum context length",  # OpenAI, Azure, vLLM, DeepSeek, OpenRouter, SGLang, Mistral, Fireworks
        r"context[ _](length|window|size|limit)[^.]{0,40}exceed",  # LM Studio, Ollama, MiniMax
        r"exceed[^.]{0,60}\bcontext[ _]?(length|window|size|limit)",  # OpenAI, Anthropic, llama-cpp-python
        r"contextwindowexceeded",  # LiteLLM
        r"exceeds the available context",  # llama.cpp
        r"(longer|greater) than the (model's )?context length",  # SGLang, LM Studio
        r"context length of only",  # LM Studio
        r"context the overflows",  # LM Studio, in these words
        r"maximum (prompt|model|sequence) length",  # xAI, NIM, watsonx
        r"input token count.{0,40}exceeds",  # Gemini
        r"exceeds the maximum number of tokens",  # Gemini
        r"(prompt|input|message|conversation|request)s? (is|are|was) too (long|large)",  # Anthropic, Bedrock, Portkey
        r"(input|prompt)\b[^.]{0,30}\btoo long",  # watsonx
        r"too large for model with",  # Mistral
        r"request too large|request entity too large|payload too large",  # Groq, OpenAI, nginx
        r"reduce (the length of )?(the|your) (messages?|prompt|input)",  # Groq, Cerebras, OpenAI
        r"input (length|tokens?) exceed|tokens? in request more than max",  # Ollama, OpenAI, Databricks
        r"exceeded model token limit",  # Moonshot
        r"must have less than \d+ tokens|`inputs` tokens \+ `max_new_tokens` must be",  # TGI, Together
        r"range of input length should be",  # DashScope
        r"prompt token count of \d+ exceeds",  # Copilot
        r"too many (input )?tokens\b(?!, please wait| per |[^.]{0,40}\b(rate|minute|day)\b)",  # Cohere, Bedrock
        r"number of input tokens|total tokens limit",  # watsonx
    )),
    ("forbidden", (r"use case details have not been submitted",)),  # Bedrock
    ("auth", (
        r"api[ _-]?key (is )?(not valid|invalid|incorrect|expired|missing|required)",  # Gemini, Portkey
        r"(invalid|incorrect|wrong|missing|expired|no) (\w+ )?(x-)?api[ _-]?key",  # OpenAI, xAI, Anthropic, DashScope
        r"(pass|make sure your api key is|make sure your key is) a? ?valid",  # Gemini, Bedrock
        r"no auth credentials found|missing or invalid authorization",  # OpenRouter, Gemini
        r"authentication (failed|fails)|invalid authentication",  # Bedrock, DeepSeek, Moonshot
        r"authorization failed$",  # NIM
    )),
)  # fmt: skip

WORDS = _table(
    ("protocol", (
        r"invalid url|unknown (request )?url|unrecognized request url",  # OpenAI, Groq
        r"unexpected endpoint",  # LM Studio
        r"cannot (get|post) /",  # Express
        r"page not found|file not found",  # Ollama, llama.cpp
        r"^(resource )?not found\.?$",  # Azure, FastAPI
        r"no route|no such (path|endpoint|route)|unknown (path|endpoint|route)|method not allowed",  # Kong, Envoy
    )),
    ("rate_limit", (
        r"(try again|retry) (in|after) \d",  # OpenAI, Azure, Gemini
        r"rate[ _-]?limit|too many requests|throttl|requests per (second|minute|hour|day)",
    )),
    ("quota", (
        r"insufficient (balance|credits?|funds|quota)",  # DeepSeek, OpenRouter
        r"exceeded your current quota|credit balance is too low|spending limit",  # OpenAI, Anthropic, xAI
        r"budget has been exceeded|used all available credits|monthly included credits",  # LiteLLM, xAI, Hugging Face
        r"key limit exceeded",  # OpenRouter
    )),
    ("filtered", (
        r"content (management )?policy|content[ _]filter|content_?moderation|safety system",  # Azure, OpenAI
        r"(input|prompt|request) (was|is|has been) (flagged|blocked)|inappropriate content",  # OpenRouter, DashScope
    )),
    ("unknown_model", (
        r"(no such|invalid|unknown|unsupported) (model|deployment)\b(?! parameter)",  # Mistral, LiteLLM
        r"\bmodels?/?:? ?['\"`]?[\w./:@+-]*['\"`]? (is |was |has been |could )?(not (exist|found|be found|available"
        r"|supported|accessible)|does not exist|doesn't exist|decommissioned|no longer|deprecated|unavailable)",
        r"\bmodel: [\w./:@-]+$",  # Anthropic
        r"not a (valid|chat) model|unable to access model",  # OpenRouter, OpenAI, Together
        r"no (endpoints|allowed providers) (found|are)",  # OpenRouter
        r"deployment .{0,80}(does not exist|not found)",  # Azure
        r"only supported in v1/responses|not supported in the v1/chat/completions",  # OpenAI
        r"model identifier|on-demand throughput|end of its life",  # Bedrock
    )),
    ("overloaded", (r"overloaded|at capacity|temporarily unavailable|no healthy upstream|loading model",)),
)  # fmt: skip

GENERIC = re.compile(  # a gateway's sentence that says only that another one said something
    r"(provider|upstream|backend)( returned( an)?)? error\.?", re.IGNORECASE
)
BLAMED = re.compile(  # a gateway that tells of the service behind it
    r"AuthenticationError: (?!.*proxy server token)\w+Exception|^\w+ error: ", re.IGNORECASE
)

# The parameters that a question can do without, and how servers call them.
OPTIONAL = {parameter.name: parameter.called for parameter in PARAMETERS if parameter.called} | {
    "max_completion_tokens": r"\bmax_completion_tokens\b",
    "stream_options": r"\bstream_options\b|\binclude_usage\b",
    "reasoning.summary": r"\breasoning\b(?!\.effort| effort)",
    "store": r"\bstore\b",
    "cache points": r"\bcachePoint\b|\bcache_control\b|\bprompt caching\b",
}
UNSUPPORTED = re.compile(
    r"unsupported|not supported|n't support|not support\b|unrecogni[sz]ed|not recogni[sz]ed|unknown|unexpected"
    r"|not permitted|not enabled|extra[ _](inputs|fields|forbidden)|additional propert|no such (field|parameter)"
    r"|is deprecated for this model|cannot both|can't both|only (\S+ )?\S+ is (allowed|supported)|may only be set to"
    r"|invalid (parameter|argument|field)s?:",
    re.IGNORECASE,
)
A_VALUE = re.compile(r"(unsupported|invalid) value|value[^.]{0,40} not supported|does not support '", re.IGNORECASE)
UNSUPPORTED_CODES = {"unsupportedparameter", "unsupportedvalue", "unknownparameter", "extraforbidden",
                     "unsupportedparams"}  # fmt: skip
A_LIMIT = re.compile(r"too (large|high|small|low)|must be|at (most|least)|(less|greater) than|maximum", re.IGNORECASE)

SENTENCES_IN = ("error", "errors", "message", "Message", "detail", "msg", "errorMessage", "error_message",
                "error_description", "description", "title")  # fmt: skip
CODES_IN = ("code", "type", "status", "status_code", "statusCode", "error_code", "errorCode", "_messageCode_",
            "error_type", "reason", "__type")  # fmt: skip
DEEPEST = 8  # levels of bodies inside bodies
LONGEST = 20_000  # characters of a text that are read
MOST_BODIES = 20  # places in a text where a body may begin


def kind_of_status(status: int) -> ErrorKind:
    """The kind that an HTTP status means where nothing says anything more precise."""
    return KIND_OF_STATUS.get(status, "overloaded" if status >= 500 else "bad_request")


@dataclass(frozen=True)
class ErrorBody:
    """What a server said. `status` is a number in its body that looks like HTTP's; `by` is who said it behind it."""

    message: str = ""
    codes: tuple[str, ...] = ()
    status: int | None = None
    by: str = ""
    fields: tuple[str, ...] = ()

    def kind(self, status: int | None = None) -> ErrorKind | None:
        """What it means; `status` is HTTP's. None where neither is there, or where it says nothing."""
        found = next((kind for kind, words in SURE if words.search(self.message)), None)
        by_code = (kind for code in self.codes for kind, words in CODES if words.fullmatch(code))
        found = found or next(by_code, None)
        found = found or next((kind for kind, words in WORDS if words.search(self.message)), None)
        # A number in the body that differs from the status is that of the server behind.
        weak = next((STATUS_OF_CODE[code] for code in self.codes if code in STATUS_OF_CODE), None)
        pathless = status is not None or self.message
        status = self.status or status or weak
        if found == "unknown_model" and status == 403:
            return "forbidden"  # there is such a model, but not for this project
        if found is None and status in (404, 405) and pathless and "model" not in self.message.lower():
            return "protocol"  # there is no such path: a base URL without its /v1, say
        return found or (None if status is None else kind_of_status(status))

    @property
    def blames_another(self) -> bool:
        """Whether a gateway tells that the service behind it refused the gateway's own key."""
        return bool(self.by or BLAMED.search(self.message))

    @property
    def is_of_a_value(self) -> bool:
        """Whether a parameter that it refuses may have another value."""
        return "unsupportedvalue" in self.codes or A_VALUE.search(self.message) is not None

    def refused(self, sent: Collection[str]) -> list[str]:
        """The parameters, of those that were sent, that the server does not know; empty where it says no such thing."""
        in_words = UNSUPPORTED.search(self.message) and not A_LIMIT.search(self.message)
        if not in_words and UNSUPPORTED_CODES.isdisjoint(self.codes):
            return []
        fields = " ".join(f"'{field}'" for field in self.fields)
        if named := [name for name, words in OPTIONAL.items() if name in sent and re.search(words, fields)]:
            return named
        places = {
            name: found.start()
            for name, words in OPTIONAL.items()
            if (found := re.search(words, self.message, re.IGNORECASE))
        }
        named = sorted((name for name in places if name in sent), key=places.__getitem__)
        if "both" in self.message:
            return named[1:2]
        listed = re.search(r"\[['\"][^\]]*\]", self.message)  # LiteLLM names all of them
        return [name for name in named if listed and listed.start() < places[name] < listed.end()] or named[:1]


@dataclass(eq=False)
class Refused(Exception):
    """A server's no: by its status, or by an error that it sent as if it were an answer.

    `status` is HTTP's, or the one that it would have had; `note` is shown where the body says nothing.
    """

    body: Any = field(repr=False)
    status: int | None = None
    note: str = field(default="", kw_only=True)
    path: str = field(default="", kw_only=True)
    retry_after: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__init__(f"{self.path} {self.status}")  # not the body


def read(body: Any, depth: int = 0) -> ErrorBody:
    """What a body says: parsed JSON, or text, in which JSON or Python's `repr` of it may stand. `depth`: how many
    bodies it stands in."""
    if depth > DEEPEST:
        return ErrorBody()
    if isinstance(body, bytes):
        body = body.decode("utf-8", "replace")
    if isinstance(body, str):
        return _of_text(body.strip(), depth)
    if isinstance(body, list):
        return _joined([read(each, depth + 1) for each in body[:20]])
    return _of_object(body, depth) if isinstance(body, dict) else ErrorBody()


def _of_text(text: str, depth: int) -> ErrorBody:
    if text.startswith("<"):  # a gateway's page says nothing
        return ErrorBody()
    text = text.removeprefix("data:").strip()
    with contextlib.suppress(ValueError, RecursionError):
        return read(json.loads(text), depth + 1)  # JSON in which no sentence stands says nothing
    text = text[:LONGEST]
    for start, end, inner in _bodies(text):
        if (said := read(inner, depth + 1)).message:
            return replace(said, message=f"{text[:start]}{said.message}{text[end:]}".strip())
    return ErrorBody(text)


def _bodies(text: str) -> Iterator[tuple[int, int, Any]]:
    """What in a text is JSON, or was printed by Python: where it begins and ends, and what it is."""
    for found in islice(re.finditer(r"b?'\{|\{|\[\s*\{", text), MOST_BODIES):
        start = found.start()
        try:
            if found.group().startswith(("'", "b'")):
                end = text.rindex("'") + 1
                inner = ast.literal_eval(text[start:end])
            else:
                inner, length = json.JSONDecoder().raw_decode(text[start:])
                end = start + length
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            end = max(text.rfind("}"), text.rfind("]")) + 1
            try:
                inner = ast.literal_eval(text[start:end])
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                continue
        yield start, end, inner


def _of_object(body: dict[str, Any], depth: int) -> ErrorBody:
    codes, status = [], None
    for name in CODES_IN:
        value = body.get(name)
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            number = int(value) if str(value).isdecimal() and len(str(value)) < 9 else None
            status = number if status is None and number is not None and 400 <= number < 600 else status
            codes += [_plain(str(value))] if number is None else []
    details = body.get("details")
    for inner in (body.get("innererror"), *(details if isinstance(details, list) else ())):  # Azure's, Google's
        if isinstance(inner, dict):
            codes += [_plain(str(inner[name])) for name in ("code", "reason") if inner.get(name)]
    said = ErrorBody()
    names: tuple[str, ...] = SENTENCES_IN
    if isinstance(body.get("error"), str) and isinstance(body.get("message"), str) and body["message"]:
        names = ("message",)  # then "error" is a title, such as "Bad Request"
        codes.append(_plain(body["error"]))
    for name in names:
        if body.get(name) and (said := read(body[name], depth + 1)).message:
            break
    fields = [*said.fields, *_fields(body)]
    if isinstance(where := body.get("loc"), (list, tuple)) and said.message:  # FastAPI's, and so vLLM's and Mistral's
        place = ".".join(str(step) for step in where if step != "body")
        fields += [str(step) for step in where]
        said = replace(said, message=f"{place}: {said.message}" if place else said.message)
    message, by = said.message, said.by
    metadata = body.get("metadata")
    if isinstance(metadata, dict):  # OpenRouter's
        by = str(metadata.get("provider_name") or by)
        behind = read(metadata.get("raw"), depth + 1)
        codes += behind.codes
        fields += behind.fields
        if behind.message and behind.message not in message:
            message = behind.message if GENERIC.fullmatch(message) or not message else f"{message}: {behind.message}"
    return ErrorBody(message, (*codes, *said.codes), status or said.status, by, tuple(fields))


def _plain(code: str) -> str:
    """A code as the tables are searched: "RateLimitError" and "rate_limit_error" are one."""
    return re.sub(r"[^a-z0-9]", "", code.lower()).removesuffix("error")


def _joined(several: list[ErrorBody]) -> ErrorBody:
    messages = dict.fromkeys(said.message for said in several if said.message)
    return ErrorBody(
        "; ".join(messages),
        tuple(code for said in several for code in said.codes),
        next((said.status for said in several if said.status), None),
        next((said.by for said in several if said.by), ""),
        tuple(name for said in several for name in said.fields),
    )


def _fields(body: dict[str, Any]) -> list[str]:
    if not isinstance(param := body.get("param"), str):
        return []
    return ["system" if re.fullmatch(r"messages(\[0\]|\.0)\.role|instructions", param) else param]
