"""The figures of one answer on the page: in a line, or as tiles that lanes are compared by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from replies import pricing
from replies.metrics import FORMULAS, Figures, figures, progress
from replies.reply import Reply
from replies.wording import ENDINGS, count, number, seconds
from ui.markdown import literal

TILE = 120  # pixels; three of them fit into the narrowest lane


def summary(reply: Reply) -> None:
    """The figures under an answer, in a line; the formulas show on hover."""
    if reply.over and not reply.arrivals:
        st.caption(ending(reply))
        return
    numbers, cost = figures(reply), pricing.cost(reply)
    speed = numbers.speed, "tokens/s"
    if not reply.asked.request.stream:
        speed = numbers.overall, "tokens/s overall"
    parts = [
        f"first token {seconds(numbers.ttft)}",
        f"{number(speed[0])} {speed[1]}",
        f"total {seconds(numbers.total)}",
        f"{count(numbers.input_tokens)} → {count(numbers.output_tokens)} tokens",
        *([f"{count(numbers.reasoning_tokens)} of them reasoning"] if numbers.reasoning_tokens else []),
        _costing(reply, cost),
        *([f"{len(reply.retries)} retry"] if reply.retries else []),
        ending(reply),
    ]
    st.caption(" · ".join(parts), help=f"{explained(numbers)}\n\nCost: {literal(pricing.explained(cost))}")


def tiles(reply: Reply) -> None:
    """The figures of one lane, large enough to compare, each with its formula on hover; estimates while it runs."""
    for label, value, formula in _finished(reply) if reply.over else _under_way(reply):
        st.metric(label, value, help=formula, width=TILE)


def _finished(reply: Reply) -> list[tuple[str, str, str]]:
    numbers, cost = figures(reply), pricing.cost(reply)
    streamed = reply.asked.request.stream
    speed, name = (numbers.speed, "speed") if streamed else (numbers.overall, "overall")
    tokens = count(numbers.output_tokens)
    if numbers.estimated_tokens is not None:
        tokens = f"≈ {count(numbers.estimated_tokens)}"
    used = FORMULAS["estimated_tokens" if numbers.token_source == "estimated" else "output_tokens"]
    return [
        ("First token", seconds(numbers.ttft), FORMULAS["ttft"]),
        ("Tokens/s" if streamed else "Overall tok/s", number(speed), FORMULAS[name]),
        ("Total", seconds(numbers.total), FORMULAS["total"]),
        ("Tokens out", tokens, f"{used} Input tokens: {count(numbers.input_tokens)}."),
        ("Cost", literal(pricing.shown(cost)), literal(pricing.explained(cost))),
        ("Longest pause", seconds(numbers.gaps.longest if numbers.gaps else None), FORMULAS["stall"]),
    ]


def _under_way(reply: Reply) -> list[tuple[str, str, str]]:
    so_far = progress(reply)
    speed, tokens = so_far.estimated_speed, so_far.estimated_tokens
    return [
        ("First token", seconds(so_far.ttft), FORMULAS["ttft"]),
        ("Tokens/s", "–" if speed is None else f"≈ {number(speed)}", FORMULAS["estimated_speed"]),
        ("Elapsed", f"{so_far.elapsed:.1f} s", FORMULAS["elapsed"]),
        ("Tokens out", "–" if tokens is None else f"≈ {count(tokens)}", FORMULAS["estimated_tokens"]),
        ("Cost", "–", pricing.explained(None)),
        ("Pieces", count(so_far.pieces), FORMULAS["pieces"]),
    ]


def _costing(reply: Reply, cost: Mapping[str, Any] | None) -> str:
    if cost is None or reply.asked.simulated:
        return "cost –"
    return "cost unknown" if "unknown" in cost else literal(pricing.shown(cost))


def ending(reply: Reply) -> str:
    """How it ended, in words."""
    if reply.end is not None:
        return ENDINGS[reply.end.finish_reason]
    return {"stopped": "stopped by you", "interrupted": "broken off", "failed": "failed"}.get(reply.state, "under way")


def explained(numbers: Figures) -> str:
    """The formulas of the figures, and where the counts come from."""
    tokens = (
        "Tokens are the provider's own count." if numbers.output_tokens is not None else "The provider gave no count."
    )
    formulas = "\n".join(f"- {FORMULAS[name]}" for name in ("ttft", "speed", "overall", "total"))
    return f"One answer, so n = 1. {tokens}\n\n{formulas}\n\n“–” where there is too little to say."
