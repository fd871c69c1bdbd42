"""Items that this process has in memory, by their address, so that a reloaded page finds its own again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, Protocol, TypeVar
from weakref import WeakValueDictionary


class Kept(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def over(self) -> bool: ...


Item = TypeVar("Item", bound=Kept)


class Registry(Generic[Item]):
    """Items by their id, as long as anybody holds them: two pages that show the same item have the same object. It
    holds those in progress, and the last `keep` that were used."""

    def __init__(self, keep: int = 50) -> None:
        self._keep = keep
        self._items: OrderedDict[str, Item] = OrderedDict()
        self._known: WeakValueDictionary[str, Item] = WeakValueDictionary()
        self._lock = threading.Lock()

    def add(self, item: Item) -> Item:
        """Keep the item, and return the one that is kept: another, if one with its id was there before, so that two
        pages that read the same from the store at one moment share it."""
        with self._lock:
            return self._use(self._known.get(item.id, item))

    def find(self, id: str) -> Item | None:
        """The item with this id, which counts as used just now; None where there is none, or none any more."""
        with self._lock:
            item = self._known.get(id)
            if id in self._items:
                self._items.move_to_end(id)
            elif item is not None:
                self._use(item)
            return item

    def forget(self, id: str) -> None:
        with self._lock:
            self._items.pop(id, None)
            self._known.pop(id, None)

    def in_progress(self) -> list[Item]:
        with self._lock:
            return [item for item in self._items.values() if not item.over]

    def __len__(self) -> int:
        return len(self._items)

    def _use(self, item: Item) -> Item:
        self._known[item.id] = item
        self._items[item.id] = item
        self._items.move_to_end(item.id)
        surplus = len(self._items) - self._keep
        for old in [kept.id for kept in self._items.values() if kept.over and kept is not item][: max(surplus, 0)]:
            del self._items[old]
        return item
