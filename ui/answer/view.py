"""Answers on the page: who gives one, its reasoning folded away, its words as they come, why there are no more."""

import html
import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from providers import End, ErrorKind
from replies.metrics.labels import FELL_BACK, ending_of, is_whole
from replies.reply import QueuePosition, Reply, State
from ui.answer.typewriter import LONGEST, interval, typewriter
from ui.controls.parameters import Parameters
from ui.markdown import as_written, literal
from ui.session import keys, timezone
from ui.text import many

THOUGHT: Final = ":material/psychology:"
PACES: Final = ("Word by word", "By sentence")

_as_written = lru_cache(maxsize=256)(as_written)  # each run of a page shows again what the run before did

TITLES: dict[ErrorKind, str] = {
    "missing_credentials": "No key",
    "auth": "Key refused",
    "forbidden": "Not allowed",
    "unknown_model": "Unknown model",
    "rate_limit": "Too many requests",
    "quota": "Quota used up",
    "overloaded": "Trouble at the provider",
    "too_long": "Too long",
    "filtered": "Refused by the content filter",
    "bad_request": "Request not accepted",
    "network": "No connection",
    "timeout": "No answer in time",
    "interrupted": "Broken off",
    "protocol": "Not an answer",
}

_HOW: Final[dict[State, str]] = {
    "done": "has answered: complete",
    "stopped": "was stopped",
    "interrupted": "broke off",
    "failed": "failed to answer",
}
# For screen readers alone: they are told that an answer begins and how it ends, not each word.
_HIDDEN: Final = "position:absolute;width:1px;height:1px;margin:0;overflow:hidden;clip-path:inset(50%)"


def byline(reply: Reply, name: str = "", *, badge: bool = True) -> None:
    """Who answers, by `name` where lanes have names, and whether it is a recording or the simulator. `badge=False`
    where the page says of all its answers that they are simulated."""
    asked = reply.asked
    badges = ["  :orange-badge[:material/science: Simulator]"] if asked.simulated and badge else []
    if asked.recorded:
        when = literal(f"{timezone.here(asked.recorded):%Y-%m-%d %H:%M}")
        badges.append(
            f"  :red-badge[:material/support: Backup: {FELL_BACK[asked.fell_back]}; recorded {when}]"
            if asked.fell_back
            else f"  :blue-badge[:material/history: Recorded {when}]"
        )
    st.markdown(f"**{literal(name or asked.label)}**{''.join(badges)}")


def details(reply: Reply) -> None:
    """Which model, by which API, and what was asked of it beside the provider's defaults."""
    asked = reply.asked
    st.caption(literal(" · ".join((asked.request.model, asked.api, *Parameters.of(asked.request).words))))


def pace(key: str) -> None:
    """Draw the choice of how words appear, which holds for the session, on every page."""
    chosen = st.session_state.get(keys.PACE, PACES[0])
    st.session_state[keys.PACE] = st.radio(
        "Words appear", PACES, PACES.index(chosen), key=f"pace-{key}", help="By sentence moves less."
    )


class Places(NamedTuple):
    """The slots of an answer, from above. What is drawn into one replaces what it held."""

    status: DeltaGenerator
    thoughts: DeltaGenerator
    words: DeltaGenerator
    after: DeltaGenerator  # why there are no more words


def places(name: str) -> Places:
    """Draw them here, in a container with a name of its own on the page, the same while an answer is in progress and
    after."""
    with st.container(gap="xsmall", key=f"answer-{name}"):
        return Places(st.empty(), st.empty(), st.empty(), st.empty())


def render_reply(
    reply: Reply, *, lanes: int = 1, at: Places | None = None, begins: Callable[[], object] = lambda: None
) -> None:
    """Draw the reply, `at` its places or here; one in progress is followed to its end.

    `lanes`: how many are written side by side. `begins` is called once its places are drawn.
    """
    at = at or places(reply.id)
    if not reply.over:
        _follow(reply, at, lanes, begins)
    elif keys.announced(reply.id) in st.session_state:
        _say(reply, at.status, _HOW[reply.state])
    _finished(reply, at)


def announce(*replies: Reply) -> None:
    """Have the page tell screen readers how these end, also where one is over before it is drawn, or a click on Stop
    ends the run. Of other answers that are over nothing is announced."""
    for reply in replies:
        st.session_state[keys.announced(reply.id)] = True


def write(
    pieces: Iterable[str], slot: DeltaGenerator, *, lanes: int = 1, wait: Callable[[float], object] = time.sleep
) -> None:
    """Show the pieces in the slot as they come. `lanes`, `wait`: as for `typewriter`."""
    by_sentence = st.session_state.get(keys.PACE) == PACES[1]
    with slot.container():
        st.write_stream(typewriter(pieces, lanes=lanes, by_sentence=by_sentence, pulse=pulse, wait=wait))


