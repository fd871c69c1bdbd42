"""The texts, and how they are cut."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from simulator import PROMPTS
from simulator.answers import answer_to, count_input, cut
from simulator.benchmark import pieces as benchmark_pieces
from simulator.essays import CRICKET, ENTRIES, Entry, find


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.words)
def test_pieces_joined_are_the_text(entry: Entry) -> None:
    assert "".join(cut(entry.text)) == entry.text
    assert "".join(cut(entry.reasoning)) == entry.reasoning


@pytest.mark.parametrize("text", ["", " ", "\n\n\t x", "a_b__c", "²½①", "e\u0301", "👨‍👩‍👧", "x  y", "\x00\x07"])
def test_cutting_loses_nothing(text: str) -> None:
    assert "".join(cut(text)) == text


def test_pieces_are_about_a_token_long() -> None:
    pieces = cut(CRICKET.text)
    assert 3.5 < len(CRICKET.text) / len(pieces) < 5
    assert max(map(len, pieces)) < 20


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.words)
def test_every_prompt_finds_its_own_answer(entry: Entry) -> None:
    assert find(entry.prompt) is entry
    assert entry.prompt in PROMPTS


def test_the_cricket_answer_has_about_200_words() -> None:
    assert 190 <= len(CRICKET.text.split()) <= 210


@pytest.mark.parametrize("prompt", ["Who won?", "", "vegetable", "encode this", "<script>alert(1)</script>"])
def test_anything_else_is_told_that_this_is_a_simulator(prompt: str) -> None:
    answer = answer_to(prompt, [])
    assert "This is a simulator. No model was asked" in answer.text
    assert all(known in answer.text for known in PROMPTS)
    assert not prompt or prompt not in answer.text


def test_input_tokens_are_words_and_signs_of_all_messages() -> None:
    assert count_input(["Tell me, please!", "Be brief."]) == 8


def test_reasoning_counts_as_output() -> None:
    answer = answer_to("a puzzle", [])
    assert 0 < answer.reasoning_tokens < answer.output_tokens == len(answer.pieces)
    assert answer_to("a puzzle", [], reasons=False).reasoning_tokens == 0
    assert answer_to("a puzzle", [], limit=5).reasoning_tokens == 5


def test_a_limit_that_is_not_reached_does_not_show() -> None:
    count = len(answer_to("cricket", []).pieces)
    assert answer_to("cricket", [], limit=count).finish == "stop"
    assert answer_to("cricket", [], limit=count - 1).finish == "length"


@pytest.mark.parametrize("count", [1, 99, 500, 2000])
def test_benchmark_pieces_are_numbered_and_distinct(count: int) -> None:
    pieces = benchmark_pieces(count)
    assert len(set(pieces)) == len(pieces) == count
    assert all(str(number) in piece for number, piece in enumerate(pieces))


def test_benchmark_text_is_markdown_of_all_kinds() -> None:
    kinds = {token.type for token in MarkdownIt().parse("".join(benchmark_pieces(2000)))}
    assert {"heading_open", "paragraph_open", "bullet_list_open", "fence"} <= kinds


def test_the_answers_together_use_all_of_markdown() -> None:
    markdown = MarkdownIt().enable("table")
    tokens = [token for entry in ENTRIES for token in markdown.parse(entry.text)]
    assert {"heading_open", "bullet_list_open", "ordered_list_open", "blockquote_open", "fence", "table_open"} <= {
        token.type for token in tokens
    }
    assert {token.info for token in tokens if token.type == "fence"} >= {"python", "shell"}


def test_the_code_that_is_shown_works() -> None:
    fences = [token.content for token in MarkdownIt().parse(find("python").text) if token.info == "python"]
    names: dict[str, object] = {}
    exec(fences[0], names)
    test = names["test_case_and_punctuation_do_not_matter"]
    assert callable(test)
    test()
