"""Versions of the database: an older one is brought up to date, a newer one is refused and left as it is."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

from providers import End
from replies.conversation import Comparison, Conversation, Turn
from replies.store import Store, StoreError
from replies.store.schema import MIGRATIONS, TABLES, replies
from replies.verdict import Verdict
from tests.store.conftest import Open
from tests.store.said import answered, lanes, talk
from tests.support.known import known
from tests.support.postgresql import Server

NEWER = 2 + len(MIGRATIONS)  # the version of a database that somebody has migrated once more


def add_a_column(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE items ADD COLUMN mood TEXT DEFAULT 'calm'"))


def change_it(connection: Connection) -> None:
    connection.execute(text("UPDATE items SET mood = mood || '!'"))


def fail(connection: Connection) -> None:
    add_a_column(connection)
    connection.execute(text("SELECT nonsense FROM nowhere"))


def moods(store: Store) -> list[str]:
    with store._opened.reading() as connection:
        return list(connection.scalars(text("SELECT mood FROM items")))


def version(store: Store) -> int:
    with store._opened.reading() as connection:
        return int(connection.scalar(text("SELECT version FROM schema_version")) or 0)


def test_an_older_database_is_migrated_at_start_and_left_as_it_was_where_that_fails(open_store: Open) -> None:
    conversation = talk(("Why?", "Because."))
    first = open_store()
    first.keep(conversation)
    first.close()
    with pytest.raises(StoreError):
        open_store(migrations=(*MIGRATIONS, fail)).count()
    second = open_store(migrations=(*MIGRATIONS, add_a_column))
    assert second.count() == 1
    assert (version(second), moods(second)) == (NEWER, ["calm"])
    second.close()
    third = open_store(migrations=(*MIGRATIONS, add_a_column, change_it))
    assert third.conversation(conversation.id) is not None
    assert (version(third), moods(third)) == (NEWER + 1, ["calm!"])


# What undoes the migrations to each version, as if an app of the version before had written the database.
UNDO = {
    7: ("DROP TABLE shows", "ALTER TABLE replies DROP COLUMN fell_back"),
    6: ("ALTER TABLE replies DROP COLUMN left_out",),
    5: ("ALTER TABLE replies DROP COLUMN handshake",),
    4: (),
    3: (
        "DROP INDEX items_newest",
        "ALTER TABLE items DROP COLUMN owner",
        "CREATE INDEX items_newest ON items (deleted_at, at, id, number)",
        "ALTER TABLE lane_sets RENAME TO lane_sets_of_somebody",
        "CREATE TABLE lane_sets (name TEXT NOT NULL, lanes TEXT NOT NULL, PRIMARY KEY (name))",
        "INSERT INTO lane_sets (name, lanes) SELECT name, lanes FROM lane_sets_of_somebody",
        "DROP TABLE lane_sets_of_somebody",
    ),
    2: (
        "ALTER TABLE items DROP COLUMN blind",
        "ALTER TABLE items DROP COLUMN verdict",
        "ALTER TABLE replies DROP COLUMN skew",
        "ALTER TABLE replies DROP COLUMN figures",
        "DROP TABLE lane_sets",
    ),
}


def back_to(store: Store, version: int, *more: str) -> None:
    undone = [statement for to, statements in UNDO.items() if to > version for statement in statements]
    with store._opened.writing() as connection:
        for statement in (*undone, *more, f"UPDATE schema_version SET version = {version}"):
            connection.execute(text(statement))
    store.close()


def test_a_database_of_version_1_is_brought_up_to_date(open_store: Open) -> None:
    race = lanes("Why?", "Because.", "So.")
    first = open_store()
    first.keep(race)
    back_to(first, 1)
    second = open_store()
    kept = known(second.comparison(race.id))
    assert [reply.text for reply in kept.replies] == ["Because.", "So."]
    assert (kept.blind, kept.verdict, second.lane_sets()) == (False, None, {})
    verdict = Verdict(outcome="best", lane=1)
    second.judge(race.id, verdict)
    second.keep(Comparison.of("And?", [answered("And.", skew=0.25)]))
    assert known(open_store().comparison(race.id)).verdict == verdict


def test_what_a_database_of_version_3_was_found_by_is_filed_anew(open_store: Open) -> None:
    conversation = talk(("日本の四季", "हम नदी के पास रहते हैं।"), ("Why?", "Because."))
    first = open_store()
    first.keep(conversation, talk(("Who?", "Me.")))
    first.rename(conversation.id, "ฉันอยากรู้")
    split = "UPDATE documents SET title = 'ฉ น', words = '日 本 の 四 季 हम' WHERE title <> 'who'"
    back_to(first, 3, split)  # as that version split them
    second = open_store()
    for typed in ("四季", "नदी", "อยาก", "because", "why"):
        assert [entry.id for entry in second.history(words=typed)] == [conversation.id], typed
    assert second.history(words="季四") == []
    assert len(second.history(words="who")) == 1
    kept = known(second.conversation(conversation.id))
    assert [turn.reply.left_out for turn in kept.turns] == [None, None]  # nobody noted it then


def test_what_a_database_of_version_2_holds_belongs_to_nobody_in_particular(open_store: Open) -> None:
    race, conversation = lanes("Why?", "Because.", "So."), talk(("Who?", "Me."))
    first = open_store()
    first.keep(race, conversation)
    first.keep_lanes("Mine", ["a|b|c|live"])
    back_to(first, 2)
    second = open_store()
    kept = second.comparison(race.id), second.conversation(conversation.id)
    assert [item and (item.id, item.owner) for item in kept] == [(race.id, ""), (conversation.id, "")]
    assert (second.lane_sets(), second.count()) == ({"Mine": ["a|b|c|live"]}, 2)
    somebody = second.of("somebody")
    assert (somebody.comparison(race.id), somebody.lane_sets(), somebody.count()) == (None, {}, 0)
    somebody.keep_lanes("Mine", ["d|e|f|live"])  # a name that somebody else has used
    assert (somebody.lane_sets(), second.lane_sets()) == ({"Mine": ["d|e|f|live"]}, {"Mine": ["a|b|c|live"]})
    assert shape(second) == SHAPE


def test_of_an_answer_that_a_database_of_version_4_holds_it_is_unknown_what_caches_did(open_store: Open) -> None:
    conversation = talk(("Why?", "Because."))
    first = open_store()
    first.keep(conversation)
    with first._opened.writing() as connection:  # as that version wrote it
        names = ("input_tokens", "output_tokens", "reasoning_tokens", "request_id", "word")
        ended = dict(zip(names, (3, 5, None, None, None), strict=True))
        connection.execute(replies.update().values(outcome={"finish_reason": "stop"} | ended))
    back_to(first, 4)
    second = open_store()
    end = End("stop", 12, 5, None, "r", None, 8, 4, 0.5, 1.25)
    again = Conversation([Turn("And?", [answered("And.", end=end, handshake=0.03)])])
    second.keep(again)
    for item, kept in ((conversation, (End("stop", 3, 5), None)), (again, (end, 0.03))):
        reply = known(second.conversation(item.id)).turns[0].reply
        assert (reply.end, reply.handshake) == kept


SHAPE = {
    table.name: (
        {column.name: bool(column.nullable) for column in table.columns},
        [column.name for column in table.primary_key],
        {str(index.name): [column.name for column in index.columns] for index in table.indexes},
    )
    for table in TABLES.sorted_tables
}


def shape(store: Store) -> object:
    """The tables as they are: their columns, and whether they may be empty; primary key; indices."""
    with store._opened.reading() as connection:
        look = inspect(connection)
        return {
            name: (
                {column["name"]: column["nullable"] for column in look.get_columns(name)},
                look.get_pk_constraint(name)["constrained_columns"],
                {
                    str(index["name"]): [str(column) for column in index["column_names"]]
                    for index in look.get_indexes(name)
                    if not index["unique"] and None not in index["column_names"]
                },
            )
            for name in SHAPE
        }


def test_a_newer_database_is_refused_and_left_untouched(url: str, open_store: Open) -> None:
    newer = open_store(migrations=(*MIGRATIONS, add_a_column))
    newer.keep(talk(("Why?", "Because.")))
    newer.close()
    file = Path(url.removeprefix("sqlite:///"))
    before = file.read_bytes() if file.exists() else None
    store = open_store()
    for _ in range(2):
        says = rf"newer Streamside .*version {NEWER}.* knows {NEWER - 1}.*left untouched"
        with pytest.raises(StoreError, match=says):
            store.keep(talk(("Who?", "Me.")))
    store.close()
    assert (file.read_bytes() if file.exists() else None) == before
    again = open_store(migrations=(*MIGRATIONS, add_a_column))
    assert (again.count(), version(again)) == (1, NEWER)


def test_several_that_start_at_once_make_the_tables_once(open_store: Open) -> None:
    stores = [open_store() for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(Store.count, stores)) == [0, 0, 0, 0]


def test_what_is_of_another_program_is_not_taken_for_ours(server: Server, opened: Open, tmp_path: Path) -> None:
    url = server.new()
    server.execute("CREATE TABLE items (id int)", url.rpartition("/")[2])
    with pytest.raises(StoreError, match="tables of another program"):
        opened(url).count()
    file = tmp_path / "streamside.db"
    file.write_bytes(b"My notes. " * 500)
    with pytest.raises(StoreError, match="is no database"):
        opened(folder=tmp_path).count()
    assert file.read_bytes() == b"My notes. " * 500
