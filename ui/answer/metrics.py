"""Figures of one answer on the page, in a line."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import streamlit as st

from replies.metrics.figures import figures, progress
from replies.metrics.labels import ending_of, notes, seconds
from replies.metrics.table import METRIC, in_a_line, shown_in
from replies.pricing import costs
from replies.reply import Reply
from ui import present
from ui.markdown import literal


def summary(reply: Reply, *, lane: bool = False) -> None:
    """The figures under an answer, in a line; the formulas show on hover. Under a `lane`, those that lanes are compared
    by at a glance."""
    if reply.over and not reply.chunks:
        st.caption(" · ".join((*map(literal, notes(reply)), ending(reply))))
        return
    if present.on():
        projected(reply)
        return
    cost = costs.cost(reply)
    parts = [
        *in_a_line(reply, "lane" if lane else "line"),
        _costing(reply, cost),
        *([f"{len(reply.retries)} retry"] if reply.retries else []),
        *map(literal, notes(reply)),
        ending(reply),
        *(["n\u00a0=\u00a01"] if lane else []),
    ]
    st.caption(" · ".join(parts), help=f"{explained(reply)}\n\nCost: {literal(costs.explained(cost))}")


def projected(reply: Reply) -> None:
    """Three figures of an answer, in progress or over, in the type of present mode."""
    numbers, so_far = figures(reply), progress(reply)
    if reply.over:
        shown = [METRIC[key].shown(numbers, reply) for key in ("ttft", "speed", "total")]
    else:
        rate = so_far.estimated_speed
        shown = [seconds(so_far.ttft), "–" if rate is None else f"≈\u00a0{rate:.0f}", f"{so_far.elapsed:.1f}\u00a0s"]
    named = zip(shown, ("first token", "tokens/s", "total" if reply.over else "so far"), strict=True)
    told = "".join(f"<span><b>{html.escape(value)}</b> {name}</span>" for value, name in named)
    st.html(f'<div class="figures">{told}</div>')


def _costing(reply: Reply, cost: Mapping[str, Any] | None) -> str:
    if cost is None or reply.asked.simulated:
        return "cost –"
    return "cost unknown" if "unknown" in cost else literal(costs.shown(cost))


def ending(reply: Reply) -> str:
    """How it ended, in words."""
    if reply.end is not None:
        return literal(ending_of(reply.end))
    return {"stopped": "stopped by you", "interrupted": "broken off", "failed": "failed"}.get(
        reply.state, "in progress"
    )


def explained(reply: Reply) -> str:
    """The formulas of the figures, and where the counts come from."""
    counted = reply.end is not None and reply.end.output_tokens is not None
    tokens = "Tokens are the provider's own count." if counted else "The provider gave no count."
    formulas = "\n".join(f"- {metric.help}" for metric in shown_in("lane"))
    return f"One answer, so n = 1. {tokens}\n\n{formulas}\n\n“–” where there is too little to say."