def show_last_words(lanes: int) -> None:
    """Wait for the browser to show them, where several lanes may end now, and what follows takes it long to draw."""
    if lanes > 1:
        time.sleep(interval(0, lanes))


def pulse() -> None:
    """Let Streamlit end this run where another is wanted: it looks whenever session state is touched."""
    st.session_state.get(keys.PULSE)


class Notice:
    """A caption in a slot until the first word comes. `words` gives its text, which may change."""

    def __init__(self, slot: DeltaGenerator, words: Callable[[], str]) -> None:
        self._slot = slot
        self._words = words
        self._shown = ""

    def draw(self) -> None:
        pulse()
        if (words := self._words()) != self._shown:
            self._shown = words
            self._slot.caption(f":shimmer[{words}]")

    def until_first(self, pieces: Iterator[str]) -> Iterable[str]:
        """Keep it up to date until `pieces` gives something; return all pieces, empty if none came."""
        for piece in pieces:
            if piece:
                return chain([piece], pieces)
            self.draw()
        return ()


def _follow(reply: Reply, at: Places, lanes: int, begins: Callable[[], object]) -> None:
    notice, wait = Notice(at.words, lambda: _awaited(reply)), _pace(reply)
    if not reply.chunks:  # words that are there already stay
        notice.draw()
    begins()
    if thoughts := notice.until_first(reply.follow("reasoning")):
        _say(reply, at.status, "is thinking")
        at.words.empty()
        with at.thoughts.expander("Thinking", icon=THOUGHT, expanded=True, type="compact"):
            write(thoughts, st.empty(), lanes=lanes, wait=wait)
        notice = Notice(at.words, str)
    if words := notice.until_first(reply.follow("text")):
        _say(reply, at.status, "begins to answer")
        write(words, at.words, lanes=lanes, wait=wait)
        show_last_words(lanes)
    _say(reply, at.status, _HOW[reply.state])


def _pace(reply: Reply) -> Callable[[float], object]:
    """How the typewriter is to wait: until the answer ends, at most. Where a page is opened or reloaded during an
    answer, the browser still loads what draws its widgets, and frequent updates would leave it no time for that."""
    settled = st.session_state.get(keys.SETTLED, 0.0) if reply.chunks else 0.0
    return lambda seconds: reply.wait(seconds if time.monotonic() >= settled else max(seconds, LONGEST))


def _say(reply: Reply, slot: DeltaGenerator, what: str) -> None:
    announce(reply)
    slot.html(f'<p role="status" style="{_HIDDEN}">{html.escape(f"{reply.asked.label} {what}")}</p>')


def _awaited(reply: Reply) -> str:
    if position := reply.queue_position:
        return queue_position(position)
    if reply.retries:
        retry = reply.retries[-1]
        return f"{TITLES[retry.kind]}; trying once more after {retry.after:g} s…"
    return f"Waiting for the {'first word' if reply.asked.request.stream else 'whole answer'}…"


def queue_position(position: QueuePosition) -> str:
    """Why a question is still in the queue, in words."""
    if position.own:
        waits = "Waiting until another answer of yours is over"
        return f"{waits}; {_come_first(position.before)} first…" if position.before else f"{waits}…"
    taken = "All places are taken"
    return f"{taken}: {_come_first(position.before)} first…" if position.before else f"{taken}: next in the queue…"


def _come_first(count: int) -> str:
    return f"{many(count, 'queued answer')} {'comes' if count == 1 else 'come'}"


def _finished(reply: Reply, at: Places) -> None:
    if reasoning := reply.reasoning:
        with at.thoughts.expander("Thoughts", icon=THOUGHT, type="compact"):
            st.markdown(_as_written(reasoning, f"{reply.id}-thoughts"))
    else:
        at.thoughts.empty()
    # The whole text as one piece of Markdown: only then do link references and footnotes find each other.
    if text := reply.text:
        at.words.markdown(_as_written(text, reply.id))
    else:
        at.words.empty()
    if reply.error is not None:
        at.after.error(literal(reply.error.message), title=TITLES[reply.error.kind], icon=":material/error:")
    elif reply.state == "done" and not text:
        at.after.info(_why_empty(reply), icon=":material/info:")
    elif reply.end is not None and not is_whole(reply):
        at.after.warning(_why_cut(reply.end), icon=":material/content_cut:")
    else:
        at.after.empty()


def _why_empty(reply: Reply) -> str:
    if reply.end is not None and reply.end.finish_reason == "length":
        return "There is no text: the token limit was used up before the first word. Allow more tokens and ask again."
    return f"The provider sent no text ({literal(ending_of(reply.end)) if reply.end else 'no reason given'})."


def _why_cut(end: End) -> str:
    if end.finish_reason == "length":
        return "It was cut off here, at the token limit. Allow more tokens and ask again."
    return f"The provider ended it here: {literal(ending_of(end))}."
