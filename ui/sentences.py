"""Whole sentences in the place of words, for readers who prefer less motion."""

import re
from collections.abc import Iterable, Iterator

# The end of a sentence, with what closes quotations, brackets and emphasis behind it, and the end of a line.
_END = re.compile(r"(?:[.!?…:][\"'”’»)\]*_`]*(?=\s)|[。！？][”’」』）]*|\n)")


class Sentences:
    """Takes a text piece by piece, and gives what of it makes whole sentences, or lines."""

    def __init__(self) -> None:
        self._begun = ""

    def feed(self, piece: str) -> str:
        text = self._begun + piece
        ends = [found.end() for found in _END.finditer(text)]
        whole = ends[-1] if ends else 0
        self._begun = text[whole:]
        return text[:whole]

    def finish(self) -> str:
        """The last one, which may have no end."""
        begun, self._begun = self._begun, ""
        return begun


def sentences(pieces: Iterable[str]) -> Iterator[str]:
    """The same text in whole sentences; "" where there is no new one."""
    whole = Sentences()
    try:
        for piece in pieces:
            yield whole.feed(piece)
    except Exception:
        yield whole.finish()
        raise
    yield whole.finish()
