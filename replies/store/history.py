"""What was said before: listed, searched, renamed, deleted. Each within a transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from sqlalchemy import Connection, delete, exists, func, select, text, tuple_, update

from replies.store.heartbeat import now
from replies.store.schema import answers, documents, facets, items, replies, turns
from replies.store.search import found_by
from replies.store.search_terms import words
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
    sources: tuple[str, ...]  # of "live", "simulated", "recorded"
    runs: int | None = None  # of a series
    judged: bool = False  # a comparison: whether there is a verdict
    hidden: bool = False  # a comparison that is blind and not judged yet: it has neither providers nor models here

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.at, self.id)


def entries(
    connection: Connection,
    owner: str,
    *,
    words: str,
    provider: str,
    model: str,
    source: str,
    before: Cursor | None,
    limit: int,
) -> list[HistoryEntry]:
    """Newest first. A provider, a model and a source are those of one and the same answer.

    A simulator's answer that was replayed is found as recorded and as simulated. Nothing is found by who answered
    where that is hidden.
    """
    wanted = select(items).where(items.c.owner == owner, items.c.deleted_at.is_(None))
    found = found_by(words, sqlite=connection.dialect.name == "sqlite")
    if found is not None:
        wanted = wanted.where(found)
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
    elif words.strip():
        return []  # only signs, which no text is found by
    by = [
        facets.c[name] == value
        for name, value in (("provider", provider), ("model", model), ("source", source))
        if value
    ]
    if by:
        wanted = wanted.where(exists().where(facets.c.item == items.c.id, *by))
        if provider or model:
            wanted = wanted.where(~HIDDEN)
    if before is not None:
        wanted = wanted.where(tuple_(items.c.at, items.c.id) < tuple_(before.at.timestamp(), before.id))
    rows = connection.execute(wanted.order_by(items.c.at.desc(), items.c.id.desc()).limit(limit)).all()
    asked = defaultdict(list)
    for facet in connection.execute(select(facets).where(facets.c.item.in_([row.id for row in rows]))):
        asked[facet.item].append(facet)
    runs = _runs(connection, [row.id for row in rows if row.kind == "series"])
    entries = []
    for row in rows:
        hidden = row.blind and row.verdict is None
        entries.append(
            HistoryEntry(
                id=row.id,
                kind=row.kind,
                title=row.title,
                at=at(row.at),
                providers=() if hidden else tuple(sorted({facet.provider for facet in asked[row.id]})),
                models=() if hidden else tuple(sorted({facet.model for facet in asked[row.id]})),
                sources=tuple(sorted({facet.source for facet in asked[row.id]})),
                runs=runs.get(row.id),
                judged=row.verdict is not None,
                hidden=hidden,
            )
        )
    return entries


def _runs(connection: Connection, series: Sequence[str]) -> dict[str, int]:
    if not series:
        return {}
    counted = select(turns.c.item, func.count().label("runs")).where(turns.c.item.in_(series)).group_by(turns.c.item)
    return {row.item: row.runs for row in connection.execute(counted)}


def known(connection: Connection, owner: str, name: Literal["provider", "model"]) -> list[str]:
    """The providers, or the models, that the history can be filtered by."""
    there = select(facets.c[name]).join(items, items.c.id == facets.c.item)
    there = there.where(items.c.owner == owner, items.c.deleted_at.is_(None))
    return sorted(connection.scalars(there.distinct()))


def count(connection: Connection, owner: str) -> int:
    there = items.c.owner == owner, items.c.deleted_at.is_(None)
    return connection.scalar(select(func.count()).select_from(items).where(*there)) or 0


def rename(connection: Connection, owner: str, id: str, title: str) -> None:
    this = items.c.id == id, items.c.owner == owner
    connection.execute(update(items).where(*this).values(title=title))
    found_by_title = " ".join(words(title))
    number = select(items.c.number).where(*this).scalar_subquery()
    connection.execute(update(documents).where(documents.c.number == number).values(title=found_by_title))


def hide(connection: Connection, owner: str, id: str | None = None) -> int:
    """Delete it, or everything of this owner, so that it can be undone. Returns how many there were."""
    shown = [items.c.owner == owner, items.c.deleted_at.is_(None)]
    if id is not None:
        shown.append(items.c.id == id)
    return connection.execute(update(items).where(*shown).values(deleted_at=now(connection))).rowcount


def show(connection: Connection, owner: str, id: str) -> None:
    connection.execute(update(items).where(items.c.id == id, items.c.owner == owner).values(deleted_at=None))


def purge(connection: Connection, older: float = 0.0) -> None:
    """Remove what was deleted more than `older` seconds ago, but nothing that has an answer under way."""
    gone = items.c.deleted_at <= now(connection) - older
    in_progress = (
        select(turns.c.item)
        .join(answers, answers.c.turn == turns.c.id)
        .join(replies, replies.c.id == answers.c.reply)
        .where(replies.c.state.in_(("waiting", "streaming")))
    )
    if not connection.scalar(select(exists().where(gone))):
        return
    connection.execute(delete(items).where(gone, items.c.id.not_in(in_progress)))
    connection.execute(delete(replies).where(~exists().where(answers.c.reply == replies.c.id)))
