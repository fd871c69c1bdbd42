"""Words of a text: what a reader counts, and how two texts differ, to the character and with a bound."""

import random
import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from replies.metrics.text_stats import text_stats, word_ends
from replies.metrics.word_diff import Kind, difference
from tests.support.known import known

PLAIN = "The ball is red. The bat is made of wood. We play in the sun all day long. Then we go home and eat. "
HEAVY = (
    "International organisations increasingly acknowledge institutional responsibilities concerning environmental "
    "sustainability. Comprehensive administrative reorganisation necessitates extraordinarily complicated "
    "interdepartmental communication. "
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("It's a well-known 22-yard pitch.", 5),
        ("yes — no – maybe & so on", 5),
        ("# Title\n\nText here", 3),
        ("**bold** and _slanted_ and ~~gone~~", 5),
        ("* one\n* two\n+ three\n- four", 4),
        ("- [ ] buy milk\n- [x] done", 3),
        ("> - quoted item", 2),
        ("---\n***\n===", 0),
        ("See [the pitch](https://example.org/a_(b)/c).", 3),
        ("See [the pitch][1].\n\n[1]: https://example.org 'A title'", 3),
        ("![a red ball](data:image/png;base64,AAAA) here", 4),
        ("[![alt text](a.png)](https://example.org) there", 3),
        ("a<br>b <i>c</i> <https://example.org>", 4),
        ("```python\nx = 1\nprint(x)\n```\nDone.", 4),  # x, 1, print(x), Done
        ("```\nnever closed", 2),
        ("```not a fence``` here", 4),
        ("|Name|Runs|\n|---|--:|\n|Sachin Tendulkar|15,921|", 5),
        ("板球是一项运动。", 7),
        ("クリケット is fun", 7),
        ("snake_case and 2*3*4", 3),
    ],
)
def test_words_are_what_a_reader_reads(text: str, words: int) -> None:
    assert text_stats(text).words == len(word_ends(text)) == words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("One  two\n\nthree", "One two three"),
        ("## A **bold** [link](https://example.org)!", "A bold link !"),
        ("`x_1` and snake_case", "x_1 and snake_case"),
        ("```\na  *b*\n```", "a *b*"),
    ],
)
def test_characters_are_those_that_are_shown(text: str, shown: str) -> None:
    assert text_stats(text).characters == len(shown)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", 0),
        ("One. Two! Three? Four", 4),
        ("What?! Yes… No.", 3),
        ("He said “Out.” She left.", 2),
        ("It costs 3.50 today. See example.org for more.", 2),
        ("Bats, e.g. of willow, are wood.", 1),
        ("# A title\n\nA sentence\nover two lines. Another.", 3),
        ("- one\n- two goes\n  on here\n- three.", 3),
        ("板球是运动。很好！", 2),
        ("```\nx. Y. Z.\n```", 0),
    ],
)
def test_sentences(text: str, sentences: int) -> None:
    assert text_stats(text).sentences == sentences


def test_the_level_is_coleman_and_liaus() -> None:
    """40 words of 4 letters in 4 sentences: 0.0588 × 400 − 0.296 × 10 − 15.8."""
    text = ("Word " * 9 + "word. ") * 4
    assert text_stats(text).level == pytest.approx(0.0588 * 400 - 0.296 * 10 - 15.8)


def test_long_words_in_long_sentences_are_harder_and_code_and_the_targets_of_links_are_not() -> None:
    plain, heavy = (known(text_stats(text * 2).level) for text in (PLAIN, HEAVY))
    assert plain < 4 < 16 < heavy
    code = "```python\nextraordinarily_complicated_communication = interdepartmental_reorganisation()\n```\n"
    linked = PLAIN.replace("ball", "[ball](https://example.org/extraordinarily/complicated)")
    assert text_stats(PLAIN * 2 + "\n\n" + code * 5).level == text_stats(linked * 2).level == plain
    assert text_stats(code * 50).level is None
    assert text_stats("Où est déjà le garçon " * 6).level  # accents, and one foreign name
    assert text_stats("Où est déjà le garçon naïf? " * 10 + "Киев").level


@pytest.mark.parametrize(
    "text", ["", "word " * 29, "Крикет игра " * 40, "板球是运动。" * 40, "12 345 " * 40, "הקריקט " * 40]
)
def test_a_few_words_or_another_script_have_no_level(text: str) -> None:
    assert text_stats(text).level is None


@given(st.text("ab .\n-*`#>|[]()<~板1", max_size=300))
def test_of_any_text_the_facts_fit_together(text: str) -> None:
    found, ends = text_stats(text), word_ends(text)
    assert len(ends) == found.words <= found.characters <= len(text)
    assert found.sentences <= found.words
    assert found.seconds == found.words / 4
    assert ends == sorted(set(ends))
    assert all(not text[end - 1].isspace() for end in ends)


@pytest.mark.parametrize(
    "text", ["[", "](", "[a](", "![", "<a ", "<!--", "`", "*", "_a", "> ", ". ", "!)", "- ", "[x]: "]
)
def test_signs_that_open_and_never_close_are_read_to_their_end(text: str) -> None:
    """A pattern that looks on from each of them to the end would be at it for hours."""
    ends = word_ends(text * 20_000)
    assert len(ends) == text_stats(text * 20_000).words


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
