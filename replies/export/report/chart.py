"""Chart of a report: how many characters had arrived when, as an SVG for one width, so that it prints as it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate

from replies.metrics.labels import is_whole
from replies.reply import Reply

MOST_POINTS = 300  # of a line; more can't be told apart
TOP, BOTTOM, LEFT = 14, 34, 52
LABELS = 150  # room for the names at the right
APART = 17  # pixels between two names


def chart(
    id: str,
    replies: Sequence[Reply],
    hues: Sequence[str],
    width: int,
    height: int,
    *,
    labels: bool,
    name: Callable[[str], str],
) -> str:
    """`hues`: the classes that give each line its colour. `name` makes a provider's name fit for HTML. `labels`:
    whether names stand beside the lines' ends."""
    right = width - (LABELS if labels else 14)
    base = height - BOTTOM
    longest = max([reply.total or 0.0 for reply in replies], default=0.0) or 1.0
    most = max([sum(len(text) for _, text in reply.chunks) for reply in replies], default=0) or 1
    along, up = _ticks(longest, 4 if width < 600 else 8), _ticks(most, 4 if height > 200 else 2)
    far, high = max(longest, along[-1]), max(most, up[-1])

    def x(seconds: float) -> float:
        return round(LEFT + (right - LEFT) * seconds / far, 1)

    def y(characters: float) -> float:
        return round(base - (base - TOP) * characters / high, 1)

    drawn = [f'<g class="axis"><path d="M{LEFT} {base}H{right}"/>']
    for tick in along:
        drawn.append(f'<path d="M{x(tick)} {base}v5"/>')
        drawn.append(f'<text x="{x(tick)}" y="{base + 19}" text-anchor="middle">{_number(tick)} s</text>')
    for tick in up[1:]:
        drawn.append(f'<path class="grid" d="M{LEFT} {y(tick)}H{right}"/>')
        drawn.append(f'<text x="{LEFT - 8}" y="{y(tick) + 4}" text-anchor="end">{_number(tick)}</text>')
    drawn.append(
        f'</g><clipPath id="clip-{id}"><rect class="seen" x="0" y="0" width="{width}" height="{height}"/></clipPath>'
        f'<g class="lines" clip-path="url(#clip-{id})">'
    )
    told = []
    ends: list[tuple[float, float, int]] = []
    for lane, reply in enumerate(replies):
        counts = list(accumulate(len(text) for _, text in reply.chunks))
        points = list(zip((seconds for seconds, _ in reply.chunks), counts, strict=True))
        total, count = reply.total or 0.0, counts[-1] if counts else 0
        path = f"M{x(0)} {y(0)}" + "".join(f"H{x(at)}V{y(so_far)}" for at, so_far in _thinned(points)) + f"H{x(total)}"
        drawn.append(f'<g class="{hues[lane]}"><path class="line" d="{path}"/>')
        if points:
            drawn.append(f'<circle class="first" cx="{x(points[0][0])}" cy="{y(0)}" r="4"/>')
        if is_whole(reply):
            drawn.append(f'<circle class="done" cx="{x(total)}" cy="{y(count)}" r="4.5"/></g>')
        else:
            drawn.append(f'<path class="broken" d="M{x(total) - 5} {y(count) - 5}l10 10m0-10l-10 10"/></g>')
        ends.append((y(count), x(total), lane))
        began = f"first piece after {points[0][0]:.2f} s, " if points else ""
        told.append(f"{name(reply.asked.label)}: {began}{count:,} characters after {total:.2f} s, {reply.state}.")
    drawn.append("</g>")
    if labels:
        drawn += _names(replies, hues, sorted(ends), right, base, name)
    drawn.append(f'<path class="head" d="M0 {TOP}V{base}"/>')
    size = "wide" if width >= 600 else "narrow"
    return (
        f'<svg class="chart {size}" viewBox="0 0 {width} {height}" role="img" aria-labelledby="chart-{id}" '
        f'data-left="{LEFT}" data-right="{right}" data-seconds="{far}" data-width="{width}">'
        f'<title id="chart-{id}">{" ".join(told)}</title>{"".join(drawn)}</svg>\n'
    )


def _names(
    replies: Sequence[Reply],
    hues: Sequence[str],
    ends: list[tuple[float, float, int]],
    right: int,
    base: int,
    name: Callable[[str], str],
) -> list[str]:
    """The lanes' names beside the ends of their lines, none upon another, each led to by a thin line."""
    drawn = []
    # From the top down; then from the bottom up, where the last ones were pushed below the axis.
    places: list[float] = []
    for height, _, _ in ends:
        places.append(max([height, *(place + APART for place in places[-1:])]))
    limit = float(base)
    for at in reversed(range(len(places))):
        places[at] = min(places[at], limit)
        limit = places[at] - APART
    for (height, x, lane), place in zip(ends, places, strict=True):
        label = replies[lane].asked.label
        short = label if len(label) <= 18 else f"{label[:17]}…"
        drawn.append(
            f'<g class="name {hues[lane]}"><path class="lead" d="M{x + 7} {height}L{right + 4} {place:.1f}"/>'
            f'<text x="{right + 9}" y="{place + 4:.1f}">{name(short)}</text></g>'
        )
    return drawn


def _thinned(points: list[tuple[float, int]]) -> list[tuple[float, int]]:
    if len(points) <= MOST_POINTS:
        return points
    step = (len(points) - 1) / (MOST_POINTS - 1)
    return [points[round(at * step)] for at in range(MOST_POINTS)]


def _ticks(most: float, wanted: int) -> list[float]:
    """Round numbers from 0 up to the first that is not below `most`."""
    rough = most / wanted
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= rough)
    return [at * step for at in range(math.ceil(most / step - 1e-9) + 1)]


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"
