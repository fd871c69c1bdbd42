"""How the process gets its memory from the system, and gives it back."""

from __future__ import annotations

import ctypes
from typing import Final

# From glibc's malloc.h.
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8

ARENAS: Final = 2
LARGE: Final = 128 * 1024  # bytes


def settle() -> bool:
    """Have large texts go back to the system as soon as they are let go, and short ones share their room.

    An answer has threads of its own. By default glibc gives up to eight times as many threads as there are processors
    an area each, and once a long text was freed, puts the next of its length into these, where whatever small stands
    behind it keeps its room. To be called before the first thread starts. False where another C library is at work,
    which then does as it does.
    """
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(set_option(_M_ARENA_MAX, ARENAS)) and bool(set_option(_M_MMAP_THRESHOLD, LARGE))
