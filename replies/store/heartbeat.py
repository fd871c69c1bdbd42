"""Heartbeat of the processes on one database, so that none takes another's answer for abandoned."""

from __future__ import annotations

import os
import secrets
import socket
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select, update

from replies.reply import IN_PROGRESS
from replies.store.schema import insert, processes, replies

SILENCE = 10.0  # seconds without a heartbeat after which a process counts as ended
BEAT = 2.0  # seconds between two heartbeats

INTERRUPTED: dict[str, Any] = {
    "kind": "interrupted",
    "message": "Streamside ended while this answer came. What had arrived is kept; ask again for the whole answer.",
    "retryable": True,
    "retry_after": None,
}

_HERE: set[str] = set()  # ids of this very process; an earlier one may have had its pid


class Heartbeat:
    """This process, as one store sees it. Its id is never used again, unlike its pid."""

    def __init__(self) -> None:
        self.id = secrets.token_urlsafe(12)
        self.host = _host()
        self.pid = os.getpid()

    def beat(self, connection: Connection) -> None:
        """Tell others that this process is alive."""
        _HERE.add(self.id)
        row = {"id": self.id, "host": self.host, "pid": self.pid, "last_seen": now(connection)}
        there = insert(connection.dialect.name, processes).values(row)
        connection.execute(there.on_conflict_do_update(index_elements=["id"], set_=row))

    def leave(self, connection: Connection) -> None:
        _HERE.discard(self.id)
        connection.execute(processes.delete().where(processes.c.id == self.id))

    def alive(self, connection: Connection, id: str) -> bool:
        row = connection.execute(select(processes).where(processes.c.id == id)).one_or_none()
        if row is None:
            return False
        if row.id == self.id:
            return True
        if row.host == self.host and (not _runs(row.pid) or (row.pid == self.pid and id not in _HERE)):
            return False
        return bool(now(connection) - row.last_seen <= SILENCE)

    def sweep(self, connection: Connection) -> list[str]:
        """Mark what ended processes left unfinished as interrupted. Returns the ids of those replies."""
        in_progress = replies.c.state.in_(IN_PROGRESS)
        others = connection.scalars(
            select(replies.c.process).where(in_progress, replies.c.process != self.id).distinct()
        )
        ended = [id for id in others.all() if not self.alive(connection, id)]
        if not ended:
            return []
        abandoned = replies.c.process.in_(ended) & in_progress
        found = list(connection.scalars(select(replies.c.id).where(abandoned)))
        connection.execute(update(replies).where(abandoned).values(state="interrupted", error=INTERRUPTED))
        connection.execute(processes.delete().where(processes.c.id.in_(ended)))
        return found


def now(connection: Connection) -> float:
    """The database's own clock, where several hosts share it."""
    if connection.dialect.name == "sqlite":
        return time.time()
    return float(connection.scalar(select(func.extract("epoch", func.clock_timestamp()))) or 0.0)


def _host() -> str:
    """Where a pid is unique: a container has its own pids."""
    space = Path("/proc/self/ns/pid")
    return f"{socket.gethostname()} {os.readlink(space) if space.exists() else ''}".strip()


def _runs(pid: int) -> bool:
    if os.name == "nt":  # signal 0 would end it there
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    except OverflowError:
        return False
    try:  # a zombie was killed, and its parent has not waited for it yet
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return True
