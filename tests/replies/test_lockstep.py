"""Blind lanes: in random order, at one pace, with their ends hidden until all have ended."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise, permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import Reasoning
from replies.lockstep import QUIET, Lockstep, shuffled
from replies.reply import Chunk, Reply, State
from tests.replies.vendor import Clock, question

PACE = 8.0  # words a second; as with the steps below, a number that floats have exactly


def silent() -> Reply:
    """An answer in progress that has not begun."""
    return Reply(question())


def says(reply: Reply, *texts: str, state: State = "streaming") -> Reply:
    reply.chunks.extend(Chunk(0.0, text) for text in texts)
    reply.state = state
    return reply


def words(count: int, name: str = "w") -> str:
    return " ".join(f"{name}{number}" for number in range(count))


def in_step(*replies: Reply, clock: Clock) -> Lockstep:
    def sleep(seconds: float) -> None:
        assert 0 < seconds <= QUIET
        clock.now += seconds

    return Lockstep(dict(enumerate(replies)), PACE, clock=clock, sleep=sleep)


def pair(clock: Clock) -> tuple[Reply, Reply, Lockstep]:
    first, second = silent(), silent()
    return first, second, in_step(first, second, clock=clock)


def passed(lockstep: Lockstep, clock: Clock, seconds: float) -> None:
    """The time passes, and somebody looks all the while."""
    for _ in range(round(seconds * 16)):
        clock.now += 1 / 16
        counts(lockstep)


def counts(lockstep: Lockstep) -> list[int]:
    """How many words of each lane are out."""
    return [len(lockstep.text(lane).split()) for lane in lockstep.lanes]


def test_nobody_begins_before_all_have_a_first_word(clock: Clock) -> None:
    first, second, lockstep = pair(clock)
    says(first, words(100), state="done")
    looked = [clock.now for _, piece in zip(range(10), lockstep.lane(0), strict=False) if piece == ""]
    assert all(later - earlier <= 2 * QUIET for earlier, later in pairwise(looked))  # and each is told so, often
    assert len(looked) == 10
    passed(lockstep, clock, 30.0)
    assert counts(lockstep) == [0, 0]
    says(second, words(100))
    passed(lockstep, clock, 1.0)
    assert counts(lockstep) == [8, 8]


def test_a_first_word_that_may_still_grow_is_none_yet(clock: Clock) -> None:
    first, second, lockstep = pair(clock)
    says(first, words(100))
    says(second, "Mary")
    passed(lockstep, clock, 5.0)
    assert counts(lockstep) == [0, 0]
    says(second, "lebone ")
    passed(lockstep, clock, 1.0)
    assert [lockstep.text(0), lockstep.text(1)] == ["w0", "Marylebone"]


def test_a_stall_of_one_lane_holds_all(clock: Clock) -> None:
    steady, stalling, ended = silent(), silent(), silent()
    lockstep = in_step(steady, stalling, ended, clock=clock)
    says(steady, words(100))
    says(stalling, words(5), " ")
    says(ended, words(100), state="done")
    passed(lockstep, clock, 60.0)
    assert counts(lockstep) == [5, 5, 5]
    says(stalling, words(95))
    passed(lockstep, clock, 1.0)
    assert counts(lockstep) == [13, 13, 13]  # and the stall is not made up for


def test_an_end_is_hidden_until_all_have_ended(clock: Clock) -> None:
    short, long, lockstep = pair(clock)
    says(short, words(3), state="done")
    says(long, words(30))
    follower = lockstep.lane(0)
    heard = [next(follower) for _ in range(20)]
    assert "".join(heard) == words(3)
    assert heard[-3:] == ["", "", ""]  # it goes on, like one that is held
    assert not lockstep.over
    says(long, state="done")
    for _ in follower:
        pass
    assert counts(lockstep) == [3, 30]
    assert lockstep.over


def test_a_lane_without_words_holds_nobody_and_looks_like_one_that_is_held(clock: Clock) -> None:
    failed, good, lockstep = pair(clock)
    says(failed, state="failed")
    says(good, "板球" * 60)  # what is written without spaces comes bit by bit
    passed(lockstep, clock, 0.5)
    assert [len(lockstep.text(lane)) for lane in (0, 1)] == [0, 4 * 12]
    follower = lockstep.lane(0)
    assert [next(follower) for _ in range(4)] == [""] * 4
    assert in_step(clock=clock).over  # one without lanes
    with pytest.raises(KeyError):
        in_step(clock=clock).text(3)


def test_reasoning_shows_nowhere(clock: Clock) -> None:
    thinking, other, lockstep = pair(clock)
    says(other, words(100), state="done")
    says(thinking, Reasoning("Let me think about this. "))
    passed(lockstep, clock, 5.0)
    assert counts(lockstep) == [0, 0]
    says(thinking, "The answer.", Reasoning("And more thought."), state="done")
    passed(lockstep, clock, 60.0)
    assert lockstep.text(0) == "The answer."


def test_it_goes_on_while_nobody_looks_and_who_comes_later_starts_where_the_others_are(clock: Clock) -> None:
    one, two, lockstep = pair(clock)
    says(one, words(100))
    says(two, words(60), state="done")
    clock.now += 4.0
    assert next(lockstep.lane(0)) == next(lockstep.lane(1)) == words(32)
    says(one, state="done")
    clock.now += 8.0
    assert (counts(lockstep), lockstep.over) == ([96, 60], False)  # all has arrived, and is not out
    clock.now += 1.0
    assert (counts(lockstep), lockstep.over) == ([100, 60], True)


def test_a_round_that_was_over_is_shown_whole_at_once(clock: Clock) -> None:
    lockstep = in_step(says(silent(), words(50) + "\n", state="done"), says(silent(), state="failed"), clock=clock)
    assert lockstep.over
    assert list(lockstep.lane(0)) == [words(50) + "\n"]
    assert list(lockstep.lane(1)) == [""]


def test_the_rest_can_be_shown_at_once_but_not_before_all_has_arrived(clock: Clock) -> None:
    one, two, lockstep = pair(clock)
    says(one, words(50), state="done")
    says(two, words(80))
    lockstep.skip()
    assert counts(lockstep) == [0, 0]
    says(two, state="done")
    lockstep.skip()
    assert counts(lockstep) == [50, 80]


def test_several_threads_follow_at_the_same_time() -> None:
    """With the real clock, and a pace that takes no time to speak of."""
    texts = [words(count) for count in (400, 250, 300)]
    replies = [silent() for _ in texts]
    lockstep = Lockstep(dict(enumerate(replies)), pace=4000.0)
    with ThreadPoolExecutor(9) as threads:
        heard = threads.map(lambda lane: "".join(lockstep.lane(lane)), [0, 1, 2] * 3)
        for reply, text in zip(replies, texts, strict=True):
            for word in text.split(" ")[:-1]:
                says(reply, word + " ")
            says(reply, text.rpartition(" ")[2], state="done")
        assert list(heard) == texts * 3


PIECES = st.text(alphabet="ab \n板é", max_size=30)
STEPS = st.lists(st.tuples(st.integers(0, 2), PIECES | st.none(), st.floats(0, 1)), max_size=40)


def played(steps: list[tuple[int, str | None, float]], clock: Clock) -> Iterator[tuple[Lockstep, list[Reply]]]:
    """Three lanes to which these pieces come, each to a lane; None ends it. Looked at after every step, to the end."""
    replies = [silent() for _ in range(3)]
    lockstep = in_step(*replies, clock=clock)
    for lane, piece, seconds in steps:
        reply = replies[lane]
        if piece is None:
            reply.state = "done" if reply.text else "failed"
        elif not reply.over:
            says(reply, piece)
        clock.now += seconds
        yield lockstep, replies
    for reply in replies:
        says(reply, state="done")
    for _ in range(200):
        clock.now += 2.0
        yield lockstep, replies
        if lockstep.over:
            return
    raise AssertionError("it never ends")


@given(steps=STEPS)
def test_every_lane_comes_out_whole_and_lanes_with_more_words_are_level(
    steps: list[tuple[int, str | None, float]],
) -> None:
    clock = Clock()
    heard: list[str] = ["", "", ""]
    for lockstep, replies in played(steps, clock):
        texts = [lockstep.text(lane) for lane in lockstep.lanes]
        for now, before, reply in zip(texts, heard, replies, strict=True):
            assert now.startswith(before), "what was shown was taken back"
            assert reply.text.startswith(now)
        heard = texts
        out = counts(lockstep)
        # What is longer, or in Chinese, is given in bits.
        if all(len(word) < 12 and word.isascii() for reply in replies for word in reply.text.split()):
            still = [n for n, reply in zip(out, replies, strict=True) if not reply.over or n < len(reply.text.split())]
            assert len(set(still)) <= 1
            assert all(count >= max(out, default=0) for count in still)
    assert heard == [reply.text for reply in replies]
    assert ["".join(lockstep.lane(lane)) for lane in lockstep.lanes] == heard


def test_every_order_is_as_likely_as_the_other() -> None:
    random, lanes = Random(7), ["a", "b", "c"]
    found = Counter("".join(shuffled(lanes, random)) for _ in range(6000))
    assert set(found) == {"".join(order) for order in permutations("abc")}
    assert all(850 < count < 1150 for count in found.values())
    assert lanes == ["a", "b", "c"]
