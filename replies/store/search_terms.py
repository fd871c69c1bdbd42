"""Search terms: the words of a text as they are filed and looked for, without case."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

LONGEST = 40  # characters; a longer word is found by its beginning
MOST = 800_000  # bytes of words for one item; PostgreSQL takes a little more than a million
RUN = 3  # characters: so many of a text without spaces are filed together

# Marks that a reader leaves out as often as not: accents, Hebrew points, Arabic vowels and the stroke that lengthens.
# Those of other scripts are letters: without them, other words would be found. And signs that show nothing.
_DROPPED = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\u00ad\u200b-\u200f\u2060"
    "\U0001f3fb-\U0001f3ff]"
)
# Scripts that leave no spaces between words: Thai, Lao, Myanmar, Khmer, Tai, kana, bopomofo, Han; and pictures.
_SPACELESS = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecd\u0edc-\u0edf\u1000-\u103f\u1050-\u109d\u1780-\u17d3\u17d7\u17dc\u17dd"
    "\u1950-\u19df\u1a20-\u1a7c\u3005-\u3007\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f"
    "\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
    "\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
)
# Signs of the scripts of India and their kin, which Python's \w takes for none of a word.
_SIGNS = (
    "\u0900-\u0963\u0971-\u0df3\u0f18-\u0f39\u0f40-\u0fbc\u135d-\u135f\u1712-\u1753\u180b-\u180d\u18a9\u1920-\u193b"
    "\u1a17-\u1a1b\u1b00-\u1b59\u1b80-\u1c37\u1cd0-\u1cfa\ua802-\ua827\ua880-\ua8c5\ua8e0-\ua8f1\ua926-\ua92d"
    "\ua947-\ua953\ua980-\ua9c0\uaa29-\uaa4d\uabe3-\uabed\U00011000-\U00011fff"
)
_WORD = re.compile(f"([{_SPACELESS}]+)|((?:[^\\W{_SPACELESS}]|[{_SIGNS}])+)")


def words(text: str) -> list[str]:
    """What a text is filed under: its distinct words in their order; without spaces between them, every RUN signs."""
    return _cut(text, len)


def wanted(typed: str) -> list[str]:
    """What a text must have, or words that begin with it, to be found by what was typed."""
    return _cut(typed, lambda run: max(len(run) - RUN + 1, 1))


def _cut(text: str, beginnings: Callable[[str], int]) -> list[str]:
    # Twice, as Unicode has it for texts that are alike but for their case: "™" comes apart into capitals.
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.casefold()).casefold())
    folded = unicodedata.normalize("NFC", _DROPPED.sub("", folded)).replace("ı", "i")
    found: dict[str, None] = {}
    for run, word in _WORD.findall(folded):
        if word:
            found[word[:LONGEST]] = None
        else:
            found.update(dict.fromkeys(run[at : at + RUN] for at in range(beginnings(run))))
    return list(found)


def joined(known: str, texts: Iterable[str]) -> str:
    """The `known` words and those of the texts, separated by spaces; the first ones, if they are too many."""
    found = dict.fromkeys(known.split())
    for said in texts:
        found.update(dict.fromkeys(words(said)))
    together = " ".join(found)
    if len(together) * 4 <= MOST:
        return together
    kept = together.encode()[:MOST].decode(errors="ignore")
    return kept if len(kept) == len(together) else kept.rpartition(" ")[0]
