"""Words that are found again: the same in both databases, because they are split and folded here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Integer, column, select, table, text

from replies.store.schema import VECTOR, documents, items

LONGEST = 40  # characters; a longer word is found by its beginning
MOST = 800_000  # bytes of words for one item; PostgreSQL takes a little more than a million

# Chinese and Japanese leave no spaces between words: each character is one.
_WORD = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]|"
                   "[^\\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")  # fmt: skip


def words(text: str) -> list[str]:
    """The distinct words of a text in their order, without case and accents."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in folded if not unicodedata.combining(character))
    return list(dict.fromkeys(word[:LONGEST] for word in _WORD.findall(unicodedata.normalize("NFC", plain))))


def joined(known: str, texts: Iterable[str]) -> str:
    """The words that were `known`, and those of the texts, with a space between; the first ones, where too many."""
    found = dict.fromkeys(known.split())
    for said in texts:
        found.update(dict.fromkeys(words(said)))
    together = " ".join(found)
    if len(together) * 4 <= MOST:
        return together
    kept = together.encode()[:MOST].decode(errors="ignore")
    return kept if len(kept) == len(together) else kept.rpartition(" ")[0]


def found_by(typed: str, *, sqlite: bool) -> ColumnElement[bool] | None:
    """Whether an item has every word that was typed, or words that begin with it. None: no words."""
    wanted = words(typed)
    if not wanted:
        return None
    if sqlite:
        found = select(column("rowid", Integer)).select_from(table("documents_by_word"))
        query = " ".join(f'"{word}"*' for word in wanted)
        matching = text("documents_by_word MATCH :typed").bindparams(typed=query)
    else:
        # By its index alone: the planner, which takes splitting the words of every row for cheap, would do just that.
        found = select(documents.c.number).offset(0)
        query = " & ".join(f"'{word}':*" for word in wanted)  # a word has neither quotes nor backslashes
        matching = text(f"{VECTOR} @@ CAST(:typed AS tsquery)").bindparams(typed=query)
    return items.c.number.in_(found.where(matching))
