"""History: conversations and comparisons listed, searched and removed. Each within a transaction."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Connection, Integer, Select, column, delete, exists, func, select, table, text

from replies.reply import IN_PROGRESS
from replies.store import search_terms
from replies.store.heartbeat import now
from replies.store.schema import VECTOR, answers, documents, facets, items, replies, turns
from replies.store.serialization import at

Kind: TypeAlias = Literal["conversation", "comparison", "series"]

HIDDEN = items.c.blind & items.c.verdict.is_(None)  # who answered is not to be told
UNDO = 600.0  # seconds after which somebody else's start removes what was deleted


class Cursor(NamedTuple):
    """A place in the history: the entry after which the next page begins."""

    at: datetime
    id: str


@dataclass(frozen=True)
class HistoryEntry:
    """One line of the history."""

    id: str
    kind: Kind
    title: str
    at: datetime  # of the newest question, UTC
    providers: tuple[str, ...]
    models: tuple[str, ...]
    sources: tuple[str, ...]  # of "live", "simulated", "recorded", "backup"
    runs: int | None = None  # of a series
    judged: bool = False  # a comparison: whether there is a verdict
    hidden: bool = False  # a comparison that is blind and not judged yet: it has neither providers nor models here

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.at, self.id)


def entries(connection: Connection, wanted: Select[Any]) -> list[HistoryEntry]:
    """The items that are `wanted`, as entries."""
    rows = connection.execute(wanted).all()
    there = [row.id for row in rows]
    asked = defaultdict(list)
    for facet in connection.execute(select(facets).where(facets.c.item.in_(there))):
        asked[facet.item].append(facet)
    counted = select(turns.c.item, func.count().label("prompts")).where(turns.c.item.in_(there)).group_by(turns.c.item)
    prompts = {row.item: row.prompts for row in connection.execute(counted)}

    def told(item: str, fact: str) -> tuple[str, ...]:
        return tuple(sorted({getattr(facet, fact) for facet in asked[item]}))

    return [
        HistoryEntry(
            id=row.id,
            kind=row.kind,
            title=row.title,
            at=at(row.at),
            providers=() if hidden else told(row.id, "provider"),
            models=() if hidden else told(row.id, "model"),
            sources=told(row.id, "source"),
            runs=prompts.get(row.id) if row.kind == "series" else None,
            judged=row.verdict is not None,
            hidden=hidden,
        )
        for row in rows
        for hidden in [row.blind and row.verdict is None]
    ]


def found_by(connection: Connection, typed: str) -> ColumnElement[bool] | None:
    """A condition: for every word that was typed, the item has one that begins with it. None without words."""
    looked_for = search_terms.wanted(typed)
    if not looked_for:
        return None
    if connection.dialect.name == "sqlite":
        found = select(column("rowid", Integer)).select_from(table("documents_by_word"))
        query = " ".join(f'"{word}"*' for word in looked_for)
        matching = text("documents_by_word MATCH :typed").bindparams(typed=query)
    else:
        # By its index alone: the planner, which takes splitting the words of every row for cheap, would do just that.
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        found = select(documents.c.number).offset(0)
        query = " & ".join(f"'{word}':*" for word in looked_for)  # a word has neither quotes nor backslashes
        matching = text(f"{VECTOR} @@ CAST(:typed AS tsquery)").bindparams(typed=query)
    return items.c.number.in_(found.where(matching))


def purge(connection: Connection, older: float = 0.0) -> None:
    """Remove what was deleted more than `older` seconds ago, but nothing that has an answer in progress."""
    gone = items.c.deleted_at <= now(connection) - older
    answered = select(turns.c.item).select_from(turns.join(answers).join(replies))
    in_progress = answered.where(replies.c.state.in_(IN_PROGRESS))
    if not connection.scalar(select(exists().where(gone))):
        return
    connection.execute(delete(items).where(gone, items.c.id.not_in(in_progress)))
    connection.execute(delete(replies).where(~exists().where(answers.c.reply == replies.c.id)))
