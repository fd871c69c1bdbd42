"""The typewriter: how often it shows what, and what that costs."""

from collections.abc import Callable, Iterable, Iterator

import pytest

from ui.answer.typewriter import LONGEST, SHORTEST, interval, typewriter
from ui.markdown import as_written

PARAGRAPH = "Streaming shows each word as **soon** as it is made: for $0.4 -> a `token` is about four letters. "
ANSWER = "\n\n".join([
    "# A title",
    PARAGRAPH * 2,
    "- one\n- two\n  - three",
    "1. one\n\n   more of it\n\n2. two",
    "| vendor | price |\n|---|---|\n| A | $5 |\n| B | $10 |",
    "```python\n" + "print('$5 to $10 :smile:')\n" * 10 + "```",
    PARAGRAPH * 3,
])  # fmt: skip


class Watch:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.naps: list[float] = []

    def clock(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


class Page:
    """What `st.write_stream` sends: the block being written, whole, at each update, and once more when it is closed."""

    def __init__(self) -> None:
        self.closed: list[str] = []
        self.live = ""
        self.sent: list[str] = []

    def write_stream(self, stream: Iterable[str | Callable[[], None]]) -> None:
        for part in stream:
            if callable(part):
                self.close()
                part()
            elif part:
                self.live += part
                self.sent.append(self.live)
        self.close()

    def close(self) -> None:
        if self.live:
            self.sent.append(self.live)
            self.closed.append(self.live)
        self.live = ""


def shown(pieces: Iterable[str], *, lanes: int = 1) -> tuple[Page, Watch]:
    page, watch = Page(), Watch()
    page.write_stream(typewriter(pieces, lanes=lanes, clock=watch.clock, wait=watch.wait))
    return page, watch


def cut(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def solid(text: str) -> str:
    return "".join(text.split())


def test_the_pause_comes_before_the_next_piece_is_taken() -> None:
    watch, taken = Watch(), []

    def pieces() -> Iterator[str]:
        for piece in ("one ", "two ", "three"):
            taken.append(watch.now)
            yield piece

    list(typewriter(pieces(), clock=watch.clock, wait=watch.wait))
    assert taken == pytest.approx([0, SHORTEST, 2 * SHORTEST])


def test_a_heartbeat_is_followed_by_no_pause_and_shows_nothing() -> None:
    page, watch = shown(["word ", "", "", "", "word"])
    assert page.sent == ["word ", "word word", "word word"]
    assert len(watch.naps) == 2
    assert shown(["", ""])[0].sent == []
    calls: list[int] = []
    list(typewriter(["a", "", "b", ""], pulse=lambda: calls.append(1), clock=watch.clock, wait=watch.wait))
    assert len(calls) == 4  # one for each piece and each heartbeat


@pytest.mark.parametrize(("took", "nap"), [(0.01, SHORTEST - 0.01), (0.1, 0.3)])
def test_what_an_update_took_is_no_part_of_the_pause_but_where_it_is_long(took: float, nap: float) -> None:
    watch = Watch()
    for _ in typewriter(["one ", "two "], clock=watch.clock, wait=watch.wait):
        watch.now += took
    assert watch.naps == pytest.approx([nap] * 2)


def test_no_pause_stands_between_the_last_piece_and_what_was_kept_back() -> None:
    watch = Watch()
    stream = typewriter(["price in $", "5 :smi", "le: ->"], clock=watch.clock, wait=watch.wait)
    parts = [(str(part), watch.now) for part in stream]
    assert "".join(text for text, _ in parts) == as_written("price in $5 :smile: ->")
    assert parts[-1][1] == parts[-2][1] + watch.naps[-1]


def test_the_interval_grows_with_lanes_and_with_the_block_but_the_end_never_waits_long() -> None:
    assert interval(0, 1) == SHORTEST
    assert interval(0, 1) < interval(0, 2) < interval(0, 6) < interval(16_000, 1) == interval(16_000, 6)
    assert interval(1_000_000, 6) == LONGEST


@pytest.mark.parametrize(("size", "lanes"), [(1, 1), (4, 2), (37, 6), (600, 1)])
def test_nothing_is_lost_blocks_stand_alone_and_updates_are_few(size: int, lanes: int) -> None:
    pieces = cut(ANSWER, size)
    page, watch = shown(pieces, lanes=lanes)
    assert solid("".join(page.closed)) == solid(as_written(ANSWER))
    assert len(page.closed) == 7
    assert all(nap > 0.999 / 30 for nap in watch.naps)
    assert len(watch.naps) <= len(pieces)  # a late follower gets all so far at once
    blank, _ = shown(cut("\n\n\n# A\n\n\n\nb\n\n\n", size), lanes=lanes)
    assert [block.strip() for block in blank.closed] == ["# A", "b"]  # no block is empty


def test_what_is_sent_again_is_bounded_by_the_block_not_by_the_answer() -> None:
    once, _ = shown(cut(ANSWER, 4))
    longest = max(map(len, once.closed))
    for times in (1, 10):
        text = "\n\n".join([ANSWER] * times)
        page, _ = shown(cut(text, 4))
        updates = len(page.sent)
        assert sum(map(len, page.sent)) <= updates * longest
        assert sum(map(len, page.closed)) < 1.2 * len(text)
        assert updates <= len(text) / 4 + 2 * len(page.closed) + 1


def test_an_error_is_raised_after_the_words_that_came_before_it() -> None:
    def pieces() -> Iterator[str]:
        yield "half a `sentence about $5"
        raise OSError("gone")

    page, watch = Page(), Watch()
    with pytest.raises(OSError, match="gone"):
        page.write_stream(typewriter(pieces(), clock=watch.clock, wait=watch.wait))
    assert page.live == "half a &#96;sentence about \\$5"
