"""Typewriter: the input of `st.write_stream`, so that words appear as they come at little cost."""

import re
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import groupby
from typing import Final

from ui.markdown import Blocks

# An update costs the browser some 17 ms whatever it shows, and about 3 µs for each character of the block that is sent
# again (Chromium, software rendering): these intervals keep it half free or more. `python -m benchmarks.typewriter`.
SHORTEST: Final = 1 / 15  # seconds between two updates of one lane
PER_LANE: Final = 0.034  # seconds, for each lane
PER_CHARACTER: Final = 1 / 40_000  # seconds, for each character of the block
LONGEST: Final = 0.5  # seconds
BUSY: Final = 4  # times as long as an update took: a process that many pages share is asked for fewer

# The end of a sentence, with what closes quotations, brackets and emphasis behind it, and the end of a line.
_SENTENCE: Final = re.compile(r"[.!?…:][\"'”’»)\]*_`]*(?=\s)|[。！？][”’」』）]*|\n")


def typewriter(
    pieces: Iterable[str],
    *,
    lanes: int = 1,
    by_sentence: bool = False,
    pulse: Callable[[], object] = lambda: None,
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], object] = time.sleep,
) -> Iterator[str | Callable[[], None]]:
    """Yield what `st.write_stream` shows: `st.write_stream(typewriter(reply.follow(), wait=reply.wait))`.

    `pieces`: each is all that is new, as `Reply.follow` gives it; `""` says that nothing is. The first is shown at
    once. Then `wait` is called with the seconds until the next update is due, and what came meanwhile is one piece;
    a `wait` that returns when the answer ends has the last words shown at once.
    `lanes`: how many answers are written side by side. `pulse` is called for each piece, the empty ones too; let it
    touch `st.session_state`, so that Streamlit can end the run while nothing comes.

    The strings are Markdown, escaped as by `as_written`. A callable stands where a block is finished: it makes
    write_stream begin another element, so that finished blocks are not sent again. An error in `pieces` is raised once
    what came before it is shown.
    """
    blocks = Blocks()
    try:
        for piece in sentences(pieces) if by_sentence else pieces:
            pulse()
            began = clock()
            shown = yield from _parts(blocks.feed(piece))
            took = clock() - began
            if shown and (due := max(interval(blocks.live, lanes), min(BUSY * took, LONGEST)) - took) > 0:
                wait(due)
    except Exception:
        yield from _parts(blocks.finish())
        raise
    yield from _parts(blocks.finish())


def interval(live: int, lanes: int = 1) -> float:
    """Seconds between two updates, with `live` characters in the block that each of `lanes` sends again."""
    return min(max(SHORTEST, lanes * PER_LANE, live * PER_CHARACTER), LONGEST)


def sentences(pieces: Iterable[str]) -> Iterator[str]:
    """The same text in whole sentences; `""` where no sentence has ended. The last one may have no end."""
    begun = ""
    try:
        for piece in pieces:
            begun += piece
            ends = [found.end() for found in _SENTENCE.finditer(begun)]
            whole, begun = begun[: ends[-1]] if ends else "", begun[ends[-1] :] if ends else begun
            yield whole
    except Exception:
        yield begun
        raise
    yield begun


def _parts(parts: Iterator[str | None]) -> Generator[str | Callable[[], None], None, bool]:
    """Yield the new text of each block as one string. Return whether there was any."""
    shown = False
    for is_end, texts in groupby(parts, lambda part: part is None):
        yield _next_block if is_end else "".join(filter(None, texts))
        shown = True
    return shown


def _next_block() -> None:
    """What write_stream calls between two blocks."""
