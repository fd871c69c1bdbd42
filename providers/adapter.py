"""Adapter: what the vendors' adapters share, from the question to its end, and how errors are translated."""

from __future__ import annotations

import contextlib
import traceback
import weakref
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import groupby
from sys import stdlib_module_names
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from providers.base import Request, TextStream
from providers.errors import ANOTHER_S_KEY, CUT_OFF, LEFT_OUT, WRONG_ADDRESS, ErrorFactory, ErrorKind, ProviderError
from providers.parsing.answer import Answer
from providers.parsing.error_body import ErrorBody, Refused, read
from providers.parsing.think_tags import ThinkTags
from providers.settings import Settings
from providers.transport.call import Call
from providers.transport.proxies import RouteError, proxy_for, trusted
from providers.transport.retry import with_one_retry
from providers.transport.sockets import by_httpx, httpx_is_open, watch_httpx

SettingsT = TypeVar("SettingsT", bound=Settings)

KEEP_ALIVE = 60.0  # seconds; a person takes longer to ask again than an HTTP client's usual five
PATIENCE = 2.0  # seconds for the server to answer, once a connection is open before the question
DRAIN = 0.05  # seconds to wait for the rest of a finished answer, so that its connection can serve the next

# What httpx and httpx2 raise, by class, in this order. None: it broke off, or there was no connection.
HTTPX: tuple[tuple[str, ErrorKind | None], ...] = (
    ("ConnectTimeout", "network"),
    ("TimeoutException", "timeout"),
    ("ConnectError", "network"),
    ("ProxyError", "network"),
    ("UnsupportedProtocol", "network"),
    ("HTTPError", None),
    ("StreamError", None),
)


class Progress(NamedTuple):
    """How far a question has come when something fails.

    `sent`: parameters that it could do without; `heard`: the answer has begun; `connected`: the question was sent.
    """

    request: Request | None = None
    sent: Collection[str] = ()
    heard: bool = False
    connected: bool = True


START = Progress()


