"""Text for benchmarks: Markdown of exactly as many pieces as asked for, each of them distinct, so that loss shows."""

from __future__ import annotations

SECTION = 200
"""Pieces in a section: a heading, prose, a list, a code block, prose."""
_WORDS = (
    "stream", "answer", "token", "reader", "letter", "signal", "letters", "moment",
    "window", "packet", "number", "engine", "server", "sentence", "margin", "column",
)  # fmt: skip


def pieces(count: int) -> list[str]:
    """`count` pieces; piece 17 holds the number 17."""
    return [_piece(number, count) for number in range(count)]


def _piece(number: int, count: int) -> str:
    section, place = divmod(number, SECTION)
    word = f"{_WORDS[number % len(_WORDS)]}-{number}"
    last = number == count - 1
    if place == 0:
        return f"{'' if section == 0 else chr(10) * 2}## Section {section + 1}, piece {number}\n\n"
    if 80 <= place < 110:
        return f"{'' if place % 5 else chr(10) + '- '}{word}{'' if place % 5 == 4 else ' '}"
    if place == 110:
        return f"\n\n```python\npiece_{number} = {number}\n"
    if 110 < place < 130:
        return f"piece_{number} = {number}\n"
    if place == 130:
        return f"```\n\nPiece {number} closes the block"
    if place % 20 == 19 or last:
        return f" {word}.{'' if place % 40 != 39 or last else chr(10) * 2}"
    if place == 1 or place % 40 == 0:
        return word.capitalize()
    return f" {word}"
