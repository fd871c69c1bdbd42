"""Store: what is kept and found again, in SQLite in a folder or on a PostgreSQL server.

`store.py` is the whole of it to those outside, `owner_view.py` what belongs to one owner; `autosave.py` writes while
answers come. `heartbeat.py` and `remote_reply.py` know of other processes on the same database.
"""

from replies.store.autosave import Autosaver
from replies.store.history import Cursor, HistoryEntry
from replies.store.owner_view import OwnerView
from replies.store.store import Store, StoreError

__all__ = ["Autosaver", "Cursor", "HistoryEntry", "OwnerView", "Store", "StoreError"]
