"""Schema: the tables, and the migrations from older versions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite

from replies.store.search_terms import joined, words

# PostgreSQL takes no NUL, and neither database half of a surrogate pair. Both are written as U+0010 and four digits.
_UNSTORABLE = re.compile("[\0\x10\ud800-\udfff]")
_ESCAPED = re.compile("\x10([0-9a-f]{4})")


def storable(text: str) -> str:
    """The text escaped so that every database takes it."""
    return _UNSTORABLE.sub(lambda found: f"\x10{ord(found[0]):04x}", text)


def original(text: str) -> str:
    """The text that `storable` was given."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


class UnicodeText(TypeDecorator[str]):
    """Text, whatever its characters."""

    impl: type[String] = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else original(value)


class Name(UnicodeText):
    """A short text that is looked up: an id may come from an address, where anything can stand."""

    impl = String
    cache_ok = True


class Json(TypeDecorator[Any]):
    """Lists, dicts, strings and numbers. Text, so that it reads the same in both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else storable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(original(value))


TABLES = MetaData()

Id = Name(40)
Moment = Double  # seconds since 1970, UTC


def _part_of(name: str, column: str, **more: Any) -> Column[str]:
    """A reference to a row without which this one has no meaning."""
    return Column(name, Id, ForeignKey(column, ondelete="CASCADE"), nullable=False, **more)


# One row: the version of everything below.
schema_version = Table("schema_version", TABLES, Column("version", Integer, nullable=False))

# Who writes here, and since when nothing was heard of it.
processes = Table(
    "processes",
    TABLES,
    Column("id", Id, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("last_seen", Moment, nullable=False),
)

# A conversation, or a comparison, which is kept as a single turn. `at`: the newest question. `number`: what the words
# it is found by are filed under. `owner`: whom it is shown to, "" where nobody signs in.
items = Table(
    "items",
    TABLES,
    Column("number", Integer, primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("owner", UnicodeText, nullable=False, server_default=""),
    Column("kind", String(20), nullable=False),
    Column("title", UnicodeText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("deleted_at", Moment),
    Column("blind", Boolean, nullable=False, server_default=false()),  # a comparison: who answered is not shown yet
    Column("verdict", Json),  # on a comparison: `Verdict`
    Index("items_newest", "owner", "deleted_at", "at", "id", "number"),
)

turns = Table(
    "turns",
    TABLES,
    Column("id", Id, primary_key=True),
    _part_of("item", "items.id"),
    Column("place", Integer, nullable=False),
    Column("prompt", UnicodeText, nullable=False),
    Index("turns_of_item", "item", "place"),
)

replies = Table(
    "replies",
    TABLES,
    Column("id", Id, primary_key=True),
    Column("process", Id, nullable=False),  # that reads it, or did
    Column("provider", UnicodeText, nullable=False),
    Column("label", UnicodeText, nullable=False),
    Column("api", UnicodeText, nullable=False),
    Column("simulated", Boolean, nullable=False),
    Column("recorded", Moment),
    Column("fell_back", String(20)),  # in a show: why a recording stands in
    Column("request", Json, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("state", String(20), nullable=False),
    Column("retries", Json, nullable=False),
    Column("outcome", Json),  # how it ended: `End`, by the names of its fields
    Column("error", Json),
    Column("connecting", Double),
    Column("handshake", Double),
    Column("skew", Double),
    Column("total", Double),
    Column("figures", Json),  # once it is over, so that many can be summed up without their pieces
    Column("versions", Json, nullable=False),
    Column("price", Json),
    Column("left_out", Json),  # names of parameters that were set and not sent; none where that is not known
    Column("stop", Boolean, nullable=False),  # somebody in another process wants it stopped
    Index("replies_of_process", "process", "state"),
)

# Which replies a turn has. A conversation that was forked shares those before the fork.
answers = Table(
    "answers",
    TABLES,
    _part_of("turn", "turns.id", primary_key=True),
    _part_of("reply", "replies.id", primary_key=True),
    Column("number", Integer, nullable=False),
    Index("answers_of_reply", "reply"),
)

# Pieces number `first` and following of a reply, as [seconds, text] or, reasoning, [seconds, text, 1].
stored_chunks = Table(
    "arrival_chunks",
    TABLES,
    _part_of("reply", "replies.id", primary_key=True),
    Column("first", Integer, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("pieces", Json, nullable=False),
)

# Who was asked in an item, each once: what the history shows and filters by.
facets = Table(
    "facets",
    TABLES,
    _part_of("item", "items.id", primary_key=True),
    Column("provider", UnicodeText, primary_key=True),
    Column("model", UnicodeText, primary_key=True),
    Column("source", Name(20), primary_key=True),
)

# Sets of lanes that somebody has given a name, each lane by its address.
lane_sets = Table(
    "lane_sets",
    TABLES,
    Column("owner", UnicodeText, primary_key=True, server_default=""),
    Column("name", UnicodeText, primary_key=True),
    Column("lanes", Json, nullable=False),
)

# `file`: the show as it is exported. `stage`: where its presentation is, `Stage` in replies/show/show.py.
shows = Table(
    "shows",
    TABLES,
    Column("id", Id, primary_key=True),
    Column("owner", UnicodeText, nullable=False, server_default=""),
    Column("file", UnicodeText, nullable=False),
    Column("stage", Json),
)

# What an item is found by: its distinct words, see search_terms.py.
documents = Table(
    "documents",
    TABLES,
    Column("number", Integer, ForeignKey("items.number", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("words", Text, nullable=False),
)

# The words come split and folded, so neither database may split or fold them once more.
VECTOR = "array_to_tsvector(array_remove(string_to_array(documents.title || ' ' || documents.words, ' '), ''))"
_INDEX = {
    "postgresql": [f"CREATE INDEX documents_by_word ON documents USING gin (({VECTOR}))"],
    "sqlite": [
        "CREATE VIRTUAL TABLE documents_by_word USING fts5(title, words, content='documents', content_rowid='number',"
        " tokenize=\"ascii tokenchars '_'\", prefix='1 2 3 4', detail=none, columnsize=0)",
        "CREATE TRIGGER documents_in AFTER INSERT ON documents BEGIN"
        " INSERT INTO documents_by_word(rowid, title, words) VALUES (new.number, new.title, new.words); END",
        "CREATE TRIGGER documents_out AFTER DELETE ON documents BEGIN"
        " INSERT INTO documents_by_word(documents_by_word, rowid, title, words)"
        " VALUES ('delete', old.number, old.title, old.words); END",
        "CREATE TRIGGER documents_changed AFTER UPDATE ON documents BEGIN"
        " INSERT INTO documents_by_word(documents_by_word, rowid, title, words)"
        " VALUES ('delete', old.number, old.title, old.words);"
        " INSERT INTO documents_by_word(rowid, title, words) VALUES (new.number, new.title, new.words); END",
    ],
}


def insert(dialect: str, into: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that can say what becomes of a row that is there already."""
    return sqlite.insert(into) if dialect == "sqlite" else postgresql.insert(into)