class Adapter(ABC, Generic[SettingsT]):
    """A client of one account and API. Remembers, for each model, the parameters that it does without.

    One that is not `connected` only tells its `arguments`.
    """

    answers: ClassVar[Mapping[str, type[Answer]]]  # what reads the events of one answer, by API
    wrong_address = WRONG_ADDRESS  # the sentence where a path is not there

    def __init__(self, settings: SettingsT, api: str, *, connected: bool = True) -> None:
        self._settings = settings
        self._api = api
        self._errors = ErrorFactory(
            label=settings.label, keys=settings.key_names, address=settings.address_name, secrets=settings.secrets
        )
        self._thoughts = ThinkTags()
        self._places = settings.takes(api)
        # By model: names of parameters, or a name with the value, where another value might do.
        self._refused: dict[str, set[str | tuple[str, Any]]] = {}
        if connected:
            with self._translating(), contextlib.ExitStack() as opened:
                self._connect(opened)
                self.close = weakref.finalize(self, opened.pop_all().close)

    def stream(self, request: Request, call: Call | None = None) -> TextStream:
        call = call or Call()
        request = request.normalized()
        whole = not request.stream
        if whole:
            call.await_whole(self._settings.awaited_timeout)
        return with_one_retry(
            lambda: self._thoughts.apart(self._speak(request, call), request.model, whole=whole), call
        )

    def arguments(self, request: Request) -> dict[str, Any]:
        """What the SDK's function is called with. Raises ProviderError where the request can't be asked."""
        return self._arguments(self._accepted(request.normalized()))

    @contextlib.contextmanager
    def preconnect(self, call: Call, *, alone: bool = True) -> Iterator[None]:
        """By a `HEAD /`, with the HTTP stack and pool that the question will use; any answer is fine. A failure is left
        to the question, which may try again; but after the connect timeout it would wait as long again."""
        with contextlib.ExitStack() as opened:
            call.read_timeout = PATIENCE
            try:
                if not (call.cancelled or (alone and self._is_open())):
                    with call.sending():
                        opened.enter_context(self._opening())
            except Exception as failure:
                if self._is_fatal(failure, call.connected):
                    raise self._translated(failure, Progress(connected=call.connected)) from failure
            finally:
                call.read_timeout = None
                opened.callback(call.release)
            yield

    def models(self) -> list[str]:
        with self._translating():
            return sorted(self._listed())

    @contextlib.contextmanager
    def _translating(self) -> Iterator[None]:
        """What fails in the block is raised as ProviderError."""
        try:
            yield
        except ProviderError:
            raise
        except Exception as failure:
            raise self._translated(failure) from failure

    @abstractmethod
    def _connect(self, opened: contextlib.ExitStack) -> None:
        """Make the client; `opened` gets what closes it."""

    @abstractmethod
    def _arguments(self, request: Request) -> dict[str, Any]:
        """The same of a request that is as vendors accept it."""

    @abstractmethod
    def _events(self, request: Request, answer: Answer, call: Call) -> Iterator[Any]:
        """Send the question, and yield what comes, an event each; one where it isn't streamed."""

    @abstractmethod
    def _listed(self) -> Collection[str]:
        """The models, as the vendor lists them."""

    @abstractmethod
    def _opening(self) -> AbstractContextManager[object]:
        """Opens a connection and holds it."""

    @abstractmethod
    def _is_open(self) -> bool:
        """Whether there is an idle connection."""

    @abstractmethod
    def _is_fatal(self, failure: Exception, connected: bool) -> bool:
        """Whether the connect timeout is used up."""

    def _speak(self, request: Request, call: Call) -> TextStream:
        call.left_out = tuple(self._left_out(request))
        request = self._accepted(request)
        answer = self.answers[self._api]()
        awaited: list[str] = []  # of an awaited answer all is told, or nothing, though a server may send it in pieces
        heard = False
        last = None  # when bytes came in that say anything
        try:
            with contextlib.closing(self._events(request, answer, call)) as events:  # type: ignore[type-var]
                for event in events:
                    news, known = False, (answer.finish, answer.counts)
                    for piece in answer.read(event):
                        news = True
                        if request.stream:
                            heard = True
                            yield piece
                        else:
                            awaited.append(piece)
                    if news or (answer.finish, answer.counts) != known:
                        call.wait_no_longer_than(answer.tail)
                        last = call.heard
                    if answer.over:
                        call.wait_no_longer_than(DRAIN)
                        with contextlib.suppress(Exception):
                            for _ in events:
                                pass
                        break
        except Exception as failure:
            if request.stream:
                yield from answer.rest()
            sent = () if heard else self._optional(request)
            at = Progress(request, sent, heard=heard or call.cancelled, connected=call.connected)
            error = self._translated(failure, at)
            finished = answer.finish is not None and answer.finish.meaning != "interrupted"
            if not finished or error.kind not in CUT_OFF:
                if error is failure:
                    raise
                raise error from failure
            # The answer is complete; only its figures are cut off.
        finally:
            call.wait_no_longer_than(None)
        call.heard = call.heard if last is None else last
        yield from answer.rest() if request.stream else joined([*awaited, *answer.rest()])
        return answer.end(self._errors)

    def _optional(self, request: Request) -> Collection[str]:
        """The parameters that are sent, and that it could do without."""
        return request.given

    def _accepted(self, request: Request) -> Request:
        """The same without what is not to be sent."""
        left_out = self._left_out(request)
        return (request.without_system() if "system" in left_out else request).without(left_out)

    def _left_out(self, request: Request) -> list[str]:
        return [name for name in request.given if self._is_refused(request, name)]

    def _is_refused(self, request: Request, name: str) -> bool:
        """Whether a parameter that is set is not accepted: not by this API, or not by this model."""
        refused = self._refused.get(request.model, set())
        return name not in self._places or name in refused or (name, getattr(request, name)) in refused

    def _route(self, url: str) -> tuple[Any, str | None]:
        """Who may vouch for the server at this address, and the proxy that leads there. Raises RouteError."""
        proxy = proxy_for(url)
        if proxy:
            self._errors = replace(self._errors, proxy=proxy.variable)
        return trusted(self._settings), proxy and proxy.url

    def _translated(self, failure: BaseException, at: Progress = START) -> ProviderError:
        """The error for an exception of ours, of the SDK, or of the HTTP stack below it."""
        match failure:
            case ProviderError():
                return failure
            case Refused():
                return self._refusal(failure, at)
            case RouteError():
                return self._errors.error("network", f"{failure}", retryable=False)
        if is_ours(failure):
            return self._errors.own(failure)
        return self._errors.error("protocol")

    def _refusal(self, refused: Refused, at: Progress) -> ProviderError:
        """The error for what the server said. Parameters that it does not know are remembered for this model."""
        said = read(refused.body)
        kind = self._kind(refused, said)
        sentence = ""
        left_out = said.refused(at.sent) if kind in ("bad_request", "overloaded") else []
        if left_out and at.request:
            remembered = self._refused.setdefault(at.request.model, set())
            for name in left_out:
                of_a_value = said.is_of_a_value and name in at.request.given and name != "system"
                remembered.add((name, getattr(at.request, name)) if of_a_value else name)
            sentence = LEFT_OUT.replace("{names}", " and ".join(left_out))
        elif kind == "auth" and said.blames_another:
            sentence = ANOTHER_S_KEY
        elif kind == "protocol" and (said.message or said.codes or refused.status in (404, 405)):
            sentence = self.wrong_address
        note = f"status {refused.status}" if refused.status else refused.note
        return self._errors.error(
            kind,
            said.message,
            note="" if said.message else note,
            by=self._errors.redacted(said.by),
            sentence=sentence,
            retry_after=0.0 if left_out else refused.retry_after,
            retryable=True if left_out else None,
        )

    def _kind(self, refused: Refused, said: ErrorBody) -> ErrorKind:
        return said.kind(refused.status) or "overloaded"


