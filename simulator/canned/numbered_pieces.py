"""Numbered pieces for benchmarks: Markdown of exactly as many pieces as asked for, each distinct, so that loss shows.

Most pieces are a space and a number: with 5 characters at the median they are as long as a model's tokens are.
"""

from __future__ import annotations

SECTION = 200
"""Pieces in a section: a heading, prose, a list, a code block, prose."""


def pieces(count: int) -> list[str]:
    """`count` pieces; piece 17 holds the number 17, and no other."""
    return [_piece(number, count) for number in range(count)]


def _piece(number: int, count: int) -> str:
    section, place = divmod(number, SECTION)
    last = number == count - 1
    if place == 0:
        return f"{'' if section == 0 else chr(10) * 2}## Piece {number}\n\n"
    if 80 <= place < 110:
        return f" {number}" if place % 5 else f"\n- Piece {number}"
    if place == 110:
        return f"\n\n```python\nn = {number}\n"
    if 110 < place < 130:
        return f"n = {number}\n"
    if place == 130:
        return f"```\n\nPiece {number} closes the block"
    if place % 20 == 19 or last:
        return f" {number}.{'' if place % 40 != 39 or last else chr(10) * 2}"
    if place == 1 or place % 40 == 0:
        return f"Piece {number}"
    return f" {number}"
