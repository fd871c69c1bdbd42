"""Terminal: what the commands share that write to one, or into a pipe or a file in its place."""

import os
import re
import sys
from typing import Final, TextIO

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # but for those that end a line, and the tab


def use_utf8(*streams: TextIO | None) -> None:
    """Pipes and Windows' consoles are not UTF-8 of themselves; a service may have closed a stream."""
    for stream in filter(None, streams):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[attr-defined]


def write_no_more() -> None:
    """To be called when standard output is closed or full: Python would complain once more when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def harmless(text: str) -> str:
    """Without control characters, which could clear the terminal, or set its title and the clipboard."""
    return _CONTROL.sub("�", text)
