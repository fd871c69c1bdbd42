"""Owner view: what is kept for one owner. To others it does not exist, and what they do to it changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, exists, func, select, tuple_, update

from replies.conversation import Comparison, Conversation, Round, Series, Turn
from replies.leaderboard import JudgedComparison, VotedLane
from replies.reply import Reply
from replies.show.show import Show, Stage, dump, load
from replies.store import history
from replies.store.heartbeat import now
from replies.store.history import Cursor, HistoryEntry
from replies.store.open_database import OpenDatabase
from replies.store.schema import answers, documents, facets, insert, items, lane_sets, replies, shows, turns
from replies.store.search_terms import words as split
from replies.store.serialization import WHO, asked
from replies.store.writes import StoredTurn
from replies.verdict import Verdict


class OwnerView:
    """What belongs to one owner. `owner`: any text that tells owners apart; "" where nobody signs in."""

    def __init__(self, opened: OpenDatabase, owner: str = "") -> None:
        self._opened = opened
        self.owner = owner

    # Conversations and comparisons

    def conversation(self, id: str) -> Conversation | None:
        item, said = self._kept(id, Conversation.kind)
        return item and Conversation([Turn(one.prompt, one.replies, one.id) for one in said], id, self.owner)

    def comparison(self, id: str) -> Comparison | None:
        """A `Series` is a comparison as well."""
        item, said = self._kept(id, Comparison.kind, Series.kind)
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
        return kind(rounds, id, self.owner, blind=item.blind, verdict=verdict)

    def reply(self, id: str) -> Reply | None:
        """A single reply of something that is not deleted."""
        given = select(replies).select_from(replies.join(answers).join(turns).join(items))
        shown = given.where(replies.c.id == id, *self._shown()).limit(1)
        with self._opened.reading() as connection:
            return next(iter(self._opened.restored(connection, connection.execute(shown).all())), None)

    def judge(self, id: str, verdict: Verdict | None, *, blind: bool = True) -> None:
        """Keep a verdict on a comparison in the place of an older one; None takes it back. Where it is no longer
        `blind`, who answered may be shown without a verdict, too."""
        self._change(id, verdict=verdict and verdict.as_json(), **({} if blind else {"blind": False}))

    def judged(self) -> list[JudgedComparison]:
        """Every comparison with a verdict, without chunks. A lane is its newest attempt in the last round it was in."""
        newest = func.row_number().over(
            partition_by=(items.c.id, answers.c.number), order_by=(turns.c.place.desc(), replies.c.asked_at.desc())
        )
        standing = (
            select(items.c.id.label("item"), answers.c.number, answers.c.reply, newest.label("rank"))
            .select_from(items.join(turns).join(answers).join(replies))
            .where(*self._shown(), items.c.kind == Comparison.kind, items.c.verdict.is_not(None))
            .subquery()
        )
        wanted = (*WHO, "recorded", "request", "figures", "price", "outcome")
        found = (
            select(items.c.id, items.c.verdict, standing.c.number, *(replies.c[name] for name in wanted))
            .join(standing, standing.c.item == items.c.id)
            .join(replies, replies.c.id == standing.c.reply)
            .where(standing.c.rank == 1)
            .order_by(items.c.at, items.c.id, standing.c.number)
        )
        with self._opened.reading() as connection:
            rows = connection.execute(found).all()
        judged = []
        for (id, verdict), its in groupby(rows, lambda row: (row.id, row.verdict)):
            lanes = []
            for row in its:
                figures, price = row.figures, row.price
                if (row.outcome or {}).get("finish_reason") == "other":  # nobody can say whether it is complete
                    figures = price = None
                lanes.append(VotedLane(row.number, asked(row), figures, price))
            judged.append(JudgedComparison(id, Verdict.from_json(verdict), lanes))
        return judged

    # Sets of lanes

    def lane_sets(self) -> dict[str, list[str]]:
        """The addresses of the lanes of each set, by its name."""
        with self._opened.reading() as connection:
            found = connection.execute(select(lane_sets).where(lane_sets.c.owner == self.owner)).all()
        return {row.name: row.lanes for row in sorted(found, key=lambda row: row.name.casefold())}

    def keep_lanes(self, name: str, lanes: Sequence[str]) -> None:
        """Under a name, in the place of what had it before."""
        with self._opened.writing() as connection:
            there = insert(connection.dialect.name, lane_sets).values(owner=self.owner, name=name, lanes=list(lanes))
            kept = there.on_conflict_do_update(index_elements=["owner", "name"], set_={"lanes": list(lanes)})
            connection.execute(kept)

    def forget_lanes(self, name: str) -> None:
        with self._opened.writing() as connection:
            mine = lane_sets.c.owner == self.owner, lane_sets.c.name == name
            connection.execute(delete(lane_sets).where(*mine))

    # Shows

    def shows(self) -> list[Show]:
        with self._opened.reading() as connection:
            found = connection.execute(select(shows).where(shows.c.owner == self.owner)).all()
        return sorted((load(row.file, row.id) for row in found), key=lambda show: show.title.casefold())

    def show(self, id: str) -> Show | None:
        found = select(shows.c.file).where(*self._mine(id, shows))
        with self._opened.reading() as connection:
            file = connection.scalar(found)
        return None if file is None else load(file, id)

    def keep_show(self, show: Show) -> None:
        """In the place of what had its id before; where its presentation is stays."""
        change = update(shows).where(*self._mine(show.id, shows)).values(file=dump(show))
        with self._opened.writing() as connection:
            if not connection.execute(change).rowcount:
                connection.execute(shows.insert().values(id=show.id, owner=self.owner, file=dump(show)))

    def forget_show(self, id: str) -> None:
        with self._opened.writing() as connection:
            connection.execute(delete(shows).where(*self._mine(id, shows)))

    def stage(self, id: str) -> Stage | None:
        """Where the presentation of a show is; None where it never began."""
        with self._opened.reading() as connection:
            kept = connection.scalar(select(shows.c.stage).where(*self._mine(id, shows)))
        return kept and Stage(**kept)

    def keep_stage(self, id: str, stage: Stage) -> None:
        change = update(shows).where(*self._mine(id, shows)).values(stage=stage._asdict())
        with self._opened.writing() as connection:
            connection.execute(change)

    # The history

    def history(
        self,
        *,
        words: str = "",
        provider: str = "",
        model: str = "",
        source: str = "",
        before: Cursor | None = None,
        limit: int = 50,
    ) -> list[HistoryEntry]:
        """Newest first. `words`: all of them, or their beginnings. A provider, a model and a source are those of one
        answer. `before`: the `cursor` of the last entry of the page before. Nothing is found by who answered where that
        is hidden."""
        wanted = select(items).where(*self._shown())
        by = {"provider": provider, "model": model, "source": source}
        if facts := [facets.c[name] == value for name, value in by.items() if value]:
            wanted = wanted.where(exists().where(facets.c.item == items.c.id, *facts))
        if provider or model:
            wanted = wanted.where(~history.HIDDEN)
        if before is not None:
            wanted = wanted.where(tuple_(items.c.at, items.c.id) < tuple_(before.at.timestamp(), before.id))
        with self._opened.reading() as connection:
            found = history.found_by(connection, words)
            if found is None and words.strip():
                return []  # only signs, which no text is found by
            if found is not None:
                wanted = wanted.where(found)
            return history.entries(connection, wanted.order_by(items.c.at.desc(), items.c.id.desc()).limit(limit))

    def known(self, name: Literal["provider", "model"]) -> list[str]:
        """The providers, or the models, that the history can be filtered by."""
        there = select(facets.c[name]).select_from(facets.join(items)).where(*self._shown())
        with self._opened.reading() as connection:
            return sorted(connection.scalars(there.distinct()))

    def count(self) -> int:
        """How many conversations and comparisons there are."""
        with self._opened.reading() as connection:
            return connection.scalar(select(func.count()).select_from(items).where(*self._shown())) or 0

    def rename(self, id: str, title: str) -> None:
        """An empty title changes nothing."""
        if title := " ".join(title.split()):
            number = select(items.c.number).where(*self._mine(id)).scalar_subquery()
            found_by = update(documents).where(documents.c.number == number).values(title=" ".join(split(title)))
            with self._opened.writing() as connection:
                connection.execute(update(items).where(*self._mine(id)).values(title=title))
                connection.execute(found_by)

    def delete(self, id: str) -> None:
        """Until the next start, it can be undone."""
        with self._opened.writing() as connection:
            self._hide(connection, items.c.id == id)

    def undelete(self, id: str) -> None:
        self._change(id, deleted_at=None)

    def delete_all(self) -> int:
        """For good, at once; what has an answer in progress goes at the next start. Returns how many there were."""
        with self._opened.writing() as connection:
            there = self._hide(connection)
            history.purge(connection)
            return there

    def _mine(self, id: str, table: Table = items) -> tuple[ColumnElement[bool], ...]:
        return table.c.id == id, table.c.owner == self.owner

    def _shown(self) -> tuple[ColumnElement[bool], ...]:
        return items.c.owner == self.owner, items.c.deleted_at.is_(None)

    def _hide(self, connection: Connection, *which: ColumnElement[bool]) -> int:
        hide = update(items).where(*self._shown(), *which).values(deleted_at=now(connection))
        return connection.execute(hide).rowcount

    def _kept(self, id: str, *kinds: str) -> tuple[Row[Any] | None, list[StoredTurn]]:
        found = select(items).where(items.c.id == id, items.c.kind.in_(kinds), *self._shown())
        with self._opened.reading() as connection:
            item = connection.execute(found).one_or_none()
            return item, [] if item is None else self._opened.said(connection, id)

    def _change(self, id: str, **values: object) -> None:
        with self._opened.writing() as connection:
            connection.execute(update(items).where(*self._mine(id)).values(values))
