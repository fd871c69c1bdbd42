"""Texts, and how they are cut."""

from __future__ import annotations

import re
import unittest
from typing import Any

import pytest
from markdown_it import MarkdownIt

from simulator import PROMPTS
from simulator.answers import answer_to, count_input, cut
from simulator.canned.numbered_pieces import pieces as benchmark_pieces
from simulator.canned.texts import Entry, entries, find
from simulator.pacing import VENDORS

ENTRIES = entries()
CRICKET = ENTRIES[0]
EVERYONES = [entry for vendor in ("", *VENDORS) for entry in entries(vendor)]


TEXTS = [text for entry in EVERYONES for text in (entry.text, entry.reasoning)]


@pytest.mark.parametrize("text", [" ", "\n\n\t x", "a_b__c", "²½①", "e\u0301", "👨‍👩‍👧", "x  y", "\x00\x07", *TEXTS])
def test_cutting_loses_nothing(text: str) -> None:
    assert "".join(cut(text)) == text


def test_pieces_are_about_a_token_long() -> None:
    pieces = cut(CRICKET.text)
    assert 3.5 < len(CRICKET.text) / len(pieces) < 5
    assert max(map(len, pieces)) < 20


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.words)
def test_every_prompt_finds_its_own_answer(entry: Entry) -> None:
    assert find(entry.prompt) == entry
    assert entry.prompt in PROMPTS
    assert {find(entry.prompt, vendor).name for vendor in VENDORS} == {entry.name}


@pytest.mark.parametrize("prompt", PROMPTS)
def test_each_vendor_has_words_of_its_own_for_every_prompt(prompt: str) -> None:
    texts = [answer_to(prompt, [], vendor=vendor).text for vendor in ("", *VENDORS)]
    assert len(set(texts)) == len(texts) == 4
    openings = {text.strip().splitlines()[0] for text in texts}
    assert len(openings) == 4, "they begin alike"


@pytest.mark.parametrize("vendor", ["", *VENDORS])
def test_words_about_cricket_are_about_200(vendor: str) -> None:
    words = re.findall(r"\w[\w'’-]*", find(CRICKET.prompt, vendor).text)
    assert 180 <= len(words) <= 230


def test_each_vendor_thinks_before_the_puzzle_and_all_say_the_same_where_no_prompt_matches() -> None:
    thoughts = {answer_to("a puzzle", [], vendor=vendor).reasoning for vendor in ("", *VENDORS)}
    assert len(thoughts - {""}) == 4
    assert {find("Who won?", vendor) for vendor in VENDORS} == {find("Who won?")}


@pytest.mark.parametrize("prompt", ["Who won?", "", "vegetable", "encode this", "<script>alert(1)</script>"])
def test_anything_else_is_told_that_this_is_a_simulator(prompt: str) -> None:
    answer = answer_to(prompt, [])
    assert "This is a simulator. No model was asked" in answer.text
    assert all(known in answer.text for known in PROMPTS)
    assert not prompt or prompt not in answer.text


def test_input_is_words_and_signs_of_all_messages_and_reasoning_counts_as_output() -> None:
    assert count_input(["Tell me, please!", "Be brief."]) == 8
    answer = answer_to("a puzzle", [])
    assert 0 < answer.reasoning_tokens < answer.output_tokens == len(answer.pieces)
    assert answer_to("a puzzle", [], reasons=False).reasoning_tokens == 0
    assert answer_to("a puzzle", [], limit=5).reasoning_tokens == 5
    count = len(answer_to("cricket", []).pieces)
    assert answer_to("cricket", [], limit=count).finish == "stop"
    assert answer_to("cricket", [], limit=count - 1).finish == "length"


@pytest.mark.parametrize("count", [1, 99, 2000])
def test_benchmark_pieces_are_numbered_distinct_and_markdown_of_all_kinds(count: int) -> None:
    pieces = benchmark_pieces(count)
    assert len(set(pieces)) == len(pieces) == count
    assert all(str(number) in piece for number, piece in enumerate(pieces))
    kinds = {token.type for token in MarkdownIt().parse("".join(pieces))}
    assert count < 2000 or {"heading_open", "paragraph_open", "bullet_list_open", "fence"} <= kinds


def test_the_answers_together_use_all_of_markdown() -> None:
    markdown = MarkdownIt().enable("table")
    tokens = [token for entry in ENTRIES for token in markdown.parse(entry.text)]
    assert {"heading_open", "bullet_list_open", "ordered_list_open", "blockquote_open", "fence", "table_open"} <= {
        token.type for token in tokens
    }
    assert {token.info for token in tokens if token.type == "fence"} >= {"python", "shell"}


@pytest.mark.parametrize("vendor", ["", *VENDORS])
def test_the_code_that_is_shown_works(vendor: str) -> None:
    fences = [token.content for token in MarkdownIt().parse(find("python", vendor).text) if token.info == "python"]
    names: dict[str, Any] = {"__name__": "shown"}
    for fence in fences:
        exec(fence, names)
    cases = [value for value in names.values() if isinstance(value, type) and issubclass(value, unittest.TestCase)]
    tests = [value for name, value in names.items() if name.startswith("test_")]
    assert tests or cases
    for test in tests:
        test()
    for case in cases:
        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
        assert result.testsRun
        assert result.wasSuccessful(), result.errors + result.failures
