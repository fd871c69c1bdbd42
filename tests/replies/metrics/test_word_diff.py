"""The word diff: it gives back both texts to the character, and its work has a bound."""

import random
import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from replies.metrics.word_diff import Kind, difference


def side(left: str, right: str, kind: Kind) -> str:
    return "".join(part.text for part in difference(left, right) if part.kind in ("same", kind))


@pytest.mark.parametrize(
    ("left", "right", "parts"),
    [
        ("", "", []),
        ("One.", "One.", [("same", "One.")]),
        ("", "One.", [("right", "One.")]),
        ("the cat sat", "the dog sat", [("same", "the "), ("left", "cat "), ("right", "dog "), ("same", "sat")]),
        ("a  b", "a\nb", [("same", "a"), ("left", "  "), ("right", "\n"), ("same", "b")]),
        ("red ball", "blue bat", [("left", "red ball"), ("right", "blue bat")]),
        ("板球是运动", "板球好运动", [("same", "板球"), ("left", "是"), ("right", "好"), ("same", "运动")]),
    ],
)
def test_what_differs_are_words(left: str, right: str, parts: list[tuple[Kind, str]]) -> None:
    assert difference(left, right) == parts


TEXTS = st.text("ab \n板.", max_size=60) | st.text(max_size=40) | st.lists(st.sampled_from("xyz")).map(" ".join)


@given(TEXTS, TEXTS)
@example("\u2028 a", "a\x1c")
def test_both_texts_come_back_to_the_character_and_of_a_change_the_left_comes_first(left: str, right: str) -> None:
    assert side(left, right, "left") == left
    assert side(left, right, "right") == right
    assert [part.kind for part in difference(left, left)] == ["same"] * bool(left)
    parts = difference(left, right)
    assert all(part.text for part in parts)
    assert all(one.kind != next.kind for one, next in pairwise(parts))
    assert ("right", "left") not in [(one.kind, next.kind) for one, next in pairwise(parts)]


def words(count: int, seed: int) -> list[str]:
    """As unevenly common as words are."""
    chance = random.Random(seed)
    return [f"w{int(2000 ** chance.random())}" for _ in range(count)]


def test_a_long_text_that_was_edited_is_still_mostly_the_same() -> None:
    left = words(10_000, 1)
    right = ["changed" if number % 20 == 7 else word for number, word in enumerate(left)]
    parts = difference(" ".join(left), " ".join(right))
    assert sum(len(text.split()) for kind, text in parts if kind == "same") >= 9_400
    assert sum(text.split().count("changed") for kind, text in parts if kind == "right") == 500


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (" ".join(words(10_000, 1)), " ".join(words(10_000, 2))),
        ("x y " * 5_000, "x " * 10_000),
        (" ".join(map(str, range(10_000))), " ".join(f"{number} q{number}" for number in range(5_000))),
        ("x" * 100_000, " " * 100_000),
        ("板球" * 10_000, "板球是" * 10_000),
    ],
)
def test_the_work_has_a_bound_whatever_the_texts(left: str, right: str) -> None:
    """Unbounded, the second pair would take hours."""
    begun = time.process_time()
    assert side(left, right, "left") == left
    assert side(left, right, "right") == right
    assert time.process_time() - begun < 10  # hundredths of a second where nothing else runs
