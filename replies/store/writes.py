"""Writes of conversations and replies: whole at first, then only what is new. Each within a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from replies.conversation import Comparison, Conversation
from replies.reply import IN_PROGRESS, Reply
from replies.store.remote_reply import RemoteReader
from replies.store.schema import answers, documents, facets, insert, items, replies, stored_chunks, turns
from replies.store.search_terms import joined, words
from replies.store.serialization import asked_row, pieces, progress_row

LONGEST_TITLE = 80  # characters


def title_of(prompt: str) -> str:
    """What an item is called until somebody renames it."""
    title = " ".join(prompt.split())
    return title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1].rstrip() + "…"


class StoredTurn(NamedTuple):
    """A turn, whose answers are numbered as they came, or a round, whose answers have the number of their lane."""

    id: str
    prompt: str
    answers: list[tuple[int, Reply]]

    @property
    def replies(self) -> list[Reply]:
        return [reply for _, reply in self.answers]


def stored_turns(item: Conversation | Comparison) -> list[StoredTurn]:
    if isinstance(item, Comparison):
        return [StoredTurn(round.id, round.prompt, round.attempts) for round in item.rounds]
    return [StoredTurn(turn.id, turn.prompt, list(enumerate(turn.replies))) for turn in item.turns]


def keep(connection: Connection, item: Conversation | Comparison, process: str) -> None:
    """Write what of it is not there yet, any number of times. What is there already stays its owner's."""
    said = stored_turns(item)
    if not said:
        return
    title = title_of(said[0].prompt)
    newest = max((reply.asked_at.timestamp() for turn in said for reply in turn.replies), default=0.0)
    more: dict[str, Any] = {}
    if isinstance(item, Comparison):
        more = {"blind": item.blind, "verdict": item.verdict and item.verdict.as_json()}
    whose = {"id": item.id, "owner": item.owner, "kind": item.kind}
    _add(connection, items, [{**whose, "title": title, "at": newest, **more}])
    number = connection.scalars(select(items.c.number).where(items.c.id == item.id)).one()
    _add(connection, documents, [{"number": number, "title": " ".join(words(title)), "words": ""}])

    known = set(connection.scalars(select(turns.c.id).where(turns.c.item == item.id)))
    added = [(place, turn) for place, turn in enumerate(said) if turn.id not in known]
    _add(
        connection,
        turns,
        [{"id": turn.id, "item": item.id, "place": place, "prompt": turn.prompt} for place, turn in added],
    )
    asked = _keep_replies(connection, said, item.id, process)
    if asked:  # a question in a deleted conversation brings it back
        at = func.max if connection.dialect.name == "sqlite" else func.greatest
        values = {"at": at(items.c.at, newest), "deleted_at": None}
        connection.execute(update(items).where(items.c.id == item.id).values(values))
    texts = [turn.prompt for _, turn in added] + [reply.text for reply in asked if reply.over]
    index(connection, [number], texts)


def _keep_replies(connection: Connection, said: Sequence[StoredTurn], item: str, process: str) -> list[Reply]:
    """Returns those that this item did not have before."""
    given = {reply.id: reply for turn in said for reply in turn.replies}
    found = connection.execute(select(replies.c.id, replies.c.state).where(replies.c.id.in_(given)))
    kept = {row.id: row.state for row in found}
    for reply in given.values():
        if isinstance(reply.reader, RemoteReader):  # the process that reads it writes it
            continue
        if reply.id not in kept:
            state = {**asked_row(reply, process), **progress_row(reply), "state": "waiting"}
            _add(connection, replies, [state])
        if kept.get(reply.id) != reply.state or not reply.over:
            append(connection, [reply])

    linked = select(answers.c.turn, answers.c.reply).where(answers.c.turn.in_([turn.id for turn in said]))
    there = {(row.turn, row.reply) for row in connection.execute(linked)}
    links: list[dict[str, Any]] = [
        {"turn": turn.id, "reply": reply.id, "number": number}
        for turn in said
        for number, reply in turn.answers
        if (turn.id, reply.id) not in there
    ]
    _add(connection, answers, links)
    new = [given[link["reply"]] for link in links]
    for asked in (reply.asked for reply in new):
        sources = {asked.source, *["simulated"] * asked.simulated, *["backup"] * bool(asked.fell_back)}
        who = {"item": item, "provider": asked.provider, "model": asked.request.model}
        _add(connection, facets, [{**who, "source": source} for source in sources])
    return new


def append(connection: Connection, in_progress: Sequence[Reply]) -> None:
    """Write what is new of replies, all of them together: with a hundred in progress, a hundred transactions each half
    a second would cost more than the words. A chunk is kept once: what is sent again begins at it, and replaces it."""
    # Before the chunks: if this says that it is over, they are all there.
    standing = {reply.id: progress_row(reply) for reply in in_progress}
    there = {row.id: row for row in connection.execute(_there, {"ids": list(standing)})}
    # Once the words come, nothing changes in the row until the end.
    changed = [
        {"which": id, **row}
        for id, row in standing.items()
        if id in there and not row["state"] == there[id].state == "streaming"
    ]
    for row in changed:
        connection.execute(_progress, row)
    sent = []
    for reply in in_progress:
        if reply.id in there:  # or it was deleted for good meanwhile
            kept = there[reply.id].kept or 0
            if new := reply.chunks[kept:]:
                sent.append({"reply": reply.id, "first": kept, "size": len(new), "pieces": pieces(new)})
    if sent:
        connection.execute(_sending(connection.dialect.name), sent)
    for reply in in_progress:
        if reply.id in there and standing[reply.id]["state"] not in IN_PROGRESS:
            index(connection, items_of(connection, reply.id), [reply.text])


# Built once: building them takes longer than running them. The lock is the one that a new chunk takes by itself.
_kept = (
    select(func.max(stored_chunks.c.first + stored_chunks.c.size))
    .where(stored_chunks.c.reply == replies.c.id)
    .scalar_subquery()
)
_there = (
    select(replies.c.id, replies.c.state, _kept.label("kept"))
    .where(replies.c.id.in_(bindparam("ids", expanding=True)))
    .with_for_update(read=True, key_share=True)
)
_progress = update(replies).where(replies.c.id == bindparam("which"))


@cache
def _sending(dialect: str) -> sqlite.Insert | postgresql.Insert:
    new = insert(dialect, stored_chunks)
    sent = new.excluded
    return new.on_conflict_do_update(
        index_elements=["reply", "first"],
        set_={"size": sent.size, "pieces": sent.pieces},
        where=sent.size > stored_chunks.c.size,
    )


def items_of(connection: Connection, reply: str) -> list[int]:
    """The numbers of the items that have this reply."""
    having = select(items.c.number).select_from(items.join(turns).join(answers)).where(answers.c.reply == reply)
    return list(connection.scalars(having.distinct()))


def index(connection: Connection, numbers: Iterable[int], texts: Sequence[str]) -> None:
    """File these items under the words of these texts as well."""
    if not texts:
        return
    for row in connection.execute(select(documents).where(documents.c.number.in_(list(numbers)))).all():
        together = joined(row.words, texts)
        if together != row.words:
            connection.execute(update(documents).where(documents.c.number == row.number).values(words=together))


def _add(connection: Connection, into: Table, rows: list[dict[str, Any]]) -> None:
    """Insert those that are not there yet."""
    if rows:
        connection.execute(insert(connection.dialect.name, into).on_conflict_do_nothing(), rows)
