"""How long the history takes when it is long: 10,000 conversations of ten turns.

    python -m benchmarks.history                              # SQLite, in a folder that is removed afterwards
    python -m benchmarks.history --url postgresql://…/empty   # PostgreSQL, in a database that is empty before
    python -m benchmarks.history --conversations 1000         # a smaller one

Prints medians and the slowest of `--times` calls, in milliseconds of server time, each for a different conversation or
word, and how much the process grew. Nothing is cached between two calls but what the database itself caches.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table

from providers import End, Request
from replies.conversation import Conversation, Turn, unguessable
from replies.reply import Arrival, Asked, Reply
from replies.store import Store, schema
from replies.store.ledger import title_of
from replies.store.rows import asked_row, pieces, progress_row
from replies.store.words import joined

TURNS = 10
PIECES = 40  # of an answer, with three words each
WORDS = 5_000
TARGET = 200.0  # milliseconds
BATCH = 100

PROVIDERS = {"openai": "gpt-5.4-mini", "bedrock": "anthropic.claude-haiku-4-5", "watsonx": "ibm/granite-4-h-small"}


_chance = random.Random(0)
VOCABULARY = ["".join(_chance.choices("etaoinshrdlucmw", k=_chance.randint(2, 9))) for _ in range(WORDS)]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--url", default="", help="a DATABASE_URL; default: SQLite in a temporary folder")
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="keep the SQLite file there, and measure it again next time")
    parser.add_argument("--times", type=int, default=30, help="how often each is measured")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="streamside-history-") as temporary:
        folder = wanted.folder or Path(temporary)
        with closing(Store(wanted.url, folder)) as store:
            if not store.count():
                begun = time.perf_counter()
                fill(store, wanted.conversations)
                print(f"written in {time.perf_counter() - begun:.0f} s")
            print(f"{store.count():,} conversations of {TURNS} turns in {store.name}")
        with closing(Store(wanted.url, folder)) as store:
            return measure(store, wanted.times)


def words(chance: random.Random, count: int) -> str:
    """Common words often and rare ones seldom, as in a language."""
    return " ".join(VOCABULARY[int(WORDS ** chance.random()) - 1] for _ in range(count))


def conversation(chance: random.Random, number: int) -> Conversation:
    begun = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    turns = []
    for turn in range(TURNS):
        provider, model = chance.choice(list(PROVIDERS.items()))
        prompt = words(chance, 12)
        asked = Asked(
            provider=provider,
            label=provider,
            api="chat",
            request=Request.of(prompt, model),
            simulated=chance.random() < 0.5,
        )
        reply = Reply.restored(
            asked,
            id=unguessable(),
            state="done",
            arrivals=[Arrival(0.4 + place / 45, words(chance, 3) + " ") for place in range(PIECES)],
            asked_at=begun + timedelta(seconds=turn),
            end=End("stop", 12, PIECES),
            total=0.4 + PIECES / 45,
        )
        turns.append(Turn(prompt, [reply]))
    return Conversation(turns)


def fill(store: Store, count: int) -> None:
    """In bulk: the rows that `Store.keep` would write one by one."""
    chance = random.Random(1)
    for first in range(0, count, BATCH):
        batch = [conversation(chance, number) for number in range(first, min(first + BATCH, count))]
        said = [(item, place, turn) for item in batch for place, turn in enumerate(item.turns)]
        tables: dict[Table, list[dict[str, Any]]] = {
            schema.items: [
                {
                    "number": number,
                    "id": item.id,
                    "kind": "conversation",
                    "title": title_of(item.turns[0].prompt),
                    "at": item.turns[-1].reply.asked_at.timestamp(),
                }
                for number, item in enumerate(batch, start=first + 1)
            ],
            schema.turns: [
                {"id": turn.id, "item": item.id, "place": place, "prompt": turn.prompt} for item, place, turn in said
            ],
            schema.replies: [{**asked_row(turn.reply, "nobody"), **progress_row(turn.reply)} for _, _, turn in said],
            schema.answers: [{"turn": turn.id, "reply": turn.reply.id, "number": 0} for _, _, turn in said],
            schema.chunks: [
                {"reply": turn.reply.id, "first": 0, "size": PIECES, "pieces": pieces(turn.reply.arrivals)}
                for _, _, turn in said
            ],
            schema.facets: [
                {"item": item, "provider": provider, "model": model, "source": source}
                for item, provider, model, source in {
                    (item.id, turn.reply.asked.provider, turn.reply.asked.request.model, turn.reply.asked.source)
                    for item, _, turn in said
                }
            ],
            schema.documents: [
                {
                    "number": number,
                    "title": joined("", [title_of(item.turns[0].prompt)]),
                    "words": joined("", [text for turn in item.turns for text in (turn.prompt, turn.reply.text)]),
                }
                for number, item in enumerate(batch, start=first + 1)
            ],
        }
        with store._opened.writing() as connection:
            for table, rows in tables.items():
                connection.execute(table.insert(), rows)


def measure(store: Store, times: int) -> int:
    chance = random.Random(2)
    cursors = [entry.cursor for entry in store.history(limit=1000)[::100]]
    ids = [entry.id for cursor in cursors for entry in store.history(before=cursor, limit=20)]

    def some_words(count: int) -> str:
        return " ".join(chance.choices(VOCABULARY[WORDS // 10 :], k=count))

    calls: dict[str, Callable[[], object]] = {
        "history, first page": store.history,
        "history, a later page": lambda: store.history(before=chance.choice(cursors)),
        "history, by provider and source": lambda: store.history(provider="watsonx", source="live"),
        "history, by a model nobody used": lambda: store.history(model="none"),
        "count": store.count,
        "conversation": lambda: store.conversation(chance.choice(ids)),
        "search, one rare word": lambda: store.history(words=some_words(1)),
        "search, two words": lambda: store.history(words=f"{VOCABULARY[9]} {some_words(1)}"),
        "search, a word that all have": lambda: store.history(words=VOCABULARY[0]),
        "search, one letter": lambda: store.history(words="e"),
        "search, with a filter": lambda: store.history(words=VOCABULARY[1], provider="openai", source="live"),
        "search, nothing found": lambda: store.history(words="qqq"),
    }
    before = resident()
    slow = 0
    print(f"{'milliseconds':<34}{'median':>8}{'slowest':>9}")
    for name, call in calls.items():
        spent = list(timed(call, times))
        median = statistics.median(spent)
        slow += median >= TARGET
        print(f"{name:<34}{median:>8.1f}{max(spent):>9.1f}{'  too slow' if median >= TARGET else ''}")
    print(f"the process grew by {(resident() - before) / 1024:.1f} MB, to {resident() / 1024:.0f} MB")
    return 1 if slow else 0


def timed(call: Callable[[], object], times: int) -> Iterator[float]:
    for _ in range(times):
        begun = time.perf_counter()
        call()
        yield (time.perf_counter() - begun) * 1000


def resident() -> int:
    """The most memory that this process has had so far, in kB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most


if __name__ == "__main__":
    sys.exit(main())
