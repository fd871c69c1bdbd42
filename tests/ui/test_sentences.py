from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.sentences import Sentences, sentences


@given(st.text('ab .!?…。\n"”)*:1'), st.lists(st.integers(0, 60)))
def test_no_letter_is_lost_or_moved_however_it_is_cut(text: str, cuts: list[int]) -> None:
    places = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
    pieces = [text[start:end] for start, end in pairwise(places)]
    assert "".join(sentences(pieces)) == text


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        ("One. Two", "One."),
        ("It costs 3.50 now", ""),
        ("“Yes!” she said", "“Yes!”"),
        ("# A title\nand", "# A title\n"),
        ("It is **so.** And", "It is **so.**"),
        ("これは文です。次", "これは文です。"),
    ],
)
def test_a_sentence_is_given_once_it_is_whole(said: str, whole: str) -> None:
    assert Sentences().feed(said) == whole


def test_what_was_begun_is_shown_before_an_error() -> None:
    def broken() -> Iterator[str]:
        yield "One. And tw"
        raise OSError("cut")

    spoken = sentences(broken())
    assert [next(spoken), next(spoken)] == ["One.", " And tw"]
    with pytest.raises(OSError, match="cut"):
        next(spoken)
