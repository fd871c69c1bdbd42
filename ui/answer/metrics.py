"""Figures of one answer on the page, in a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from replies.metrics.figures import FORMULAS, Figures, figures
from replies.metrics.labels import count, ending_of, number, seconds
from replies.pricing import costs
from replies.reply import Reply
from ui.markdown import literal


def summary(reply: Reply, *, lane: bool = False) -> None:
    """The figures under an answer, in a line; the formulas show on hover. Under a `lane`, those that lanes are compared
    by at a glance."""
    if reply.over and not reply.chunks:
        st.caption(ending(reply))
        return
    numbers, cost = figures(reply), costs.cost(reply)
    speed = numbers.speed, "tokens/s"
    if not reply.asked.request.stream:
        speed = numbers.overall, "tokens/s overall"
    parts = [
        f"first token {seconds(numbers.ttft)}",
        f"{number(speed[0])} {speed[1]}",
        f"total {seconds(numbers.total)}",
        *([] if lane else [f"{count(numbers.input_tokens)} → {count(numbers.output_tokens)} tokens"]),
        *([f"{count(numbers.reasoning_tokens)} of them reasoning"] if numbers.reasoning_tokens and not lane else []),
        _costing(reply, cost),
        *([f"{len(reply.retries)} retry"] if reply.retries else []),
        ending(reply),
        *(["n\u00a0=\u00a01"] if lane else []),
    ]
    st.caption(" · ".join(parts), help=f"{explained(numbers)}\n\nCost: {literal(costs.explained(cost))}")


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


def explained(numbers: Figures) -> str:
    """The formulas of the figures, and where the counts come from."""
    tokens = (
        "Tokens are the provider's own count." if numbers.output_tokens is not None else "The provider gave no count."
    )
    formulas = "\n".join(f"- {FORMULAS[name]}" for name in ("ttft", "speed", "overall", "total"))
    return f"One answer, so n = 1. {tokens}\n\n{formulas}\n\n“–” where there is too little to say."
