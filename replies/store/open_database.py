"""Open database: opened at its first use; what is kept in it becomes replies again."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy import Connection, Row, select, update

from providers import ProviderError
from replies.reply import IN_PROGRESS, Chunk, Reply, joined
from replies.store import history, serialization, writes
from replies.store.database import Database, StoreError
from replies.store.heartbeat import INTERRUPTED, Heartbeat
from replies.store.remote_reply import News, RemoteReader
from replies.store.schema import Migration, answers, replies, stored_chunks, turns
from replies.store.writes import StoredTurn


class OpenDatabase(Database):
    """A database in use. Any thread may call any method; all raise StoreError where the database can't be used."""

    def __init__(self, url: str, folder: Path | None, migrations: Sequence[Migration]) -> None:
        super().__init__(url, folder, migrations)
        self.process = Heartbeat()
        self.live_replies: WeakValueDictionary[str, Reply] = WeakValueDictionary()
        """Those in progress that pages may hold, by their id."""
        self._started = False
        self._starting = threading.RLock()

    def open(self) -> None:
        """Make or migrate the tables and clean up after processes that have ended, once."""
        with self._starting:
            if self._started:
                return
            self._started = True
            try:
                super().open()
                with self.writing() as connection:
                    self.process.beat(connection)
                    self.sweep(connection)
                    # On a server, others may still want to undo; a file has nobody else.
                    history.purge(connection, 0.0 if self.is_sqlite else history.UNDO)
            except BaseException:
                self._started = False
                raise

    def close(self) -> None:
        """Release the database. It opens again when it is used again."""
        with self._starting:
            if self._started:
                with suppress(StoreError), self.writing() as connection:  # the next start finds out by itself
                    self.process.leave(connection)
                self._started = False
            super().close()

    def sweep(self, connection: Connection) -> None:
        """Mark as interrupted what processes that have ended left unfinished."""
        for id, arrived in self.arrived(connection, self.process.sweep(connection)).items():
            writes.index(connection, writes.items_of(connection, id), [joined(arrived, "text")])

    def said(self, connection: Connection, id: str) -> list[StoredTurn]:
        """The turns, or rounds, of an item."""
        said = {
            row.id: StoredTurn(row.id, row.prompt, [])
            for row in connection.execute(select(turns).where(turns.c.item == id).order_by(turns.c.place, turns.c.id))
        }
        given = select(replies, answers.c.turn, answers.c.number).select_from(replies.join(answers))
        newest_last = given.where(answers.c.turn.in_(said)).order_by(answers.c.number, replies.c.asked_at)
        found = connection.execute(newest_last).all()
        for row, reply in zip(found, self.restored(connection, found), strict=True):
            said[row.turn].answers.append((row.number, reply))
        return list(said.values())

    def restored(self, connection: Connection, found: Sequence[Row[Any]]) -> list[Reply]:
        """The rows as replies. Their chunks are read after them, so that those of one that is over are all there."""
        here = {row.id: reply for row in found if (reply := self.live_replies.get(row.id)) is not None}
        arrived = self.arrived(connection, [row.id for row in found if row.id not in here])
        return [here.get(row.id) or self._restore(row, arrived[row.id]) for row in found]

    def arrived(self, connection: Connection, ids: Sequence[str]) -> dict[str, list[Chunk]]:
        """The chunks of replies, by their ids."""
        found: dict[str, list[tuple[int, list[list[Any]]]]] = {id: [] for id in ids}
        for row in connection.execute(
            select(stored_chunks).where(stored_chunks.c.reply.in_(ids)).order_by(stored_chunks.c.first)
        ):
            found[row.reply].append((row.first, row.pieces))
        return {id: serialization.chunks_of(pieces) for id, pieces in found.items()}

    def _restore(self, row: Row[Any], chunks: list[Chunk]) -> Reply:
        asked, progress = serialization.asked(row), serialization.progress(row)
        if row.state in IN_PROGRESS and row.process != self.process.id:
            reply = Reply(asked, id=row.id, chunks=chunks, versions=row.versions, **progress)
            self.live_replies[row.id] = reply
            RemoteReader(reply, lambda told: self._news(row.id, row.process, told), lambda: self._ask_to_stop(row.id))
            return reply.start()
        if row.state in IN_PROGRESS:  # of this process, and yet nobody has it
            progress |= _broken_off()
        return Reply(asked, id=row.id, chunks=chunks, versions=row.versions, **progress)

    def _news(self, id: str, process: str, told: int) -> News | None:
        """What is new of a reply that another process reads."""
        try:
            with self.reading() as connection:
                row = connection.execute(select(replies).where(replies.c.id == id)).one_or_none()
                if row is None:
                    return News([], _broken_off())
                new = select(stored_chunks).where(
                    stored_chunks.c.reply == id, stored_chunks.c.first + stored_chunks.c.size > told
                )
                found = [(row.first - told, row.pieces) for row in connection.execute(new.order_by("first"))]
                alive = self.process.alive(connection, process)
            if row.state in IN_PROGRESS and not alive:
                with self.writing() as connection:
                    self.sweep(connection)
            return News(serialization.chunks_of(found), serialization.progress(row))
        except StoreError:
            return None

    def _ask_to_stop(self, id: str) -> None:
        with self.writing() as connection:
            connection.execute(update(replies).where(replies.c.id == id).values(stop=True))


def _broken_off() -> dict[str, Any]:
    return {"error": ProviderError(**INTERRUPTED), "state": "interrupted"}
