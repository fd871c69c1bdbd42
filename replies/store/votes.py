"""Judged comparisons, with what stood for each lane: one query that reads no chunks. Within a transaction."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import Connection, func, select

from replies.conversation import Comparison
from replies.leaderboard import JudgedComparison, VotedLane
from replies.store.schema import answers, items, replies, turns
from replies.store.serialization import WHO, asked
from replies.verdict import Verdict


def judged(connection: Connection, owner: str) -> list[JudgedComparison]:
    """Comparisons with a verdict that are not deleted. A lane is its newest attempt in the last round it was in."""
    newest = func.row_number().over(
        partition_by=(items.c.id, answers.c.number), order_by=(turns.c.place.desc(), replies.c.asked_at.desc())
    )
    standing = (
        select(items.c.id.label("item"), answers.c.number, answers.c.reply, newest.label("rank"))
        .join(turns, turns.c.item == items.c.id)
        .join(answers, answers.c.turn == turns.c.id)
        .join(replies, replies.c.id == answers.c.reply)
        .where(items.c.owner == owner, items.c.kind == Comparison.kind)
        .where(items.c.verdict.is_not(None), items.c.deleted_at.is_(None))
        .subquery()
    )
    wanted = (*WHO, "recorded", "request", "figures", "price", "outcome")
    found = connection.execute(
        select(items.c.id, items.c.verdict, standing.c.number, *(replies.c[name] for name in wanted))
        .join(standing, standing.c.item == items.c.id)
        .join(replies, replies.c.id == standing.c.reply)
        .where(standing.c.rank == 1)
        .order_by(items.c.at, items.c.id, standing.c.number)
    )
    lanes: dict[str, list[VotedLane]] = defaultdict(list)
    verdicts: dict[str, Verdict] = {}
    for row in found:
        known = (row.outcome or {}).get("finish_reason") != "other"  # else nobody can say whether it is complete
        if row.id not in verdicts:
            verdicts[row.id] = Verdict.from_json(row.verdict)
        lanes[row.id].append(
            VotedLane(row.number, asked(row), row.figures if known else None, row.price if known else None)
        )
    return [JudgedComparison(id, verdict, lanes[id]) for id, verdict in verdicts.items()]
