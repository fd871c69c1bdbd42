"""Store of conversations and comparisons, with all that is known of every reply. Never a key.

Every method may be called from any thread, and raises StoreError where the database can't be used.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select

from replies.conversation import Comparison, Conversation
from replies.reply import IN_PROGRESS, Reply
from replies.store import writes
from replies.store.database import StoreError
from replies.store.open_database import OpenDatabase
from replies.store.owner_view import OwnerView
from replies.store.schema import MIGRATIONS, Migration, replies

__all__ = ["Store", "StoreError"]


class Store(OwnerView):
    """Store of a process. `url`: a DATABASE_URL; without one, a SQLite file in `folder`. It opens at its first use. By
    itself it shows what belongs to nobody in particular. Raises StoreError for an invalid address."""

    def __init__(self, url: str = "", folder: Path | None = None, *, migrations: Sequence[Migration] = MIGRATIONS):
        super().__init__(OpenDatabase(url, folder, migrations))

    @property
    def name(self) -> str:
        """The file, or the server: for the person, without a password."""
        return self._opened.name

    @property
    def fresh(self) -> bool:
        """Whether it was made by this process, and so has never held anything before."""
        self._opened.open()
        return self._opened.made

    def of(self, owner: str) -> OwnerView:
        return OwnerView(self._opened, owner)

    def keep(self, *said: Conversation | Comparison) -> None:
        """Write what is not kept yet, each for its own owner, all or nothing; what is there already stays as it is."""
        in_progress = [reply for item in said for turn in writes.stored_turns(item) for reply in turn.replies]
        self._opened.live_replies.update({reply.id: reply for reply in in_progress if not reply.over})
        with self._opened.writing() as connection:
            for item in said:
                writes.keep(connection, item, self._opened.process.id)
            self._opened.process.beat(connection)

    def append(self, in_progress: Sequence[Reply]) -> None:
        """Write what is new of replies that were kept before."""
        with self._opened.writing() as connection:
            writes.append(connection, in_progress)

    # Processes

    def beat(self) -> None:
        with self._opened.writing() as connection:
            self._opened.process.beat(connection)

    def sweep(self) -> None:
        """Mark as interrupted what processes that have ended left unfinished."""
        with self._opened.writing() as connection:
            self._opened.sweep(connection)

    def to_be_stopped(self) -> set[str]:
        """Ids of replies in progress here that somebody in another process wants stopped."""
        wanted = select(replies.c.id).where(
            replies.c.process == self._opened.process.id, replies.c.state.in_(IN_PROGRESS), replies.c.stop
        )
        with self._opened.reading() as connection:
            return set(connection.scalars(wanted))

    def close(self) -> None:
        """Release the database. It opens again when it is used again."""
        self._opened.close()