Migration: TypeAlias = Callable[[Connection], None]


def _by(*statements: str) -> Migration:
    def migrate(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement))

    return migrate


def _spelled(connection: Connection) -> None:
    """Version 4: words in other scripts than Latin are filed by their letters as they stand."""
    filed = connection.execute(select(documents.c.number, documents.c.title, documents.c.words)).all()
    for number in [row.number for row in filed if not f"{row.title}{row.words}".isascii()]:
        item = connection.execute(select(items.c.id, items.c.title).where(items.c.number == number)).one()
        texts = list(connection.scalars(select(turns.c.prompt).where(turns.c.item == item.id)))
        given = (
            select(stored_chunks.c.reply, stored_chunks.c.pieces)
            .join(answers, answers.c.reply == stored_chunks.c.reply)
            .join(turns)
            .where(turns.c.item == item.id)
            .order_by(stored_chunks.c.reply, stored_chunks.c.first)
        )
        said: dict[str, list[str]] = {}
        for row in connection.execute(given):
            said.setdefault(row.reply, []).extend(piece[1] for piece in row.pieces if len(piece) == 2)  # no reasoning
        texts += map("".join, said.values())
        filed_as = {"title": " ".join(words(item.title)), "words": joined("", texts)}
        connection.execute(documents.update().where(documents.c.number == number).values(filed_as))


