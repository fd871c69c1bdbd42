"""Outline of an export: prompts with their answers, a headline, the verdict."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import NamedTuple

from replies.conversation import Comparison, Series
from replies.metrics.differences import measured
from replies.metrics.findings import NONE_SHOWN, findings
from replies.metrics.labels import date, marks
from replies.recording.format import VOTE_FIRST, Item
from replies.reply import Reply

EARLIER = "earlier attempt"


class Scene(NamedTuple):
    """A prompt and its answers: a round of a comparison, a run of a series, or a turn of a conversation.

    `lanes` has a number for each answer, as people count; `earlier` the places of answers that were asked for again.
    """

    title: str
    prompt: str
    replies: list[Reply]
    lanes: list[int]
    earlier: frozenset[int] = frozenset()

    def marks(self, at: int) -> list[str]:
        """Where the answer at this place comes from, and whether it was asked for again."""
        return [*marks(self.replies[at].asked), *([EARLIER] if at in self.earlier else [])]


def scenes(item: Item) -> list[Scene]:
    """The scenes of an export. Raises ValueError while an answer is in progress, and before the vote on a blind
    comparison."""
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
    """Whether the lanes of a series differ from its first, in sentences, and what must be said with them; nothing of
    anything else."""
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
