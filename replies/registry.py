"""What this process is in the middle of, by address, so that a reloaded page finds its own again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, Protocol, TypeVar


class Kept(Protocol):
    @property
    def id(self) -> str:
        """Its address, which can't be guessed."""
        ...

    @property
    def over(self) -> bool:
        """Whether nothing of it is under way any more."""
        ...


Item = TypeVar("Item", bound=Kept)


class Registry(Generic[Item]):
    """Items by their id. Beyond `keep`, those unused for longest give way, but never one under way."""

    def __init__(self, keep: int = 500) -> None:
        self._keep = keep
        self._items: OrderedDict[str, Item] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, item: Item) -> None:
        """Keep the item; adding it again changes nothing but that it was used just now."""
        with self._lock:
            self._items[item.id] = item
            self._items.move_to_end(item.id)
            surplus = len(self._items) - self._keep
            for old in [kept.id for kept in self._items.values() if kept.over and kept is not item][: max(surplus, 0)]:
                del self._items[old]

    def find(self, id: str) -> Item | None:
        """The item with this id, which counts as used just now; None where there is none, or none any more."""
        with self._lock:
            item = self._items.get(id)
            if item is not None:
                self._items.move_to_end(id)
            return item

    def forget(self, id: str) -> None:
        """Let go of it, as when it was deleted."""
        with self._lock:
            self._items.pop(id, None)

    def under_way(self) -> list[Item]:
        with self._lock:
            return [item for item in self._items.values() if not item.over]

    def __len__(self) -> int:
        return len(self._items)
