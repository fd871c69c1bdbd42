"""An answer, typewriter-style: what `st.write_stream` is to be given, so that it shows much at little cost."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import groupby

from replies.crowd import crowd
from ui.markdown import Blocks

# The browser works about 17 ms for an update, whatever it shows, and 3 µs more for each character of the block that is
# sent again (Chromium, software rendering). These keep it about half free.
SHORTEST = 0.05  # seconds between two updates
PER_LANE = 0.034  # seconds
# The process works a third of a millisecond for an update. Its pages draw while the loop that sends what they drew has
# to wait for its turn, so a hundred of them at 20 a second would keep everything from being sent.
PER_ANSWER = 0.001  # seconds, for each that is under way in this process
PER_CHARACTER = 1 / 40_000  # seconds
LONGEST = 0.5  # seconds; so long may the last words wait


def typewriter(
    pieces: Iterable[str],
    *,
    lanes: int = 1,
    pulse: Callable[[], object] = lambda: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[str | Callable[[], None]]:
    """Yield what `st.write_stream` shows as `pieces` arrive: `st.write_stream(typewriter(reply.follow("text")))`.

    Each of the `pieces` is everything new since the last was taken, as `Reply.follow` gives it; `""` says that there
    is nothing new. The first is shown at once. After an update the next one is taken only when it is due: at most 20
    times a second, less often with more `lanes` side by side and with a longer block. What arrives in the meantime
    comes as one piece; what is there at the end is shown at once.

    The strings are Markdown, escaped by the rules of `ui.markdown.as_written`. A callable stands where a block is
    finished: it makes write_stream begin another element, so that only the block being written is sent again.
    `pulse` is called for each of the `pieces`, also an empty one; let it touch `st.session_state`, so that Stop and
    reruns are noticed while nothing arrives. An error in `pieces` is raised when what arrived before it was shown.
    """
    blocks = Blocks()
    try:
        for piece in pieces:
            pulse()
            began = clock()
            if (yield from _parts(blocks.feed(piece))) and (
                rest := began + interval(blocks.live, lanes, crowd.count) - clock()
            ) > 0:
                sleep(rest)
    except Exception:
        yield from _parts(blocks.finish())
        raise
    yield from _parts(blocks.finish())


def interval(live: int, lanes: int, answers: int = 0) -> float:
    """Seconds from one update to the next, with `live` characters in the block that each of `lanes` sends again, and so
    many `answers` under way in the process."""
    return min(max(SHORTEST, lanes * PER_LANE + live * PER_CHARACTER, answers * PER_ANSWER), LONGEST)


def _parts(parts: Iterator[str | None]) -> Generator[str | Callable[[], None], None, bool]:
    """Hand on what there is to show, that of each block as one. Return whether there was anything."""
    shown = False
    for is_end, texts in groupby(parts, lambda part: part is None):
        yield _finished if is_end else "".join(filter(None, texts))
        shown = True
    return shown


def _finished() -> None:
    """What write_stream calls between two blocks."""