MIGRATIONS: Sequence[Migration] = (
    # Version 2: blind comparisons, verdicts, figures, sets of lanes.
    _by(
        "ALTER TABLE items ADD COLUMN blind BOOLEAN DEFAULT false NOT NULL",
        "ALTER TABLE items ADD COLUMN verdict TEXT",
        "ALTER TABLE replies ADD COLUMN skew DOUBLE PRECISION",
        "ALTER TABLE replies ADD COLUMN figures TEXT",
        "CREATE TABLE lane_sets (name TEXT NOT NULL, lanes TEXT NOT NULL, PRIMARY KEY (name))",
    ),
    # Version 3: items and sets of lanes have an owner; those that are there belong to everybody.
    _by(
        "ALTER TABLE items ADD COLUMN owner TEXT DEFAULT '' NOT NULL",
        "DROP INDEX items_newest",
        "CREATE INDEX items_newest ON items (owner, deleted_at, at, id, number)",
        "ALTER TABLE lane_sets RENAME TO lane_sets_of_nobody",
        "CREATE TABLE lane_sets (owner TEXT DEFAULT '' NOT NULL, name TEXT NOT NULL, lanes TEXT NOT NULL,"
        " PRIMARY KEY (owner, name))",
        "INSERT INTO lane_sets (name, lanes) SELECT name, lanes FROM lane_sets_of_nobody",
        "DROP TABLE lane_sets_of_nobody",
    ),
    _spelled,
    # Version 5: how long TCP and TLS took; how an answer ended tells of caches and of the provider's own time.
    _by("ALTER TABLE replies ADD COLUMN handshake DOUBLE PRECISION"),
    # Version 6: parameters that were left out.
    _by("ALTER TABLE replies ADD COLUMN left_out TEXT"),
    # Version 7: shows, and replies that stand in for others.
    _by(
        "ALTER TABLE replies ADD COLUMN fell_back VARCHAR(20)",
        "CREATE TABLE shows (id VARCHAR(40) NOT NULL, owner TEXT DEFAULT '' NOT NULL, file TEXT NOT NULL, stage TEXT,"
        " PRIMARY KEY (id))",
    ),
)
"""The first leads from version 1 to version 2, and so on. One that was released never changes again."""


class NewerError(Exception):
    """The database has a newer version than this app knows. It was not touched."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(f"version {found}, and {known} is the newest that is known here")
        self.found = found
        self.known = known


def version_of(connection: Connection, known: int) -> int:
    """The version of the tables; 0 where there are none. Only looks. Raises NewerError where it is not `known` yet."""
    there = inspect(connection).has_table("schema_version")
    found = (connection.scalar(select(schema_version.c.version)) or 0) if there else 0
    if found > known:
        raise NewerError(found, known)
    return found


def prepare(connection: Connection, migrations: Sequence[Migration] = MIGRATIONS) -> bool:
    """Make the tables, or bring those of an older version up to date, within the connection's transaction. Returns
    whether they were made: nothing was ever kept in them."""
    known = 1 + len(migrations)
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(7239114655)"))  # one process at a time
    found = version_of(connection, known)
    if found == 0:
        TABLES.create_all(connection, checkfirst=False)  # tables of somebody else's are not taken for ours
        for statement in _INDEX[connection.dialect.name]:
            connection.execute(text(statement))
        connection.execute(schema_version.insert().values(version=known))
        return True
    for migration in migrations[found - 1 :]:
        migration(connection)
    if found < known:
        connection.execute(schema_version.update().values(version=known))
    return False
