"""What is kept, and found again: SQLite in a folder, or a PostgreSQL server.

`store.py` is the whole of it to those outside, `shelf.py` what belongs to one owner; `keeper.py` writes while answers
come. Below them: `database.py` opens, `opened.py` is a database in use, `schema.py` has the tables and
their migrations, `rows.py` turns them into replies and back, `ledger.py` writes, `history.py`, `search.py`,
`words.py` and `votes.py` find, `processes.py` and `elsewhere.py` know of other processes on the same database.
"""

from replies.store.autosave import Keeper
from replies.store.history import Cursor, Entry
from replies.store.owner_view import Shelf
from replies.store.store import Store, StoreError

__all__ = ["Cursor", "Entry", "Keeper", "Shelf", "Store", "StoreError"]
