"""Reasoning in tags: told apart at the start of an answer, however the pieces are cut; text anywhere else."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest

from providers import End, FinishReason, ProviderError, Reasoning
from providers.base import TextStream
from providers.parsing.think_tags import TAGS, ThinkTags

ANSWERS: dict[str, tuple[str, str, str]] = {  # what the model wrote: the reasoning and the text of it
    "the usual": ("<think>\nHm.\n</think>\n\n4", "Hm.", "4"),
    "no line breaks": ("<think>Hm.</think>4", "Hm.", "4"),
    "blanks before the tag": ("\n <think>Hm.</think> 4", "Hm.", "4"),
    "lines within": ("<think>\nHm.\n\n 2 < 3.\n</think>\nIt is 4.\n\nYes.\n", "Hm.\n\n 2 < 3.", "It is 4.\n\nYes.\n"),
    "upper case": ("<THINK>Hm.</Think>4", "Hm.", "4"),
    "two thoughts": ("<think>Hm.</think>\n<think>So.</think>\n4", "Hm.So.", "4"),
    "an empty thought": ("<think>\n\n</think>\n\n4", "", "4"),
    "an empty thought that nothing opened": ("</think>\n\n4", "", "4"),
    "never closed": ("<think>\nHm. 2 <", "Hm. 2 <", ""),
    "cut off in the closing tag": ("<think>Hm.</thin", "Hm.</thin", ""),
    "nothing after it": ("<think>Hm.</think>\n\n", "Hm.", ""),
    "another tag inside": ("<think>Not <thinking> nor </thinking>.</think>4", "Not <thinking> nor </thinking>.", "4"),
    "tags in the answer": ("<think>Hm.</think>Write <think>x</think>.", "Hm.", "Write <think>x</think>."),
    "in the midst": ("Use <think>x</think> so.", "", "Use <think>x</think> so."),
    "in code": ("```\n<think>\nx\n</think>\n```\n", "", "```\n<think>\nx\n</think>\n```\n"),
    "a closing tag that is spoken of": ("It ends with `</think>`.", "", "It ends with `</think>`."),
    "a closing tag between words": ("It ends with </think> there.", "", "It ends with </think> there."),
    "a closing tag at the end of a sentence": ("It ends with </think>", "", "It ends with </think>"),
    "another element": ("<div>4</div>", "", "<div>4</div>"),
    "a shorter name": ("<thin>4", "", "<thin>4"),
    "a longer name": ("<thinker>4</thinker>", "", "<thinker>4</thinker>"),
    "the beginning of a tag alone": ("<thi", "", "<thi"),
    "a blank answer": (" \n", "", " \n"),
    "an answer with a blank start": ("\n\n4", "", "\n\n4"),
    "less than": ("<", "", "<"),
    "an end that could be a tag": ("2 <", "", "2 <"),
    "nothing": ("", "", ""),
} | {name: (f"{name}Hm.{closing}\n4", "Hm.", "4") for name, closing in TAGS.items()}  # fmt: skip


def spoken(pieces: Sequence[str], finish: FinishReason = "stop", error: ProviderError | None = None) -> TextStream:
    yield from pieces
    if error:
        raise error
    return End(finish)


def apart(
    pieces: Sequence[str], thoughts: ThinkTags | None = None, *, whole: bool = False, finish: FinishReason = "stop"
) -> tuple[str, str]:
    pieces = ["".join(pieces)] if whole and pieces else pieces
    told = list((thoughts or ThinkTags()).apart(spoken(pieces, finish), "m", whole=whole))
    assert all(told)
    return (
        "".join(piece for piece in told if isinstance(piece, Reasoning)),
        "".join(piece for piece in told if not isinstance(piece, Reasoning)),
    )


def cuts(text: str) -> list[list[str]]:
    """All ways to cut it once, every three characters, and everywhere."""
    once = [[text[:at], text[at:]] for at in range(1, len(text))]
    steps = [[text[start:end] for start, end in pairwise([*range(0, len(text), n), len(text)])] for n in (1, 3)]
    return [[text] if text else [], *once, *steps]


@pytest.mark.parametrize(("said", "reasoning", "text"), ANSWERS.values(), ids=ANSWERS)
def test_a_thought_is_told_apart_however_it_is_cut(said: str, reasoning: str, text: str) -> None:
    for pieces in cuts(said):
        for whole in (False, True):
            assert (pieces, *apart(pieces, whole=whole)) == (pieces, reasoning, text)


def test_pieces_without_tags_are_left_as_they_are() -> None:
    pieces = ["\n", "Hel", "lo ", "[1]", " a", " <", "b>", "", Reasoning("late"), "."]
    told = list(ThinkTags().apart(spoken(pieces), "m", whole=False))
    assert told == ["\n", "Hel", "lo ", "[1]", " a", " ", "<b>", "late", "."]
    assert isinstance(told[-2], Reasoning)


def test_reasoning_is_told_as_it_comes() -> None:
    answer = ThinkTags().apart(spoken(["<think>Hm", ", well", "</think>", "4", "2"]), "m", whole=False)
    assert [next(answer) for _ in range(4)] == ["Hm", ", well", "4", "2"]


def test_what_is_held_back_is_there_when_it_fails() -> None:
    error = ProviderError("interrupted", "It broke.")
    answer = ThinkTags().apart(spoken(["<think>Hm. </thi"], error=error), "m", whole=False)
    assert next(answer) == "Hm."
    assert next(answer) == " </thi"
    with pytest.raises(ProviderError) as caught:
        next(answer)
    assert caught.value is error


# Prompts that end in the opening tag, so that only the closing one is said


UNOPENED = ("Hm. 2 < 3.\n</think>\n\n4", "Hm.\n</think>4", "Hm.</think>\n4", "Hm.</think>4", "Hm.\n\n</think>\n\n4\n")


@pytest.mark.parametrize("said", UNOPENED)
def test_of_the_first_streamed_one_the_tag_is_gone_and_the_next_is_right(said: str) -> None:
    before, _, after = said.partition("</think>")
    right = before.strip(), after.lstrip()
    assert apart([said]) == right  # where nothing was told yet
    for pieces in cuts(said)[1:]:
        assert apart(pieces, whole=True) == right  # and where it was awaited
        thoughts = ThinkTags()
        assert "think>" not in "".join(apart(pieces, thoughts))
        assert apart(pieces, thoughts) == right
        assert apart(pieces, thoughts) == right


def test_what_was_learnt_of_a_model_holds_for_it_alone_and_until_it_writes_otherwise() -> None:
    thoughts = ThinkTags()
    list(thoughts.apart(spoken(["Hm.\n</think>\n\n4"]), "other", whole=False))
    assert apart(["No", " tag"], thoughts) == ("", "No tag")
    apart(["Hm.\n</think>\n\n4"], thoughts)
    assert apart(["Hm, ", "well"], thoughts, finish="length") == ("Hm, well", "")  # the limit cut it off
    assert apart(["Hm.", "</think>", "4"], thoughts) == ("Hm.", "4")
    assert apart(["<think>", "Hm.", "</think>", "4"], thoughts) == ("Hm.", "4")
    assert apart([Reasoning("Hm."), "4"], thoughts) == ("Hm.", "4")
    thoughts = ThinkTags()
    apart(["Hm.\n</think>\n\n4"], thoughts)
    assert apart(["No tag", " at all"], thoughts) == ("No tag at all", "No tag at all")
    assert apart(["No tag", " at all"], thoughts) == ("", "No tag at all")