class HttpxAdapter(Adapter[SettingsT]):
    """An adapter whose SDK speaks by a client of httpx, or of httpx2, that is handed to it."""

    _http: Any

    def _httpx_client(self, httpx: Any, opened: contextlib.ExitStack, **more: Any) -> Any:
        """A client of this package; it verifies, waits as long as told, and takes the proxy that it was told."""
        verify, proxy = self._route(self._settings.address)
        client = httpx.Client(
            verify=verify,
            trust_env=False,
            proxy=proxy,
            timeout=httpx.Timeout(self._settings.silence_timeout, connect=self._settings.connect_timeout),
            limits=self._limits(httpx),
            **more,
        )
        watch_httpx(client)
        return opened.enter_context(contextlib.closing(client))

    @staticmethod
    def _limits(httpx: Any) -> Any:
        return httpx.Limits(max_connections=1000, max_keepalive_connections=100, keepalive_expiry=KEEP_ALIVE)

    def _opening(self) -> AbstractContextManager[object]:
        return by_httpx(self._http, self._settings.address)

    def _is_open(self) -> bool:
        return httpx_is_open(self._http, self._settings.address)

    def _is_fatal(self, failure: Exception, connected: bool) -> bool:
        return "ConnectTimeout" in httpx_names(failure)

    def _translated(self, failure: BaseException, at: Progress = START) -> ProviderError:
        names = httpx_names(failure)
        for name, kind in HTTPX:
            if name in names:
                silent = "the connection timed out" if name == "ConnectTimeout" else ""
                note = "" if kind == "timeout" else f"{failure}" or silent
                return self._errors.error(kind or ("interrupted" if at.heard else "network"), note)
        if isinstance(failure, OSError):
            return self._errors.error("interrupted" if at.heard else "network", f"{failure}")
        return super()._translated(failure, at)


def httpx_names(failure: BaseException) -> set[str]:
    """The classes of httpx, or httpx2, that an exception is of."""
    return {base.__name__ for base in type(failure).__mro__ if base.__module__.partition(".")[0] in ("httpx", "httpx2")}


def joined(pieces: Iterable[str]) -> Iterator[str]:
    """The same with neighbours of a kind, reasoning or text, in one piece."""
    for kind, run in groupby(pieces, type):
        yield kind("".join(run))


def is_ours(failure: BaseException) -> bool:
    """Whether an exception is a fault of this program, and not of what a server sent.

    What reads answers (an SDK, and our modules and folders called `parsing`) fails where their shape is foreign. All
    else that fails is ours.
    """
    if isinstance(failure, ImportError | NameError | AssertionError | MemoryError):
        return True
    frames = [frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(failure.__traceback__)]
    module = next((name for name in reversed(frames) if name.partition(".")[0] not in stdlib_module_names), __name__)
    return module.partition(".")[0] == __name__.partition(".")[0] and "parsing" not in module.split(".")
