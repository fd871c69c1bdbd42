"""Outline of an export: prompts with their answers, a headline, the verdict."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple

from replies.conversation import Comparison, Series
from replies.metrics.differences import NONE_SHOWN, findings, measured
from replies.metrics.figures import figures
from replies.metrics.labels import date, ended, given_at, marks, notes, parameters
from replies.metrics.table import shown_in
from replies.pricing import costs
from replies.recording.format import VOTE_FIRST, Item
from replies.reply import Reply

EARLIER = "earlier attempt"


SIMULATED = (
    "Simulated answers were written beforehand and sent by Streamside's built-in simulator. No model is behind them, "
    "and their times say nothing about a provider."
)
DIFFER = "Do the lanes differ?"
ONE_ANSWER = "Each row is one answer, so n = 1. “–” where there is too little to say. Pieces are not tokens."


class Scene(NamedTuple):
    """A round of a comparison, a run of a series, or a turn of a conversation. `lanes` has a number for each answer, as
    people count; `earlier` the places of answers that were asked for again."""

    title: str
    prompt: str
    replies: list[Reply]
    lanes: list[int]
    earlier: frozenset[int] = frozenset()


def scenes(item: Item) -> list[Scene]:
    """Raises ValueError while an answer is in progress, and before the vote on a blind comparison."""
    if not item.over:
        raise ValueError("An answer is still in progress; export it when it is over.")
    if isinstance(item, Comparison):
        if item.hidden:
            raise ValueError(VOTE_FIRST)
        called = "Run" if isinstance(item, Series) else "Round"
        alone = len(item.rounds) == 1 and not isinstance(item, Series)
        return [
            Scene(
                "Prompt" if alone else f"{called} {place}",
                round.prompt,
                [reply for _, reply in round.attempts],
                [lane_number(item, lane) for lane, _ in round.attempts],
                frozenset(at for at, (lane, reply) in enumerate(round.attempts) if reply is not round.lanes[lane][-1]),
            )
            for place, round in enumerate(item.rounds, 1)
        ]
    return [
        Scene(f"Turn {place}", turn.prompt, turn.replies, list(range(1, len(turn.replies) + 1)))
        for place, turn in enumerate(item.turns, 1)
    ]


def lane_number(comparison: Comparison, lane: int) -> int:
    """A lane's number as people count, from the left."""
    return comparison.lanes.index(lane) + 1


def headline(item: Item) -> str:
    """ "Comparison of OpenAI and AWS Bedrock", each name once."""
    if isinstance(item, Comparison) and item.hidden:
        return "Blind comparison"
    names = list(dict.fromkeys(reply.asked.label for scene in scenes(item) for reply in scene.replies))
    listed = " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]])) or "nobody"
    if not isinstance(item, Comparison):
        return f"Conversation with {listed}"
    runs = f"{len(item.rounds):,} {'run' if len(item.rounds) == 1 else 'runs'}"
    return f"Series of {runs} of {listed}" if item.kind == Series.kind else f"Comparison of {listed}"


def told_apart(item: Item) -> tuple[list[str], str]:
    """Whether the lanes of a series differ from its first, in sentences, and what must be said with them."""
    if not isinstance(item, Series) or len(item.lanes) < 2:
        return [], ""
    answered = {lane: round.lanes[lane][-1].asked for round in item.rounds for lane in round.lanes}
    names = {lane: f"{answered[lane].label} (lane {lane_number(item, lane)})" for lane in item.lanes}
    told = findings(measured(item), item.lanes[0], names)
    none = [NONE_SHOWN] if told.open and not told.shown else []
    return [*told.shown, *none, *told.open, *told.failed], " ".join(told.notes)


def judgement(item: Item, zone: tzinfo | None = UTC) -> list[str]:
    """The verdict in words, the outcome first, with its date in a time zone; nothing where there is none."""
    if not isinstance(item, Comparison) or (verdict := item.verdict) is None:
        return []
    outcome = {"tie": "A tie.", "all bad": "All are bad."}.get(verdict.outcome, "")
    if verdict.lane is not None:
        asked = next(round.lanes[verdict.lane][-1].asked for round in item.rounds if round.lanes.get(verdict.lane))
        number = lane_number(item, verdict.lane)
        outcome = f"Lane {number} was best: {asked.label} · {asked.request.model}."
    known = "without knowing who answered" if verdict.blind else "knowing who answered"
    return [
        outcome,
        *([f"Reasons: {', '.join(verdict.reasons)}."] if verdict.reasons else []),
        *([f"Note: {verdict.note}"] if verdict.note.strip() else []),
        f"Given on {date(verdict.at, zone)}, {known}.",
    ]


def outline(item: Item, exported: datetime | None = None) -> dict[str, Any]:
    """All that a template tells. `exported`: now, unless given; all dates are in its time zone. Raises ValueError as
    `scenes` does."""
    exported = exported or datetime.now(UTC)
    zone = exported.tzinfo
    told = scenes(item)
    replies = [reply for scene in told for reply in scene.replies]
    return {
        "kind": item.kind,
        "headline": headline(item),
        "answered": date(min(map(given_at, replies)), zone) if replies else "",
        "exported": date(exported, zone),
        "simulated": SIMULATED if any(reply.asked.simulated for reply in replies) else "",
        "numbered": isinstance(item, Comparison),
        "scenes": [
            {
                "title": scene.title,
                "prompt": scene.prompt,
                "answers": [_answer(scene, at, zone) for at in range(len(scene.replies))],
                # By which price each was billed, or why its cost is unknown; the same only once.
                "costs": list(
                    dict.fromkeys(
                        f"{reply.asked.label} · {reply.asked.request.model}: {costs.explained(costs.price(reply))}"
                        for reply in scene.replies
                    )
                ),
            }
            for scene in told
        ],
        "differ": DIFFER,
        "apart": told_apart(item),
        "verdict": judgement(item, zone),
        "metrics": shown_in("export"),
        "one_answer": ONE_ANSWER,
    }


def _answer(scene: Scene, at: int, zone: tzinfo | None) -> dict[str, Any]:
    reply, lane, how = scene.replies[at], scene.lanes[at], ended(scene.replies[at])
    asked, numbers, earlier = reply.asked, figures(reply), EARLIER if at in scene.earlier else ""
    return {
        "lane": lane,
        "label": asked.label,
        # A lane keeps its colour from round to round; an earlier attempt has it paler.
        "hue": f"hue-{(lane - 1) % 6}{' earlier' if earlier else ''}",
        "earlier": earlier,
        "marks": [*marks(asked), *([EARLIER] if earlier else [])],
        "details": [asked.request.model, asked.api, *parameters(reply), *notes(reply), date(given_at(reply), zone)],
        "system": asked.request.system,
        "reasoning": reply.reasoning,
        "text": reply.text,
        "error": reply.error and reply.error.message,
        "ended": how,
        "tiles": [(metric.label, metric.shown(numbers, reply)) for metric in shown_in("tile")],
        "cells": {metric.label: metric.shown(numbers, reply) for metric in shown_in("export")} | {"Ended": how},
    }
