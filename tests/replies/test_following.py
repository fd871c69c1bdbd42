"""Any number of followers, each from the first word, whenever they come."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers import End, ProviderError, Reasoning
from replies.reply import Chunk, Part
from tests.replies.vendor import PATIENCE, Clock, Item, Vendor, answered, ended, finished, heard, reply_of

STOP = End("stop")


def test_many_followers_get_every_word_from_the_first(vendor: Vendor) -> None:
    pieces = [f"{number} " for number in range(300)]
    reply = reply_of(vendor).start()
    with ThreadPoolExecutor(12) as threads:
        followers = []
        for number, piece in enumerate(pieces):
            if number % 25 == 0:  # one more joins
                followers.append(threads.submit(lambda: "".join(reply.follow(quiet=PATIENCE))))
            vendor.says(piece)
        vendor.says(STOP)
        assert [follower.result(PATIENCE) for follower in followers] == ["".join(pieces)] * 12
    assert [chunk.text for chunk in reply.chunks] == pieces


@pytest.mark.parametrize("last", [STOP, None, ProviderError("network", "")])
def test_a_follower_of_what_is_over_gets_it_in_one_piece(vendor: Vendor, clock: Clock, last: Item) -> None:
    reply = answered(vendor, clock, "One ", "two", last)
    assert list(reply.follow()) == ["One two"]
    assert list(reply.new_chunks()) == [reply.chunks]
    assert list(reply.follow("reasoning")) == [""]


def test_while_the_vendor_is_quiet_a_follower_hears_that_nothing_is_new(vendor: Vendor) -> None:
    reply = reply_of(vendor).start()
    words = reply.follow(quiet=0)
    assert [next(words), next(words)] == ["", ""]
    vendor.says("One")
    heard(reply, 1)
    assert [next(words), next(words)] == ["One", ""]
    reply.stop()
    assert list(words) == []


def test_each_piece_is_followed_as_it_comes_and_reasoning_ends_where_the_answer_begins(vendor: Vendor) -> None:
    reply = reply_of(vendor).start()
    thoughts, words = reply.follow("reasoning", quiet=PATIENCE), reply.follow(quiet=PATIENCE)
    for thought in (Reasoning("Hm, "), Reasoning("well.")):
        vendor.says(thought)
        assert next(thoughts) == thought
        assert next(words) == ""
    for piece in ("Fine, ", "thanks."):
        vendor.says(piece)
        assert next(words) == piece
    assert list(thoughts) == [""]
    assert not reply.over
    vendor.says(STOP)
    assert "".join(words) == ""


INTERLEAVED: tuple[Item, ...] = (Reasoning("Hm. "), "Fine", Reasoning("Or not?"), ".", STOP)


def test_reasoning_between_the_words_is_kept_and_is_not_followed(vendor: Vendor) -> None:
    """Whoever comes late must get the same as whoever was there from the beginning."""
    reply = reply_of(vendor).start()
    early = reply.follow("reasoning", quiet=PATIENCE)
    vendor.says(INTERLEAVED[0])
    assert next(early) == "Hm. "
    vendor.says(*INTERLEAVED[1:])
    finished(reply)
    assert "".join(early) == ""
    assert list(reply.follow("reasoning")) == ["Hm. "]
    assert list(reply.follow("text")) == ["Fine."]
    assert reply.reasoning == "Hm. Or not?"


PIECES = st.one_of(st.text(max_size=8), st.text(max_size=8).map(Reasoning))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), PIECES),
        st.tuples(st.just("join"), st.sampled_from(["text", "reasoning", "arrivals"])),
        st.tuples(st.just("look"), st.integers(0, 5)),
    ),
    max_size=40,
)
LASTS = st.sampled_from([STOP, None, ProviderError("interrupted", ""), "stop"])


def leading_reasoning(pieces: list[str]) -> str:
    told = ""
    for piece in pieces:
        if piece and not isinstance(piece, Reasoning):
            break
        told += piece
    return told


@given(steps=STEPS, last=LASTS)
@settings(max_examples=50)
def test_any_pieces_come_out_the_same_for_all_followers(steps: list[tuple[str, str | int]], last: Item) -> None:
    clock = Clock()
    with Vendor(clock) as vendor:
        reply = reply_of(vendor, clock).start()
        said: list[str] = []
        told: list[tuple[str, Iterator[object], list[object]]] = []
        for step, what in [*steps, ("join", "text"), ("join", "reasoning"), ("join", "arrivals")]:
            if step == "say":
                said.append(str(what) if not isinstance(what, Reasoning) else what)
                vendor.says(0.25, said[-1])
            elif step == "join":
                parts: dict[str, Part] = {"text": "text", "reasoning": "reasoning"}
                part = str(what)
                follower = reply.follow(parts[part], 0) if part in parts else reply.new_chunks(0)
                told.append((part, iter(follower), []))
            elif told:
                _, looking, mine = told[int(what) % len(told)]
                mine.extend(item for item in [next(looking, None)] if item is not None)
        if last == "stop":
            heard(reply, sum(map(bool, said))).stop() if any(said) else reply.stop()
        else:
            vendor.says(last)
        ended(reply)
        for _, looking, mine in told:
            mine.extend(looking)

    kept = [Chunk(0.25 * number, piece) for number, piece in enumerate(said, start=1) if piece]
    assert reply.chunks == kept
    assert [type(chunk.text) for chunk in reply.chunks] == [type(chunk.text) for chunk in kept]
    assert reply.text == "".join(piece for piece in said if not isinstance(piece, Reasoning))
    assert reply.reasoning == "".join(piece for piece in said if isinstance(piece, Reasoning))
    for part, _, mine in told:
        if part == "text":
            assert "".join(map(str, mine)) == reply.text
        elif part == "reasoning":
            assert "".join(map(str, mine)) == leading_reasoning(said)
        else:
            assert [chunk for new in mine if isinstance(new, list) for chunk in new] == kept
