"""What is kept: conversations, comparisons, and every reply with all that is known of it. Never a key.

    store = Store()                       # data/streamside.db
    store = Store("postgresql://…")       # the same on a server
    store.keep(conversation)
    store.conversation(conversation.id)

A kept reply is a `Reply` that is over; one under way in another process is one that can be followed all the same.
Every method may be called from any thread, and raises StoreError where the database can't be used.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from weakref import WeakValueDictionary

from sqlalchemy import Connection, Row, Select, delete, select, update

from providers import Reasoning
from replies.conversation import Comparison, Conversation, Round, Series, Turn
from replies.leaderboard import Judged
from replies.reply import UNDER_WAY, Arrival, Reply
from replies.store import history, ledger, rows, votes
from replies.store.database import Database, StoreError
from replies.store.elsewhere import Elsewhere, News
from replies.store.history import Cursor, Entry
from replies.store.ledger import Said
from replies.store.processes import INTERRUPTED, Process
from replies.store.schema import MIGRATIONS, Migration, answers, chunks, items, lane_sets, replies, turns
from replies.verdict import Verdict

__all__ = ["Cursor", "Entry", "Store", "StoreError"]


class Store:
    """`url`: a DATABASE_URL; without one, a SQLite file in `folder`. Nothing is opened before the first use.

    Raises StoreError for an address that can't be meant.
    """

    def __init__(self, url: str = "", folder: Path | None = None, *, migrations: Sequence[Migration] = MIGRATIONS):
        self._database = Database(url, folder, migrations)
        self._process = Process()
        self._here: WeakValueDictionary[str, Reply] = WeakValueDictionary()  # those under way that pages may hold
        self._started = False
        self._starting = threading.Lock()

    @property
    def name(self) -> str:
        """The file, or the server: for the person, without a password."""
        return self._database.name

    # What was said

    def conversation(self, id: str) -> Conversation | None:
        with self._reading() as connection:
            item = self._item(connection, id, Conversation.kind)
            said = [] if item is None else self._said(connection, id)
        return item and Conversation([Turn(one.prompt, one.replies, one.id) for one in said], id)

    def comparison(self, id: str) -> Comparison | None:
        """A `Series` is a comparison as well."""
        with self._reading() as connection:
            item = self._item(connection, id, Comparison.kind, Series.kind)
            said = [] if item is None else self._said(connection, id)
        if item is None:
            return None
        rounds = []
        for one in said:
            round = Round(one.prompt, {}, one.id)
            for lane, reply in one.answers:
                round.lanes.setdefault(lane, []).append(reply)
            rounds.append(round)
        kind = Series if item.kind == Series.kind else Comparison
        verdict = None if item.verdict is None else Verdict.from_json(item.verdict)
        return kind(rounds, id, blind=item.blind, verdict=verdict)

    def reply(self, id: str) -> Reply | None:
        """A single reply of something that is not deleted."""
        shown = (
            select(replies)
            .join(answers, answers.c.reply == replies.c.id)
            .join(turns, turns.c.id == answers.c.turn)
            .join(items, items.c.id == turns.c.item)
            .where(replies.c.id == id, items.c.deleted_at.is_(None))
            .limit(1)
        )
        with self._reading() as connection:
            return next(iter(self._replies(connection, shown)), None)

    def keep(self, *said: Conversation | Comparison) -> None:
        """Write what of it is not kept yet; what is there already stays as it is."""
        under_way = [reply for item in said for turn in ledger.said_in(item) for reply in turn.replies]
        self._here.update({reply.id: reply for reply in under_way if not reply.over})
        with self._writing() as connection:
            for item in said:
                ledger.keep(connection, item, self._process.id)
            self._process.beat(connection)

    def grow(self, under_way: Iterable[Reply]) -> set[str]:
        """Write what is new of replies that were kept before; returns the ids of those that were over."""
        with self._writing() as connection:
            return {reply.id for reply in under_way if ledger.grow(connection, reply)}

    def judge(self, id: str, verdict: Verdict | None) -> None:
        """Keep a verdict on a comparison in the place of an older one; None takes it back."""
        with self._writing() as connection:
            kept = verdict and verdict.as_json()
            connection.execute(update(items).where(items.c.id == id).values(verdict=kept))

    def reveal(self, id: str) -> None:
        """Who answered in a blind comparison may be shown, without a verdict."""
        with self._writing() as connection:
            connection.execute(update(items).where(items.c.id == id).values(blind=False))

    def judged(self) -> list[Judged]:
        """Every comparison with a verdict, with what stands for each of its lanes: what a leaderboard is made of."""
        with self._reading() as connection:
            return votes.judged(connection)

    # Sets of lanes

    def lane_sets(self) -> dict[str, list[str]]:
        """The addresses of the lanes of each set, by its name."""
        with self._reading() as connection:
            found = connection.execute(select(lane_sets)).all()
        return {row.name: row.lanes for row in sorted(found, key=lambda row: row.name.casefold())}

    def keep_lanes(self, name: str, lanes: Sequence[str]) -> None:
        """Under a name, in the place of what had it before."""
        with self._writing() as connection:
            connection.execute(delete(lane_sets).where(lane_sets.c.name == name))
            connection.execute(lane_sets.insert().values(name=name, lanes=list(lanes)))

    def forget_lanes(self, name: str) -> None:
        with self._writing() as connection:
            connection.execute(delete(lane_sets).where(lane_sets.c.name == name))

    # What was said before

    def history(
        self,
        *,
        words: str = "",
        provider: str = "",
        model: str = "",
        source: str = "",
        before: Cursor | None = None,
        limit: int = 50,
    ) -> list[Entry]:
        """Newest first. `words`: all of them, or their beginnings, in titles, prompts and answers. `before`: the
        `cursor` of the last entry of the page before."""
        with self._reading() as connection:
            return history.entries(
                connection, words=words, provider=provider, model=model, source=source, before=before, limit=limit
            )

    def known(self, name: Literal["provider", "model"]) -> list[str]:
        """The providers, or the models, that the history can be filtered by."""
        with self._reading() as connection:
            return history.known(connection, name)

    @property
    def fresh(self) -> bool:
        """Whether it was made by this process, and so has never held anything before."""
        self._start()
        return self._database.made

    def count(self) -> int:
        """How many conversations and comparisons there are."""
        with self._reading() as connection:
            return history.count(connection)

    def rename(self, id: str, title: str) -> None:
        """An empty title changes nothing."""
        if title := " ".join(title.split()):
            with self._writing() as connection:
                history.rename(connection, id, title)

    def delete(self, id: str) -> None:
        """Until the next start, it can be undone."""
        with self._writing() as connection:
            history.hide(connection, id)

    def undelete(self, id: str) -> None:
        with self._writing() as connection:
            history.show(connection, id)

    def delete_all(self) -> int:
        """For good, at once; what has an answer under way goes at the next start. Returns how many there were."""
        with self._writing() as connection:
            there = history.hide(connection)
            history.purge(connection)
            return there

    # Processes

    def beat(self) -> None:
        """Let others know that this process is alive."""
        with self._writing() as connection:
            self._process.beat(connection)

    def sweep(self) -> None:
        """Mark as interrupted what processes that have ended left under way."""
        with self._writing() as connection:
            self._sweep(connection)

    def to_be_stopped(self) -> set[str]:
        """Ids of replies under way here that somebody in another process wants stopped."""
        wanted = select(replies.c.id).where(
            replies.c.process == self._process.id, replies.c.state.in_(UNDER_WAY), replies.c.stop
        )
        with self._reading() as connection:
            return set(connection.scalars(wanted))

    def close(self) -> None:
        """Let go of the database. It is opened again where it is used again."""
        with self._starting:
            if self._started:
                self._started = False
                try:
                    with self._database.writing() as connection:
                        self._process.leave(connection)
                except StoreError:
                    pass  # whoever starts next finds out by itself
            self._database.close()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        self._start()
        with self._database.reading() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        self._start()
        with self._database.writing() as connection:
            yield connection

    def _start(self) -> None:
        with self._starting:
            if self._started:
                return
            with self._database.writing() as connection:
                self._process.beat(connection)
                self._sweep(connection)
                # On a server, others may still want to undo; a file has nobody else.
                history.purge(connection, 0.0 if self._database.is_sqlite else history.UNDO)
            self._started = True

    def _sweep(self, connection: Connection) -> None:
        ended = self._process.sweep(connection)
        for id, arrived in self._arrived(connection, ended).items():
            text = "".join(text for _, text in arrived if not isinstance(text, Reasoning))
            ledger.index(connection, ledger.items_of(connection, id), [text])

    def _item(self, connection: Connection, id: str, *kinds: str) -> Row[Any] | None:
        shown = items.c.id == id, items.c.kind.in_(kinds), items.c.deleted_at.is_(None)
        return connection.execute(select(items).where(*shown)).one_or_none()

    def _said(self, connection: Connection, id: str) -> list[Said]:
        said = {
            row.id: Said(row.id, row.prompt, [])
            for row in connection.execute(select(turns).where(turns.c.item == id).order_by(turns.c.place, turns.c.id))
        }
        given = (
            select(replies, answers.c.turn, answers.c.number)
            .join(answers, answers.c.reply == replies.c.id)
            .where(answers.c.turn.in_(said))
            .order_by(answers.c.number, replies.c.asked_at)
        )
        found = connection.execute(given).all()
        for row, reply in zip(found, self._restored(connection, found), strict=True):
            said[row.turn].answers.append((row.number, reply))
        return list(said.values())

    def _replies(self, connection: Connection, wanted: Select[Any]) -> list[Reply]:
        return self._restored(connection, connection.execute(wanted).all())

    def _restored(self, connection: Connection, found: Sequence[Row[Any]]) -> list[Reply]:
        """The rows as replies. Their pieces are read after them, so that those of one that is over are all there."""
        here = {row.id: reply for row in found if (reply := self._here.get(row.id)) is not None}
        arrived = self._arrived(connection, [row.id for row in found if row.id not in here])
        return [here.get(row.id) or self._restore(row, arrived[row.id]) for row in found]

    def _arrived(self, connection: Connection, ids: Sequence[str]) -> dict[str, list[Arrival]]:
        found: dict[str, list[tuple[int, list[list[Any]]]]] = {id: [] for id in ids}
        for chunk in connection.execute(select(chunks).where(chunks.c.reply.in_(ids)).order_by(chunks.c.first)):
            found[chunk.reply].append((chunk.first, chunk.pieces))
        return {id: rows.arrivals(pieces) for id, pieces in found.items()}

    def _restore(self, row: Row[Any], arrivals: list[Arrival]) -> Reply:
        asked, progress = rows.asked(row), rows.progress(row)
        if row.state in UNDER_WAY and row.process != self._process.id:
            process = row.process
            elsewhere = Elsewhere(
                asked, lambda told: self._look(row.id, process, told), lambda: self._ask_to_stop(row.id), id=row.id
            )
            elsewhere.versions = row.versions
            elsewhere.told(News(arrivals, progress))
            self._here[row.id] = elsewhere
            return elsewhere.start()
        if row.state in UNDER_WAY:  # of this process, and yet nobody has it
            progress |= {"state": "interrupted", "error": rows.error(INTERRUPTED)}
        return Reply.restored(asked, id=row.id, arrivals=arrivals, versions=row.versions, **progress)

    def _look(self, id: str, process: str, told: int) -> News | None:
        """What is new of a reply that is under way in another process."""
        try:
            with self._reading() as connection:
                row = connection.execute(select(replies).where(replies.c.id == id)).one_or_none()
                if row is None:
                    return News([], {"state": "interrupted", "error": rows.error(INTERRUPTED)})
                new = select(chunks).where(chunks.c.reply == id, chunks.c.first + chunks.c.size > told)
                found = [(chunk.first - told, chunk.pieces) for chunk in connection.execute(new.order_by("first"))]
                alive = self._process.alive(connection, process)
            if row.state in UNDER_WAY and not alive:
                self.sweep()
            return News(rows.arrivals(found), rows.progress(row))
        except StoreError:
            return None

    def _ask_to_stop(self, id: str) -> None:
        with self._writing() as connection:
            connection.execute(update(replies).where(replies.c.id == id).values(stop=True))
