"""Search by words: the same in both databases, because `search_terms` splits and folds them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Integer, column, select, table, text

from replies.store.schema import VECTOR, documents, items
from replies.store.search_terms import wanted


def found_by(connection: Connection, typed: str) -> ColumnElement[bool] | None:
    """A condition: for every word that was typed, the item has one that begins with it. None without words."""
    looked_for = wanted(typed)
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
