"""Ready-made texts, and which prompt gets which.

Each prompt has one text in this folder, for models with `sim-` in their id, and one in each vendor's folder, in
words of its own, for its other models. `puzzle-reasoning.md` comes before the answer where the API can carry reasoning.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent


class Entry(NamedTuple):
    """A prompt, the words by which similar prompts find it, and its answer."""

    name: str
    prompt: str
    words: str
    text: str
    reasoning: str = ""

    def fits(self, prompt: str) -> bool:
        return re.search(rf"\b(?:{self.words})\b", prompt, re.IGNORECASE) is not None


# The essay comes early: its prompts often name a form ("with headings, a list and a quote") that others
# look for.
_KNOWN = (
    ("cricket", "Tell me about history of Cricket in 200 words.", "cricket"),
    (
        "post",
        "Write a long essay on the history of the postal service, with headings, lists and a quote.",
        "postal|essay|the post|the mail",
    ),
    ("code", "Write a Python function that counts the words in a text, with a test.", "python|function|code"),
    (
        "table",
        "Compare the streaming APIs of OpenAI, AWS Bedrock and IBM watsonx.ai in a table.",
        "table|compare|comparison",
    ),
    (
        "puzzle",
        "Solve a puzzle: a bat and a ball cost 1.10 together, the bat costs 1.00 more. What is the ball?",
        "puzzle|riddle|reason(?:ing)?|bat and a ball|step by step",
    ),
    (
        "greetings",
        "Say hello in many languages and scripts, with emoji.",
        "languages|scripts|emoji|hello|greetings?|unicode",
    ),
    (
        "markup",
        "Show me text with dollar signs, colour directives, HTML, a link and an image.",
        "dollars?|directives?|html|markup",
    ),
)


@cache
def entries(vendor: str = "") -> tuple[Entry, ...]:
    """All texts in the words of `openai`, `bedrock` or `watsonx`; without a vendor, those of the `sim-` models."""

    def text(name: str) -> str:
        return (FOLDER / vendor / f"{name}.md").read_text(encoding="utf-8")

    return tuple(
        Entry(name, prompt, words, text(name), text(f"{name}-reasoning") if name == "puzzle" else "")
        for name, prompt, words in _KNOWN
    )


@cache
def effort() -> str:
    """Reasoning that suits any question."""
    return (FOLDER / "effort.md").read_text(encoding="utf-8")


PROMPTS: tuple[str, ...] = tuple(prompt for _, prompt, _ in _KNOWN)
"""The prompts that have a text of their own."""

ABOUT_SIMULATOR = """\
This is a simulator. No model was asked, and your question was not understood: it matched none of the \
answers that were written beforehand.

What it can show:

{prompts}

The model's name sets the speed (`sim-typical`, `sim-fast`, `sim-slow`) or asks for trouble (`sim-fault-cut`).
"""

ODD_CHARACTERS: tuple[str, ...] = (
    "Odd", " characters", " follow", ":", " NUL", " \x00", ",", " bell", " \x07", ",", " escape",
    " \x1b[31m", ",", " delete", " \x7f", ",", " next", " line", " \x85", ",", " lone", " surrogates",
    " \ud800", " and", " \udc00", ",", " a", " split", " pair", " \ud83d", "\ude00", ",", " right",
    "-to-left", " \u200fmark\u200e", ",", " override", " \u202e", "desrever", "\u202c", ",", " zero",
    " width", " \u200b\u2060\ufeff", ",", " line", " separator", " \u2028", ",", " not", " a",
    " character", " \uffff", ",", " carriage", " return", " \r", "\n", "and", " the", " words", " data: ",
    "and", " [DONE]", " and", " event: error", "\n\n", "inside", " the", " text", ".",
)  # fmt: skip
"""Pieces that have broken readers of streams."""


def find(prompt: str, vendor: str = "") -> Entry:
    """The entry for a prompt; where none fits, a text about the simulator itself."""
    for entry in entries(vendor):
        if entry.fits(prompt):
            return entry
    return Entry("", "", "", ABOUT_SIMULATOR.format(prompts="\n".join(f"- {prompt}" for prompt in PROMPTS)))
