"""Chart of a report: how many characters had arrived when. Its places for one width, which the template draws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from replies.metrics.axis import number, ticks
from replies.metrics.labels import is_whole
from replies.reply import Reply

MOST_POINTS = 300  # of a line; more can't be told apart
TOP, BOTTOM, LEFT = 14, 34, 52
LABELS = 150  # room for the names at the right
APART = 17  # pixels between two names
LONGEST_NAME = 18  # characters


def chart(id: str, replies: Sequence[Reply], width: int, height: int, *, labels: bool) -> dict[str, Any]:
    """Places in pixels, with a line for each reply. `labels`: whether names stand beside the ends of the lines."""
    right = width - (LABELS if labels else 14)
    base = height - BOTTOM
    longest = max([reply.total or 0.0 for reply in replies], default=0.0) or 1.0
    most = max([sum(len(text) for _, text in reply.chunks) for reply in replies], default=0) or 1
    along, up = ticks(longest, 4 if width < 600 else 8), ticks(most, 4 if height > 200 else 2)
    far, high = max(longest, along[-1]), max(most, up[-1])

    def x(seconds: float) -> float:
        return round(LEFT + (right - LEFT) * seconds / far, 1)

    def y(characters: float) -> float:
        return round(base - (base - TOP) * characters / high, 1)

    lines: list[dict[str, Any]] = []
    for reply in replies:
        counts = list(accumulate(len(text) for _, text in reply.chunks))
        points = list(zip((seconds for seconds, _ in reply.chunks), counts, strict=True))
        total, count = reply.total or 0.0, counts[-1] if counts else 0
        shown = points
        if len(points) > MOST_POINTS:
            shown = [points[round(at * (len(points) - 1) / (MOST_POINTS - 1))] for at in range(MOST_POINTS)]
        steps = "".join(f"H{x(at)}V{y(so_far)}" for at, so_far in shown)
        label = reply.asked.label
        began = f"first piece after {points[0][0]:.2f} s, " if points else ""
        lines.append(
            {
                "path": f"M{x(0)} {y(0)}{steps}H{x(total)}",
                "first": x(points[0][0]) if points else None,
                "whole": is_whole(reply),
                "x": x(total),
                "y": y(count),
                "name": label if len(label) <= LONGEST_NAME else f"{label[: LONGEST_NAME - 1]}…",
                "told": f"{label}: {began}{count:,} characters after {total:.2f} s, {reply.state}.",
            }
        )
    if labels:  # names stand beside the ends of their lines without overlaps: placed from the top down, then from the
        # bottom up, since the last ones may be below the axis
        ranked = sorted(lines, key=lambda line: (line["y"], line["x"]))
        place = -math.inf
        for line in ranked:
            place = line["name_at"] = max(line["y"], place + APART)
        limit = float(base)
        for line in reversed(ranked):
            line["name_at"] = min(line["name_at"], limit)
            limit = line["name_at"] - APART
    return {
        "id": id,
        "size": "wide" if width >= 600 else "narrow",
        "width": width,
        "height": height,
        "left": LEFT,
        "right": right,
        "top": TOP,
        "base": base,
        "seconds": far,
        "along": [(x(tick), number(tick)) for tick in along],
        "up": [(y(tick), number(tick)) for tick in up[1:]],
        "lines": lines,
        "labels": labels,
    }
